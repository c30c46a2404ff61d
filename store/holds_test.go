package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// shelf is one item at one place, as people read it.
func (h *hub) shelf(t *testing.T, place, item string) journal.StockDetail {
	t.Helper()
	d, err := h.StockDetail(t.Context(), h.trust, place, item)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// unplanned takes away what is due, so that a test sees what makes it due.
func (h *hub) unplanned(t *testing.T) {
	t.Helper()
	err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error {
		_, err := pgtx.From(ctx).Exec(ctx, `DELETE FROM policy_due WHERE trust = $1`, h.trust)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const due = `SELECT count(*) FROM policy_due`

func TestHold_WhatIsHeldIsThereAndNotAvailable(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I1", 10)
	h.unplanned(t)
	hold := Held{Place: "TH1", Item: "I1", Lot: "L1", Quantity: 7, Kind: "quality", By: "B. Buyer", Why: "dented boxes"}
	id, there, err := h.HoldStock(t.Context(), h.trust, hold)
	if err != nil || there != 10 || value[int](t, h, due) != 1 {
		t.Fatalf("hold %d of %d, %v", id, there, err)
	}
	if d := h.shelf(t, "TH1", "I1"); d.Quantity != 10 || d.Held != 7 || d.Available != 3 || !d.Below || d.Lots[0].Held != 7 || len(d.Holds) != 1 || d.Holds[0].HeldBy != "B. Buyer" {
		t.Errorf("got %+v", d)
	}
	err = h.tx(t.Context(), func(ctx context.Context) error {
		w, ok, err := h.NextWant(ctx, h.trust, startOfDay(h.now, h.rules.Zone))
		if ok && (w.Stock.Available(h.now) != 3 || w.Stock.Total() != 10) {
			t.Errorf("planning sees %d available of %d", w.Stock.Available(h.now), w.Stock.Total())
		}
		return err
	})
	if err != nil || h.MarkShort(t.Context(), h.trust) != nil || value[int](t, h, due+` WHERE place = (SELECT id FROM place WHERE code = 'TH1') AND item = (SELECT id FROM item WHERE code = 'I1')`) != 1 {
		t.Errorf("looked over, a shelf of which too much is held is not due: %v", err)
	}
	label := hold
	label.Quantity, label.Kind = 9, "label"
	if _, _, err := h.HoldStock(t.Context(), h.trust, label); err != nil {
		t.Fatal(err)
	}
	if d := h.shelf(t, "TH1", "I1"); d.Held != 10 || d.Available != 0 {
		t.Errorf("holds overlap, and no more is held than there is: %+v", d.Stock)
	}
	h.say(t, "theatre", h.used("4411", "A", told("1", "I1", "1")))
	if got := list(t, h, `SELECT kind || ' ' || severity FROM warning WHERE closed_at IS NULL AND kind = 'held_used'`); got != "held_used danger" {
		t.Errorf("use of held stock is told: %q", got)
	}
	h.unplanned(t)
	released, err := h.ReleaseHold(t.Context(), h.trust, id, "C. Checker", "boxes are well")
	if err != nil || released.ReleasedBy != "C. Checker" || released.ReleasedWhy != "boxes are well" || value[int](t, h, due) != 1 {
		t.Fatalf("%+v %v", released, err)
	}
	if _, err := h.ReleaseHold(t.Context(), h.trust, id, "C", "again"); fault.Of(err).Code != "hold_released" || !strings.Contains(err.Error(), "C. Checker") {
		t.Errorf("released twice: %v", err)
	}
	if all, err := h.Holds(t.Context(), h.trust, true, 500); err != nil || len(all) != 2 || all[1].ReleasedAt == nil {
		t.Errorf("all holds: %+v %v", all, err)
	}
	if open, err := h.Holds(t.Context(), h.trust, false, 500); err != nil || len(open) != 1 || open[0].Kind != "label" {
		t.Errorf("holds: %+v %v", open, err)
	}
	for code, x := range map[string]Held{"place_unknown": {Place: "TH9", Item: "I1", Quantity: 1, Kind: "label"}, "item_unknown": {Place: "TH1", Item: "NOSUCH", Quantity: 1, Kind: "label"}, "lot_needed": {Place: "TH1", Item: "I1", Quantity: 1, Kind: "label"}} {
		if _, _, err := h.HoldStock(t.Context(), h.trust, x); fault.Of(err).Code != code {
			t.Errorf("%+v: %v, want %s", x, err, code)
		}
	}
	if _, err := h.ReleaseHold(t.Context(), h.trust, 999, "C", "x"); fault.Of(err).Code != "hold_not_found" {
		t.Errorf("got %v", err)
	}
}

func TestHold_ReleasedByAPersonItsWarningCloses(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I1", 10)
	back := told("1", "I1", "1")
	back.Effect, back.CreditFor = canonical.Credit, canonical.NeverOpened
	h.say(t, "theatre", h.used("4411", "A", told("1", "I1", "2")))
	h.say(t, "theatre", h.used("4411", "A", back))
	holds, err := h.Holds(t.Context(), h.trust, false, 500)
	if err != nil || len(holds) != 1 || holds[0].Kind != "returned" || holds[0].Case == 0 || holds[0].Line == 0 || holds[0].HeldBy != "hub" {
		t.Fatalf("%+v %v", holds, err)
	}
	if l := h.kase(t, "4411").Lines[0]; len(l.Holds) != 1 || l.Holds[0].ID != holds[0].ID {
		t.Errorf("the line's holds: %+v", l.Holds)
	}
	if d := h.shelf(t, "TH1", "I1"); d.Quantity != 9 || d.Available != 8 {
		t.Errorf("got %+v", d.Stock)
	}
	if _, err := h.ReleaseHold(t.Context(), h.trust, holds[0].ID, "C. Checker", "pack is whole"); err != nil {
		t.Fatal(err)
	}
	const closed = `SELECT coalesce(closed_by, 'open') || ' ' || coalesce(closed_why, '') FROM warning WHERE kind = 'returned_to_check'`
	if got := list(t, h, closed); got != "C. Checker C. Checker: pack is whole" {
		t.Errorf("the warning: %q", got)
	}
	h.say(t, "theatre", h.used("4411", "A", back))
	if again, _ := h.Holds(t.Context(), h.trust, false, 500); len(again) != 0 || list(t, h, closed) != "C. Checker C. Checker: pack is whole" {
		t.Errorf("told again, what was checked is held again: %+v", again)
	}
	back.Quantity = "2"
	h.say(t, "theatre", h.used("4411", "A", back))
	if again, _ := h.Holds(t.Context(), h.trust, false, 500); len(again) != 1 || again[0].Quantity != 2 {
		t.Errorf("more came back: %+v", again)
	}
}

func TestWarning_ClosedByAPersonIsNotRaisedAgainWhileItSaysTheSame(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.say(t, "theatre", h.used("4411", "A", told("", "I1", "1")))
	open, err := h.Warnings(t.Context(), h.trust, false, 500)
	if err != nil {
		t.Fatal(err)
	}
	d := h.kase(t, "4411")
	var id int64
	for _, w := range open {
		if w.Kind == "no_business_key" {
			if id = w.ID; w.Case != d.ID || w.Line != d.Lines[0].ID {
				t.Errorf("it is about case %d, line %d: %+v", w.Case, w.Line, w)
			}
		}
	}
	if err := h.CloseWarning(t.Context(), h.trust, id, "J. Okafor", "compared"); err != nil {
		t.Fatal(err)
	}
	const kinds = `SELECT kind || ' ' || (closed_at IS NULL) || ' ' || coalesce(closed_by, '') FROM warning WHERE kind IN ('no_business_key', 'case_patient_differs') ORDER BY id`
	h.say(t, "pas", h.booked("case_number", "4411", "B", "book")) // the line is looked at again
	if got := list(t, h, kinds); got != "no_business_key false J. Okafor\ncase_patient_differs true " {
		t.Errorf("got %q", got)
	}
	if all := h.kase(t, "4411").Alerts; len(all) < 2 || all[len(all)-1].ClosedBy != "J. Okafor" {
		t.Errorf("the case's alerts: %+v", all)
	}
	if err := h.CloseWarning(t.Context(), h.trust, id, "J. Okafor", "again"); fault.Of(err).Code != "warning_not_open" {
		t.Errorf("got %v", err)
	}
}

func TestTake_AllOrNothingAndOnce(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	g := Given{Connector: "person", Format: "decision", Type: "decision", Sender: "B", ControlID: DecisionAbout("7") + "noon", Raw: []byte(`{"kind":"accept_line"}`)}
	refused := errors.New("refused")
	if _, done, err := h.Take(t.Context(), h.trust, g, func(context.Context, int64) error { return refused }); done || !errors.Is(err, refused) {
		t.Fatalf("done %v, %v", done, err)
	}
	if n := value[int](t, h, `SELECT (SELECT count(*) FROM message WHERE connector = 'person') + (SELECT count(*) FROM message_key WHERE connector = 'person')`); n != 0 {
		t.Fatalf("%d rows of what was refused", n)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	times := 0
	for range 8 {
		all.Go(func() {
			_, _, err := h.Take(t.Context(), h.trust, g, func(ctx context.Context, id int64) error {
				mu.Lock()
				defer mu.Unlock()
				times++
				stored, err := h.Load(ctx, h.trust, []int64{id})
				if err == nil && string(stored[id].Raw) != string(g.Raw) {
					err = fmt.Errorf("read %q", stored[id].Raw)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := value[int](t, h, `SELECT count(*) FROM message WHERE connector = 'person'`); times != 1 || n != 1 {
		t.Errorf("done %d times, %d messages", times, n)
	}
	if n := value[int](t, h, `SELECT count(*) FROM message WHERE connector = 'person' AND position('accept_line'::bytea in raw) > 0`); n != 0 {
		t.Error("it is not sealed")
	}
}

func TestLoadCatalogue_ACeilingStaysUntilItIsToldOtherwise(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	load := func(ceiling *int64, want, changes int) {
		t.Helper()
		r := items()[0]
		r.CaseCeiling = ceiling
		_, changed, _, rejected, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{r})
		if err != nil || len(rejected) > 0 || changed != changes || value[int](t, h, `SELECT case_ceiling FROM item WHERE code = 'I0'`) != want {
			t.Errorf("ceiling %d, want %d; %d changed, %v %v", value[int](t, h, `SELECT case_ceiling FROM item WHERE code = 'I0'`), want, changed, rejected, err)
		}
	}
	four, none := int64(4), int64(0)
	load(&four, 4, 1)
	load(&four, 4, 0)
	load(nil, 4, 0)
	h.say(t, "theatre", h.used("4411", "A", told("1", "I0", "5")))
	if got := h.kase(t, "4411").Alerts; len(got) == 0 || got[0].Kind != "above_ceiling" || got[0].Case == 0 {
		t.Errorf("alerts %+v", got)
	}
	load(&none, 0, 1)
}
