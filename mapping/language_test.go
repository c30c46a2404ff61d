package mapping

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// A small profile on which each feature of the language is tried; %LINES% is
// what a case puts among the keys of lines.
const small = `
profile: small
version: 1
format: hl7v2
tables: {environments: env.csv, signs: signs.csv}
environment: {from: MSH-11.1, table: environments, default: production}
parts:
  patient: {identifiers: [{each: PID-3, value: .1, type: .5, authority: .4}]}
messages:
  use:
    types: [DFT^P03]
    once: [PID]
    events:
      use:
        kind: usage
        mode: increments
        case: [{kind: case_number, from: PV1-50}, {kind: visit_number, from: PV1-19, last_resort: true}]
        patient: patient
        lines:
          each: FT1
          key: FT1-2
          effect: {from: FT1-6, table: signs}
          quantity: {from: FT1-10, default: 1}
          codes: [{value: FT1-7}]
ignore: {ACK: "It answers."}
`

func profile(text string) fstest.MapFS {
	return fstest.MapFS{
		"profiles/small/v1/profile.yaml": {Data: []byte(text)},
		"profiles/small/v1/env.csv":      {Data: []byte("code,environment\nP,production\nT,training\n")},
		"profiles/small/v1/signs.csv":    {Data: []byte("code,effect\nCG,use\nCD,credit\n")},
	}
}

// overlaid loads the small profile with an overlay.
func overlaid(t *testing.T, overlay string, files ...string) *Mapping {
	t.Helper()
	trust := fstest.MapFS{"mapping.yaml": {Data: []byte("trust: ZZ1\nprofile: small/v1\n" + overlay)}}
	for i := 0; i+1 < len(files); i += 2 {
		trust[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	m, err := Load(profile(small), "small/v1", trust, "mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func message(lines ...string) Input {
	return Input{Raw: []byte("MSH|^~\\&|T|Z|||20260314||DFT^P03|1|P|2.5\r" + strings.Join(lines, "\r") + "\r"), ReceivedAt: received}
}

func usage(t *testing.T, m *Mapping, lines ...string) (canonical.Usage, string) {
	t.Helper()
	tr, err := m.Translate(message(lines...))
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, f := range tr.Findings {
		codes = append(codes, f.Code)
	}
	if len(tr.Events) != 1 {
		t.Fatalf("got %d events, findings %v", len(tr.Events), codes)
	}
	return tr.Events[0].(canonical.Usage), strings.Join(codes, " ")
}

func line(overlay string) string {
	return "messages: {use: {events: {use: {lines: {" + overlay + "}}}}}"
}

func TestValue_EachSourceGivesWhatTheLanguageSays(t *testing.T) {
	const pid, pv, ft = "PID|1||A^^^N^MR~B^^^N^XX", "PV1|1||W1||||||||||||||||V1", "FT1|1|K1|||| CG |C|||2"
	for name, c := range map[string]struct{ rule, ft1, want string }{
		"a path":                                           {"lot: FT1-3", "FT1|1|K|L1|||CG|C|||1", "L1"},
		"blanks outside do not count":                      {"lot: FT1-3", "FT1|1|K|  L1 |||CG|C|||1", "L1"},
		"the first of a list that is present":              {"lot: [FT1-3, FT1-5]", "FT1|1|K|||L5|CG|C|||1", "L5"},
		"a blank value is not present":                     {"lot: [FT1-3, FT1-5]", "FT1|1|K|  ||L5|CG|C|||1", "L5"},
		"a null ends the search":                           {"lot: [FT1-3, FT1-5]", `FT1|1|K|""||L5|CG|C|||1`, canonical.None},
		"a null takes no default":                          {"lot: {from: FT1-3, default: D}", `FT1|1|K|""|||CG|C|||1`, canonical.None},
		"a default where there is nothing":                 {"lot: {from: FT1-3, default: D}", "FT1|1|K||||CG|C|||1", "D"},
		"a constant":                                       {"lot: {const: K9}", "FT1|1|K||||CG|C|||1", "K9"},
		"letters to upper case":                            {"lot: {from: FT1-3, case: upper}", "FT1|1|K|ab1|||CG|C|||1", "AB1"},
		"an expression":                                    {`lot: {expr: 'split(hl7("FT1-3"), "/")[1]'}`, "FT1|1|K|a/b|||CG|C|||1", "b"},
		"all values in an expression":                      {`lot: {expr: 'join(hl7all("PID-3.1"), "+")'}`, "FT1|1|K||||CG|C|||1", "A+B"},
		"a table in an expression":                         {`lot: {expr: 'lookup("signs", hl7("FT1-6"))'}`, "FT1|1|K||||CG|C|||1", "use"},
		"presence in an expression":                        {`lot: {expr: 'present("FT1-3") ? "y" : "n"'}`, "FT1|1|K||||CG|C|||1", "n"},
		"a prefix among repetitions":                       {`lot: {from: NTE-3, prefix: "LOT:"}`, "FT1|1|K||||CG|C|||1\rNTE|1||hello~lot: L7", "L7"},
		"two prefixes that differ are none":                {`lot: {from: NTE-3, prefix: "LOT:"}`, "FT1|1|K||||CG|C|||1\rNTE|1||LOT:1~LOT:2", ""},
		"a segment chosen by a field":                      {`lot: "OBX[3.1=LOT]-5"`, "FT1|1|K||||CG|C|||1\rOBX|1||SN||S\rOBX|2||LOT^x||L8", "L8"},
		"a repetition by a component":                      {`lot: {expr: 'hl7("PID-3[5=XX].1")'}`, "FT1|1|K||||CG|C|||1", "B"},
		"what is the line's own is not read in the header": {"lot: PV1-3", "FT1|1|K||||CG|C|||1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := overlaid(t, line(c.rule))
			u, _ := usage(t, m, pid, pv, c.ft1, ft)
			if u.Lines[0].Lot != c.want {
				t.Errorf("lot is %q, want %q", u.Lines[0].Lot, c.want)
			}
		})
	}
}

func TestLines_APathNeverReadsInASibling(t *testing.T) {
	m := overlaid(t, line(`lot: "OBX[3.1=LOT]-5", place: {code: "OBX[3.1=PLACE]-5"}`))
	u, _ := usage(t, m, "PID|1||A^^^N^MR", "OBX|1||PLACE||HEAD", "FT1|1|K1||||CG|C|||1", "OBX|1||LOT||L1", "FT1|2|K2||||CG|C|||1")
	if u.Lines[0].Lot != "L1" || u.Lines[1].Lot != "" {
		t.Errorf("lots are %q and %q, want L1 and none", u.Lines[0].Lot, u.Lines[1].Lot)
	}
	if u.Lines[0].Place.Code != "" || u.Lines[1].Place.Code != "HEAD" {
		t.Errorf("places are %q and %q: the group that has an OBX of its own reads there, the other in the header", u.Lines[0].Place.Code, u.Lines[1].Place.Code)
	}
}

func TestLines_TheSignComesFromTheTableAlone(t *testing.T) {
	for name, c := range map[string]struct {
		rule, ft1, want, findings string
	}{
		"a charge is a use":                    {"", "FT1|1|K||||CG|C|||1", "use", ""},
		"a credit takes back":                  {"", "FT1|1|K||||CD|C|||1", "credit", ""},
		"an unlisted sign is never a use":      {"", "FT1|1|K||||CR|C|||1", "unknown", "sign_unlisted"},
		"whatever the overlay says":            {"effect: {unlisted: {value: use}}", "FT1|1|K||||CR|C|||1", "unknown", "sign_unlisted"},
		"no sign is never a use":               {"", "FT1|1|K|||||C|||1", "unknown", "sign_absent"},
		"a negative quantity is never a use":   {"", "FT1|1|K||||CG|C|||-1", "unknown", "quantity_negative"},
		"unless the profile declares it":       {"negative: {use: credit}", "FT1|1|K||||CG|C|||-1", "credit", ""},
		"what is no number is never a use":     {"", "FT1|1|K||||CG|C|||1,5", "unknown", "quantity_unreadable"},
		"a deleted quantity is never a use":    {"", `FT1|1|K||||CG|C|||""`, "unknown", "quantity_unreadable"},
		"a null deletes the line if declared":  {"deleted_by: [FT1-7]", `FT1|1|K||||CG|""|||1`, "delete", ""},
		"nought is neither use nor credit":     {"", "FT1|1|K||||CG|C|||0", "unknown", "quantity_zero"},
		"a fraction is kept":                   {"", "FT1|1|K||||CG|C|||0.50", "use", ""},
		"a line without a key is told":         {"", "FT1|1|||||CG|C|||1", "use", "no_business_key"},
		"a failing condition keeps the line":   {`when: 'split(hl7("FT1-10"), "/")[9] == "x"'`, "FT1|1|K||||CG|C|||1", "use", "expression_failed"},
		"a memory bomb is stopped and told of": {`lot: {expr: 'len(map(1..90000, map(1..90000, #))) > 0 ? "a" : "b"'}`, "FT1|1|K||||CG|C|||1", "use", "expression_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := overlaid(t, line(c.rule))
			u, findings := usage(t, m, "PID|1||A^^^N^MR", "PV1|1||W1||||||||||||||||V1", c.ft1)
			if got := string(u.Lines[0].Effect); got != c.want {
				t.Errorf("effect is %s, want %s", got, c.want)
			}
			findings = strings.TrimSpace(strings.ReplaceAll(findings, "item_code_unmapped", ""))
			if strings.ReplaceAll(findings, "item_absent", "") != c.findings {
				t.Errorf("findings are %q, want %q", findings, c.findings)
			}
		})
	}
}

func TestLines_TwoUsesUnderOneKeyGoToReconciliation(t *testing.T) {
	m := overlaid(t, "")
	u, findings := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K||||CG|C|||1", "FT1|2|K||||CG|C|||1")
	if len(u.Lines) != 2 || u.Lines[0].Key != "" || u.Lines[1].Key != "" || !strings.Contains(findings, "business_key_repeated") {
		t.Errorf("got %+v with %s", u.Lines, findings)
	}
	u, findings = usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K||||CG|C|||1", "FT1|2|K||||CD|C|||1")
	if u.Lines[0].Key != "K" || u.Lines[1].Key != "K" || strings.Contains(findings, "business_key_repeated") {
		t.Errorf("a use and its credit share a key: got %+v with %s", u.Lines, findings)
	}
}

func TestCase_TheVisitServesOnlyWhereThereIsNoCaseNumber(t *testing.T) {
	m := overlaid(t, "")
	fields := strings.Repeat("|", 31)
	u, _ := usage(t, m, "PID|1||A^^^N^MR", "PV1|1||||||||||||||||||V1"+fields+"4411", "FT1|1|K||||CG|C|||1")
	if len(u.Case.Aliases) != 1 || u.Case.Aliases[0] != (canonical.Alias{Kind: "case_number", Value: "4411"}) {
		t.Errorf("aliases are %v", u.Case.Aliases)
	}
	u, _ = usage(t, m, "PID|1||A^^^N^MR", "PV1|1||||||||||||||||||V1", "FT1|1|K||||CG|C|||1")
	if len(u.Case.Aliases) != 1 || u.Case.Aliases[0].Kind != "visit_number" {
		t.Errorf("aliases are %v", u.Case.Aliases)
	}
}

func TestTranslate_WhatCannotBeReadAsAWholeIsStopped(t *testing.T) {
	m := overlaid(t, "")
	for name, c := range map[string]struct {
		raw, code, path string
		kind            fault.Kind
	}{
		"no message":            {"hello", "", "", fault.Invalid},
		"a type not declared":   {"MSH|^~\\&|T|Z|||1||BAR^P12|1|P|2.5\r", "message_type_unknown", "MSH-9", fault.Stopped},
		"neither live nor test": {"MSH|^~\\&|T|Z|||1||DFT^P03|1|Q|2.5\r", "environment_unknown", "MSH-11.1", fault.Stopped},
		"two patients in one":   {"MSH|^~\\&|T|Z|||1||DFT^P03|1|P|2.5\rPID|1||A\rPID|2||B\r", "segment_repeated", "PID[2]", fault.Stopped},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := m.Translate(Input{Raw: []byte(c.raw)})
			f := fault.Of(err)
			if err == nil || f.Kind != c.kind || c.code != "" && (f.Code != c.code || f.Path != c.path) {
				t.Errorf("got %v (%s %s at %s)", err, f.Kind, f.Code, f.Path)
			}
		})
	}
}

func TestOverlay_ATrustsWordComesFirst(t *testing.T) {
	m := overlaid(t, "tables: {signs: signs.csv}\nignore: {ADT: \"Not for us.\"}\n", "signs.csv", "code,effect\nCR,credit\nCD,unknown\n")
	for sign, want := range map[string]canonical.Effect{"CG": canonical.Use, "CR": canonical.Credit, "CD": canonical.Unknown} {
		u, _ := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K||||"+sign+"|C|||1")
		if u.Lines[0].Effect != want {
			t.Errorf("%s is %s, want %s", sign, u.Lines[0].Effect, want)
		}
	}
	tr, err := m.Translate(Input{Raw: []byte("MSH|^~\\&|T|Z|||1||ADT^A99|1|P|2.5\r")})
	if err != nil || tr.Ignored != "Not for us." || len(tr.Events) != 0 {
		t.Errorf("got %q, %v, %v", tr.Ignored, tr.Events, err)
	}
	m = overlaid(t, "ignore: {DFT^P03: \"Told by ORU here.\"}")
	if tr, err := m.Translate(message("PID|1||A")); err != nil || tr.Ignored == "" {
		t.Errorf("an overlay's ignore goes before the profile's rule: got %q, %v", tr.Ignored, err)
	}
	m = overlaid(t, `messages: {own: {types: [ACK], when: 'hl7("MSH-3") == "T"', events: {p: {kind: patient_update, patient: patient}}}}`)
	if tr, err := m.Translate(Input{Raw: []byte("MSH|^~\\&|T|Z|||1||ACK|1|P|2.5\rPID|1||A^^^N^MR\r")}); err != nil || len(tr.Events) != 1 {
		t.Errorf("an overlay's rule goes before the profile's ignore: got %v, %v", tr, err)
	}
	if tr, err := m.Translate(Input{Raw: []byte("MSH|^~\\&|U|Z|||1||ACK|1|P|2.5\r")}); err != nil || tr.Ignored == "" {
		t.Errorf("where the rule's condition does not hold the type is ignored: got %v, %v", tr, err)
	}
}

func TestOverlay_ARuleWithoutASourceChangesOnlyItsKeys(t *testing.T) {
	m := overlaid(t, line(`quantity: {default: 3}`))
	u, _ := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K||||CG|C|||", "FT1|2|K2||||CG|C|||7")
	if u.Lines[0].Quantity != "3" || u.Lines[1].Quantity != "7" {
		t.Errorf("quantities are %s and %s, want 3 and 7", u.Lines[0].Quantity, u.Lines[1].Quantity)
	}
}

func TestOverlay_AnEmptyValueTakesAKeyAway(t *testing.T) {
	m := overlaid(t, line(`quantity: {absent: {code: q, text: "None."}}`))
	if _, f := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K||||CG|C|||"); !strings.Contains(f, "q") {
		t.Errorf("findings are %q", f)
	}
	m = overlaid(t, line(`codes: `))
	if u, _ := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K||||CG|C|||1"); len(u.Lines[0].Codes) != 0 {
		t.Errorf("codes are %v", u.Lines[0].Codes)
	}
}

func TestTranslate_AWordThatTheHubDoesNotKnowIsNeverPassedOn(t *testing.T) {
	m := overlaid(t, line(`side: FT1-3, unit: FT1-5`))
	u, findings := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K|links||crate|CG|C|||1")
	if l := u.Lines[0]; l.Side != "" || l.Unit != "" || l.Effect != canonical.Unknown || !strings.Contains(findings, "value_unknown value_unknown") {
		t.Errorf("got %+v with %s", l, findings)
	}
	trust := fstest.MapFS{"mapping.yaml": {Data: []byte("trust: ZZ1\nprofile: small/v1\ntables: {environments: env.csv}\n")}, "env.csv": {Data: []byte("code,environment\nL,live\n")}}
	if _, err := Load(profile(small), "small/v1", trust, "mapping.yaml"); fault.Of(err).Path != "env.csv:2" {
		t.Errorf("got %v", err)
	}
}
