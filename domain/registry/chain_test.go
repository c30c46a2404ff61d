package registry

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/domain/inventory"
)

func named(line string) func(int) string {
	return func(n int) string { return fmt.Sprintf("%s.%d", line, n) }
}

func reading(lot string) Reading {
	return Reading{Record: Record{Lot: lot}, Patient: 1, Person: 1}
}

func told(state State, action Action, n int, lot string) Version {
	return Version{Record: "L.0", Number: n, Action: action, Content: Record{Lot: lot}, Patient: 1, Person: 1, State: state}
}

func TestNext(t *testing.T) {
	t.Parallel()
	gone, lacking, other, doubted := reading(""), reading("A"), reading("A"), reading("A")
	gone.Why, lacking.Missing, other.Person, doubted.Doubted, doubted.Missing = NothingOfItLeft, []Missing{{Code: "lot_missing"}}, 2, true, []Missing{{Code: "case_cancelled"}}
	again := told(Rejected, New, 1, "A")
	again.Again = true
	for name, c := range map[string]struct {
		told     []Version
		reading  Reading
		standing Standing
		put      string // action, record and number
		behind   bool
	}{
		"a first telling is new":                            {nil, reading("A"), ToBeSent, "new L.0 1", false},
		"what lacks something waits":                        {nil, lacking, Incomplete, "", false},
		"what is not reported is not needed":                {nil, gone, NotNeeded, "", false},
		"what never left is replaced":                       {[]Version{told(Ready, New, 1, "A")}, reading("B"), ToBeSent, "new L.0 1", false},
		"what never left is dropped":                        {[]Version{told(Ready, New, 1, "A")}, gone, NotNeeded, "", false},
		"an amendment waits for the answer":                 {[]Version{told(Sent, New, 1, "A")}, reading("B"), Unanswered, "", true},
		"so does a withdrawal, also in a file not yet sent": {[]Version{told(Batched, New, 1, "A")}, gone, Unanswered, "", true},
		"sent and still true":                               {[]Version{told(Sent, New, 1, "A")}, reading("A"), Unanswered, "", false},
		"accepted":                                          {[]Version{told(Accepted, New, 1, "A")}, reading("A"), Held, "", false},
		"accepted and corrected":                            {[]Version{told(Accepted, New, 1, "A")}, reading("B"), ToBeSent, "amend L.0 2", false},
		"accepted and taken back":                           {[]Version{told(Accepted, New, 1, "A")}, gone, ToBeSent, "withdraw L.0 2", false},
		"accepted and doubted":                              {[]Version{told(Accepted, New, 1, "A")}, doubted, ToBeSent, "withdraw L.0 2", false},
		"accepted, and lacks something now":                 {[]Version{told(Accepted, New, 1, "A")}, lacking, Incomplete, "", false},
		"accepted, and another person's now":                {[]Version{told(Accepted, New, 1, "A")}, other, ToBeSent, "withdraw L.0 2", false},
		"then a record of that person's own":                {[]Version{told(Accepted, New, 1, "A"), told(Accepted, Withdraw, 2, "A")}, other, ToBeSent, "new L.1 1", false},
		"withdrawn":                                         {[]Version{told(Accepted, New, 1, "A"), told(Accepted, Withdraw, 2, "A")}, gone, TakenBack, "", false},
		"rejected, and nothing changed":                     {[]Version{told(Rejected, New, 1, "A")}, reading("A"), Refused, "", false},
		"rejected, and a person asks again":                 {[]Version{again}, reading("A"), ToBeSent, "new L.0 2", false},
		"rejected and corrected goes as new":                {[]Version{told(Rejected, New, 1, "A")}, reading("B"), ToBeSent, "new L.0 2", false},
		"rejected, and another person's":                    {[]Version{told(Rejected, New, 1, "A")}, other, ToBeSent, "new L.1 1", false},
		"rejected and taken back":                           {[]Version{told(Rejected, New, 1, "A")}, gone, NotNeeded, "", false},
		"an amendment rejected":                             {[]Version{told(Accepted, New, 1, "A"), told(Rejected, Amend, 2, "B")}, reading("B"), Refused, "", false},
		"and what it amended was right after all":           {[]Version{told(Accepted, New, 1, "A"), told(Rejected, Amend, 2, "B")}, reading("A"), Held, "", false},
		"a withdrawal rejected":                             {[]Version{told(Accepted, New, 1, "A"), told(Rejected, Withdraw, 2, "A")}, gone, Refused, "", false},
	} {
		got := Next(c.told, c.reading, inventory.Cause{}, named("L"))
		put := ""
		if got.Put != nil {
			put = fmt.Sprintf("%s %s %d", got.Put.Action, got.Put.Record, got.Put.Number)
		}
		if got.Standing != c.standing || put != c.put || got.Behind != c.behind {
			t.Errorf("%s: %s, %q, behind %v", name, got.Standing, put, got.Behind)
		}
	}
}

// outside is a registry: what it holds, by record.
type outside map[string]Version

// take is how a registry takes a version; it refuses, loudly, what comes
// before its original.
func (o outside) take(t *rapid.T, v Version) {
	_, has := o[v.Record]
	if has != (v.Action != New) {
		t.Fatalf("%s %s version %d reached the registry, which has it: %v", v.Action, v.Record, v.Number, has)
	}
	if v.Action == Withdraw {
		delete(o, v.Record)
	} else {
		o[v.Record] = v
	}
}

type line struct {
	name string
	told []Version
	now  Reading
}

func (l *line) look() Outcome {
	out := Next(l.told, l.now, inventory.Cause{}, named(l.name))
	if n := len(l.told); n > 0 && l.told[n-1].State == Ready {
		l.told = l.told[:n-1]
	}
	if out.Put != nil {
		l.told = append(l.told, *out.Put)
	}
	return out
}

func (l *line) last() *Version {
	if len(l.told) == 0 {
		return nil
	}
	return &l.told[len(l.told)-1]
}

// TestNext_EveryHistoryEndsWithTheRegistryHoldingWhatIsTrue changes facts,
// sends, answers and rejects in any order. Whatever happened, the registry is
// never asked to amend or withdraw what it does not hold, never holds a use
// twice, and in the end holds each complete use once, as it is.
func TestNext_EveryHistoryEndsWithTheRegistryHoldingWhatIsTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		registry := outside{}
		lines := []*line{{name: "P"}, {name: "Q"}}
		for _, l := range lines {
			l.now = Reading{Why: NotAUse}
		}
		each := func(state State, do func(l *line, v *Version)) {
			for _, l := range lines {
				if v := l.last(); v != nil && v.State == state {
					do(l, v)
				}
			}
		}
		send := func() {
			each(Ready, func(_ *line, v *Version) { v.State = Batched })
			each(Batched, func(_ *line, v *Version) { v.State = Sent })
		}
		accept := func(_ *line, v *Version) { registry.take(t, *v); v.State = Accepted }
		look := func() {
			for _, l := range lines {
				l.look()
				held := 0
				for r := range registry {
					if r[:1] == l.name {
						held++
					}
				}
				if held > 1 {
					t.Fatalf("the registry holds %d records of %s", held, l.name)
				}
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			l := lines[rapid.IntRange(0, 1).Draw(t, "line")]
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 0, 1:
				person := rapid.Int64Range(1, 2).Draw(t, "person")
				l.now = Reading{Record: Record{Lot: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "lot")}, Patient: person, Person: person}
			case 2:
				l.now = Reading{Why: NothingOfItLeft}
			case 3:
				l.now = Reading{Record: Record{}, Missing: []Missing{{Code: "lot_missing"}}, Patient: 1, Person: 1, Doubted: rapid.Bool().Draw(t, "doubted")}
			case 4, 5:
				send()
			case 6:
				if v := l.last(); v != nil && v.State == Sent {
					accept(l, v)
				}
			case 7:
				if v := l.last(); v != nil && v.State == Sent {
					v.State = Rejected
				}
			}
			look()
		}
		// Everything is answered in the end, and a person sends again what was
		// rejected.
		for range 8 {
			look()
			each(Rejected, func(_ *line, v *Version) { v.Again = true })
			look()
			send()
			each(Sent, accept)
		}
		look()
		for _, l := range lines {
			var held []Version
			for r, v := range registry {
				if r[:1] == l.name {
					held = append(held, v)
				}
			}
			switch {
			case l.now.Why != "" || l.now.Doubted:
				if len(held) > 0 {
					t.Fatalf("%s is not reported, and the registry holds %+v", l.name, held)
				}
			case len(l.now.Missing) > 0: // what was complete once may stand until it is again
			case len(held) != 1 || held[0].Content != l.now.Record || held[0].Person != l.now.Person:
				t.Fatalf("%s should be held once as %+v, and is %+v", l.name, l.now, held)
			}
		}
	})
}
