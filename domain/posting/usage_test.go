package posting_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestUse_LeavesTheShelfForThePatientAndNamesItsCause(t *testing.T) {
	t.Parallel()
	h := newHub()
	p := h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "2"))))
	if p[0].Outcome != "applied" || len(h.movements) != 1 {
		t.Fatalf("outcome %s, %d movements", p[0].Outcome, len(h.movements))
	}
	m := h.movements[0]
	if m.Kind != inventory.Use || m.Item != hip || m.From != theatre1 || m.To != h.patientOf("A") || m.Quantity != 2 || m.Lot != "L1" {
		t.Errorf("movement %+v", m)
	}
	if m.Cause != (inventory.Cause{Message: 1, Origin: "FT1[1]", Profile: "theatre@1"}) {
		t.Errorf("cause %+v", m.Cause)
	}
}

func TestUse_ToldAgainByAnyRoadChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHub()
	first := h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1")))
	h.say(first)
	first.Attempt = 2
	for what, m := range map[string]posting.Message{
		"a replay":                  first,
		"the same under a new ID":   h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))),
		"a resend at a new time":    h.from("theatre", 5, used("4411", "A", told("1", canonical.Use, "HIP", "1"))),
		"another source of its use": h.from("registry", 6, used("4411", "A", told("1", canonical.Use, "HIP", "1"))),
	} {
		if p := h.say(m); (p[0].Outcome != "no_change" && p[0].Outcome != "superseded") || len(h.movements) != 1 {
			t.Errorf("%s: %s, %d movements", what, p[0].Outcome, len(h.movements))
		}
	}
	if h.warned() != "" {
		t.Errorf("warnings %s", h.warned())
	}
}

func TestUse_OfAnUnknownItemIsUnidentifiedAndResolvedByReplay(t *testing.T) {
	t.Parallel()
	h := newHub()
	m := h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "NEW", "1")))
	h.say(m)
	if len(h.movements) != 1 || h.movements[0].From != unidentified || h.movements[0].Item != 0 || h.movements[0].To != h.patientOf("A") || h.warned() != "item_unidentified" {
		t.Fatalf("movements %+v, warned %s", h.movements, h.warned())
	}
	h.known.Codes[catalogue.Code{Kind: catalogue.ERP, Value: "NEW"}] = catalogue.Meaning{Item: hip, Ratio: 1}
	m.Attempt, m.Said.Profile = 2, "theatre@2"
	if p := h.say(m); p[0].Outcome != "applied" || h.warned() != "" {
		t.Errorf("replay %s, warned %q", p[0].Outcome, h.warned())
	}
	if len(h.movements) != 3 {
		t.Fatalf("%d movements, want use, reversal, use", len(h.movements))
	}
	rev, right := h.movements[1], h.movements[2]
	if rev.Reverses != h.movements[0].ID || rev.To != unidentified || right.Item != hip || right.From != theatre1 {
		t.Errorf("reversal %+v, right %+v", rev, right)
	}
	for _, x := range []inventory.Movement{rev, right} {
		if x.Cause != (inventory.Cause{Message: m.ID, Origin: "FT1[1]", Profile: "theatre@2"}) {
			t.Errorf("cause %+v", x.Cause)
		}
	}
}

func TestUse_AtAnUnknownPlaceIsRecordedWithoutAShelf(t *testing.T) {
	t.Parallel()
	h := newHub()
	u := used("4411", "A", told("1", canonical.Use, "HIP", "1"))
	u.Place = canonical.Place{Code: "CELLAR"}
	h.say(h.from("theatre", 1, u))
	if m := h.movements[0]; m.From != unidentified || m.Item != hip || h.warned() != "place_unidentified" {
		t.Errorf("movement %+v, warned %s", m, h.warned())
	}
}

func TestUse_OfNobodyFindsItsPatientWhenTheCaseDoes(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "", told("1", canonical.Use, "HIP", "1"))))
	if h.movements[0].To != nobody {
		t.Fatalf("movement %+v", h.movements[0])
	}
	h.say(h.from("pas", 2, booked("4411", "A", "book")))
	if h.at(h.patientOf("A"), hip) != 1 || h.at(nobody, hip) != 0 || h.at(theatre1, hip) != -1 || h.movements[1].Cause.Message != 2 {
		t.Errorf("movements %+v", h.movements)
	}
}

func TestUse_IdentifiersWithoutValueAreNoPatient(t *testing.T) {
	t.Parallel()
	h := newHub()
	for _, number := range []string{"1", "2"} {
		u := used(number, "", told("1", canonical.Use, "HIP", "1"))
		u.Patient.Identifiers = []canonical.Identifier{{Type: "MR", Authority: "T"}, {Type: "NH", Authority: "NHS", Value: " "}}
		h.say(h.from("theatre", 1, u))
	}
	if len(h.known.Patients) != 0 || h.at(nobody, hip) != 2 {
		t.Errorf("%d patients were made of nothing", len(h.known.Patients))
	}
}

func TestUse_TwoScrewsOfOneLotAreTwo(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"without keys": "", "under one key": "1"} {
		t.Run(name, func(t *testing.T) {
			h := newHub()
			m := h.from("theatre", 1, used("4411", "A", told(key, canonical.Use, "SCREW", "1"), told(key, canonical.Use, "SCREW", "1")))
			h.say(m)
			if h.at(theatre1, screw) != -2 {
				t.Errorf("%d screws left the shelf", -h.at(theatre1, screw))
			}
			m.Attempt = 2
			if h.say(m); h.at(theatre1, screw) != -2 {
				t.Errorf("after a replay %d", -h.at(theatre1, screw))
			}
		})
	}
}

func TestUse_OneBadLineHoldsBackNoNeighbour(t *testing.T) {
	t.Parallel()
	h := newHub()
	nul := told("6", canonical.Use, "HIP", "1")
	nul.Text, nul.Lot = "a\x00b\xff", "L\x001"
	p := h.say(h.from("theatre", 1, used("4411", "A",
		told("1", canonical.Use, "HIP", "half"), told("2", canonical.Unknown, "HIP", "1"), told("3", canonical.Use, "HIP", "0.5"),
		told("4", canonical.Credit, "HIP", "1"), told("5", canonical.Use, "HIP", "1"), nul)))
	if p[0].Outcome != "applied" || h.at(theatre1, hip) != -2 || h.warned() != "line_waiting line_waiting line_waiting line_waiting" {
		t.Errorf("%s, %d left the shelf, warned %s", p[0].Outcome, -h.at(theatre1, hip), h.warned())
	}
	if l := h.line(t, "4411", "6").Posted.Lot; l != "L1" {
		t.Errorf("lot %q", l)
	}
}

func TestUse_WithoutOriginOrAliasStillHasAnAddress(t *testing.T) {
	t.Parallel()
	h := newHub()
	u := used("x", "A", told("1", canonical.Use, "HIP", "1"))
	u.Case, u.Lines[0].Origin = canonical.Case{}, ""
	h.say(h.from("theatre", 1, u))
	if h.movements[0].Cause.Origin == "" {
		t.Error("the movement has no origin")
	}
}

func TestUse_APackCodeIsOneUnitUnlessScanned(t *testing.T) {
	t.Parallel()
	for unit, want := range map[string]int64{"": 1, "each": 1, "scanned": 10, "pack": 10} {
		h := newHub()
		l := told("1", canonical.Use, "", "1")
		l.Codes, l.Unit = []canonical.Code{{Kind: "gtin", Value: "PACK"}}, unit
		p := h.say(h.from("theatre", 1, used("4411", "A", l)))
		if got := -h.at(theatre1, screw); got != want {
			t.Errorf("unit %q: %d left the shelf, want %d", unit, got, want)
		}
		said := slices.ContainsFunc(p[0].Findings, func(f canonical.Finding) bool { return f.Code == "pack_code_one_unit" })
		if said != (want == 1) {
			t.Errorf("unit %q: finding %v", unit, said)
		}
	}
}

func TestUse_InALockedPeriodTakesTheFirstOpenDay(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct{ locked, want time.Time }{{time.Time{}, day(2)}, {day(1), day(2)}, {day(2), day(3)}, {day(31), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)}} {
		h := newHub()
		h.trust.LockedThrough = c.locked
		h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
		if m := h.movements[0]; !m.AccountedOn.Equal(c.want) || !m.OccurredAt.Equal(noon) {
			t.Errorf("locked through %s: accounted on %s", c.locked, m.AccountedOn)
		}
	}
}

func TestUse_AccountsByTheHospitalsDay(t *testing.T) {
	t.Parallel()
	h := newHub()
	u := used("4411", "A", told("1", canonical.Use, "HIP", "1"))
	u.OccurredAt.At = time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC) // 00:30 on 1 July
	h.say(h.from("theatre", 1, u))
	if got := h.movements[0].AccountedOn.Format(time.DateOnly); got != "2026-07-01" {
		t.Errorf("accounted on %s", got)
	}
}

func TestTestMessages_NeverTouchLiveStock(t *testing.T) {
	t.Parallel()
	training, patient, listed := used("1", "A"), used("2", "A"), used("3", "test 1")
	for _, u := range []*canonical.Usage{&training, &patient, &listed} {
		u.Lines = []canonical.UsageLine{told("1", canonical.Use, "HIP", "1")}
	}
	patient.Patient.Identifiers = append(patient.Patient.Identifiers, canonical.Identifier{Type: "NH", Authority: "NHS", Value: "999 000 0018"})
	for _, test := range []bool{false, true} {
		for name, u := range map[string]canonical.Usage{"MSH-11 T": training, "a 999 number": patient, "a listed patient": listed} {
			h := newHub()
			h.trust.Test = test
			m := h.from("theatre", 1, u)
			if name == "MSH-11 T" {
				m.Said.Header.Environment = canonical.Training
			}
			p := h.say(m)
			if (p[0].Outcome == "test") == test || (len(h.movements) == 0) == test || !test && len(h.known.Cases)+len(h.known.Patients) > 0 {
				t.Errorf("%s, test environment %v: %s, %d movements", name, test, p[0].Outcome, len(h.movements))
			}
		}
	}
}

func TestIgnored_MessagesHaveNoEffect(t *testing.T) {
	t.Parallel()
	h := newHub()
	m := h.from("theatre", 1)
	m.Said.Ignored = "not of interest"
	if p := h.say(m); p[0].Outcome != "ignored" || len(h.movements) != 0 {
		t.Errorf("%+v", p[0])
	}
}

func TestUse_TwoScrewsWithoutANumberAreTwoHoweverTheyAreTold(t *testing.T) {
	t.Parallel()
	screwOf := told("", canonical.Use, "SCREW", "1")
	for name, messages := range map[string][][]canonical.UsageLine{
		"in one message":    {{screwOf, screwOf}},
		"in two messages":   {{screwOf}, {screwOf}},
		"beside a numbered": {{screwOf, told("1", canonical.Use, "SCREW", "1")}},
	} {
		h := newHub()
		for i, lines := range messages {
			h.say(h.from("theatre", i+1, used("4411", "A", lines...)))
		}
		if h.at(theatre1, screw) != -2 {
			t.Errorf("%s: %d used", name, -h.at(theatre1, screw))
		}
	}
}
