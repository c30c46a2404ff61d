package posting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// decide lets a person decide about the case of this number.
func (h *hub) decide(number string, e canonical.Decision) string {
	e.Case, e.By, e.Why = h.number(number), "a tester", "told so by the theatre"
	p := h.say(h.from("person", 50, e))
	var codes []string
	for _, f := range p[0].Findings {
		codes = append(codes, f.Code)
	}
	return strings.TrimSpace(p[0].Outcome + " " + strings.Join(codes, " "))
}

func (h *hub) number(alias string) string {
	return fmt.Sprint(h.known.Aliases[theatre.Alias{Kind: "case_number", Value: alias}])
}

func TestDecision_ResolvesAnUnidentifiedLine(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "NEW", "2"))))
	if h.warned() != "item_unidentified" || h.at(unidentified, 0) != -2 {
		t.Fatalf("warned %s", h.warned())
	}
	if got := h.decide("4411", canonical.Decision{Kind: "resolve_line", Line: "1", Item: "HIP"}); got != "applied" {
		t.Fatalf("got %s", got)
	}
	if h.at(theatre1, hip) != -2 || h.at(unidentified, 0) != 0 || h.warned() != "" || h.movements[1].Reverses != h.movements[0].ID {
		t.Errorf("movements %+v, warned %s", h.movements, h.warned())
	}
	both := told("2", canonical.Use, "NEW", "1")
	both.Place = canonical.Place{Code: "OR9"}
	h.say(h.from("theatre", 3, used("4411", "A", both)))
	for _, e := range []canonical.Decision{{Kind: "resolve_line", Line: "2", Item: "HIP"}, {Kind: "resolve_line", Line: "2", Place: "TH2"}} {
		if got := h.decide("4411", e); got != "applied" {
			t.Errorf("got %s", got)
		}
	}
	if h.at(theatre2, hip) != -1 || h.warned() != "" {
		t.Errorf("resolved in two steps: movements %+v, warned %s", h.movements, h.warned())
	}
	for what, e := range map[string]canonical.Decision{
		"no_change item_unknown":     {Kind: "resolve_line", Line: "1", Item: "NOSUCH"},
		"no_change place_unknown":    {Kind: "resolve_line", Line: "1", Place: "NOSUCH"},
		"no_change line_unknown":     {Kind: "resolve_line", Line: "9", Item: "HIP"},
		"no_change decision_unknown": {Kind: "burn", Line: "1"},
	} {
		if got := h.decide("4411", e); got != what {
			t.Errorf("got %s, want %s", got, what)
		}
	}
}

func TestDecision_ALineThatAnotherSourceContradictsMayBeAccepted(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("registry", 2, used("4411", "A", told("R1", canonical.Use, "HIP", "2"))))
	if h.at(theatre1, hip) != -1 || h.warned() != "sources_disagree" {
		t.Fatalf("%d used, warned %s", -h.at(theatre1, hip), h.warned())
	}
	if got := h.decide("4411", canonical.Decision{Kind: "accept_line", Line: "R1"}); got != "applied" || h.at(theatre1, hip) != -3 || h.warned() != "" {
		t.Errorf("%s, %d used, warned %s", got, -h.at(theatre1, hip), h.warned())
	}
}

func TestDecision_TwoLinesOfOneUse(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("registry", 1, used("4411", "A", told("P1", canonical.Use, "NEW", "1"))))
	h.say(h.from("theatre", 2, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	if h.at(theatre1, hip) != -1 || h.at(unidentified, 0) != -1 {
		t.Fatalf("movements %+v", h.movements)
	}
	if got := h.decide("4411", canonical.Decision{Kind: "same_use", Line: "P1", Other: "1"}); got != "applied" {
		t.Fatalf("got %s", got)
	}
	if h.at(theatre1, hip) != -1 || h.at(unidentified, 0) != 0 {
		t.Errorf("movements %+v", h.movements)
	}
	h.say(h.from("registry", 60, used("4411", "A", told("P1", canonical.Delete, "NEW", "1"))))
	if line := h.line(t, "4411", "1"); line.Told["registry/use"].Effect != theatre.Delete || h.at(theatre1, hip) != -1 {
		t.Errorf("what is said of the one is heard on the other: %+v", line.Told)
	}
	h.say(h.from("theatre", 61, used("4411", "A", told("2", canonical.Use, "HIP", "1"))))
	if got := h.decide("4411", canonical.Decision{Kind: "same_use", Line: "2", Other: "1"}); got != "no_change one_source_told_both" || h.at(theatre1, hip) != -2 {
		t.Errorf("two screws are two screws: %s", got)
	}
}

func TestDecision_TwoCaseNumbersOfOneCase(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("pas", 0, booked("B7", "A", "book")))
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	h.say(h.from("theatre", 2, used("B7", "A", told("2", canonical.Use, "SCREW", "3"), told("3", canonical.Use, "HIP", "2"))))
	if got := h.decide("B7", canonical.Decision{Kind: "join_cases", Other: h.number("4411")}); got != "applied" {
		t.Fatalf("got %s", got)
	}
	c := h.known.Cases[h.known.Aliases[theatre.Alias{Kind: "case_number", Value: "4411"}]]
	if c.Settle().Booking != "booked" || h.at(theatre1, hip) != -3 || h.at(theatre1, screw) != -3 {
		t.Errorf("%+v, %d and %d used", c.Settle(), -h.at(theatre1, hip), -h.at(theatre1, screw))
	}
	h.say(h.from("theatre", 3, used("B7", "A", told("2", canonical.Delete, "SCREW", "3"))))
	if h.at(theatre1, screw) != 0 {
		t.Errorf("under either number the joined case is found: %d used", -h.at(theatre1, screw))
	}
	h.say(h.from("theatre", 4, used("4412", "A", told("3", canonical.Use, "HIP", "1")), used("4413", "B", told("9", canonical.Use, "HIP", "1"))))
	for _, number := range []string{"4412", "4413"} {
		if got := h.decide(number, canonical.Decision{Kind: "join_cases", Other: h.number("4411")}); got != "no_change cases_are_two" || h.at(theatre1, hip) != -5 {
			t.Errorf("case %s: %s, %d used", number, got, -h.at(theatre1, hip))
		}
	}
	if got := h.decide("B7", canonical.Decision{Kind: "join_cases", Other: "999999"}); got != "no_change case_unknown" {
		t.Errorf("got %s", got)
	}
}

func TestAttention(t *testing.T) {
	t.Parallel()
	sided := func(side string) canonical.UsageLine {
		l := told("1", canonical.Use, "HIP", "1")
		l.Side = side
		return l
	}
	done := func(number string, line canonical.UsageLine, sides ...string) canonical.Usage {
		u := used(number, "A", line)
		for i, s := range sides {
			u.Procedures = append(u.Procedures, canonical.Procedure{Code: fmt.Sprintf("W37%d", i+1), System: "OPCS4", Side: s})
		}
		return u
	}
	back := func(reason canonical.CreditFor) canonical.UsageLine {
		l := told("1", canonical.Credit, "HIP", "1")
		l.CreditFor = reason
		return l
	}
	liable := told("1", canonical.Use, "HIP", "1")
	liable.Disposition = canonical.SupplierLiable
	for name, c := range map[string]struct {
		said []canonical.Usage
		want string
	}{
		"a left device in a right procedure":  {[]canonical.Usage{done("1", sided("left"), "right")}, "side_differs"},
		"a left device in a left procedure":   {[]canonical.Usage{done("1", sided("left"), "left")}, ""},
		"a left device where both were done":  {[]canonical.Usage{done("1", sided("left"), "left", "right")}, ""},
		"a bilateral procedure takes either":  {[]canonical.Usage{done("1", sided("left"), "bilateral")}, ""},
		"an unknown side says nothing":        {[]canonical.Usage{done("1", sided("unknown"), "right")}, ""},
		"the procedure comes later":           {[]canonical.Usage{done("1", sided("left")), done("1", sided("left"), "right")}, "side_differs"},
		"the device's side is corrected":      {[]canonical.Usage{done("1", sided("left"), "right"), done("1", sided("right"), "right")}, ""},
		"a box taken for a screw":             {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "SCREW", "20"))}, "above_ceiling"},
		"more than a case uses, in two lines": {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "SCREW", "3"), told("2", canonical.Use, "SCREW", "2"))}, "above_ceiling"},
		"as much as a case uses":              {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "SCREW", "4"))}, ""},
		"the box is corrected":                {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "SCREW", "20")), used("1", "A", told("1", canonical.Use, "SCREW", "2"))}, ""},
		"the box was another thing":           {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "SCREW", "20")), used("1", "A", told("1", canonical.Use, "HIP", "1"))}, ""},
		"came back never opened":              {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "HIP", "2")), used("1", "A", back(""))}, "returned_to_check"},
		"credited as wasted":                  {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "HIP", "2")), used("1", "A", back(canonical.Wasted))}, ""},
		"charged in error":                    {[]canonical.Usage{used("1", "A", told("1", canonical.Use, "HIP", "2")), used("1", "A", back(canonical.ChargingError))}, ""},
		"the supplier is liable":              {[]canonical.Usage{used("1", "A", liable)}, "supplier_liable"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub()
			for i, u := range c.said {
				h.say(h.from("theatre", i+1, u))
			}
			if h.warned() != c.want {
				t.Errorf("warned %q, want %q", h.warned(), c.want)
			}
		})
	}
}

func TestReplaced_KeepsWhatACorrectionReplacedAndWhatCameTooLate(t *testing.T) {
	t.Parallel()
	h := newHub()
	h.say(h.from("theatre", 5, used("4411", "A", told("1", canonical.Use, "HIP", "1"))))
	if h.say(h.from("theatre", 6, used("4411", "A", told("1", canonical.Use, "HIP", "1")))); len(h.last.Replaced) != 0 {
		t.Errorf("a repeat replaces nothing: %+v", h.last.Replaced)
	}
	h.say(h.from("theatre", 7, used("4411", "A", told("1", canonical.Use, "HIP", "3"))))
	line := slices.IndexFunc(h.last.Replaced, func(r posting.Replaced) bool { return r.Line != 0 })
	if line < 0 || h.last.Replaced[line].Told != 2 || h.last.Replaced[line].By != 3 || h.last.Replaced[line].Superseded || !strings.Contains(string(h.last.Replaced[line].Word), `"quantity":"1"`) {
		t.Errorf("%+v", h.last.Replaced)
	}
	h.say(h.from("theatre", 1, used("4411", "A", told("1", canonical.Use, "HIP", "9"))))
	if !slices.ContainsFunc(h.last.Replaced, func(r posting.Replaced) bool { return r.Line != 0 && r.Superseded && r.By == 4 }) {
		t.Errorf("%+v", h.last.Replaced)
	}
}
