package store

import (
	"context"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestImport_TheSameFileTwiceHasTheEffectOfOnce(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	take := func(raw string, rows ...Opening) (bool, error) {
		_, done, err := h.Import(t.Context(), h.trust, "opening", "/some/where/opening.csv", []byte(raw), func(ctx context.Context, message int64) (string, error) {
			return "Opening stock.", h.books.Open(ctx, message, rows, h.now)
		})
		return done, err
	}
	row := Opening{Line: 2, Place: "TH1", Item: "I0", Lot: "L1", Expiry: time.Date(2030, 1, 31, 0, 0, 0, 0, time.UTC), Quantity: 5}
	for i, want := range []bool{true, false, false} {
		if done, err := take("a", row); err != nil || done != want {
			t.Fatalf("time %d: done %v, %v", i+1, done, err)
		}
	}
	if _, err := take("again", row); fault.Of(err).Code != "opened_before" {
		t.Errorf("another opening stock of the same shelf: %v", err)
	}
	row.Item = "I1"
	ghost := row
	ghost.Item, ghost.Line = "GHOST", 3
	if _, err := take("b", row, ghost); !fault.Is(err, fault.Invalid) || fault.Of(err).Path != "line 3" {
		t.Errorf("a file with an unknown item: %v", err)
	}
	ghost = row
	ghost.Place = "CELLAR"
	if _, err := take("c", ghost); fault.Of(err).Code != "place_unknown" {
		t.Errorf("a file with an unknown place: %v", err)
	}
	if done, err := take("b", row); err != nil || !done {
		t.Errorf("a refused file, mended, is not taken: %v, %v", done, err)
	}
	if got := list(t, h, `SELECT quantity::text FROM balance`); got != "5\n5" {
		t.Errorf("balances %q", got)
	}
	if got := list(t, h, `SELECT peer || ' ' || connector FROM message ORDER BY id`); got != "opening.csv import\nopening.csv import" {
		t.Errorf("archive %q", got)
	}
	d, err := h.StockDetail(t.Context(), h.trust, "TH1", "I0")
	if err != nil || d.Quantity != 5 || len(d.Lots) != 1 || d.Lots[0].Expiry != "2030-01-31" || d.Lots[0].Expired || len(d.Moves) != 1 || d.Moves[0].From != "supplier" || d.Moves[0].To != "TH1" {
		t.Errorf("detail %+v, %v", d, err)
	}
	h.balanced(t)
}

func TestHistory_ContinuesTheNumbersAndRefusesWhatIsThere(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-0000") // PO-0000000001 to 8
	if n := value[int64](t, h, `SELECT next_number FROM purchasing`); n != 9 {
		t.Errorf("the next number is %d", n)
	}
	h.bought(t, "OLD-") // numbers of another kind count for nothing
	if n := value[int64](t, h, `SELECT next_number FROM purchasing`); n != 9 {
		t.Errorf("after foreign numbers the next is %d", n)
	}
	for code, rows := range map[string][]PastOrder{
		"order_exists":     {{Line: 5, Number: "OLD-000001", Place: "TH1", Item: "I0", Supplier: "S1", OrderedOn: h.now, Quantity: 1}},
		"supplier_unknown": {{Line: 5, Number: "OLD-9", Place: "TH1", Item: "I0", Supplier: "S9", OrderedOn: h.now, Quantity: 1}},
		"item_unknown":     {{Line: 5, Number: "OLD-9", Place: "TH1", Item: "GHOST", Supplier: "S1", OrderedOn: h.now, Quantity: 1}},
	} {
		_, _, err := h.Import(t.Context(), h.trust, "history", "history.csv", []byte(code), func(ctx context.Context, message int64) (string, error) {
			return "", h.books.History(ctx, message, rows, func(string) (int64, bool) { return 0, false })
		})
		if f := fault.Of(err); f.Code != code || f.Path != "line 5" {
			t.Errorf("%s: %v", code, err)
		}
	}
	os, err := h.Orders(t.Context(), h.trust, 100)
	if err != nil || len(os) != 16 || !os[0].Imported || os[0].State != "closed" || os[0].Value != "200.00" {
		t.Errorf("%d orders, %v", len(os), err)
	}
	if n := value[int64](t, h, `SELECT sum(open_packs) FROM purchase_order_line`); n != 0 {
		t.Errorf("%d packs of the past are still expected", n)
	}
}
