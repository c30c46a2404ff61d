package mapping

import (
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// acting makes of the small profile one whose lines carry action codes in
// FT1-3.
const acting = `
tables: {signs: signs.csv, acts: acts.csv}
messages: {use: {events: {use: {mode: actions, lines: {action: {from: FT1-3, table: acts}, deleted_by: [FT1-7]}}}}}
`

func acts(t *testing.T) *Mapping {
	return overlaid(t, acting, "acts.csv", "code,action\nA,add\nU,update\nD,delete\nX,unchanged\n",
		"signs.csv", "code,effect\nW,wrong_patient\nN,no_value\nP,skip\n")
}

func TestAction_SaysWhatBecomesOfALine(t *testing.T) {
	t.Parallel()
	m := acts(t)
	for name, c := range map[string]struct {
		action, sign, item string
		want               canonical.Effect // empty if the line is left out
		quantity, findings string
	}{
		"an added use is one":                             {"A", "CG", "C", canonical.Use, "2", ""},
		"an updated use is one":                           {"U", "CG", "C", canonical.Use, "2", ""},
		"an added credit takes back":                      {"A", "CD", "C", canonical.Credit, "2", ""},
		"a deleted use never was":                         {"D", "CG", "C", canonical.Delete, "2", ""},
		"a deleted line needs no sign":                    {"D", "", "C", canonical.Delete, "2", ""},
		"a deleted credit takes nothing back":             {"D", "CD", "C", canonical.Credit, "0", ""},
		"a wrong patient stays one":                       {"D", "W", "C", canonical.WrongPatient, "2", ""},
		"what has no value has none":                      {"D", "N", "C", canonical.NoValue, "2", ""},
		"what is deleted before it was final":             {"D", "P", "C", canonical.Delete, "2", ""},
		"what is not final is left out":                   {"A", "P", "C", "", "", "line_not_final"},
		"an unchanged line is left out, and that is told": {"X", "CG", "C", "", "", "line_unchanged"},
		"also with a sign that nobody knows":              {"X", "ZZ", "C", "", "", "line_unchanged"},
		"an action that nobody knows waits":               {"R", "CG", "C", canonical.Unknown, "2", "action_unlisted"},
		"a line without an action waits":                  {"", "CG", "C", canonical.Unknown, "2", "action_absent"},
		"an action that is deleted says nothing":          {`""`, "CG", "C", canonical.Unknown, "2", "action_absent"},
		"an added line with an unknown sign waits":        {"A", "ZZ", "C", canonical.Unknown, "2", "sign_unlisted"},
		"an added line without a sign waits":              {"A", "", "C", canonical.Unknown, "2", "sign_absent"},
		"which was deleted, a use or a credit, waits":     {"D", "ZZ", "C", canonical.Unknown, "2", "sign_unlisted"},
		"a null deletes as well":                          {"U", "CG", `""`, canonical.Delete, "2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tr, err := m.Translate(message("PID|1||A^^^N^MR", "PV1|1||||||||||||||||||V1", "FT1|1|K0|A|||CG|C|||1", "FT1|2|K|"+c.action+"|||"+c.sign+"|"+c.item+"|||2"))
			if err != nil {
				t.Fatal(err)
			}
			u := usageOf(t, tr.Events[0])
			if got := codes(tr.Findings); got != c.findings {
				t.Errorf("findings are %q, want %q", got, c.findings)
			}
			if c.want == "" {
				if len(u.Lines) != 1 {
					t.Errorf("got %+v", u.Lines)
				}
				return
			}
			if l := u.Lines[1]; l.Effect != c.want || l.Quantity != c.quantity || l.Key != "K" {
				t.Errorf("got %s of %s, want %s of %s", l.Effect, l.Quantity, c.want, c.quantity)
			}
			if u.Mode != canonical.Actions {
				t.Errorf("mode is %s", u.Mode)
			}
		})
	}
}

func TestAction_AllSegmentsOfAGatheredLineMustAgree(t *testing.T) {
	t.Parallel()
	m := overlaid(t, `
tables: {acts: acts.csv}
messages: {use: {events: {use: {mode: actions, lines: {each: OBX, by: OBX-4, action: {from: OBX-31, table: acts}, effect: {from: OBX-11, table: signs}, key: OBX-4, quantity: {const: 1}, codes: [{value: OBX-5}]}}}}}
`, "acts.csv", "code,action\nA,add\nI,add\nD,delete\n")
	rest := "||||||CG||||||||||||||||||||"
	u, findings := usage(t, m, "PID|1||A^^^N^MR", "OBX|1|ST|X|1|C"+rest+"A", "OBX|2|ST|Y|1|C"+rest+"I", "OBX|3|ST|X|2|C"+rest+"A", "OBX|4|ST|Y|2|C"+rest+"D")
	if u.Lines[0].Effect != canonical.Use || u.Lines[1].Effect != canonical.Unknown {
		t.Errorf("got %s and %s with %s", u.Lines[0].Effect, u.Lines[1].Effect, findings)
	}
}
