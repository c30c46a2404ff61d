package theatre_test

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// stands is a line as "source item lot quantity", told by one source.
func stands(text string) theatre.Settled {
	var s theatre.Settled
	f := strings.Fields(text)
	s.Source, s.Lot, s.State = f[0], f[2], theatre.Posted
	s.Item = catalogue.ItemID(f[1][0] - '0')
	s.Base = int64(f[3][0] - '0')
	if s.Lot == "-" {
		s.Lot = ""
	}
	return s
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	listed := func(source string) bool { return source == "a" }
	for name, c := range map[string]struct {
		lines    []string
		adds     func(string) bool
		accepted string
		want     string // state and reason by line
	}{
		"one source's lines all stand":                   {lines: []string{"a 1 L 1", "a 1 L 1", "a 2 L 3"}, want: "posted, posted, posted"},
		"an equal telling corroborates and never adds":   {lines: []string{"a 1 L 2", "b 1 L 2"}, want: "posted, recorded corroborates"},
		"two lines corroborate one of two":               {lines: []string{"a 1 L 2", "b 1 L 1", "b 1 L 1"}, want: "posted, recorded corroborates, recorded corroborates"},
		"another number is a difference":                 {lines: []string{"a 1 L 1", "b 1 L 2"}, want: "posted, waiting sources_differ"},
		"another lot is a difference":                    {lines: []string{"a 1 L 1", "b 1 M 1"}, want: "posted, waiting sources_differ"},
		"who tells no lot is compared by number":         {lines: []string{"a 1 L 1", "b 1 - 1"}, want: "posted, recorded corroborates"},
		"what only the lesser source tells stands":       {lines: []string{"a 1 L 1", "b 2 L 1"}, want: "posted, posted"},
		"unless only others may add":                     {lines: []string{"a 1 L 1", "b 2 L 1"}, adds: listed, want: "posted, waiting source_not_authoritative"},
		"who may add decides before who may not":         {lines: []string{"c 1 L 1", "a 1 L 2"}, adds: listed, want: "waiting sources_differ, posted"},
		"a person may say that the line counts":          {lines: []string{"a 1 L 1", "b 1 M 1"}, accepted: "b 1 M 1", want: "posted, posted"},
		"what is accepted counts beside, not among":      {lines: []string{"a 1 L 1", "b 1 M 1", "b 1 L 1"}, accepted: "b 1 M 1", want: "posted, posted, recorded corroborates"},
		"three sources are each compared with the first": {lines: []string{"c 1 L 1", "b 1 L 2", "a 1 L 1"}, want: "recorded corroborates, waiting sources_differ, posted"},
	} {
		t.Run(name, func(t *testing.T) {
			settled, accepted := map[string]theatre.Settled{}, map[string]bool{}
			for i, l := range c.lines {
				key := string(rune('0' + i))
				settled[key], accepted[key] = stands(l), l == c.accepted
			}
			theatre.Reconcile(settled, theatre.Authority{Rank: rank, Adds: c.adds}, accepted, func(p theatre.Patient) theatre.Patient { return p })
			var got []string
			for i := range c.lines {
				s := settled[string(rune('0'+i))]
				got = append(got, strings.TrimSpace(string(s.State)+" "+s.Why))
				if s.Counts() != (s.State == theatre.Posted) {
					t.Errorf("line %d is %s and moves %d", i, s.State, s.Base)
				}
			}
			if g := strings.Join(got, ", "); g != c.want {
				t.Errorf("got %s, want %s", g, c.want)
			}
		})
	}
}

func TestReconcile_WhatTheDecidingSourceTookBackIsADifference(t *testing.T) {
	t.Parallel()
	gone := theatre.Settle(map[string]theatre.Word{"a/use": use("1", effect(theatre.Delete))}, rank, same)
	settled := map[string]theatre.Settled{"1": gone, "2": theatre.Settle(map[string]theatre.Word{"b/use": use("1")}, rank, same)}
	if theatre.Reconcile(settled, theatre.Authority{Rank: rank}, nil, func(p theatre.Patient) theatre.Patient { return p }); settled["2"].Why != "sources_differ" || settled["2"].Counts() {
		t.Errorf("got %s %s", settled["2"].State, settled["2"].Why)
	}
}

func TestSettle_ACreditsReasonDecidesWhatBecomesOfTheThing(t *testing.T) {
	t.Parallel()
	type want struct {
		base, waste, held int64
		net               string
	}
	for reason, w := range map[theatre.CreditFor]want{
		"":                    {2, 0, 1, "2"},
		theatre.NeverOpened:   {2, 0, 1, "2"},
		theatre.Wasted:        {2, 1, 0, "2"},
		theatre.ChargingError: {3, 0, 0, "3"},
	} {
		back := credit("1")
		back.CreditFor = reason
		got := theatre.Settle(map[string]theatre.Word{"a/use": use("3"), "a/credit": back}, rank, same)
		if g := (want{got.Base, got.Waste, got.Held, got.Net}); g != w || got.State != theatre.Posted {
			t.Errorf("%q: got %+v %s, want %+v", reason, g, got.State, w)
		}
		back.Quantity = "3"
		all := theatre.Settle(map[string]theatre.Word{"a/use": use("3"), "a/credit": back}, rank, same)
		if left := all.Base + all.Waste + all.Held; left != 3 {
			t.Errorf("%q of all: %+v", reason, all)
		}
	}
}

func TestSettle_APersonFillsInWhatIsUnknownAndNothingElse(t *testing.T) {
	t.Parallel()
	unknown := use("2", func(w *theatre.Word) { w.Item, w.Codes, w.Place, w.PlaceText = 0, []string{"local X9"}, 0, "OR9" })
	said := theatre.Word{Item: 8, Codes: []string{"local X9"}, Place: 4, PlaceText: "OR9"}
	told := map[string]theatre.Word{"a/use": unknown, "person/resolve": said}
	if got := theatre.Settle(told, rank, same); got.State != theatre.Posted || got.Item != 8 || got.Place != 4 || got.Base != 2 {
		t.Errorf("got %+v", got)
	}
	unknown.Codes, unknown.PlaceText = []string{"local Y1"}, "OR8"
	told["a/use"] = unknown
	if got := theatre.Settle(told, rank, same); got.State != theatre.Unidentified {
		t.Errorf("another code and place: got %+v", got)
	}
	told["a/use"] = use("2")
	if got := theatre.Settle(told, rank, same); got.Item != 7 || got.Place != 3 {
		t.Errorf("what the source knows by now stands: got %+v", got)
	}
}
