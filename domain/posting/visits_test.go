package posting_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func move(visit, from, to string) canonical.VisitMove {
	return canonical.VisitMove{Encounter: visit, From: pat(from), To: pat(to)}
}

// of says of which visit a use or booking is.
func of(visit string, u canonical.Usage) canonical.Usage { u.Encounter = visit; return u }

func bookedOf(visit string, b canonical.Booking) canonical.Booking { b.Encounter = visit; return b }

func TestVisitMove_TakesItsCasesToTheOtherPatient(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 1, bookedOf("V1", booked("1", "A", "book"))))
	h.say(h.from("theatre", 2, used("1", "A", told("1", canonical.Use, "HIP", "1"))), h.from("theatre", 3, of("V1", used("2", "A", told("1", canonical.Use, "HIP", "2")))),
		h.from("theatre", 4, of("V2", used("3", "A", told("1", canonical.Use, "HIP", "4")))))
	p := h.say(h.from("pas", 10, move(" V1 ", "A", "B")))
	if p[0].Outcome != "applied" || h.events() != "visit_moved" || h.usedBy("A") != 4 || h.usedBy("B") != 3 || h.warned() != "" {
		t.Fatalf("%s: noted %s, warned %q, A has %d, B %d", p[0].Outcome, h.events(), h.warned(), h.usedBy("A"), h.usedBy("B"))
	}
	if m := h.movements[len(h.movements)-1]; m.Cause.Message != 5 {
		t.Errorf("caused by %+v", m.Cause)
	}
	h.say(h.from("theatre", 5, of("V1", used("4", "A", told("1", canonical.Use, "HIP", "8"))))) // sent before the move, heard after
	h.say(h.from("theatre", 11, of("V1", used("5", "B", told("1", canonical.Use, "HIP", "16")))))
	if h.usedBy("A") != 4 || h.usedBy("B") != 27 {
		t.Errorf("A has %d, B %d", h.usedBy("A"), h.usedBy("B"))
	}
	if p := h.say(h.from("pas", 10, move("V1", "A", "B"))); p[0].Outcome != "no_change" {
		t.Errorf("told again: %s", p[0].Outcome)
	}
}

func TestVisitMove_BeforeItsCasesAndOfMergedRecords(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 10, move("V1", "A", "B")), h.from("pas", 11, merge("A", "C")))
	h.say(h.from("theatre", 2, of("V1", used("1", "C", told("1", canonical.Use, "HIP", "1")))))
	if h.usedBy("B") != 1 {
		t.Fatalf("told of another record of A's person: B has %d", h.usedBy("B"))
	}
	if h.say(h.from("pas", 12, unmerge("A", "C"))); h.usedBy("C") != 1 || h.usedBy("B") != 0 {
		t.Errorf("C is not A: C has %d, B %d", h.usedBy("C"), h.usedBy("B"))
	}
}

func TestVisitMove_ThatSaysTooLittleMovesNothing(t *testing.T) {
	t.Parallel()
	h := newHub()
	for _, e := range []canonical.VisitMove{move("", "A", "B"), move("V1", "", "B"), move("V1", "A", "")} {
		if p := h.say(h.from("pas", 1, e)); found(p) != "visit_move_incomplete" || len(h.known.Encounters) != 0 {
			t.Errorf("%+v: found %s", e, found(p))
		}
	}
	if p := h.say(h.from("pas", 1, move("V1", "A", "A"))); p[0].Outcome != "no_change" {
		t.Errorf("to the same patient: %s", p[0].Outcome)
	}
}

func TestVisitMerge_OfTwoNumbersIsOneVisit(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, of("V1", used("1", "A", told("1", canonical.Use, "HIP", "1")))), h.from("theatre", 2, of("V2", used("2", "A", told("1", canonical.Use, "HIP", "2")))))
	h.say(h.from("pas", 10, move("V2", "A", "B")))
	if h.usedBy("A") != 1 || h.usedBy("B") != 2 {
		t.Fatalf("A has %d, B %d", h.usedBy("A"), h.usedBy("B"))
	}
	merged := canonical.VisitMerge{Survivor: "V1", Retired: "V2"}
	if p := h.say(h.from("pas", 11, merged)); p[0].Outcome != "applied" || h.usedBy("A") != 0 || h.usedBy("B") != 3 {
		t.Errorf("%s: A has %d, B %d", p[0].Outcome, h.usedBy("A"), h.usedBy("B"))
	}
	if p := h.say(h.from("pas", 12, merged)); p[0].Outcome != "no_change" {
		t.Errorf("told again: %s", p[0].Outcome)
	}
	h.say(h.from("pas", 13, move("V1", "B", "A")))
	if h.usedBy("A") != 3 {
		t.Errorf("moved back under the other number: A has %d", h.usedBy("A"))
	}
	if p := h.say(h.from("pas", 14, canonical.VisitMerge{Survivor: "V1"})); found(p) != "visit_merge_incomplete" {
		t.Errorf("found %s", found(p))
	}
}

func procedures(codes ...string) (out []canonical.Procedure) {
	for _, c := range codes {
		out = append(out, canonical.Procedure{Code: c, System: "OPCS4", On: "2026-03-02"})
	}
	return out
}

func versions(c *theatre.Case) string {
	var out []string
	for _, v := range c.Versions() {
		s := v.Source + " " + v.Stage
		for _, p := range v.Procedures {
			s += " " + p.Code + strings.Join(p.Qualifiers, "+")
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func (h *hub) caseOf(t *testing.T, number string) *theatre.Case {
	t.Helper()
	c := h.known.Cases[h.known.Aliases[theatre.Alias{Kind: "case_number", Value: number}]]
	if c == nil {
		t.Fatalf("no case %s", number)
	}
	return c
}

func TestCoding_IsKeptByStageAndChangesNoStock(t *testing.T) {
	t.Parallel()
	h := newHub()
	b, u := booked("1", "A", "book"), used("1", "A", told("1", canonical.Use, "HIP", "1"))
	b.Procedures, u.Procedures = procedures("W37.1", "Z94.2"), procedures("W381", "Z942")
	h.say(h.from("pas", 1, b), h.from("theatre", 2, u))
	p := h.say(h.from("pas", 3, canonical.Coding{Case: named("1"), Patient: pat("A"), Stage: "final", Procedures: procedures("W391", "Z942")}))
	if want := "pas planned W371Z942; theatre theatre W381Z942; pas final W391Z942"; versions(h.caseOf(t, "1")) != want || p[0].Outcome != "applied" || len(h.movements) != 1 || h.warned() != "" {
		t.Fatalf("%s: %q; warned %q", p[0].Outcome, versions(h.caseOf(t, "1")), h.warned())
	}
	h.say(h.from("theatre", 4, used("1", "A", told("1", canonical.Use, "HIP", "1"))), h.from("pas", 5, booked("1", "A", "modify")))
	if got := versions(h.caseOf(t, "1")); !strings.Contains(got, "planned W371") || !strings.Contains(got, "theatre W381") {
		t.Errorf("messages that tell of no procedures took them away: %q", got)
	}
	if p := h.say(h.from("pas", 2, canonical.Coding{Case: named("1"), Stage: "final", Procedures: procedures("X999")})); strings.Contains(versions(h.caseOf(t, "1")), "X999") {
		t.Errorf("an older coding stands: %s", p[0].Outcome)
	}
}

func TestCoding_NeverChangesWhoseACaseIs(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("1", "", told("1", canonical.Use, "HIP", "1"))), h.from("pas", 1, booked("1", "A", "book")))
	p := h.say(h.from("pas", 9, canonical.Coding{Case: named("1"), Patient: pat("B"), Stage: "final", Procedures: procedures("W371")}))
	if found(p) != "coding_patient_differs" || h.usedBy("A") != 1 || versions(h.caseOf(t, "1")) != "pas final W371" {
		t.Errorf("found %s, A has %d, %q", found(p), h.usedBy("A"), versions(h.caseOf(t, "1")))
	}
}

func TestCoding_OfAVisitStaysWithTheVisit(t *testing.T) {
	t.Parallel()
	h := newHub()
	code := func(minute int, stage, code string) string {
		return h.say(h.from("pas", minute, canonical.Coding{Encounter: "V1", Patient: pat("A"), Stage: stage, Procedures: procedures(code)}))[0].Outcome
	}
	for i, c := range []struct {
		minute      int
		code, want  string
		stage, kept string
	}{{1, "W371", "applied", "final", "W371"}, {2, "W371", "no_change", "final", "W371"}, {3, "W381", "applied", "final", "W381"}, {2, "W391", "superseded", "final", "W381"}, {1, "W371", "applied", "theatre", "W371"}} {
		if got := code(c.minute, c.stage, c.code); got != c.want || h.known.Encounters["V1"].Told["V1"].Codings["pas/"+c.stage].Procedures[0].Code != c.kept {
			t.Errorf("coding %d: %s", i, got)
		}
	}
	h.say(h.from("theatre", 5, of("V1", used("1", "A", told("1", canonical.Use, "HIP", "1")))))
	c := h.caseOf(t, "1")
	if got := h.visitOf(c.ID).Versions(c.ID, map[theatre.CaseID]string{c.ID: "2026-03-02"}); len(got) != 2 || versions(c) != "" {
		t.Errorf("the visit's only case shows %+v", got)
	}
	if p := h.say(h.from("pas", 6, canonical.Coding{Patient: pat("A"), Stage: "final", Procedures: procedures("W371")})); found(p) != "coding_of_nothing" || len(h.known.Cases) != 1 {
		t.Errorf("found %s, %d cases", found(p), len(h.known.Cases))
	}
}

func TestSides_ThatDifferBetweenStagesAlertUntilTheyDoNot(t *testing.T) {
	t.Parallel()
	h := newHub()
	b, u := booked("1", "A", "book"), used("1", "A", told("1", canonical.Use, "HIP", "1"))
	b.Procedures, u.Procedures = procedures("W371", "Z942"), procedures("W371", "Z943")
	h.say(h.from("pas", 1, b), h.from("theatre", 2, u))
	if h.warned() != "procedure_sides_differ" {
		t.Fatalf("warned %q", h.warned())
	}
	u.Procedures = procedures("W371", "Z942")
	if h.say(h.from("theatre", 3, u)); h.warned() != "" {
		t.Errorf("corrected, and still warned %q", h.warned())
	}
}

func TestPeople_PassThroughAsTheyCameAndAreFlaggedOnce(t *testing.T) {
	t.Parallel()
	h := newHub()
	u := used("1", "A", told("1", canonical.Use, "HIP", "1"), told("2", canonical.Use, "HIP", "1"))
	u.People = []canonical.Person{{Role: "operator", Code: "BANK7", Authority: "LOCAL"}, {Role: "consultant", Code: "C1234567", Authority: "GMC"}}
	for i := range u.Lines {
		u.Lines[i].People = []canonical.Person{{Role: "scanner", Code: "SCAN1"}}
	}
	p := h.say(h.from("theatre", 1, u))
	if got := fmt.Sprint(h.caseOf(t, "1").Told["theatre/people"].People); found(p) != "person_unidentified" || got != "[{operator BANK7 LOCAL} {consultant C1234567 GMC}]" {
		t.Errorf("found %s, people %s", found(p), got)
	}
	if got := fmt.Sprint(h.line(t, "1", "1").Told["theatre/use"].People); got != "[{scanner SCAN1 }]" {
		t.Errorf("of the line %s", got)
	}
	u.People, u.Lines = u.People[1:], u.Lines[:1]
	u.Lines[0].People = nil
	if p := h.say(h.from("theatre", 2, u)); found(p) != "" {
		t.Errorf("found %s", found(p))
	}
	if h.say(h.from("theatre", 3, used("1", "A"))); len(h.caseOf(t, "1").Told["theatre/people"].People) != 1 {
		t.Error("a message that tells of no people took them away")
	}
}

func TestProcedures_ThatAreOddAreFoundAndKept(t *testing.T) {
	t.Parallel()
	h := newHub()
	b := booked("1", "A", "book")
	b.Procedures = procedures("Z942", "HIP REPL", "W371", "Z942", "W37.1A", "W3")
	b.Procedures[2].Side = "L"
	if p := h.say(h.from("pas", 1, b)); found(p) != "procedure_code_invalid procedure_side_differs qualifier_alone" || len(h.caseOf(t, "1").Settle().Procedures) != 5 {
		t.Errorf("found %s: %+v", found(p), h.caseOf(t, "1").Settle().Procedures)
	}
}
