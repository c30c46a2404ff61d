package hl7v2_test

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func Example() {
	raw := []byte("MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105093000||DFT^P03|D1|P|2.4\r" +
		"PID|1||X100^^^ZZ1^MR~9990000018^^^NHS^NH\r" +
		"FT1|1|T1|||||HS-100^Hip stem \\T\\ head|||1\r" +
		"FT1|2|T2|||||SC-20^Screw|||2\r")
	m, err := hl7v2.Parse(raw, hl7v2.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	nhsNumber, _ := hl7v2.ParsePath("PID-3[CX.5=NH].1")
	item, _ := hl7v2.ParsePath("FT1-7.2")
	fmt.Println(nhsNumber.First(m.All()))
	_, lines := m.Groups("FT1")
	for _, line := range lines {
		fmt.Println(item.First(line))
	}
	// Output:
	// 9990000018
	// Hip stem & head
	// Screw
}

func ExampleMessage_Edit() {
	m, err := hl7v2.Parse([]byte("MSH|^~\\&|THEATRE\rPID|1||X100\r"), hl7v2.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := m.Edit()
	if err := e.Set("PID-5.1", "Ash|Ann"); err != nil {
		fmt.Println(err)
		return
	}
	changed, err := e.Message()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", changed.Segment(1).Raw())
	// Output: PID|1||X100||Ash\F\Ann
}

func ExampleMessage_GroupsOf() {
	m, err := hl7v2.Parse([]byte("MSH|^~\\&|THEATRE|ZZ1|||20260105||DFT^P03|D1|P|2.5\rEVN||20260105\rPID|1||X100||Ash\r"+
		"FT1|1|T1||20260105||CG|HS-100\rPR1|1||W37.1||20260105\rFT1|2|T2||20260105||CG|SC-20\rDG1|1||M16.1|||F\r"), hl7v2.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	procedure, _ := hl7v2.ParsePath("PR1-3.1")
	for _, line := range m.GroupsOf("FT1") {
		fmt.Printf("%d segments, procedure %q\n", line.Len(), procedure.First(line))
	}
	for _, f := range hl7v2.Validate(m) {
		fmt.Println(f.Path, f.Code)
	}
	fmt.Println(hl7v2.FieldName("PR1", 3), hl7v2.DataTypeOf("PR1", 3))
	// Output:
	// 2 segments, procedure "W37.1"
	// 1 segments, procedure ""
	// Procedure Code CNE
}

func ExampleDiff() {
	a, _ := hl7v2.Parse([]byte("MSH|^~\\&|A\rPID|1||X100^^^ZZ1\rPV1|1|I\r"), hl7v2.Options{})
	b, _ := hl7v2.Parse([]byte("MSH|^~\\&|A\nPID|1||X101^^^ZZ1\nNTE|1||new\nPV1|1|I\n"), hl7v2.Options{})
	for _, d := range hl7v2.Diff(a, b) {
		fmt.Printf("%s: %q, %q\n", d.Path, d.A, d.B)
	}
	// Output:
	// PID-3.1: "X100", "X101"
	// NTE: "", "NTE|1||new"
}
