package posting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func merge(survivor, retired string) canonical.PatientMerge {
	return canonical.PatientMerge{Survivor: pat(survivor), Retired: pat(retired)}
}

func unmerge(survivor, retired string) canonical.PatientUnmerge {
	return canonical.PatientUnmerge{Survivor: pat(survivor), Retired: pat(retired)}
}

// with adds identifiers to a patient.
func with(local string, more ...canonical.Identifier) canonical.Patient {
	p := pat(local)
	p.Identifiers = append(p.Identifiers, more...)
	return p
}

// events lists the kinds of what the last batch noted of records.
func (h *hub) events() string {
	var out []string
	for _, e := range h.last.Events {
		out = append(out, e.Kind)
	}
	return strings.Join(out, " ")
}

// found lists the codes of a message's findings.
func found(p []posting.Posting) string {
	var out []string
	for _, f := range p[0].Findings {
		out = append(out, f.Code)
	}
	return strings.Join(out, " ")
}

// usedBy is how many hips went to a record itself, whoever it is read as.
func (h *hub) usedBy(local string) int64 { return h.at(posting.PlaceOf(h.recordOf(local)), hip) }

func TestUnmerge_GivesEachUseBackToItsRecordAndRewritesNothing(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("1", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("pas", 2, merge("B", "A")))
	if h.events() != "merged" {
		t.Errorf("noted %s", h.events())
	}
	h.say(h.from("theatre", 3, used("2", "A", told("1", canonical.Use, "HIP", "2"))), h.from("theatre", 4, used("3", "B", told("1", canonical.Use, "HIP", "4"))))
	if h.patientOf("A") != h.patientOf("B") || h.events() != "retired_identifier_used" {
		t.Errorf("noted %s", h.events())
	}
	moved := len(h.movements)
	p := h.say(h.from("pas", 5, unmerge("B", "A")))
	if p[0].Outcome != "applied" || h.events() != "unmerged" || len(h.movements) != moved || h.usedBy("A") != 3 || h.usedBy("B") != 4 || h.patientOf("A") == h.patientOf("B") {
		t.Errorf("%s: noted %s; %d movements more; A has %d, B %d", p[0].Outcome, h.events(), len(h.movements)-moved, h.usedBy("A"), h.usedBy("B"))
	}
}

func TestUnmerge_MovesAUseWhoseLatestWordIsOfTheOtherRecord(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("1", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("pas", 2, merge("B", "A")))
	h.say(h.from("theatre", 3, used("1", "B", told("1", canonical.Use, "HIP", "1"))))
	if len(h.movements) != 1 {
		t.Fatalf("telling it of the survivor made %d movements", len(h.movements)-1)
	}
	h.say(h.from("pas", 4, unmerge("A", "B"))) // named the other way round
	if h.usedBy("A") != 0 || h.usedBy("B") != 1 || len(h.movements) != 3 || h.movements[2].Cause.Message != 4 {
		t.Errorf("A has %d, B %d: %+v", h.usedBy("A"), h.usedBy("B"), h.movements)
	}
}

func TestUnmerge_OfAUseWithoutAPatientFollowsTheCase(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 1, booked("1", "A", "book")))
	h.say(h.from("pas", 2, merge("B", "A")))
	h.say(h.from("theatre", 3, used("1", "", told("1", canonical.Use, "HIP", "1"))))
	if h.say(h.from("pas", 4, unmerge("B", "A"))); h.usedBy("A") != 1 || len(h.movements) != 1 {
		t.Errorf("A has %d: %+v", h.usedBy("A"), h.movements)
	}
}

func TestLinks_HeardInAnyOrderEndAlike(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told []canonical.Event
		sent []int
		want string
	}{
		"an unmerge heard before its older merge wins": {[]canonical.Event{unmerge("B", "A"), merge("B", "A")}, []int{2, 1}, "A B C"},
		"a further merge leaves the first link":        {[]canonical.Event{merge("B", "A"), merge("C", "A")}, []int{1, 2}, "ABC"},
		"and is taken back alone":                      {[]canonical.Event{merge("B", "A"), merge("C", "A"), unmerge("C", "A")}, []int{1, 2, 3}, "AB C"},
		"a chain":                                      {[]canonical.Event{merge("C", "B"), merge("B", "A")}, []int{2, 1}, "ABC"},
		"a chain that breaks":                          {[]canonical.Event{merge("C", "B"), merge("B", "A"), unmerge("C", "B")}, []int{1, 2, 3}, "AB C"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub()
			for i, e := range c.told {
				h.say(h.from("pas", c.sent[i], e))
			}
			var got []string
			for _, local := range []string{"A", "B", "C"} {
				i := slices.IndexFunc(got, func(g string) bool {
					return h.patientOf(g[:1]) == h.patientOf(local) && h.recordOf(local) != 0
				})
				if i < 0 {
					got = append(got, local)
				} else {
					got[i] += local
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("people are %v, want %s", got, c.want)
			}
		})
	}
}

func TestUnmerge_OfRecordsThatAThirdStillJoinsWarnsUntilItIsTrue(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 1, merge("B", "A")), h.from("pas", 2, merge("C", "B")), h.from("pas", 3, unmerge("C", "A")))
	if h.warned() != "unmerged_still_joined" {
		t.Fatalf("warned %q", h.warned())
	}
	if h.say(h.from("pas", 4, unmerge("C", "B"))); h.warned() != "" || h.patientOf("A") != h.patientOf("B") || h.patientOf("C") == h.patientOf("A") {
		t.Errorf("warned %q", h.warned())
	}
}

func TestUnmerge_OfOneRecordOrOfNobodyChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 1, merge("B", "A")))
	for want, e := range map[string]canonical.Event{"unmerge_of_one_record": unmerge("B", "B"), "merge_incomplete": unmerge("B", "")} {
		if p := h.say(h.from("pas", 2, e)); found(p) != want || p[0].Outcome == "applied" || h.patientOf("A") != h.patientOf("B") {
			t.Errorf("%s: found %s", p[0].Outcome, found(p))
		}
	}
}

func TestNHSNumber_ThatChangesOnALocalNumberIsAnEventAndWarns(t *testing.T) {
	t.Parallel()
	h := newTestHub()
	h.say(h.from("pas", 1, canonical.PatientUpdate{Patient: with("A", nhsNumber("999 000 0018", "01"))}))
	p := h.say(h.from("pas", 2, canonical.PatientUpdate{Patient: with("A", nhsNumber("9990000042", "01"))}))
	if h.events() != "nhs_number_changed identifier_added" || h.warned() != "nhs_number_changed" || found(p) != "nhs_number_changed" {
		t.Errorf("noted %s; warned %s; found %s", h.events(), h.warned(), found(p))
	}
	for w := range h.open {
		if action := h.open[w].Action; !strings.Contains(action, "patient administration") {
			t.Errorf("action %q", action)
		}
	}
	if h.say(h.from("pas", 3, canonical.PatientUpdate{Patient: with("A", nhsNumber("9990000018", ""))})); h.events() != "" {
		t.Errorf("told with a number that it has: noted %s", h.events())
	}
	only := canonical.Patient{Identifiers: []canonical.Identifier{nhsNumber("9990000042", "")}}
	u := used("1", "", told("1", canonical.Use, "HIP", "1"))
	u.Patient = only
	if h.say(h.from("theatre", 4, u)); h.usedBy("A") != 1 {
		t.Error("the new number does not find the record")
	}
}

func TestNHSNumber_OfAnotherRecordIsAnEventAndTheDisagreementWarns(t *testing.T) {
	t.Parallel()
	h := newTestHub()
	h.say(h.from("pas", 1, canonical.PatientUpdate{Patient: with("A", nhsNumber("9990000018", ""))}), h.from("pas", 2, canonical.PatientUpdate{Patient: with("B", nhsNumber("9990000026", ""))}))
	h.say(h.from("pas", 3, canonical.PatientUpdate{Patient: with("A", nhsNumber("9990000026", ""))}))
	if h.events() != "nhs_number_changed" || h.warned() != "identifiers_disagree" {
		t.Errorf("noted %s, warned %s", h.events(), h.warned())
	}
	h.say(h.from("pas", 4, merge("A", "B")))
	if h.say(h.from("pas", 5, canonical.PatientUpdate{Patient: with("A", nhsNumber("9990000026", ""))})); h.events() != "" {
		t.Errorf("both are one person, and still noted %s", h.events())
	}
}

func TestNHSNumber_ThatIsNoneIsKeptAndNeverJoinsTwoPatients(t *testing.T) {
	t.Parallel()
	h := newTestHub()
	for i, local := range []string{"A", "B", "A"} {
		p := h.say(h.from("pas", i, canonical.PatientUpdate{Patient: with(local, nhsNumber(invalidNumber, "02"))}))
		if kept := h.last.Identifiers[len(h.last.Identifiers)-1]; found(p) != "nhs_number_invalid" || kept.Kind != posting.InvalidNumber || kept.Patient != h.recordOf(local) {
			t.Errorf("found %s, kept %+v", found(p), kept)
		}
	}
	if h.recordOf("A") == h.recordOf("B") || h.warned() != "" {
		t.Errorf("two patients are one; warned %s", h.warned())
	}
	u := used("1", "", told("1", canonical.Use, "HIP", "1"))
	u.Patient.Identifiers = []canonical.Identifier{nhsNumber(invalidNumber, ""), nhsNumber("0000000000", "")}
	p := h.say(h.from("theatre", 5, u))
	if found(p) != "nhs_number_invalid no_patient" || h.at(nobody, hip) != 1 {
		t.Errorf("found %s, movements %+v", found(p), h.movements)
	}
}

func TestNHSNumber_TheNewestStatusStandsAndAChangeIsAnEvent(t *testing.T) {
	t.Parallel()
	h := newTestHub()
	for i, c := range []struct {
		minute       int
		status, want string
		noted        string
	}{{5, "03", "03", ""}, {6, "", "03", ""}, {7, "01", "01", "nhs_status_changed"}, {4, "02", "01", ""}, {8, "01", "01", ""}} {
		h.say(h.from("pas", c.minute, canonical.PatientUpdate{Patient: with("A", nhsNumber("9990000018", c.status))}))
		if got := h.known.NHS[h.recordOf("A")][0].Status(); got != c.want || h.events() != c.noted {
			t.Errorf("message %d: status %q, noted %q", i, got, h.events())
		}
	}
}

func TestRetiredIdentifier_IsNotedOnceForAMessageAndKeepsItsOwnRecord(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 1, merge("B", "A")))
	p := h.say(h.from("theatre", 2, used("1", "A", told("1", canonical.Use, "HIP", "1")), used("2", "A", told("1", canonical.Use, "HIP", "1"))))
	if found(p) != "retired_identifier" || h.events() != "retired_identifier_used" || h.usedBy("A") != 2 {
		t.Errorf("found %s, noted %s, A has %d", found(p), h.events(), h.usedBy("A"))
	}
	if h.say(h.from("pas", 3, merge("C", "A"))); strings.Contains(h.events(), "retired") {
		t.Errorf("a correction names retired records, and is noted: %s", h.events())
	}
}

func TestIdentifierAdded_IsNotedForARecordThatWasThere(t *testing.T) {
	t.Parallel()
	h := newTestHub()
	if h.say(h.from("pas", 1, canonical.PatientUpdate{Patient: with("A", canonical.Identifier{Type: "MR", Authority: "OLD", Value: "7"})})); h.events() != "" {
		t.Errorf("a new record: %s", h.events())
	}
	if h.say(h.from("pas", 2, canonical.PatientUpdate{Patient: with("A", nhsNumber("9990000018", ""))})); h.events() != "identifier_added" {
		t.Errorf("noted %q", h.events())
	}
}

func TestDemographics_SayWhoToldThemAndHow(t *testing.T) {
	t.Parallel()
	h := newHub()
	p := pat("A")
	p.Gender = "F"
	u := used("1", "", told("1", canonical.Use, "HIP", "1"))
	u.Patient = p
	h.say(h.from("pas", 1, canonical.PatientUpdate{Patient: p}), h.from("theatre", 2, u), h.from("pas", 3, canonical.PatientMerge{Survivor: p, Retired: p}))
	var got []string
	for _, d := range h.last.Demographics {
		got = append(got, fmt.Sprint(d.Connector, " ", d.About))
	}
	if strings.Join(got, ", ") != "pas true, theatre false, pas true, pas false" {
		t.Errorf("demographics %v", got)
	}
}

func TestTestPatients_AreKeptFromLiveRecordsInEveryEvent(t *testing.T) {
	t.Parallel()
	test := with("T", nhsNumber("9990000018", ""))
	for _, e := range []canonical.Event{
		canonical.PatientUnmerge{Survivor: pat("A"), Retired: test}, canonical.VisitMove{Encounter: "V1", From: test, To: pat("A")},
		canonical.VisitMove{Encounter: "V1", From: pat("A"), To: test}, canonical.Coding{Case: named("1"), Patient: test, Stage: "final"},
	} {
		h := newHub()
		if p := h.say(h.from("pas", 1, e)); p[0].Outcome != "test" || len(h.known.Patients)+len(h.known.Cases)+len(h.known.Encounters) > 0 {
			t.Errorf("%T: %s", e, p[0].Outcome)
		}
	}
}
