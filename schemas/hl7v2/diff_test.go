package hl7v2_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func differences(a, b *hl7v2.Message) (out []string) {
	for _, d := range hl7v2.Diff(a, b) {
		out = append(out, fmt.Sprintf("%s: %q %s, %q %s", d.Path, d.A, d.InA, d.B, d.InB))
	}
	return out
}

func TestDiff_NamesEachPlaceThatReadsDifferently(t *testing.T) {
	t.Parallel()
	const msh = "MSH|^~\\&|A\r"
	for _, c := range []struct {
		a, b string
		want []string
	}{
		{msh + "PID|1||a^^^X~b\r", msh + "PID|1||a^^^X~b\r", nil},
		{msh + "PID|1||a^^^X~b\r", msh + "PID|1||a^^^Y~c~d\r", []string{
			`PID-3.4: "X" present, "Y" present`, `PID-3[2]: "b" present, "c" present`, `PID-3[3]: "" absent, "d" present`}},
		{msh + "PID|1|x|\r", msh + "PID|1|\"\"\r", []string{`PID-2: "x" present, "" null`}},
		{msh + "PID|1||\r", msh + "PID|1\r", nil},
		{msh + "PV1|1|a&b^c\r", msh + "PV1|1|a&d^c\r", []string{`PV1-2.1.2: "b" present, "d" present`}},
		{msh + "NTE|1||a\\T\\b\r", "MSH#*!?%#A\nNTE#1##a&b\n", nil},
		{msh + "OBX|1\rOBX|2\rOBX|3\r", msh + "OBX|1\rOBX|3\r", []string{`OBX[2]: "OBX|2" present, "" absent`}},
		{msh + "OBX|1|a\rOBX|3\r", msh + "OBX|1|b\rNTE|x\rOBX|3\r", []string{`OBX-2: "a" present, "b" present`, `NTE: "" absent, "NTE|x" present`}},
		{msh + "NTE|1|a\\T\\b\r", msh + "NTE|1|a&c\r", []string{`NTE-2.1.1: "a&b" present, "a" present`, `NTE-2.1.2: "" absent, "c" present`}},
		{"MSH|^~\\&|A\rEVN|1\rPID|a\rPV1|1\r", "MSH|^~\\&|B\rEVN|1\rPID|b\rPV1|1\r", []string{`MSH-3: "A" present, "B" present`, `PID-1: "a" present, "b" present`}},
		{"MSH|^~\\&|A|||||||||||||||UNICODE UTF-8\rNTE|M\xc3\xbcller\r", "MSH|^~\\&|A|||||||||||||||8859/1\rNTE|M\xfcller\r",
			[]string{`MSH-18: "UNICODE UTF-8" present, "8859/1" present`}},
	} {
		if got := differences(mustParse(t, c.a), mustParse(t, c.b)); !slices.Equal(got, c.want) {
			t.Errorf("%q\n%q\n got %q\nwant %q", c.a, c.b, got, c.want)
		}
	}
}
