package mapping

import (
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestPath_ReadsWhatTheLanguageSays(t *testing.T) {
	t.Parallel()
	raw := "MSH|^~\\&|T|Z|||20260314||DFT^P03|1|P|2.5\rPID|1||A^^^N&1&x^MR~B^^^NHS^NH||F&von^G|\"\"\rOBX|1|ST|UDI^x~LOT||U1\rOBX|2|ST|LOT||L1^L2~L3\r"
	m, err := hl7v2.Parse([]byte(raw), hl7v2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := scope{run: &run{}, depth: 1}
	s.levels[0] = segments(m)
	for text, want := range map[string]string{
		"MSH-3": "T", "MSH-9.2": "P03", "PID-3.1": "A", "PID-3[2].1": "B", "PID-3[CX.5=NH].1": "B", "PID-3[5=NH].4": "NHS", "PID-3[5=ZZ].1": "",
		"PID-3[5!=MR].1": "B", "PID-3": "A^^^N&1&x^MR~B^^^NHS^NH", "PID-3.4.2": "1", "PID-5.1.1": "F", "PID-6.3": "", "OBX-5": "U1", "OBX[3.1=LOT]-5.1": "U1",
		"OBX[3=LOT][1=2]-5.1": "L1", `OBX[3="LOT"][1!=1]-5`: "L1^L2~L3", "OBX[2=ST]-5": "U1", "OBX[1=2]-5.2": "L2", "OBX-5[2]": "L3",
		"OBX[2]-5": "L1^L2~L3", "OBX[1]-5": "U1", "OBX[2]-3[1=LOT].1": "LOT", "OBX[1]-9": "", "OBX[3]-5": "", "PID-99": "", "ZZZ-1": "",
	} {
		p, err := parsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if v := s.first(&p, false); v.String() != want {
			t.Errorf("%s gives %q, not %q", text, v.String(), want)
		}
	}
	p, _ := parsePath("PID-6.3")
	if s.first(&p, false).State() != hl7v2.Null {
		t.Error("a null deletes every component of its field")
	}
}

func TestPath_WhatARuleHasNoUseForIsNoPath(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "PI-1", "pid-1", "PID-0", "PID-", "PID-1.", "PID-1.2.3.4", "PID-3[", "PID-3[5=]", "PID[0]-1", "PID[*]-1", "OBX[3=LOT][2]-5", "OBX[2][3=LOT]-5", "PID-1x", "PID-3[5=NH]x",
		"FT1*-3", "FT1[2]/PR1-3", "OBX[3=]-5", "PID-3\n"} {
		if _, err := parsePath(text); err == nil {
			t.Errorf("%q is taken for a path", text)
		}
	}
	for _, text := range []string{"", "1", ".", ".0", "..1", ".1x", ".1.2.3", "[2].1", ".1[2]"} {
		if _, err := parseWithin(text); err == nil {
			t.Errorf("%q is taken for a part of a repetition", text)
		}
	}
}
