package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// telling adds to the small profile messages that change no stock.
const telling = `
parts:
  prior: {identifiers: [{each: MRG-1, value: .1, type: .5, authority: .4}]}
  first: {identifiers: [{each: "PID[1]-3", value: .1, type: .5, authority: .4}]}
  second: {identifiers: [{each: "PID[2]-3", value: .1, type: .5, authority: .4}]}
messages:
  coded:
    types: [BAR^P12]
    events: {c: {kind: coding, stage: final, case: [{kind: case_number, from: PV1-50}], encounter: PV1-19.1, patient: patient,
      procedures: [{each: PR1, when: 'hl7("PR1-5") <= hl7("MSH-7") + "9"', code: PR1-3.1, on: PR1-5}]}}
  unmerged: {types: [ADT^A37], events: {u: {kind: patient_unmerge, survivor: first, retired: second}}}
  moved: {types: [ADT^A45], when: 'present("MRG-5")', events: {m: {kind: visit_move, each: MRG, encounter: PV1-19.1, from: prior, to: patient}}}
  merged: {types: [ADT^A40], events: {m: {kind: patient_merge, each: PID, survivor: patient, retired: prior}}}
  updated: {types: [ADT^A31], events: {p: {kind: patient_update, patient: patient}}}
  joined: {types: [ADT^A50], events: {j: {kind: visit_merge, survivor: PV1-19.1, retired: MRG-5.1}}}
`

func told(t *testing.T, kind string, lines ...string) ([]canonical.Event, string, error) {
	t.Helper()
	in := message(lines...)
	in.Raw = []byte(strings.Replace(string(in.Raw), "DFT^P03", kind, 1))
	tr, err := overlaid(t, telling).Translate(in)
	return tr.Events, codes(tr.Findings), err
}

func mr(value string) canonical.Patient {
	return canonical.Patient{Identifiers: []canonical.Identifier{{Type: "MR", Authority: "N", Value: value}}}
}

const visit = "PV1|1||||||||||||||||||V1"

func TestCoding_IsOfACaseOrAVisitAndLeavesPlansOut(t *testing.T) {
	t.Parallel()
	events, findings, err := told(t, "BAR^P12", "PID|1||A^^^N^MR", visit, "PR1|1||W371||20260314", "PR1|2||W372||202603140915", "PR1|3||W904||20260315", "PR1|4||Z943")
	want := canonical.Coding{Case: canonical.Case{Aliases: []canonical.Alias{}}, Encounter: "V1", Patient: mr("A"), Stage: "final",
		Procedures: []canonical.Procedure{{Code: "W371", On: "2026-03-14"}, {Code: "W372", On: "2026-03-14"}, {Code: "Z943"}}}
	if err != nil || len(events) != 1 || findings != "" {
		t.Fatalf("got %v with %q, %v", events, findings, err)
	}
	if diff := cmp.Diff(want, events[0]); diff != "" {
		t.Errorf("a later day is a plan; the message's own day is not (-want +got): %s", diff)
	}
	events, _, err = told(t, "BAR^P12", "PID|1||A^^^N^MR", visit+strings.Repeat("|", 31)+"4411", "PR1|1||W371||20260314")
	if err != nil || len(events) != 1 || events[0].(canonical.Coding).Case.Aliases[0].Value != "4411" {
		t.Errorf("got %v, %v", events, err)
	}
}

func TestCoding_WithoutProceduresOrWithoutAVisitChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines    []string
		findings string
	}{
		"only plans":                 {[]string{"PID|1||A^^^N^MR", visit, "PR1|1||W904||20270101"}, "no_procedures"},
		"no procedure":               {[]string{"PID|1||A^^^N^MR", visit}, "no_procedures"},
		"of no case and of no visit": {[]string{"PID|1||A^^^N^MR", "PR1|1||W371||20260314"}, "coding_of_nothing"},
	} {
		if events, findings, err := told(t, "BAR^P12", c.lines...); err != nil || len(events) > 0 || findings != c.findings {
			t.Errorf("%s: got %v with %q, %v", name, events, findings, err)
		}
	}
}

func TestIdentities_AreToldWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind     string
		lines    []string
		want     canonical.Event
		findings string
	}{
		"two patients are two again":    {"ADT^A37", []string{"PID|1||A^^^N^MR", "PV1|1", "PID|1||B^^^N^MR"}, canonical.PatientUnmerge{Survivor: mr("A"), Retired: mr("B")}, ""},
		"one patient cannot be two":     {"ADT^A37", []string{"PID|1||A^^^N^MR"}, nil, "unmerge_incomplete"},
		"nor be two without a number":   {"ADT^A37", []string{"PID|1", "PID|2||B^^^N^MR"}, nil, "unmerge_incomplete"},
		"two patients are one":          {"ADT^A40", []string{"PID|1||A^^^N^MR", "MRG|B^^^N^MR"}, canonical.PatientMerge{Survivor: mr("A"), Retired: mr("B")}, ""},
		"a merge with nobody":           {"ADT^A40", []string{"PID|1||A^^^N^MR", "MRG|"}, nil, "merge_incomplete"},
		"an update of nobody":           {"ADT^A31", []string{"PID|1"}, nil, "patient_absent"},
		"a visit is moved":              {"ADT^A45", []string{"PID|1||B^^^N^MR", "MRG|A^^^N^MR||||V1", visit}, canonical.VisitMove{Encounter: "V1", From: mr("A"), To: mr("B")}, ""},
		"a visit without its number":    {"ADT^A45", []string{"PID|1||B^^^N^MR", "MRG|A^^^N^MR||||V1", "PV1|1"}, nil, "visit_move_incomplete"},
		"a visit of nobody":             {"ADT^A45", []string{"PID|1||B^^^N^MR", "MRG|||||V1", visit}, nil, "visit_move_incomplete"},
		"two numbers name one visit":    {"ADT^A50", []string{"PID|1||B^^^N^MR", "MRG|B^^^N^MR||||V0", visit}, canonical.VisitMerge{Survivor: "V1", Retired: "V0"}, ""},
		"a visit that merges with none": {"ADT^A50", []string{"PID|1||B^^^N^MR", "MRG|B^^^N^MR", visit}, nil, "visit_merge_incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			events, findings, err := told(t, c.kind, c.lines...)
			if err != nil || findings != c.findings {
				t.Fatalf("findings %q, want %q (%v)", findings, c.findings, err)
			}
			var got canonical.Event
			if len(events) > 0 {
				got = events[0]
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTranslate_WhatNoConditionFitsIsStoppedAndSaysSo(t *testing.T) {
	t.Parallel()
	if _, _, err := told(t, "ADT^A45", "PID|1||B^^^N^MR", "MRG|A^^^N^MR"); err == nil || !strings.Contains(err.Error(), `"moved" has one`) {
		t.Errorf("got %v", err)
	}
}

func TestProcedures_ReadWhatStandsBeforeTheFirstAndNeverASibling(t *testing.T) {
	t.Parallel()
	m := overlaid(t, `messages: {use: {events: {use: {procedures: [{each: PR1, code: PR1-3, system: MSH-3, text: ROL-4, side: {expr: 'hl7("FT1-3")'}}]}}}}`)
	u, _ := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K1|left|||CG|C|||1", "PR1|1||W371", "ROL|1|AD|X|S1", "PR1|2||W372", "ROL|1|AD|X|S2")
	for i, code := range []string{"W371", "W372"} {
		if p := u.Procedures[i]; p != (canonical.Procedure{Code: code, System: "T", Side: "left"}) {
			t.Errorf("got %+v: a ROL is of its own PR1 only", p)
		}
	}
}
