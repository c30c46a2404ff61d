package hl7v2_test

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestParsePath_SaysAtWhichCharacterItStopped(t *testing.T) {
	for path, where := range map[string]string{
		"": "character 1", "PI": "character 1", "1ID-3": "character 1", "PID-": "character 5", "PID-0": "character 5",
		"PID-3.": "character 7", "PID-3[": "character 7", "PID-3[2": "character 8", "PID-3[CX.5]": "character 11",
		"PID-3[CX]": "character 9", "PID-3.1.2.3": "character 10", "PID-3[1][2]": "character 10", "PID 3": "character 4",
		"PID-3[5=\"x]": "character 12", "PID-999999": "character 10", "PID-3*[2]": "character 10", "PID-3[5=x": "character 10",
		"FT1/": "character 5", "FT1[2]/PRX1-3": "character 8", "FINANCIAL-3": "character 1", "A//B": "character 3", "/PID": "character 1",
	} {
		_, err := hl7v2.ParsePath(path)
		if err == nil || fault.Of(err).Code != "hl7_path" || !strings.Contains(err.Error(), where+":") {
			t.Errorf("%q: want %s, got %v", path, where, err)
		}
	}
	if _, err := hl7v2.ParsePath(strings.Repeat("PID", 1000)); err == nil {
		t.Error("a path of 3,000 characters was read")
	}
}

func TestPath_WritesItselfSoThatItIsReadAgain(t *testing.T) {
	for _, s := range []string{"PID", "PID-3", "PID-3.1", "PID-3.4.2", "PID-3[2].1", `PID-3[CX.5="NH"].1`, "OBX[3]-5", "FT1*-7.1",
		`OBX[OBX-3.1="UDI"][2]-5`, "FT1[2]/PR1*-3.1", `ORDER[ORC-1="NW"]/OBSERVATION*/OBX-5`, `PID-3[5!="a""]b"].1`} {
		p := mustPath(t, s)
		if p.String() != s {
			t.Errorf("%q was written %q", s, p.String())
		}
	}
	if got := mustPath(t, "PID.3.1").String(); got != "PID-3.1" {
		t.Errorf("dots were read as %s", got)
	}
}

func TestPath_FirstAndAllAgreeAndAbsentIsNotFound(t *testing.T) {
	m := mustParse(t, "MSH|^~\\&|A\rPID|1||a^^^X^MR~b^^^Y^NH~c^^^Z^NH||^\rOBX|1||||\"\"\rOBX|2||||x~y\r")
	for path, want := range map[string]string{
		"PID-3.1": "a b c", "PID-3[2].1": "b", "PID-3[CX.5=NH].1": "b c", "PID-3[CX.5=NH][2].1": "c", "PID-3[5=NH][4=Z].1": "c",
		"PID-3[CX.5!=NH].1": "a", "PID-3[9].1": "", "PID-40": "", "ZZZ-1": "", "OBX-5": " x y", "OBX[2]-5[2]": "y", "OBX[3]-5": "",
		"OBX[5=x]-1": "2", "OBX[5!=x]-1": "1", "PID-3.1.2": "", "MSH-3": "A",
	} {
		p := mustPath(t, path)
		all := p.All(m.All())
		var got []string
		for _, v := range all {
			got = append(got, v.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
		first := p.First(m.All())
		if len(all) == 0 && first.State() != hl7v2.Absent || len(all) > 0 && first != all[0] {
			t.Errorf("%s: First gave %q (%s)", path, first.String(), first.State())
		}
	}
}

func TestGroups_RunFromOneLeadUntilTheNext(t *testing.T) {
	m := mustParse(t, "MSH|^~\\&|A\rPID|1\rFT1|1\rPR1|1\rPR1|2\rFT1|2\rPR1|3\r")
	before, groups := m.Groups("FT1")
	if before.Len() != 2 || len(groups) != 2 || groups[0].Len() != 3 || groups[1].Len() != 2 {
		t.Fatalf("got %d before and %d groups", before.Len(), len(groups))
	}
	if got := len(mustPath(t, "PR1-1").All(groups[0])); got != 2 {
		t.Errorf("the first FT1 has %d PR1", got)
	}
	inner, procedures := groups[0].Groups("PR1")
	if inner.Len() != 1 || len(procedures) != 2 || procedures[1].Segment(0).Field(1).String() != "2" {
		t.Error("a group is not split within its own bounds")
	}
	if all, none := m.Groups("OBX"); all.Len() != m.Len() || none != nil {
		t.Error("without a lead everything stands before")
	}
	if groups[0].Segment(3).Name() != "" || groups[0].Segment(-1).Name() != "" {
		t.Error("a segment outside the group was given")
	}
}

func TestPath_ReadsASingleSegment(t *testing.T) {
	t.Parallel()
	m := mustParse(t, "MSH|^~\\&|A\rPID|1||a^^^X^MR~b^^^Y^NH\rOBX|1||UDI||x~y\r")
	pid, obx := m.Segment(1), m.Segment(2)
	if got := mustPath(t, "PID[2]-3[5=NH].1").FirstIn(pid).String(); got != "b" {
		t.Errorf("the place of the segment counts: %q", got)
	}
	if got := mustPath(t, "PID-3.1").FirstIn(obx).State(); got != hl7v2.Absent {
		t.Errorf("another segment gives %s", got)
	}
	if got := len(mustPath(t, "OBX[3=UDI]-5").AllIn(obx)); got != 2 {
		t.Errorf("%d values", got)
	}
	if got := mustPath(t, "OBX[3=LOT]-5").AllIn(obx); got != nil {
		t.Errorf("a filter that does not fit lets %v through", got)
	}
}

func TestPath_NamesGroups(t *testing.T) {
	t.Parallel()
	m := named(t, "ORM^O01", "2.4", "PID ORC:NW OBR:1 OBX:1 OBX:2 ORC:CA OBR:2 OBX:3 ORC:NW OBR:3")
	for path, want := range map[string]string{
		"ORDER*/OBX-1": "1 2 3", "ORDER[2]/OBX-1": "3", "ORC[2]/OBX-1": "3", "ORDER[1=NW]/OBX-1": "1 2", "ORDER[ORC-1=CA]/OBR-1": "2",
		"ORDER[ORC-1!=CA]/OBR-1": "1 3", "ORDER[ORC-1=NW][2]/OBR-1": "3", "ORDER[1]/OBX[2]-1": "2", "ORDER/OBSERVATION[2]/OBX-1": "2",
		"ORDER[4]/OBR-1": "", "NOSUCH/OBR-1": "", "PATIENT/OBR-1": "", "ORDER[OBX-1=2]/OBR-1": "1", "ORDER[OBX-1!=2]/OBR-1": "2 3",
	} {
		var got []string
		for _, v := range mustPath(t, path).All(m.All()) {
			got = append(got, v.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if !mustPath(t, "ORDER*/OBX-1").Many() || mustPath(t, "ORDER[1]/OBX[1]-1").Many() {
		t.Error("a star in a group asks for several values")
	}
	if err := m.Edit().Set("ORDER[1]/OBX-5", "x"); fault.Of(err).Code != "hl7_path" {
		t.Errorf("writing into a group: %v", err)
	}
}
