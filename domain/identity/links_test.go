package identity_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/domain/identity"
)

// word is what a source said of two records, at a minute or at no certain time.
type word struct {
	source            string
	retired, survivor identity.Patient
	joined            bool
	minute            int
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// hear lets Links hear words in this order.
func hear(ws ...word) *identity.Links {
	l := identity.NewLinks()
	for i, w := range ws {
		hearOne(l, w, int64(i+1))
	}
	return l
}

func hearOne(l *identity.Links, w word, message int64) (superseded, changed bool) {
	link := identity.Link{Source: w.source, Joined: w.joined, Survivor: w.survivor, Said: identity.Said{Message: message}}
	if w.minute > 0 {
		link.SentAt = noon.Add(time.Duration(w.minute) * time.Minute)
	}
	return l.Hear(identity.PairOf(w.retired, w.survivor), link)
}

func merge(retired, survivor identity.Patient, minute int) word {
	return word{"pas", retired, survivor, true, minute}
}

func unmerge(retired, survivor identity.Patient, minute int) word {
	return word{"pas", retired, survivor, false, minute}
}

func by(source string, w word) word { w.source = source; return w }

func TestLinks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told []word
		want map[identity.Patient]identity.Patient
	}{
		"nobody is joined":                      {nil, map[identity.Patient]identity.Patient{1: 1, 0: 0}},
		"a chain":                               {[]word{merge(1, 2, 1), merge(2, 3, 2)}, map[identity.Patient]identity.Patient{1: 3, 2: 3, 3: 3, 9: 9}},
		"a chain told backwards":                {[]word{merge(2, 3, 2), merge(1, 2, 1)}, map[identity.Patient]identity.Patient{1: 3, 2: 3, 3: 3}},
		"a merge that is taken back":            {[]word{merge(1, 2, 1), unmerge(1, 2, 2)}, map[identity.Patient]identity.Patient{1: 1, 2: 2}},
		"taken back the other way round":        {[]word{merge(1, 2, 1), unmerge(2, 1, 2)}, map[identity.Patient]identity.Patient{1: 1, 2: 2}},
		"taken back before it is heard":         {[]word{unmerge(1, 2, 2), merge(1, 2, 1)}, map[identity.Patient]identity.Patient{1: 1, 2: 2}},
		"taken back and merged again":           {[]word{merge(1, 2, 1), unmerge(1, 2, 2), merge(1, 2, 3)}, map[identity.Patient]identity.Patient{1: 2}},
		"taken back at no certain time":         {[]word{merge(1, 2, 1), unmerge(1, 2, 0)}, map[identity.Patient]identity.Patient{1: 1}},
		"merged into two others":                {[]word{merge(1, 2, 1), merge(1, 3, 2)}, map[identity.Patient]identity.Patient{1: 2, 2: 2, 3: 2}},
		"merged into two, one taken back":       {[]word{merge(1, 2, 1), merge(1, 3, 2), unmerge(1, 3, 3)}, map[identity.Patient]identity.Patient{1: 2, 2: 2, 3: 3}},
		"a chain broken in its middle":          {[]word{merge(1, 2, 1), merge(2, 3, 2), merge(3, 4, 3), unmerge(2, 3, 4)}, map[identity.Patient]identity.Patient{1: 2, 2: 2, 3: 4, 4: 4}},
		"a ring is read as its oldest":          {[]word{merge(1, 2, 1), merge(2, 3, 2), merge(3, 1, 3)}, map[identity.Patient]identity.Patient{1: 1, 2: 1, 3: 1}},
		"merged the other way later":            {[]word{merge(1, 2, 1), merge(2, 1, 2)}, map[identity.Patient]identity.Patient{1: 1, 2: 1}},
		"the later of two sources decides":      {[]word{merge(1, 2, 1), by("emr", unmerge(1, 2, 2))}, map[identity.Patient]identity.Patient{1: 1}},
		"an earlier one of another does not":    {[]word{merge(1, 2, 3), by("emr", unmerge(1, 2, 2))}, map[identity.Patient]identity.Patient{1: 2}},
		"at one time the name decides":          {[]word{merge(1, 2, 1), by("emr", unmerge(1, 2, 1))}, map[identity.Patient]identity.Patient{1: 2}},
		"taken apart, joined through a third":   {[]word{merge(1, 2, 1), merge(2, 3, 1), merge(1, 3, 1), unmerge(1, 3, 2)}, map[identity.Patient]identity.Patient{1: 3, 3: 3}},
		"one who was never merged is taken off": {[]word{unmerge(1, 2, 1)}, map[identity.Patient]identity.Patient{1: 1, 2: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			l := hear(c.told...)
			for p, want := range c.want {
				if got := l.Survivor(p); got != want {
					t.Errorf("%d is read as %d, want %d", p, got, want)
				}
			}
		})
	}
}

func TestLinks_NilJoinsNobody(t *testing.T) {
	t.Parallel()
	var l *identity.Links
	if _, told := l.Standing(identity.PairOf(1, 2)); told || l.Survivor(7) != 7 || !slices.Equal(l.Person(7), []identity.Patient{7}) {
		t.Error("somebody is joined")
	}
	if _, changed := hearOne(l.Clone(), merge(1, 2, 1), 1); !changed {
		t.Error("its clone hears nothing")
	}
}

func TestLinks_TellWhatChanged(t *testing.T) {
	t.Parallel()
	l := identity.NewLinks()
	for i, c := range []struct {
		word
		superseded, changed bool
	}{
		{merge(1, 2, 1), false, true}, {merge(1, 2, 3), false, false}, {unmerge(1, 2, 2), true, false}, {merge(2, 1, 4), false, true},
		{unmerge(1, 2, 5), false, true}, {unmerge(2, 1, 6), false, false}, {by("emr", merge(1, 2, 1)), false, false},
	} {
		if superseded, changed := hearOne(l, c.word, int64(i+1)); superseded != c.superseded || changed != c.changed {
			t.Errorf("word %d: superseded %v, changed %v", i, superseded, changed)
		}
	}
	if got := hear(merge(1, 2, 1), merge(2, 3, 1), unmerge(1, 3, 2), merge(7, 8, 1)).Pairs(3, 2, 1); fmt.Sprint(got) != "[{1 2} {1 3} {2 3}]" {
		t.Errorf("pairs %v", got)
	}
}

func TestLinks_ACloneIsItsOwn(t *testing.T) {
	t.Parallel()
	l := hear(merge(1, 2, 1))
	c := l.Clone()
	hearOne(c, merge(2, 3, 2), 2)
	hearOne(c, unmerge(1, 2, 3), 3)
	if l.Survivor(1) != 2 || l.Survivor(2) != 2 || c.Survivor(1) != 1 || c.Survivor(2) != 3 {
		t.Error("what one hears the other hears too")
	}
}

// words draws what two sources tell of five records, each in its own order.
var words = rapid.Custom(func(t *rapid.T) [][]word {
	out := make([][]word, 2)
	for i, source := range []string{"emr", "pas"} {
		out[i] = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) word {
			who := rapid.SliceOfNDistinct(rapid.Int64Range(1, 5), 2, 2, rapid.ID[int64]).Draw(t, "who")
			return word{source, identity.Patient(who[0]), identity.Patient(who[1]), rapid.Bool().Draw(t, "joined"), rapid.IntRange(0, 6).Draw(t, "minute")}
		}), 0, 8).Draw(t, source)
	}
	return out
})

func TestLinks_EveryInterleavingJoinsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		told := words.Draw(t, "words")
		var want string
		for n := range 4 {
			left := slices.Clone(told)
			var order []word
			for len(left[0])+len(left[1]) > 0 {
				i := rapid.IntRange(0, 1).Draw(t, "next")
				if len(left[i]) == 0 {
					i = 1 - i
				}
				order, left[i] = append(order, left[i][0]), left[i][1:]
			}
			l := hear(order...)
			kept := restored(l, order)
			var got string
			for p := identity.Patient(1); p <= 5; p++ {
				got += fmt.Sprint(p, " is ", l.Survivor(p), " of ", l.Person(p), "; ")
				if l.Survivor(l.Survivor(p)) != l.Survivor(p) || !slices.Contains(l.Person(p), l.Survivor(p)) || kept.Survivor(p) != l.Survivor(p) {
					t.Fatalf("%v: %d is read as %d, of %v; after a restart as %d", order, p, l.Survivor(p), l.Person(p), kept.Survivor(p))
				}
			}
			if n == 0 {
				want = got
			} else if got != want {
				t.Fatalf("%v: %s, and in another order %s", order, got, want)
			}
		}
	})
}

// restored are Links made of what stands, as a store would.
func restored(l *identity.Links, told []word) *identity.Links {
	out := identity.NewLinks()
	seen := map[identity.Pair]bool{}
	for _, w := range told {
		if p := identity.PairOf(w.retired, w.survivor); !seen[p] {
			seen[p] = true
			link, _ := l.Standing(p)
			out.Restore(p, link)
		}
	}
	out.Join()
	return out
}
