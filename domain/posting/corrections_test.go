package posting_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestCorrection_WithTheSameKeyReversesAndReplaces(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("theatre", 2, used("4411", "A", told("1", canonical.Use, "HIP", "3"))))
	if h.at(theatre1, hip) != -3 || len(h.movements) != 3 || h.movements[1].Reverses != h.movements[0].ID {
		t.Errorf("movements %+v", h.movements)
	}
	if p := h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "9")))); p[0].Outcome != "superseded" || h.at(theatre1, hip) != -3 {
		t.Errorf("an older word: %s, %d used", p[0].Outcome, -h.at(theatre1, hip))
	}
}

func TestCredit_TakesBackPartOrAll(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "3"))))
	h.say(h.from("theatre", 2, used("4411", "A", told("1", canonical.Credit, "HIP", "1"))))
	if h.at(theatre1, hip) != -2 {
		t.Errorf("after a part %d used", -h.at(theatre1, hip))
	}
	h.say(h.from("theatre", 3, used("4411", "A", told("1", canonical.Credit, "HIP", "3"))))
	if h.at(theatre1, hip) != 0 || h.at(h.patientOf("A"), hip) != 0 {
		t.Errorf("after all %d used", -h.at(theatre1, hip))
	}
}

func TestDelete_ReversesTheUse(t *testing.T) {
	t.Parallel()
	for _, e := range []canonical.Effect{canonical.Delete, canonical.NoValue} {
		h := newHub()
		h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
		h.say(h.from("theatre", 2, used("4411", "A", told("1", e, "HIP", "1"))))
		if h.at(theatre1, hip) != 0 || len(h.movements) != 2 || h.warned() != "" {
			t.Errorf("%s: movements %+v, warned %s", e, h.movements, h.warned())
		}
	}
}

func TestWrongPatient_IsReversedAndAlerts(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("theatre", 2, used("4411", "A", told("1", canonical.WrongPatient, "HIP", "1"))))
	if h.at(h.patientOf("A"), hip) != 0 || h.warned() != "wrong_patient" {
		t.Fatalf("movements %+v, warned %s", h.movements, h.warned())
	}
	for _, w := range h.open {
		if w.Kind == "wrong_patient" && w.Severity != "danger" {
			t.Errorf("severity %s", w.Severity)
		}
	}
	h.say(h.from("theatre", 3, used("4411", "B", told("1", canonical.Use, "HIP", "1"))))
	if h.at(h.patientOf("B"), hip) != 1 || h.warned() != "wrong_patient" {
		t.Errorf("told of the right patient, nobody has seen it: movements %+v, warned %s", h.movements, h.warned())
	}
}

func TestCase_SentAgainUnderAnotherPatientMovesTheUse(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 0, booked("4411", "A", "book")))
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("theatre", 2, used("4411", "B", told("1", canonical.Use, "HIP", "1"))))
	if h.at(h.patientOf("A"), hip) != 0 || h.at(h.patientOf("B"), hip) != 1 || h.at(theatre1, hip) != -1 || h.warned() != "case_patient_differs patient_changed" {
		t.Errorf("movements %+v, warned %s", h.movements, h.warned())
	}
	if h.say(h.from("pas", 3, booked("4411", "B", "modify"))); h.warned() != "patient_changed" {
		t.Errorf("the booking was corrected too, and still: %s", h.warned())
	}
}

func TestCase_ABookingForAnotherPatientAlertsWhicheverComesFirst(t *testing.T) {
	t.Parallel()
	for _, bookingFirst := range []bool{true, false} {
		h := newHub()
		b, u := h.from("pas", 5, booked("4411", "B", "book")), h.from("theatre", 5, used("4411", "A", told("1", canonical.Use, "HIP", "1")))
		if bookingFirst {
			h.say(b)
		}
		h.say(u)
		if !bookingFirst {
			h.say(b)
		}
		if h.warned() != "case_patient_differs" {
			t.Errorf("booking first %v: warned %q", bookingFirst, h.warned())
		}
	}
}

func TestCase_CancelledAndUsedWarnsWhicheverComesFirst(t *testing.T) {
	t.Parallel()
	for _, cancelFirst := range []bool{true, false} {
		h := newHub()
		b, u := h.from("pas", 5, booked("4411", "A", "cancel")), h.from("theatre", 6, used("4411", "A", told("1", canonical.Use, "HIP", "1")))
		if cancelFirst {
			h.say(b)
		}
		h.say(u)
		if !cancelFirst {
			h.say(b)
		}
		if h.warned() != "cancelled_case_used" {
			t.Errorf("cancelled first %v: warned %q", cancelFirst, h.warned())
		}
		if h.say(h.from("theatre", 7, used("4411", "A", told("1", canonical.Delete, "HIP", "1")))); h.warned() != "" {
			t.Errorf("nothing was used after all, and still: %s", h.warned())
		}
	}
}

func TestSnapshot_WithdrawsWhatItDoesNotTell(t *testing.T) {
	t.Parallel()
	h := newHub()
	one, two := told("1", canonical.Use, "HIP", "1"), told("2", canonical.Use, "SCREW", "4")
	h.say(h.from("registry", 0, used("4411", "A", told("9", canonical.Use, "HIP", "1"))))
	h.say(h.from("theatre", 1, snapshot(used("4411", "A", one, two, told("2", canonical.Credit, "SCREW", "1")))))
	if h.at(theatre1, hip) != -1 || h.at(theatre1, screw) != -3 {
		t.Fatalf("the registry never adds: %d and %d used", -h.at(theatre1, hip), -h.at(theatre1, screw))
	}
	h.say(h.from("theatre", 3, snapshot(used("4411", "A", two))))
	if h.at(theatre1, hip) != 0 || h.at(theatre1, screw) != -4 || h.warned() != "sources_disagree" {
		t.Errorf("after the second: %d and %d used; an untold credit goes, another source's line is a difference: %s", -h.at(theatre1, hip), -h.at(theatre1, screw), h.warned())
	}
	for name, u := range map[string]canonical.Usage{"an older snapshot": snapshot(used("4411", "A", one)), "an older line": used("4411", "A", told("7", canonical.Use, "HIP", "1"))} {
		if p := h.say(h.from("theatre", 2, u)); p[0].Outcome != "superseded" || h.at(theatre1, hip) != 0 || h.at(theatre1, screw) != -4 {
			t.Errorf("%s: %s", name, p[0].Outcome)
		}
	}
	var many []canonical.UsageLine
	for _, k := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		many = append(many, told(k, canonical.Use, "HIP", "1"))
	}
	h.say(h.from("theatre", 4, snapshot(used("4411", "A", many...))))
	if h.say(h.from("theatre", 5, snapshot(used("4411", "A")))); h.at(theatre1, hip) != 0 || h.at(theatre1, screw) != 0 {
		t.Errorf("an empty snapshot leaves %d and %d", -h.at(theatre1, hip), -h.at(theatre1, screw))
	}
}

func TestPatientUpdate_MovesNothing(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	p := pat("A")
	p.FamilyName, p.BirthDate = "EXAMPLE", "1950-01-01"
	post := h.say(h.from("pas", 2, canonical.PatientUpdate{Patient: p}))
	if len(h.movements) != 1 || post[0].Outcome != "no_change" || len(h.last.Demographics) != 1 {
		t.Errorf("%s, %d movements", post[0].Outcome, len(h.movements))
	}
}

func TestMerge_MovesNothingAndLaterWordsFindTheSurvivor(t *testing.T) {
	t.Parallel()
	h := newHub()
	use := used("4411", "A", told("1", canonical.Use, "HIP", "1"))
	h.say(h.from("theatre", 1, use))
	h.say(h.from("pas", 2, canonical.PatientMerge{Survivor: pat("B"), Retired: pat("A")}))
	if len(h.movements) != 1 {
		t.Fatalf("the merge made %d movements", len(h.movements)-1)
	}
	for _, under := range []string{"A", "B"} {
		use.Patient = pat(under)
		if p := h.say(h.from("theatre", 3, use)); len(h.movements) != 1 || p[0].Outcome != "no_change" {
			t.Errorf("under %s: %s, %d movements", under, p[0].Outcome, len(h.movements))
		}
	}
	if p := h.say(h.from("pas", 4, canonical.PatientMerge{Survivor: pat("A"), Retired: pat("B")})); p[0].Outcome != "applied" || len(h.movements) != 1 || h.patientOf("B") != h.patientOf("A") {
		t.Errorf("merging back: %s, %d movements", p[0].Outcome, len(h.movements))
	}
	if p := h.say(h.from("pas", 5, canonical.PatientMerge{Survivor: pat("A")})); len(p[0].Findings) != 1 || p[0].Findings[0].Code != "merge_incomplete" {
		t.Errorf("a merge of nobody: %+v", p[0])
	}
}

func TestMerge_SettlesADoubtAboutThePatient(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 1, booked("4411", "B", "book")))
	h.say(h.from("theatre", 2, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("registry", 3, used("4411", "B", told("1", canonical.Use, "HIP", "1"))))
	if h.warned() != "case_patient_differs sources_disagree" {
		t.Fatalf("warned %q", h.warned())
	}
	if h.say(h.from("pas", 4, canonical.PatientMerge{Survivor: pat("B"), Retired: pat("A")})); h.warned() != "" || len(h.movements) != 1 {
		t.Errorf("after the merge: %q, %d movements", h.warned(), len(h.movements))
	}
}

func TestBatch_AWarningThatALaterMessageSettlesIsNotLeftOpen(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "NEW", "1"))), h.from("theatre", 2, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	if h.warned() != "" || h.at(theatre1, hip) != -1 {
		t.Errorf("warned %q", h.warned())
	}
}

func TestMessage_ThatComesBackToALineHasOneEffect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		events []canonical.Event
		used   int64
		moves  int
	}{
		"deleted in the same message":         {[]canonical.Event{used("1", "A", told("k", canonical.Use, "HIP", "1"), told("k", canonical.Delete, "HIP", "1"))}, 0, 0},
		"deleted and told anew":               {[]canonical.Event{used("1", "A", told("k", canonical.Delete, "HIP", "1"), told("k", canonical.Use, "HIP", "2"))}, 2, 1},
		"two groups of one case are one list": {[]canonical.Event{snapshot(used("1", "A", told("k", canonical.Use, "HIP", "1"))), snapshot(used("1", "A", told("l", canonical.Use, "HIP", "1")))}, 2, 2},
		"two groups with one key are two":     {[]canonical.Event{used("1", "A", told("k", canonical.Use, "HIP", "1")), used("1", "A", told("k", canonical.Use, "HIP", "1"))}, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub()
			m := h.from("theatre", 1, c.events...)
			for m.Attempt = 1; m.Attempt < 4; m.Attempt++ {
				p := h.say(m)
				if h.at(theatre1, hip) != -c.used || len(h.movements) != c.moves || m.Attempt > 1 && p[0].Outcome != "no_change" {
					t.Errorf("attempt %d: %s, %d used in %d movements", m.Attempt, p[0].Outcome, -h.at(theatre1, hip), len(h.movements))
				}
			}
		})
	}
}

func TestCorrection_ThatTellsLessTakesNothingAway(t *testing.T) {
	t.Parallel()
	h := newHub()
	full, bare := told("1", canonical.Use, "HIP", "1"), told("1", canonical.Use, "HIP", "1")
	full.Side, full.Expiry, full.Serial = "left", "2027-01-01", "S1"
	bare.Lot, bare.Disposition = "", ""
	h.say(h.from("theatre", 1, used("4411", "A", full)))
	if p := h.say(h.from("theatre", 2, used("4411", "A", bare))); p[0].Outcome != "no_change" || len(h.movements) != 1 || h.movements[0].Lot != "L1" {
		t.Errorf("%s, movements %+v", p[0].Outcome, h.movements)
	}
	if w := h.line(t, "4411", "1").Told["theatre/use"]; w.Side != "left" || w.Serial != "S1" || w.Expiry != "2027-01-01" || w.Disposition != theatre.Implanted {
		t.Errorf("%+v", w)
	}
	other := told("1", canonical.Use, "SCREW", "1")
	other.Lot = ""
	h.say(h.from("theatre", 3, used("4411", "A", other)))
	if w := h.line(t, "4411", "1").Told["theatre/use"]; w.Lot != "" || w.Side != "" {
		t.Errorf("another thing has no lot of the first: %+v", w)
	}
	nobody := used("4411", "", told("2", canonical.Use, "HIP", "1"))
	nobody.Place = canonical.Place{}
	h.say(h.from("theatre", 4, nobody))
	if h.at(h.patientOf("A"), hip) != 1 {
		t.Errorf("a message without a patient takes the case's patient: movements %+v", h.movements)
	}
}

func TestReplay_WithAMendedMappingTakesBackWhatItTold(t *testing.T) {
	t.Parallel()
	for name, wrongly := range map[string]canonical.UsageLine{
		"as nobody knows what": told("1", canonical.Unknown, "HIP", "1"), "under another key": told("9", canonical.Use, "HIP", "1"),
	} {
		h := newHub()
		h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "3"))))
		m := h.from("theatre", 2, used("4411", "A", wrongly))
		h.say(m)
		if wrongly.Effect == canonical.Unknown && (h.at(theatre1, hip) != -3 || h.warned() != "line_waiting") {
			t.Errorf("%s: the use stands: %d used, warned %s", name, -h.at(theatre1, hip), h.warned())
		}
		m.Attempt, m.Said.Events = 2, []canonical.Event{used("4411", "A", told("1", canonical.Credit, "HIP", "1"))}
		if h.say(m); h.at(theatre1, hip) != -2 || h.warned() != "returned_to_check" {
			t.Errorf("%s, then as a credit: %d used, warned %s", name, -h.at(theatre1, hip), h.warned())
		}
	}
}

func TestCase_IsUsedFromItsFirstThing(t *testing.T) {
	t.Parallel()
	h := newHub()
	late := used("4411", "A", told("2", canonical.Use, "HIP", "1"))
	late.OccurredAt.At = noon.Add(20 * time.Hour)
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("theatre", 2, late))
	c := h.known.Cases[h.known.Aliases[theatre.Alias{Kind: "case_number", Value: "4411"}]]
	if !c.Settle().UsedAt.Equal(noon) {
		t.Errorf("used from %s", c.Settle().UsedAt)
	}
}

func TestCredit_ThatContradictsItsUseLeavesIt(t *testing.T) {
	t.Parallel()
	back := func(change func(*canonical.UsageLine)) canonical.UsageLine {
		l := told("1", canonical.Credit, "HIP", "1")
		change(&l)
		return l
	}
	opened := told("1", canonical.Use, "HIP", "1")
	opened.Disposition, opened.DispositionTold = canonical.OpenedNotUsed, true
	for name, c := range map[string]struct {
		use     canonical.UsageLine
		credit  canonical.UsageLine
		patient string
	}{
		"of another item":           {told("1", canonical.Use, "HIP", "1"), back(func(l *canonical.UsageLine) { l.Codes[0].Value = "SCREW" }), "A"},
		"of another lot":            {told("1", canonical.Use, "HIP", "1"), back(func(l *canonical.UsageLine) { l.Lot = "L2" }), "A"},
		"of another patient":        {told("1", canonical.Use, "HIP", "1"), back(func(*canonical.UsageLine) {}), "B"},
		"unopened, of what was not": {opened, back(func(*canonical.UsageLine) {}), "A"},
	} {
		h := newHub()
		h.say(h.from("theatre", 1, used("4411", "A", c.use)))
		h.say(h.from("theatre", 2, used("4411", c.patient, c.credit)))
		if h.at(theatre1, hip) != -1 || len(h.movements) != 1 || h.warned() != "line_waiting" || len(h.held) > 0 && h.last.Holds[0].Quantity != 0 {
			t.Errorf("a credit %s: movements %+v, warned %s, held %v", name, h.movements, h.warned(), h.held)
		}
	}
}

func TestCorrection_MayTakeBackWhatWasTold(t *testing.T) {
	t.Parallel()
	h := newHub()
	full, back := told("1", canonical.Use, "HIP", "1"), told("1", canonical.Use, "HIP", "1")
	full.Side, full.Disposition, full.DispositionTold, full.Set = "left", canonical.Contaminated, true, canonical.Set{ID: "T1", Cycle: "C9"}
	back.Lot, back.Side, back.Disposition, back.DispositionTold, back.Set = canonical.None, canonical.None, canonical.UsedUnspecified, true, canonical.Set{ID: "T1"}
	h.say(h.from("theatre", 1, used("4411", "A", full)))
	h.say(h.from("theatre", 2, used("4411", "A", back)))
	if w := h.line(t, "4411", "1").Told["theatre/use"]; w.Lot != "" || w.Side != "" || w.Set.Cycle != "C9" || h.at(h.patientOf("A"), hip) != 1 || h.at(waste, hip) != 0 {
		t.Errorf("%+v, movements %+v", w, h.movements)
	}
	bare := told("1", canonical.Use, "HIP", "1")
	bare.Lot = ""
	h.say(h.from("theatre", 3, used("4411", "A", full)))
	h.say(h.from("theatre", 4, snapshot(used("4411", "A", bare))))
	if w := h.line(t, "4411", "1").Told["theatre/use"]; w.Lot != "" || w.Side != "" {
		t.Errorf("a snapshot tells all that there is: %+v", w)
	}
	h.say(h.from("theatre", 5, snapshot(used("4411", "A", told("1", canonical.Unknown, "HIP", "1")))))
	if h.at(h.patientOf("A"), hip) != 1 || h.warned() != "line_waiting" {
		t.Errorf("a line that nobody can follow was told all the same: movements %+v, warned %s", h.movements, h.warned())
	}
}

func TestSequence_AMessageFromTheFutureSilencesNoCorrection(t *testing.T) {
	t.Parallel()
	h := newHub()
	future := h.from("theatre", 60*24*300, used("4411", "A", told("1", canonical.Use, "HIP", "1")))
	p := h.say(future)
	h.say(h.from("theatre", 5, used("4411", "A", told("1", canonical.Delete, "HIP", "1"))))
	if h.at(theatre1, hip) != 0 || len(p[0].Findings) == 0 || p[0].Findings[0].Code != "sent_in_future" {
		t.Errorf("movements %+v, findings %+v", h.movements, p[0].Findings)
	}
}

func TestDecision_OnlyALineInQuestionIsAccepted(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	if got := h.decide("4411", canonical.Decision{Kind: "accept_line", Line: "1"}); got != "no_change line_not_in_question" {
		t.Errorf("got %s", got)
	}
}

func TestReconcile_SourcesThatNameTwoPatientsDiffer(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("registry", 2, used("4411", "B", told("R1", canonical.Use, "HIP", "1"))))
	if h.at(theatre1, hip) != -1 || h.warned() != "sources_disagree" {
		t.Errorf("%d used, warned %s", -h.at(theatre1, hip), h.warned())
	}
}
