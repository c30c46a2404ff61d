package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// say posts what a sender said.
func (h *hub) say(t *testing.T, sender string, events ...canonical.Event) posting.Message {
	t.Helper()
	m := h.from(sender, events...)
	if err := h.post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// kase tells a case.
func (h *hub) kase(t *testing.T, name string) journal.CaseDetail {
	t.Helper()
	d, err := h.Case(t.Context(), h.trust, journal.CaseQuery{Case: name})
	if err != nil {
		t.Fatalf("case %s: %v", name, err)
	}
	return d
}

func (h *hub) cases(t *testing.T, f journal.CaseFilter) []journal.CaseSummary {
	t.Helper()
	all, err := h.Cases(t.Context(), h.trust, f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (h *hub) booked(kind, number, patient, action string) canonical.Booking {
	return canonical.Booking{Case: canonical.Case{Aliases: []canonical.Alias{{Kind: kind, Value: number}}}, Patient: person(patient), Place: canonical.Place{Code: "TH1"}, Action: action,
		ScheduledAt: canonical.Instant{At: h.now, Precision: canonical.Minute}}
}

func coded(key, code, quantity string) canonical.UsageLine {
	return canonical.UsageLine{Key: key, Effect: canonical.Use, Codes: []canonical.Code{{Kind: "local", Value: code}}, Quantity: quantity, Text: "Thing " + code}
}

func TestCase_TellsWhatWasSaidAndWhatACorrectionReplaced(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	first := h.say(t, "pas", h.booked("case_number", "4411", "A", "book"))
	second := h.say(t, "pas", h.booked("case_number", "4411", "A", "cancel"))
	early := h.from("theatre", h.used("4411", "A", told("1", "I1", "9")))
	use := told("1", "I1", "1")
	use.UDI, use.Side, use.Disposition, use.People = "(01)1", "left", canonical.Implanted, []canonical.Person{{Role: "operator", Code: "1234567", Authority: "GMC"}}
	u := h.used("4411", "A", use)
	u.Procedures, u.People, u.Encounter = []canonical.Procedure{{Code: "W371", System: "OPCS4", Side: "left"}}, []canonical.Person{{Role: "scrub", Code: "B7"}}, "V1"
	third := h.say(t, "theatre", u)
	fourth := h.say(t, "theatre", h.used("4411", "A", told("1", "I1", "3")))
	if err := h.post(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	d := h.kase(t, "4411")
	if d.Booking != "cancelled" || d.Place != "TH1" || d.Patient == 0 || d.Encounter != "V1" || len(d.Names) != 1 || d.LineCount != 1 {
		t.Errorf("got %+v", d.CaseSummary)
	}
	var story []string
	for _, w := range d.Story {
		story = append(story, fmt.Sprintf("%s %s %d %d", w.Source, w.Says(), w.Message, w.ReplacedBy))
	}
	want := []string{fmt.Sprintf("pas booked it %d %d", first.ID, second.ID), fmt.Sprintf("pas cancelled it %d 0", second.ID), fmt.Sprintf("theatre told of its use %d 0", early.ID), fmt.Sprintf("theatre told of its use %d 0", fourth.ID)}
	if !slices.Equal(story, want) || !d.Story[2].Late {
		t.Errorf("story %q, want %q", story, want)
	}
	l := d.Lines[0]
	if l.Says != "Posted." || l.Source != "theatre" || l.Quantity != "3" || len(l.Words) != 1 || l.Words[0].Message != fourth.ID {
		t.Errorf("line %+v", l)
	}
	if len(l.Before) != 2 || !l.Before[0].Late || l.Before[0].Message != early.ID || l.Before[1].Message != third.ID || l.Before[1].ReplacedBy != fourth.ID || l.Before[1].UDI != "(01)1" || l.Before[1].Item != "I1" ||
		l.Before[1].Place != "TH1" || !l.Before[1].People[0].Registered {
		t.Errorf("before %+v", l.Before)
	}
	if len(l.Moves) != 3 || l.Moves[1].Reverses != l.Moves[0].ID || l.Moves[2].Quantity != 3 {
		t.Errorf("movements %+v", l.Moves)
	}
	if len(d.Procedures) != 1 || d.Procedures[0].Stage != "theatre" || d.Procedures[0].Procedures[0].Side != "left" || len(d.People) != 1 || d.People[0].Code != "B7" || d.People[0].Registered {
		t.Errorf("procedures %+v, people %+v", d.Procedures, d.People)
	}
	if len(d.Alerts) == 0 || d.Alerts[0].Kind != "cancelled_case_used" || d.Alerts[0].Case != d.ID {
		t.Errorf("alerts %+v", d.Alerts)
	}
	if raw, err := json.Marshal(d); err != nil || strings.Contains(string(raw), "Surname") || strings.Contains(string(raw), `"A"`) {
		t.Errorf("it tells who the patient is: %s %v", raw, err)
	}
}

func TestCase_OfTwoSourcesSaysWhoDecides(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.say(t, "theatre", h.used("4411", "A", told("1", "I1", "2"), told("2", "I2", "1")))
	h.say(t, "registry", h.used("4411", "A", told("R1", "I1", "2"), told("R2", "I2", "5")))
	says := map[string]string{}
	d := h.kase(t, "4411")
	for _, l := range d.Lines {
		says[l.Key] = l.Source + ": " + l.Says
	}
	for key, want := range map[string]string{"1": "theatre: Posted.", "R1": "registry: Corroborates theatre; it adds nothing.", "R2": "registry: Waits: it differs from what theatre tells of this."} {
		if says[key] != want {
			t.Errorf("line %s: %q, want %q", key, says[key], want)
		}
	}
	key, err := h.LineKey(t.Context(), h.trust, d.ID, fmt.Sprint(d.Lines[2].ID))
	if err != nil || key != "R1" {
		t.Errorf("line by number: %q %v", key, err)
	}
	h.say(t, "person", canonical.Decision{Kind: "same_use", Case: fmt.Sprint(d.ID), Line: "R2", Other: "2", By: "B", Why: "told so"})
	d = h.kase(t, "4411")
	if last := d.Lines[len(d.Lines)-1]; last.Key != "R2" || last.Says != "Tells of the same use as line 2." || last.SameAs != "2" {
		t.Errorf("got %+v", last)
	}
	for _, l := range d.Lines {
		if l.Key == "2" && (l.Source != "theatre" || len(l.Words) != 2) {
			t.Errorf("of two sources on one line %q decides: %+v", l.Source, l.Words)
		}
	}
}

func TestCase_IsFoundByItsNamesAndByItsNumber(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.say(t, "pas", h.booked("booking", "4411", "A", "book"))
	h.say(t, "theatre", h.used("4411", "B", told("1", "I1", "1")))
	theirs, err := h.FindCase(t.Context(), h.trust, "case_number:4411")
	if err != nil {
		t.Fatal(err)
	}
	booking, err := h.FindCase(t.Context(), h.trust, " booking:4411 ")
	if err != nil || booking == theirs {
		t.Fatal(booking, err)
	}
	h.say(t, "pas", h.booked("booking", fmt.Sprint(theirs), "C", "book"))
	for text, want := range map[string]int64{fmt.Sprintf("id:%d", theirs): theirs, fmt.Sprint(booking): booking} {
		if got, err := h.FindCase(t.Context(), h.trust, text); err != nil || got != want {
			t.Errorf("%s is case %d, want %d: %v", text, got, want, err)
		}
	}
	if got, err := h.FindCase(t.Context(), h.trust, fmt.Sprint(theirs)); err != nil || got == theirs {
		t.Errorf("a name goes before a number: %d %v", got, err)
	}
	for text, code := range map[string]string{"4411": "case_ambiguous", "9999": "case_not_found", "booking:9": "case_not_found", "id:1": "case_not_found", "": "case_not_found", "id:x": "case_not_found"} {
		if _, err := h.FindCase(t.Context(), h.trust, text); fault.Of(err).Code != code {
			t.Errorf("%q: %v, want %s", text, err, code)
		}
	}
}

func TestCases_OnTheReconciliationList(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.say(t, "theatre", h.used("well", "W", told("1", "I1", "1")))
	h.say(t, "theatre", h.used("unknown", "A", coded("1", "X9", "2")))
	h.say(t, "theatre", h.used("half", "B", told("1", "I1", "0.5")))
	h.say(t, "theatre", h.used("keyless", "C", told("", "I1", "1")))
	h.say(t, "theatre", h.used("differ", "D", told("1", "I1", "1")))
	h.say(t, "registry", h.used("differ", "D", told("R", "I1", "4")))
	h.say(t, "theatre", h.used("one", "E", told("1", "I1", "1")))
	h.say(t, "pas", h.booked("booking", "two", "E2", "book"))
	other := h.booked("booking", "elsewhere", "E", "book")
	other.Place.Code = "TH2"
	later := h.booked("booking", "later", "E", "book")
	later.ScheduledAt.At = h.now.AddDate(0, 0, 2)
	h.say(t, "pas", other)
	h.say(t, "pas", later)
	h.say(t, "theatre", h.used("again", "E", told("1", "I1", "1"))) // back in theatre the same day
	points := func() string {
		var out []string
		for _, c := range h.cases(t, journal.CaseFilter{Reconcile: true}) {
			for _, x := range c.Points {
				what := x.Key
				if x.Other != nil {
					what = x.Other.Name
				}
				out = append(out, fmt.Sprintf("%s %s %s", c.Name, x.Kind, what))
			}
		}
		slices.Sort(out)
		return strings.Join(out, "\n")
	}
	keyless := value[string](t, h, `SELECT key FROM usage_line WHERE key LIKE 'message:%'`)
	want := "differ sources_disagree R\nhalf line_waiting 1\nkeyless no_business_key " + keyless + "\nunknown item_unidentified 1"
	if got := points(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	h.say(t, "pas", canonical.PatientMerge{Survivor: person("E"), Retired: person("E2")})
	want = "again resembles two\n" + want[:strings.Index(want, "unknown")] + "one resembles two\ntwo resembles again\ntwo resembles one\n" + want[strings.Index(want, "unknown"):]
	if got := points(); got != want {
		t.Errorf("one person under two sorts of number:\n%s\nwant\n%s", got, want)
	}
	if d := h.kase(t, "two"); len(d.Resembles) != 2 || d.Resembles[0].Names[0].Kind != "case_number" {
		t.Errorf("resembles %+v", d.Resembles)
	}
	two, one := h.kase(t, "two"), h.kase(t, "one")
	h.say(t, "person", canonical.Decision{Kind: "join_cases", Case: fmt.Sprint(two.ID), Other: fmt.Sprint(one.ID), By: "B", Why: "told so"})
	if d := h.kase(t, "two"); d.ID != one.ID || d.Booking != "booked" || len(d.Names) != 2 || len(d.Joined) != 1 || d.Joined[0].Name != "two" || len(d.Resembles) != 0 {
		t.Errorf("joined: %+v, resembles %+v", d.CaseSummary, d.Resembles)
	}
	for _, c := range h.cases(t, journal.CaseFilter{}) {
		if c.Name == "two" {
			t.Error("a case that was joined is listed by itself")
		}
	}
	// By the number of the case that was joined, the other is decided about.
	h.say(t, "person", canonical.Decision{Kind: "resolve_line", Case: fmt.Sprint(two.ID), Line: "1", Place: "TH1", By: "B", Why: "told so"})
	if found := value[string](t, h, `SELECT findings::text FROM posting ORDER BY message_id DESC LIMIT 1`); !strings.Contains(found, "line_identified") {
		t.Errorf("the decision was not heard of the line, which needs none: %s", found)
	}
}

func TestCases_AreFilteredAndGivenInParts(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	for i := range 5 {
		u := h.used(fmt.Sprint("c", i), "A", told("1", "I1", "1"))
		u.OccurredAt.At = time.Date(2026, 3, 28+i/3, 23, 30*(i%2), 0, 0, time.UTC)
		if i == 4 {
			u.Place.Code, u.Lines[0] = "TH2", coded("1", "X9", "1")
		}
		h.say(t, "theatre", u)
	}
	names := func(f journal.CaseFilter) string {
		var out []string
		for _, c := range h.cases(t, f) {
			out = append(out, c.Name)
		}
		return strings.Join(out, " ")
	}
	if got := names(journal.CaseFilter{Limit: 2}); got != "c4 c3" {
		t.Errorf("got %s", got)
	}
	before := h.cases(t, journal.CaseFilter{Limit: 2})[1].ID
	if got := names(journal.CaseFilter{Limit: 2, Before: before}); got != "c2 c1" {
		t.Errorf("the next page: %s", got)
	}
	if got := names(journal.CaseFilter{Place: "TH2"}); got != "c4" {
		t.Errorf("at a place: %s", got)
	}
	if got := names(journal.CaseFilter{Open: true}); got != "c4" {
		t.Errorf("open: %s", got)
	}
	day := time.Date(2026, 3, 29, 0, 0, 0, 0, h.rules.Zone) // the clocks go forward on it
	if got := names(journal.CaseFilter{From: day, To: day.AddDate(0, 0, 1)}); got != "" {
		t.Errorf("on a day of 23 hours: %s", got)
	}
	if _, err := h.Cases(t.Context(), h.trust, journal.CaseFilter{Place: "TH9"}); fault.Of(err).Code != "place_unknown" || !strings.Contains(err.Error(), "TH1, TH2") {
		t.Errorf("got %v", err)
	}
}

func TestCase_OfManyLinesIsGivenInParts(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	var lines []canonical.UsageLine
	for i := range 2000 {
		lines = append(lines, told(fmt.Sprintf("T%04d", i), "I1", "1"))
	}
	h.say(t, "theatre", h.used("big", "A", lines...))
	d, err := h.Case(t.Context(), h.trust, journal.CaseQuery{Case: "big", From: 1901, Lines: 100000})
	if err != nil || d.LineCount != 2000 || len(d.Lines) != 100 || d.From != 1901 {
		t.Fatalf("%d of %d lines from %d: %v", len(d.Lines), d.LineCount, d.From, err)
	}
	if first := h.kase(t, "big"); len(first.Lines) != 50 || len(first.Lines[0].Moves) != 1 {
		t.Errorf("%d lines", len(first.Lines))
	}
	d, err = h.Case(t.Context(), h.trust, journal.CaseQuery{Case: "big", Lines: 25, Line: d.Lines[0].ID})
	if err != nil || d.From != 1901 || !slices.ContainsFunc(d.Lines, func(l journal.CaseLine) bool { return l.Key == "T1900" }) {
		t.Errorf("the part with a line begins at %d: %v", d.From, err)
	}
	for i := range 30 {
		h.say(t, "theatre", h.used("often", "A", told("1", "I1", fmt.Sprint(1+i))))
	}
	l := h.kase(t, "often").Lines[0]
	if len(l.Before) != mostOfLine || len(l.Moves) != mostOfLine || !slices.Equal(l.More, []string{"before", "movements"}) || l.Moves[len(l.Moves)-1].Quantity != 30 {
		t.Errorf("%d former words, %d movements, more %v", len(l.Before), len(l.Moves), l.More)
	}
}

func TestSets_LeadBothWays(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	of := func(key, cycle string) canonical.UsageLine {
		l := coded(key, "TRAY", "1")
		l.Disposition, l.Set = canonical.Reusable, canonical.Set{ID: "80039501234567891", Cycle: cycle}
		return l
	}
	h.say(t, "theatre", h.used("first", "A", of("1", "C1"), told("2", "I1", "1")))
	h.say(t, "theatre", h.used("second", "B", of("1", "C2")))
	all, err := h.Sets(t.Context(), h.trust, "80039501234567891", "", 0, 10)
	if err != nil || len(all) != 2 || all[0].CaseName != "second" || all[1].Cycle != "C1" || all[0].Patient == all[1].Patient || all[0].Patient == 0 {
		t.Fatalf("got %+v %v", all, err)
	}
	if one, _ := h.Sets(t.Context(), h.trust, "80039501234567891", "C1", 0, 10); len(one) != 1 || one[0].CaseName != "first" {
		t.Errorf("of one cycle: %+v", one)
	}
	if rest, _ := h.Sets(t.Context(), h.trust, "80039501234567891", "", all[0].Line, 10); len(rest) != 1 {
		t.Errorf("the next page: %+v", rest)
	}
	if d := h.kase(t, "first"); len(d.Sets) != 1 || d.Sets[0].Set != "80039501234567891" || d.Lines[0].Cycle != "C1" {
		t.Errorf("the case's sets: %+v", d.Sets)
	}
}
