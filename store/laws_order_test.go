package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

var errCrash = errors.New("the process died here")

// plan does what the pipeline's planner does for one trust; crash names a
// step before whose commit the process dies.
func (h *hub) plan(ctx context.Context, l purchasing.Limits, crash string) error {
	step := func(name string, fn func(ctx context.Context) error) error {
		return h.tx(ctx, func(ctx context.Context) error {
			if err := fn(ctx); err != nil {
				return err
			}
			if crash == name {
				return errCrash
			}
			return nil
		})
	}
	for more := true; more; {
		err := step("suggest", func(ctx context.Context) error {
			w, ok, err := h.NextWant(ctx, h.trust, startOfDay(h.now, h.rules.Zone))
			if more = ok; err != nil || !ok {
				return err
			}
			s, keep, err := purchasing.Plan(w, l, h.rules.Zone, h.now)
			if err != nil || !keep {
				return err
			}
			return h.KeepSuggestion(ctx, h.trust, s)
		})
		if err != nil {
			return err
		}
	}
	return step("release", func(ctx context.Context) error {
		ss, err := h.Releasable(ctx, h.trust, time.Now())
		if err != nil || len(ss) == 0 {
			return err
		}
		orders, members, held, err := purchasing.Group(ss, l)
		if err != nil {
			return err
		}
		for _, g := range held {
			if err := h.HoldSuggestion(ctx, h.trust, g); err != nil {
				return err
			}
		}
		for i, o := range orders {
			if _, err := h.KeepOrder(ctx, h.trust, o, members[i], orderNumber); err != nil {
				return err
			}
		}
		return nil
	})
}

func orderNumber(n int64) string { return purchasing.Number("PO-", 6, n) }

func limit(automatic, daily string) purchasing.Limits {
	return purchasing.Limits{Automatic: decimal.MustParse(automatic), Daily: decimal.MustParse(daily)}
}

var generous = limit("100000", "1000000")

// bought gives every item an order in the past, so that the planner knows what
// is usual.
func (h *hub) bought(t *testing.T, numbers string) {
	t.Helper()
	var rows []PastOrder
	for i, r := range items() {
		rows = append(rows, PastOrder{Line: i + 2, Number: fmt.Sprintf("%s%06d", numbers, i+1), Place: "TH1", Item: r.Code, Supplier: r.Supplier, OrderedOn: h.now.AddDate(0, -1, 0), Quantity: 20,
			UnitPrice: decimal.MustParse("10.00"), Value: decimal.MustParse("200.00")})
	}
	_, _, err := h.Import(t.Context(), h.trust, "history", "history.csv", []byte(numbers), func(ctx context.Context, message int64) (string, error) {
		return "", h.books.History(ctx, message, rows, func(s string) (int64, bool) {
			var n int64
			_, err := fmt.Sscanf(s, "PO-%d", &n)
			return n, err == nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// need lets a use bring every item below its reorder point.
func (h *hub) need(t *testing.T, number string) {
	t.Helper()
	var lines []canonical.UsageLine
	for i, r := range items() {
		lines = append(lines, told(fmt.Sprint(i), r.Code, "1"))
	}
	if err := h.post(t.Context(), h.from("theatre", h.used(number, "A", lines...))); err != nil {
		t.Fatal(err)
	}
}

// oneOrderANeed fails the test unless law 6 holds and numbers are dense.
func (h *hub) oneOrderANeed(t *testing.T, needs, first int) {
	t.Helper()
	if got := list(t, h, `SELECT place || ' ' || item || ' ' || cycle FROM purchase_order_line WHERE cycle IS NOT NULL GROUP BY place, item, cycle HAVING count(*) > 1`); got != "" {
		t.Errorf("needs with two order lines: %s", got)
	}
	if n := value[int](t, h, `SELECT count(*) FROM purchase_order_line WHERE cycle IS NOT NULL`); n != needs {
		t.Errorf("%d order lines for %d needs", n, needs)
	}
	numbers := strings.Fields(list(t, h, `SELECT number FROM purchase_order WHERE NOT imported ORDER BY number`))
	for i, n := range numbers {
		if n != orderNumber(int64(first+i)) {
			t.Fatalf("order numbers have a gap: %v", numbers)
		}
	}
	if bad := list(t, h, `SELECT o.number FROM purchase_order o WHERE NOT imported AND (value <> (SELECT sum(value) FROM purchase_order_line l WHERE l.order_id = o.id)
		OR EXISTS (SELECT 1 FROM purchase_order_line l WHERE l.order_id = o.id AND (message_id = 0 OR origin = '' OR profile = '' OR movement IS NULL)))`); bad != "" {
		t.Errorf("orders of a wrong value, or without a cause: %s", bad)
	}
}

func TestLaw6_ManyPlannersMakeOneOrderLineANeed(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.need(t, "1")
	for round := 1; round <= 2; round++ {
		together(t, func(ctx context.Context, _ int) error { return h.plan(ctx, generous, "") })
		h.oneOrderANeed(t, 8*round, 9)
		if round == 1 { // the first orders were rejected and their needs approved anew
			h.answerAll(t, "rejected")
			together(t, func(ctx context.Context, _ int) error { return h.plan(ctx, generous, "") })
			h.oneOrderANeed(t, 8, 9)
			ss, err := h.Suggestions(t.Context(), h.trust, false, 500)
			if err != nil || len(ss) != 8 {
				t.Fatalf("%d suggestions wait, %v", len(ss), err)
			}
			for _, s := range ss {
				if err := h.DecideSuggestion(t.Context(), h.trust, s.ID, true, "buyer", "asked the supplier", h.rules.Zone); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// answerAll lets the ERP answer every order that is ready.
func (h *hub) answerAll(t *testing.T, status string) {
	t.Helper()
	orders, err := h.Orders(t.Context(), h.trust, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		if o.Imported {
			continue
		}
		if err := h.tx(t.Context(), func(ctx context.Context) error { return h.MarkSent(ctx, h.trust, o.ID, o.Number+".csv", []byte{1}) }); err != nil {
			t.Fatal(err)
		}
		if err := h.post(t.Context(), h.from("erp", canonical.OrderAnswer{OrderNumber: o.Number, Lines: []canonical.OrderAnswerLine{{Status: status, Reason: "none left"}}})); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLaw6_NoCrashOrReplayMakesASecondNumber(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	m := h.from("theatre", h.used("1", "A", told("1", "I0", "1"), told("2", "I1", "1")))
	for _, crash := range []string{"suggest", "release", "", "suggest", "release", ""} {
		if err := h.post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := h.replay(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := h.plan(t.Context(), generous, crash); err != nil && !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
	}
	h.oneOrderANeed(t, 2, 9)
}

func TestLaw6_UsesWhileManyPlannersRunAreEachOrderedOnce(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	together(t, func(ctx context.Context, w int) error {
		for i := range 4 {
			if err := h.post(ctx, h.from("theatre", h.used(fmt.Sprint(w), "A", told(fmt.Sprint(i), fmt.Sprintf("I%d", (w+i)%8), "3")))); err != nil {
				return err
			}
			if err := h.plan(ctx, generous, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	// A shelf below zero counts as empty, so nothing below the level is left to
	// order, and nothing was ordered twice.
	if got := list(t, h, `SELECT i.code || ' ' || sum(l.packs * l.pack_size) FROM purchase_order_line l JOIN item i ON i.id = l.item WHERE l.cycle IS NOT NULL GROUP BY i.code HAVING sum(l.packs * l.pack_size) NOT BETWEEN 10 AND 12`); got != "" {
		t.Errorf("ordered up to 10: %s", got)
	}
	h.oneOrderANeed(t, 8, 9)
	h.balanced(t)
}

func TestPlan_TheDailyCapHoldsUnderManyPlanners(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.need(t, "1")
	together(t, func(ctx context.Context, _ int) error { return h.plan(ctx, limit("100000", "200.00"), "") })
	spent := value[string](t, h, `SELECT sum(value)::text FROM purchase_order WHERE NOT imported AND automatic`)
	if v := decimal.MustParse(spent); v.Cmp(decimal.MustParse("200")) > 0 || v.IsZero() {
		t.Errorf("£%s was ordered under a cap of £200", spent)
	}
	if n := value[int](t, h, `SELECT count(*) FROM suggestion WHERE state = 'waits'`); n == 0 {
		t.Error("no suggestion waits for a person")
	}
}

func TestPlan_AMixedOrderStillCountsTowardsTheDailyCap(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	capped := limit("100000", "100.00") // which the first item's order takes whole
	for i, item := range []string{"I0", "I2"} {
		if err := h.post(t.Context(), h.from("theatre", h.used(fmt.Sprint(i), "A", told("1", item, "1")))); err != nil {
			t.Fatal(err)
		}
		if err := h.plan(t.Context(), capped, "release"); !errors.Is(err, errCrash) && err != nil {
			t.Fatal(err)
		}
	}
	ss, err := h.Suggestions(t.Context(), h.trust, false, 500)
	if err != nil || len(ss) != 2 {
		t.Fatal(ss, err)
	}
	for _, s := range ss {
		if s.State == "waits" {
			if err := h.DecideSuggestion(t.Context(), h.trust, s.ID, true, "buyer", "needed", h.rules.Zone); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := h.plan(t.Context(), capped, ""); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM purchase_order WHERE NOT imported AND NOT automatic`); n != 1 {
		t.Fatalf("%d mixed orders", n)
	}
	if err := h.post(t.Context(), h.from("theatre", h.used("9", "A", told("1", "I4", "1")))); err != nil {
		t.Fatal(err)
	}
	if err := h.plan(t.Context(), capped, ""); err != nil {
		t.Fatal(err)
	}
	if got := list(t, h, `SELECT i.code || ' ' || g.state FROM suggestion g JOIN item i ON i.id = g.item WHERE i.code = 'I4'`); got != "I4 waits" {
		t.Errorf("after the cap was spent: %q", got)
	}
}

func TestPlan_RestsWhilePurchasingIsPausedAndSkipsWhatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.need(t, "1")
	if err := h.Pause(t.Context(), h.trust, "buyer", "stocktake"); err != nil {
		t.Fatal(err)
	}
	c := trustSetup(h.trust)
	c.Policies = c.Policies[:4]
	if _, _, err := h.SetUp(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	h.oneOrderANeed(t, 0, 9)
	if s, err := h.Status(t.Context(), h.trust); err != nil || s.Paused == nil || s.Paused.By != "buyer" || s.Paused.Why != "stocktake" {
		t.Errorf("status %+v, %v", s.Paused, err)
	}
	if err := h.Resume(t.Context(), h.trust, "buyer", "done"); err != nil {
		t.Fatal(err)
	}
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	h.oneOrderANeed(t, 4, 9)
	if s, err := h.Status(t.Context(), h.trust); err != nil || s.Paused != nil {
		t.Errorf("status %+v, %v", s.Paused, err)
	}
	if err := h.Pause(t.Context(), "ZZ9", "buyer", "x"); !fault.Is(err, fault.NotFound) {
		t.Errorf("pausing a trust that is not there: %v", err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM policy_due`); n != 0 {
		t.Errorf("%d policies are due for ever", n)
	}
}

func TestAnswer_ToAClosedOrderChangesNothing(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	if err := h.post(t.Context(), h.from("erp", canonical.OrderAnswer{OrderNumber: "PO-000001", Lines: []canonical.OrderAnswerLine{{Status: "accepted"}}})); err != nil {
		t.Fatal(err)
	}
	if got := value[string](t, h, `SELECT o.state || ' ' || l.open_packs FROM purchase_order o JOIN purchase_order_line l ON l.order_id = o.id WHERE number = 'PO-000001'`); got != "closed 0" {
		t.Errorf("it became %s", got)
	}
	err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error {
		_, err := h.OrderDocument(ctx, h.trust, 4711, time.UTC)
		return err
	})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("an order that is not there: %v", err)
	}
}
