package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// together runs fn as many writers at once.
func together(t *testing.T, fn func(ctx context.Context, writer int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := fn(context.WithoutCancel(t.Context()), w); err != nil {
				t.Errorf("writer %d: %v", w, err)
			}
		}()
	}
	wg.Wait()
}

func TestLaw2_OneMessageFromManyWritersIsOnce(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	m := h.from("theatre", h.used("4411", "A", told("1", "I0", "2"), told("2", "I1", "1")))
	ignored := h.from("theatre")
	ignored.Said.Ignored = "not of interest"
	together(t, func(ctx context.Context, _ int) error {
		for range 3 {
			if err := h.post(ctx, m, ignored); err != nil {
				return err
			}
		}
		return nil
	})
	if n := value[int](t, h, `SELECT count(*) FROM movement`); n != 2 {
		t.Errorf("%d movements, want 2", n)
	}
	if n := value[int](t, h, `SELECT count(*) FROM posting`); n != 2 {
		t.Errorf("%d postings, want 2", n)
	}
	if n := value[int](t, h, `SELECT count(*) FROM patient`); n != 1 {
		t.Errorf("%d patients, want 1", n)
	}
	for range 2 {
		if err := h.replay(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, h, `SELECT attempt || ' ' || outcome FROM posting WHERE message_id = $1 ORDER BY attempt`, m.ID); got != "1 applied\n2 no_change\n3 no_change" {
		t.Errorf("postings %q", got)
	}
	h.balanced(t)
}

func TestLaw2_OneUseUnderTwoNamesOfItsCaseIsOnce(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	joined := h.used("4411", "A")
	joined.Case.Aliases = append(joined.Case.Aliases, canonical.Alias{Kind: "booking", Value: "B1"})
	if err := h.post(t.Context(), h.from("theatre", joined)); err != nil {
		t.Fatal(err)
	}
	together(t, func(ctx context.Context, w int) error {
		for i := range 4 {
			u := h.used("4411", "A", told(fmt.Sprint(i), "I0", "1"))
			u.Case.Aliases = joined.Case.Aliases[w%2 : w%2+1]
			if err := h.post(ctx, h.from("theatre", u)); err != nil {
				return err
			}
		}
		return nil
	})
	if n := value[int](t, h, `SELECT -sum(quantity) FROM balance`); n != 4 {
		t.Errorf("%d units left the shelf, want 4", n)
	}
	h.balanced(t)
}

func TestLaw3_BalancesAreTheFoldOfMovementsUnderManyWriters(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	for i := range 4 {
		h.open(t, "TH2", fmt.Sprintf("I%d", i), 40)
	}
	together(t, func(ctx context.Context, w int) error {
		r := rand.New(rand.NewPCG(uint64(w), 1))
		for range 12 {
			if r.IntN(6) == 0 {
				if err := h.SweepBalances(ctx, h.trust); err != nil {
					return err
				}
			}
			if r.IntN(4) == 0 {
				if err := h.transfer(ctx, fmt.Sprintf("I%d", r.IntN(4)), 1+r.Int64N(9)); err != nil && !fault.Is(err, fault.Conflict) {
					return err
				}
				continue
			}
			var batch []posting.Message
			for range 1 + r.IntN(3) {
				var lines []canonical.UsageLine
				for range 1 + r.IntN(6) {
					l := told(fmt.Sprint(r.IntN(5)), fmt.Sprintf("I%d", r.IntN(8)), fmt.Sprint(r.IntN(4)))
					l.Effect = []canonical.Effect{canonical.Use, canonical.Use, canonical.Use, canonical.Credit, canonical.Delete, canonical.WrongPatient}[r.IntN(6)]
					l.Lot = []string{"", "L1", "L2"}[r.IntN(3)]
					lines = append(lines, l)
				}
				u := h.used(fmt.Sprint(r.IntN(6)), []string{"A", "B", "C"}[r.IntN(3)], lines...)
				u.Place.Code = []string{"TH1", "TH2"}[r.IntN(2)]
				u.Mode = []canonical.Mode{canonical.Increments, canonical.Snapshot}[r.IntN(2)]
				events := []canonical.Event{u}
				if r.IntN(8) == 0 {
					events = append(events, canonical.PatientMerge{Survivor: person("A"), Retired: person([]string{"B", "C"}[r.IntN(2)])})
				}
				batch = append(batch, h.from([]string{"theatre", "registry"}[r.IntN(2)], events...))
			}
			if err := h.post(ctx, batch...); err != nil {
				return err
			}
		}
		return nil
	})
	h.balanced(t)
	for what, sql := range map[string]string{
		"lines differ from their movement":   `SELECT count(*) FROM usage_line l JOIN movement m ON m.trust = l.trust AND m.id = l.movement WHERE m.usage_line <> l.id OR m.lot <> l.lot OR m.item IS DISTINCT FROM l.item`,
		"standing movements have no line":    `SELECT count(*) FROM movement m WHERE kind = 'use' AND NOT EXISTS (SELECT 1 FROM movement r WHERE r.trust = m.trust AND r.reverses = m.id) AND NOT EXISTS (SELECT 1 FROM usage_line l WHERE l.trust = m.trust AND l.movement = m.id)`,
		"lines stand on a reversed movement": `SELECT count(*) FROM usage_line l JOIN movement r ON r.trust = l.trust AND r.reverses = l.movement`,
		"patients are merged in a ring":      `WITH RECURSIVE c AS (SELECT id, merged_into, 1 AS n FROM patient WHERE merged_into IS NOT NULL UNION ALL SELECT c.id, p.merged_into, n + 1 FROM c JOIN patient p ON p.id = c.merged_into WHERE p.merged_into IS NOT NULL AND n < 50) SELECT count(*) FROM c WHERE n >= 50`,
		"policies below are not due":         `SELECT count(*) FROM policy y WHERE y.reorder_point > (SELECT coalesce(sum(quantity), 0) FROM balance b WHERE b.place = y.place AND b.item = y.item) AND EXISTS (SELECT 1 FROM balance b WHERE b.place = y.place AND b.item = y.item) AND NOT EXISTS (SELECT 1 FROM policy_due d WHERE d.place = y.place AND d.item = y.item)`,
		"causes are missing":                 `SELECT count(*) FROM movement WHERE message_id = 0 OR origin = '' OR profile = ''`,
	} {
		if n := value[int](t, h, sql); n != 0 {
			t.Errorf("%d: %s", n, what)
		}
	}
}

// transfer moves stock from TH2 to TH1.
func (h *hub) transfer(ctx context.Context, item string, quantity int64) error {
	return h.tx(ctx, func(ctx context.Context) error {
		codes, err := h.books.codes(ctx)
		if err != nil {
			return err
		}
		next, err := h.books.IDs(ctx, 1)
		if err != nil {
			return err
		}
		return h.books.Keep(ctx, posting.Changes{Movements: []inventory.Movement{{ID: inventory.MovementID(next()), Kind: inventory.Transfer, Item: codes.items[item], Lot: "L1",
			From: codes.places["TH2"], To: codes.places["TH1"], Quantity: quantity, OccurredAt: h.now, AccountedOn: h.now, Cause: inventory.Cause{Message: 1, Origin: "test", Profile: "test"}}}})
	})
}

func TestLaw4_UseIsNeverRefusedAndAnythingElseNeverGoesBelowZero(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH2", "I0", 3)
	err := h.transfer(t.Context(), "I0", 4)
	if !fault.Is(err, fault.Conflict) || fault.Of(err).Code != "stock_short" || pgtx.State(err) != "SW004" {
		t.Fatalf("a transfer of more than there is: %v", err)
	}
	if got := list(t, h, `SELECT quantity::text FROM balance ORDER BY 1`); got != "3" {
		t.Errorf("after the refusal the balances are %q", got)
	}
	if err := h.transfer(t.Context(), "I0", 3); err != nil {
		t.Fatalf("a transfer of all that there is: %v", err)
	}
	unknown := h.used("4411", "A", told("1", "I0", "9"), told("2", "NOT-IN-CATALOGUE", "1"), told("3", "I1", "1000000000"))
	unknown.Lines[0].Expiry = "0000-01-01"
	unknown.Lines[1].Expiry, unknown.Lines[1].Text = "someday", "nul \x00 and \xff"
	huge := h.used("4412", "", told("1", "I1", "1e300"), told("2", "I1", "1000000001"), told("3", "I1", "1000000000"))
	huge.Place, huge.Patient = canonical.Place{Code: "CELLAR\x00"}, canonical.Patient{}
	if err := h.post(t.Context(), h.from("theatre", unknown), h.from("theatre", huge)); err != nil {
		t.Fatalf("a use was refused: %v", err)
	}
	if got := list(t, h, `SELECT l.key || ' ' || l.state || ' ' || l.why FROM usage_line l JOIN theatre_case c ON c.id = l.case_id ORDER BY c.name, l.key`); got !=
		"1 posted \n2 unidentified item_unknown\n3 posted \n1 waiting quantity_unreadable\n2 waiting quantity_too_large\n3 unidentified place_unknown" {
		t.Errorf("lines:\n%s", got)
	}
	if err := h.transfer(t.Context(), "I0", 1); pgtx.State(err) != "SW004" {
		t.Errorf("a transfer of nothing: %v", err)
	}
	h.balanced(t)
}

func TestLaw4_AReceiptIntoANegativeBalanceIsTaken(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	if err := h.post(t.Context(), h.from("theatre", h.used("4411", "A", told("1", "I0", "9")))); err != nil {
		t.Fatal(err)
	}
	h.open(t, "TH1", "I0", 2)
	if got := value[int](t, h, `SELECT quantity FROM balance`); got != -7 {
		t.Errorf("balance %d", got)
	}
}

func TestLaw5_TheRuntimeRoleCanNeitherChangeTheLedgerNorWriteABalance(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I0", 2)
	for _, sql := range []string{`UPDATE movement SET quantity = 9`, `DELETE FROM movement`, `TRUNCATE movement`, `UPDATE balance SET quantity = 9`, `DELETE FROM balance`,
		`INSERT INTO balance SELECT trust, place, item, 'x', serial, owner, 1 FROM balance`, `UPDATE posting SET outcome = 'test'`, `DELETE FROM posting`, `UPDATE message SET raw = ''`, `DELETE FROM message`,
		`DELETE FROM suggestion`, `DELETE FROM purchase_order`, `DELETE FROM purchase_order_line`, `DELETE FROM usage_line`, `DELETE FROM patient`, `DELETE FROM place`, `DELETE FROM item`, `DROP TRIGGER fold ON movement`, `ALTER TABLE movement DISABLE TRIGGER fold`,
		`ALTER TABLE movement NO FORCE ROW LEVEL SECURITY`, `SELECT protect('movement', 'UPDATE')`} {
		err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error { _, err := pgtx.From(ctx).Exec(ctx, sql); return err })
		if pgtx.State(err) != "42501" {
			t.Errorf("%s: %v, want permission denied", sql, err)
		}
	}
}

func TestLaw5_AMovementWithoutCauseOrWithAWrongReversalIsRefused(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	if err := h.post(t.Context(), h.from("theatre", h.used("4411", "A", told("1", "I0", "1"), told("2", "I1", "1")))); err != nil {
		t.Fatal(err)
	}
	id := value[int64](t, h, `SELECT min(id) FROM movement`)
	const insert = `INSERT INTO movement (trust, id, kind, item, lot, from_place, to_place, quantity, occurred_at, accounted_on, reverses, message_id, origin, profile)
		SELECT trust, id + 500, 'use_reversal', item, lot, to_place, from_place, quantity, now(), current_date, id, 1, 'x', 'x' FROM movement WHERE id = ` + `$1`
	for name, c := range map[string]struct{ from, to, state string }{
		"no origin":                   {"'x', 'x'", "'', 'x'", "23514"},
		"no profile":                  {"'x', 'x'", "'x', ''", "23514"},
		"no message":                  {"1, 'x'", "NULL, 'x'", "23502"},
		"another quantity":            {"quantity, now()", "quantity + 1, now()", "SW003"},
		"another lot":                 {"item, lot, to_place", "item, 'other', to_place", "SW003"},
		"the same direction":          {"to_place, from_place, quantity, now()", "from_place, to_place, quantity, now()", "SW003"},
		"what does not exist":         {"current_date, id", "current_date, 77", "SW002"},
		"a place that does not exist": {"item, lot, to_place", "item, lot, 77", "SW002"},
		"an item that does not exist": {"item, lot, to_place", "7777, lot, to_place", "SW002"},
		"nothing, though a reversal":  {"current_date, id", "current_date, NULL", "23514"},
		"a quantity of none":          {"quantity, now()", "0, now()", "23514"},
		"from a place to itself":      {"lot, to_place, from_place, quantity", "lot, to_place, to_place, quantity", "23514"},
		"another trust":               {"SELECT trust", "SELECT 'ZZ9'", "42501"},
	} {
		sql := replaceOnce(t, insert, c.from, c.to)
		err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error { _, err := pgtx.From(ctx).Exec(ctx, sql, id); return err })
		if pgtx.State(err) != c.state {
			t.Errorf("a reversal with %s: %v, want %s", name, err, c.state)
		}
	}
	for i, want := range []string{"", "23505"} {
		sql := insert
		if i > 0 {
			sql = replaceOnce(t, insert, "id + 500", "id + 501")
		}
		err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error { _, err := pgtx.From(ctx).Exec(ctx, sql, id); return err })
		if pgtx.State(err) != want {
			t.Errorf("reversing for the %d. time: %v", i+1, err)
		}
	}
	h.balanced(t)
}
