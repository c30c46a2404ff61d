package theatre_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// codes makes procedures of OPCS-4 codes; a side may follow a colon.
func codes(list ...string) []theatre.Procedure {
	var out []theatre.Procedure
	for _, c := range list {
		code, side, _ := strings.Cut(c, ":")
		out = append(out, theatre.Procedure{Code: code, System: "OPCS4", Side: side})
	}
	return out
}

func shown(ps []theatre.Procedure) string {
	var out []string
	for _, p := range ps {
		out = append(out, fmt.Sprintf("%s%s %s", p.Code, strings.Join(p.Qualifiers, "+"), p.Side))
	}
	return strings.Join(out, ", ")
}

func TestCoded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told []theatre.Procedure
		want string
		odd  string
	}{
		"nothing is nothing":                          {nil, "", ""},
		"a dot and a local fifth character go":        {codes("W37.1", "w3811", "W38.1A"), "W371 , W381 , W381 ", ""},
		"Y and Z qualify the code before them":        {codes("W371", "Y032", "Z843", "W381", "Z761"), "W371Y032+Z843 , W381Z761 ", ""},
		"Z94 gives the procedure its side":            {codes("W371", "Z94.2", "W381", "Z943", "A651", "Z941", "C712", "Z944"), "W371Z942 right, W381Z943 left, A651Z941 bilateral, C712Z944 unknown", ""},
		"a side with the code":                        {codes("W371:R", "W381:left", "A651:LT", "C712:both", "A011:U"), "W371 right, W381 left, A651 left, C712 bilateral, A011 unknown", ""},
		"a side with the code and Z94 that agree":     {codes("W371:R", "Z942"), "W371Z942 right", ""},
		"a side with the code and Z94 that differ":    {codes("W371:L", "Z942"), "W371Z942 differs", "procedure_side_differs"},
		"a doubtful side gives way to one that knows": {codes("W371", "Z944", "Z942"), "W371Z944+Z942 right", ""},
		"and a known one does not give way to doubt":  {codes("W371:R", "Z944"), "W371Z944 right", ""},
		"a qualifier with nothing before it":          {codes("Z942", "W371"), "Z942 right, W371 ", "qualifier_alone"},
		"a code that is none is kept":                 {codes("HIP REPL", "Z942"), "HIP REPLZ942 right", "procedure_code_invalid"},
		"an unnamed system is read as OPCS-4":         {[]theatre.Procedure{{Code: "W37.1"}, {Code: "Z94.3"}, {Code: "LOCAL7"}}, "W371Z943 left, LOCAL7 ", ""},
		"other systems are left alone":                {[]theatre.Procedure{{Code: "397956004", System: "SNOMED"}, {Code: "Z942", System: "LOCAL"}}, "397956004 , Z942 ", ""},
		"a procedure without a code is kept":          {[]theatre.Procedure{{Text: "Hip"}, {Code: "Z942", System: "O4"}}, "Z942 right", ""},
		"a side that nobody knows is kept":            {codes("W371:medial"), "W371 medial", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, odd := theatre.Coded(c.told)
			if shown(got) != c.want || strings.Join(odd, ",") != c.odd {
				t.Errorf("got %q, odd %q; want %q, %q", shown(got), odd, c.want, c.odd)
			}
		})
	}
}

func TestCoded_TwiceIsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		told := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) theatre.Procedure {
			return theatre.Procedure{Code: rapid.SampledFrom([]string{"W37.1", "W371A", "Z942", "Z943", "Y032", "hip", ""}).Draw(t, "code"),
				System: rapid.SampledFrom([]string{"", "OPCS4", "LOCAL"}).Draw(t, "system"), Side: rapid.SampledFrom([]string{"", "L", "right", "x"}).Draw(t, "side")}
		}), 0, 6).Draw(t, "told")
		once, _ := theatre.Coded(told)
		twice, _ := theatre.Coded(once)
		if shown(once) != shown(twice) || len(once) > len(told) {
			t.Fatalf("%q and then %q", shown(once), shown(twice))
		}
	})
}

func TestSides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told               []theatre.Procedure
		left, right, known bool
	}{
		"no procedure":                           {nil, false, false, false},
		"none that has a side":                   {codes("W371"), false, false, false},
		"one":                                    {codes("W371", "Z942"), false, true, true},
		"one beside another without a side":      {codes("W371", "Z943", "X401"), true, false, true},
		"one on each":                            {codes("W371", "Z943", "W371", "Z942"), true, true, true},
		"bilateral":                              {codes("W371", "Z941"), true, true, true},
		"unknown":                                {codes("W371", "Z944"), false, false, false},
		"one beside another that leaves a doubt": {codes("W371", "Z942", "W381", "Z944"), false, true, false},
		"one that is told for two":               {codes("W371:left", "Z942"), false, false, false},
		"a word that is no side leaves it unknown": {codes("W371:medial"), false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			ps, _ := theatre.Coded(c.told)
			if left, right, known := theatre.Sides(ps); left != c.left || right != c.right || known != c.known {
				t.Errorf("left %v, right %v, known %v", left, right, known)
			}
		})
	}
}

// coded is a case whose procedures were coded by "source/stage".
func coded(told map[string][]theatre.Procedure) *theatre.Case {
	c := &theatre.Case{}
	minute := 0
	for _, stage := range []string{"planned", "theatre", "final"} {
		for k, ps := range told {
			if source, s, _ := strings.Cut(k, "/"); s == stage {
				minute++
				ps, _ := theatre.Coded(ps)
				c.Hear(source, stage, theatre.CaseWord{Procedures: ps, Sequence: theatre.Sequence{SentAt: time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC), Message: int64(minute)}})
			}
		}
	}
	return c
}

func TestVersions_AreKeptBySourceAndStage(t *testing.T) {
	t.Parallel()
	c := coded(map[string][]theatre.Procedure{"pas/final": codes("W381"), "pas/planned": codes("W371"), "theatre/theatre": codes("W391")})
	c.Hear("pas", "booking", theatre.CaseWord{Action: "book"})
	var got []string
	for _, v := range c.Versions() {
		got = append(got, v.Source+" "+v.Stage+" "+v.Procedures[0].Code)
	}
	if want := "pas planned W371; theatre theatre W391; pas final W381"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "; "), want)
	}
	if got := c.Settle().Procedures[0].Code; got != "W381" {
		t.Errorf("the case is coded %s", got)
	}
}

func TestSidesMoved_WhenALaterStageTellsAnotherSide(t *testing.T) {
	t.Parallel()
	right, left, both, doubt := codes("W371", "Z942"), codes("W371", "Z943"), codes("W371", "Z941"), codes("W371", "Z944")
	for name, c := range map[string]struct {
		told map[string][]theatre.Procedure
		want bool
	}{
		"nothing is told":                   {nil, false},
		"planned and done alike":            {map[string][]theatre.Procedure{"pas/planned": right, "or/theatre": right, "pas/final": right}, false},
		"done on the other side":            {map[string][]theatre.Procedure{"pas/planned": right, "or/theatre": left}, true},
		"done on both":                      {map[string][]theatre.Procedure{"pas/planned": right, "or/theatre": both}, true},
		"done on one of two":                {map[string][]theatre.Procedure{"pas/planned": both, "or/theatre": left}, false},
		"coded otherwise afterwards":        {map[string][]theatre.Procedure{"or/theatre": left, "pas/final": right}, true},
		"doubt between them hides nothing":  {map[string][]theatre.Procedure{"pas/planned": right, "or/theatre": doubt, "pas/final": left}, true},
		"a side was not told":               {map[string][]theatre.Procedure{"pas/planned": right, "or/theatre": codes("W371")}, false},
		"one procedure is told for two":     {map[string][]theatre.Procedure{"or/theatre": codes("W371:left", "Z942")}, true},
		"two procedures, one on each side,": {map[string][]theatre.Procedure{"pas/planned": append(codes("W371:left"), right...), "or/theatre": left}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := coded(c.told).SidesMoved(); got != c.want {
				t.Errorf("moved %v", got)
			}
		})
	}
}
