package mapping

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// snapping makes of the small profile one whose messages tell all that was
// used in a scope; ZHD-1 is the scope and ZHD-2 the number of lines.
const snapping = `
messages: {use: {events: {use: {mode: snapshot, scope: ZHD-1, count: ZHD-2, lines: {when: 'hl7("FT1-3") != "NO"'}}}}}
`

func TestUsage_TellsWhoseVoiceAndVisitItIs(t *testing.T) {
	t.Parallel()
	m := overlaid(t, "sources: [implants]\n"+`messages: {use: {events: {use: {source: implants, encounter: PV1-19.1, people: [{role: consultant, each: PV1-7, code: .1}, {role: operator, each: ROL, code: ROL-4}], procedures: [{each: PR1, code: PR1-3, on: PR1-5}]}}}}`)
	u, _ := usage(t, m, "PID|1||A^^^N^MR", "PV1|1||W1||||C1~C2||||||||||||V1", "FT1|1|K1||||CG|C|||1", "PR1|1||W371||202603140915", "ROL|1|AD|X|S1", "PR1|2||W372", "ROL|1|AD|X|S1")
	if u.Source != "implants" || u.Encounter != "V1" {
		t.Errorf("source %q, encounter %q", u.Source, u.Encounter)
	}
	if diff := cmp.Diff([]canonical.Person{{Role: "consultant", Code: "C1"}, {Role: "consultant", Code: "C2"}, {Role: "operator", Code: "S1"}}, u.People); diff != "" {
		t.Errorf("people, each told once: %s", diff)
	}
	if diff := cmp.Diff([]canonical.Procedure{{Code: "W371", On: "2026-03-14"}, {Code: "W372"}}, u.Procedures); diff != "" {
		t.Errorf("procedures: %s", diff)
	}
}

func TestSnapshot_OnlyAWholeMessageTellsOfAllThatWasUsed(t *testing.T) {
	t.Parallel()
	m := overlaid(t, snapping)
	const one, other, no = "FT1|1|K1||||CG|C|||1", "FT1|2|K2||||CG|C|||1", "FT1|3|K3|NO|||CG|C|||1"
	for name, c := range map[string]struct {
		count    string
		lines    []string
		mode     canonical.Mode // empty if nothing is told
		told     int
		findings string
	}{
		"as many as it says":                               {"2", []string{one, other}, canonical.Snapshot, 2, ""},
		"a line of which the mapping takes no notice":      {"2", []string{one, no}, canonical.Snapshot, 1, "not_a_use"},
		"none, and it says so: nothing was used after all": {"0", nil, canonical.Snapshot, 0, ""},
		"none that counts, and it is whole":                {"1", []string{no}, canonical.Snapshot, 0, "not_a_use"},
		"without a count, with lines":                      {"", []string{one}, canonical.Snapshot, 1, ""},
		"without a count or lines it changes nothing":      {"", nil, "", 0, "no_lines"},
		"without a count, and no line counts":              {"", []string{no}, "", 0, "not_a_use no_lines"},
		"a line was lost: nothing is withdrawn":            {"2", []string{one}, canonical.Increments, 1, "lines_missing"},
		"all were lost: nothing is withdrawn":              {"2", nil, "", 0, "lines_missing no_lines"},
		"a line too many":                                  {"1", []string{one, other}, canonical.Increments, 2, "lines_missing"},
		"a count that is none":                             {"two", []string{one, other}, canonical.Increments, 2, "lines_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			tr, err := m.Translate(message(append([]string{"PID|1||A^^^N^MR", "PV1|1||W||||||||||||||||V1", "ZHD|consumables|" + c.count}, c.lines...)...))
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(tr.Findings); got != c.findings {
				t.Errorf("findings are %q, want %q", got, c.findings)
			}
			if c.mode == "" {
				if len(tr.Events) > 0 {
					t.Errorf("got %+v", tr.Events)
				}
				return
			}
			u := usageOf(t, tr.Events[0])
			if u.Mode != c.mode || len(u.Lines) != c.told || u.Lines == nil {
				t.Errorf("mode %s with %d lines, want %s with %d", u.Mode, len(u.Lines), c.mode, c.told)
			}
			if u.Scope != "consumables" { // also of lines among which one is missing: a later whole message withdraws them
				t.Errorf("scope is %q", u.Scope)
			}
		})
	}
}

// codes lists what was found, without what every test of items finds.
func codes(findings []canonical.Finding) string {
	var out []string
	for _, f := range findings {
		if f.Code != "item_code_unmapped" {
			out = append(out, f.Code)
		}
	}
	return strings.Join(out, " ")
}

func TestLines_ASetAndWhatBecameOfAThingAreTheLines(t *testing.T) {
	t.Parallel()
	m := overlaid(t, line(`set: {id: "OBX[3=SET]-5", cycle: "OBX[3=CYC]-5"}, disposition: FT1-3`))
	u, findings := usage(t, m, "PID|1||A^^^N^MR", "OBX|1||SET||OF THE VISIT",
		"FT1|1|K1|reusable|||CG|C|||1", "OBX|1||SET||TRAY7", "OBX|2||CYC||A2-04", "FT1|2|K2|supplier_liable|||CG|C|||1", "FT1|3|K3|lent|||CG|C|||1")
	if l := u.Lines[0]; l.Set != (canonical.Set{ID: "TRAY7", Cycle: "A2-04"}) || l.Disposition != canonical.Reusable {
		t.Errorf("got %+v", l)
	}
	if l := u.Lines[1]; l.Set != (canonical.Set{}) || l.Disposition != canonical.SupplierLiable {
		t.Errorf("a set in the header is no line's: got %+v", l)
	}
	if l := u.Lines[2]; l.Disposition != canonical.UsedUnspecified || !strings.Contains(findings, "value_unknown") {
		t.Errorf("got %+v with %s", l, findings)
	}
}

func TestLines_OnlyACreditSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	m := overlaid(t, "tables: {why: why.csv}\n"+line(`credit_for: {from: FT1-3, table: why, default: never_opened, unlisted: {code: why_unlisted, text: "Add a row."}}`),
		"why.csv", "code,credit_for\nW,wasted\nE,charging_error\n")
	u, findings := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K1|W|||CD|C|||1", "FT1|2|K2||||CD|C|||1", "FT1|3|K3|?|||CD|C|||1", "FT1|4|K4|W|||CG|C|||1", "FT1|5|K5|?|||CR|C|||1")
	var got []string
	for _, l := range u.Lines {
		got = append(got, fmt.Sprintf("%s:%s", l.Effect, l.CreditFor))
	}
	if want := "credit:wasted credit:never_opened credit: use: unknown:"; strings.Join(got, " ") != want || strings.Count(findings, "why_unlisted") != 1 {
		t.Errorf("got %v with %s, want %s", got, findings, want)
	}
}

func TestLoad_AModeTakesOnlyItsOwnKeys(t *testing.T) {
	t.Parallel()
	trust := fstest.MapFS{"mapping.yaml": {Data: []byte(`trust: ZZ1
profile: small/v1
messages:
  use:
    events:
      use:
        source: The Implants
        scope: FT1-3
        count: FT1-5
        lines:
          action: FT1-3
      acts:
        kind: usage
        mode: actions
        lines: {each: FT1, key: FT1-2, effect: {const: use}, quantity: FT1-10}
      plain:
        kind: usage
        mode: actions
        lines: {each: FT1, key: FT1-2, effect: {const: use}, quantity: FT1-10, action: FT1-3, set: {cycle: FT1-3}}
      wrong:
        kind: usage
        mode: actions
        lines: {each: FT1, key: FT1-2, effect: {const: use}, quantity: FT1-10, action: {from: FT1-3, table: signs}, credit_for: {const: lost}}
      bare: {kind: usage, source: [a]}
      coded: {kind: coding, stage: last}
      mere: {kind: coding}
      second: {kind: usage, mode: increments, lines: {each: "PID[2]", key: PID-3, effect: {const: use}, quantity: {const: 1}}}
`)}}
	_, err := Load(profile(small), "small/v1", trust, "mapping.yaml")
	if err == nil {
		t.Fatal("the mapping is taken")
	}
	for _, want := range []string{
		`mapping.yaml:7: source is one word in small letters`,
		`mapping.yaml:8: scope goes with mode: snapshot.`,
		`mapping.yaml:9: count goes with mode: snapshot.`,
		`mapping.yaml:11: action goes with mode: actions.`,
		`mapping.yaml:15: The key "action" is missing here: with mode: actions it says by a table`,
		`mapping.yaml:19: The action of a line comes from a table`,
		`mapping.yaml:19: The key "id" is missing here.`,
		`small/v1/signs.csv:2: "use" is not one of add, update, delete, unchanged.`,
		`mapping.yaml:23: the value is one of never_opened, wasted, charging_error.`,
		`mapping.yaml:24: The key "mode" is missing here: increments where`,
		`mapping.yaml:24: The key "lines" is missing here.`,
		`mapping.yaml:24: source is one word`,
		`mapping.yaml:25: stage is one of theatre, final.`,
		`mapping.yaml:26: The key "stage" is missing here: theatre for`,
		`mapping.yaml:26: The key "patient" is missing here.`,
		`mapping.yaml:26: The key "procedures" is missing here.`,
		`mapping.yaml:27: "PID[2]" is not a segment.`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in\n%v", want, err)
		}
	}
}
