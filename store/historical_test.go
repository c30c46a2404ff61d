package store

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestHistorical_WhatWasUsedBeforeTheShelvesWereCountedIsInTheLedgerAndTouchesNoShelf(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.open(t, "TH1", "I0", 6)
	day := startOfDay(time.Now(), h.rules.Zone)
	h.rules.Historical = map[string]time.Time{"theatre": day}
	say := func(number string, at time.Time, line canonical.UsageLine) {
		t.Helper()
		u := h.used(number, "A", line)
		u.OccurredAt.At = at
		if err := h.post(t.Context(), h.from("theatre", u)); err != nil {
			t.Fatal(err)
		}
		if err := h.MarkShort(t.Context(), h.trust); err != nil { // as each hour
			t.Fatal(err)
		}
		h.planned(t)
		h.balanced(t)
	}
	stands := func(when, shelf, moves, orders string) {
		t.Helper()
		if got := list(t, h, `SELECT sum(quantity)::text FROM balance b JOIN item i ON i.id = b.item WHERE i.code = 'I0'`); got != shelf {
			t.Errorf("%s the shelf holds %s, not %s", when, got, shelf)
		}
		if got := list(t, h, `SELECT concat_ws(' ', m.kind, m.quantity, f.kind) FROM movement m JOIN place f ON f.id = m.from_place WHERE m.kind <> 'opening' ORDER BY m.id`); got != moves {
			t.Errorf("%s these moved:\n%s", when, got)
		}
		if got := h.suggested(t); got != orders {
			t.Errorf("%s these are suggested:\n%s", when, got)
		}
		if got := list(t, h, `SELECT kind FROM warning WHERE closed_at IS NULL`); got != "" {
			t.Errorf("%s there are warnings: %s", when, got)
		}
	}
	past := day.Add(-time.Second)
	say("1", past, told("1", "I0", "4"))
	stands("after the load", "6", "use 4 supplier", "")
	if got := list(t, h, `SELECT l.state || ' at ' || p.code FROM usage_line l JOIN place p ON p.id = l.place`); got != "posted at TH1" {
		t.Errorf("the patient's record says %s", got)
	}
	credit := told("1", "I0", "1")
	credit.Effect = canonical.Credit
	say("1", past, credit)
	stands("after a credit of that time", "6", "use 4 supplier\nuse_reversal 4 patient\nuse 3 supplier", "")
	say("2", day, told("1", "I0", "2"))
	stands("after a use of the day", "4", "use 4 supplier\nuse_reversal 4 patient\nuse 3 supplier\nuse 2 stock", "I0 1 6 ordered")
	say("2", past, told("1", "I0", "2"))
	stands("when it turns out to have been the day before", "6", "use 4 supplier\nuse_reversal 4 patient\nuse 3 supplier\nuse 2 stock\nuse_reversal 2 patient\nuse 2 supplier", "I0 1 6 ordered")
	say("3", past, told("1", "GHOST", "1"))
	if got := value[int](t, h, `SELECT count(*) FROM movement m JOIN place f ON f.id = m.from_place WHERE f.kind = 'unidentified'`); got != 1 {
		t.Errorf("%d movements of what is unidentified", got)
	}
}

func TestHistorical_IsOfTheFeedThatTellsIt(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I0", 6)
	h.rules.Historical = map[string]time.Time{"registry": time.Now()}
	u := h.used("1", "A", told("1", "I0", "1"))
	u.OccurredAt.At = time.Now().AddDate(-1, 0, 0)
	if err := h.post(t.Context(), h.from("theatre", u)); err != nil {
		t.Fatal(err)
	}
	if got := list(t, h, `SELECT sum(quantity)::text FROM balance`); got != "5" {
		t.Errorf("the shelf holds %s", got)
	}
}
