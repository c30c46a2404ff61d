package store

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

var vaultKey = []byte("0123456789abcdef0123456789abcdef")

const writers = 16

// hub is a trust on PostgreSQL, posted to as the pipeline does, with
// translations that the test makes.
type hub struct {
	*Store
	trust string
	books *Books
	rules posting.Trust
	stock map[inventory.PlaceID]string
	now   time.Time
	ids   *atomic.Int64
	kept  func() // called when a batch is kept and not finished; may be nil
}

// hubs sets up trusts that share one database.
func hubs(t *testing.T, trusts ...string) ([]*hub, *pgtest.DB) {
	t.Helper()
	db := pgtest.New(t)
	s, err := Open(t.Context(), db.RuntimeDSN, Sizes{Receive: 2, Lanes: writers, Background: writers, Pages: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var out []*hub
	ids := &atomic.Int64{}
	ids.Store(1_000_000) // far from the messages that the store numbers
	for _, trust := range trusts {
		out = append(out, newHub(t, s, trust, ids))
	}
	return out, db
}

func oneHub(t *testing.T) *hub {
	hs, _ := hubs(t, "ZZ1")
	return hs[0]
}

func newHub(t *testing.T, s *Store, trust string, ids *atomic.Int64) *hub {
	t.Helper()
	useKeys(t, s, trust, 1)
	setup := trustSetup(trust)
	if _, _, err := s.SetUp(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	if _, _, _, rejected, err := s.LoadCatalogue(t.Context(), trust, items()); err != nil || len(rejected) > 0 {
		t.Fatal(err, rejected)
	}
	places, unknown, err := s.SetUp(t.Context(), setup)
	if err != nil || len(unknown) > 0 {
		t.Fatal(err, unknown)
	}
	sealer, err := NewSealer(vaultKey, trust)
	if err != nil {
		t.Fatal(err)
	}
	books, err := s.Books(t.Context(), trust, sealer)
	if err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{Store: s, trust: trust, books: books, ids: ids, now: time.Now(), stock: map[inventory.PlaceID]string{}, rules: posting.Trust{
		ODS: trust, Test: true, Zone: london, Vault: identity.NewVault(vaultKey), TestPatients: identity.NewTestPatients(nil),
		Authority: func(inventory.PlaceID) theatre.Authority {
			return theatre.Authority{Rank: func(c string) int { return map[string]int{"theatre": 0, "registry": 1}[c] }}
		}, Places: map[string]inventory.PlaceID{}}}
	for code, id := range places {
		h.rules.Places[code], h.stock[id] = id, code
	}
	return h
}

func trustSetup(trust string) Setup {
	c := Setup{Trust: trust, Name: "Trust " + trust, Environment: "test", Places: []inventory.Place{{Code: "TH1", Name: "Theatre 1"}, {Code: "TH2", Name: "Theatre 2"}},
		Suppliers: []Supplier{{"S1", "Supplier One", "immediate"}, {"S2", "Supplier Two", "immediate"}}}
	for _, r := range items() {
		c.Policies = append(c.Policies, Policy{Place: "TH1", Item: r.Code, ReorderPoint: 5, OrderUpTo: 10})
	}
	return c
}

func items() []catalogue.Row {
	var rows []catalogue.Row
	for i := range 8 {
		rows = append(rows, catalogue.Row{Item: catalogue.Item{Code: fmt.Sprintf("I%d", i), Description: fmt.Sprintf("Item %d", i), BaseUnit: "each", PackSize: 1 + int64(i%3), Supplier: []string{"S1", "S2"}[i%2]},
			Prices: catalogue.One(decimal.MustParse("10.00"), "GBP")})
	}
	return rows
}

// tx runs fn in a transaction of the trust, again while the database asks for
// that, as the queue does.
func (h *hub) tx(ctx context.Context, fn func(ctx context.Context) error) error {
	for try := 0; ; try++ {
		err := pgtx.Run(ctx, h.lanes, h.trust, fn)
		if err == nil || !pgtx.Transient(err) || try == 20 {
			return err
		}
	}
}

// post does in one transaction what the pipeline does with a batch.
func (h *hub) post(ctx context.Context, ms ...posting.Message) error {
	return h.tx(ctx, func(ctx context.Context) error { return h.apply(ctx, ms, false) })
}

func (h *hub) replay(ctx context.Context, m posting.Message) error {
	return h.tx(ctx, func(ctx context.Context) error { return h.apply(ctx, []posting.Message{m}, true) })
}

func (h *hub) apply(ctx context.Context, ms []posting.Message, replay bool) error {
	ids := make([]int64, len(ms))
	for i, m := range ms {
		ids[i] = m.ID
	}
	known, posted, locked, err := h.books.Known(ctx, posting.Needs(h.rules, ms), ids)
	if err != nil {
		return err
	}
	var fresh []posting.Message
	for _, m := range ms {
		if n, ok := posted[m.ID]; ok && !replay {
			continue
		} else if ok {
			m.Attempt = n + 1
		}
		fresh = append(fresh, m)
	}
	rules := h.rules
	rules.LockedThrough = locked
	next, err := h.books.IDs(ctx, posting.MostIDs(fresh))
	if err != nil {
		return err
	}
	changes, results := posting.Decide(rules, known, fresh, h.now, next)
	for _, r := range results {
		if r.Stop != nil {
			return r.Stop
		}
		if r.Retry != nil {
			return r.Retry
		}
	}
	if err := h.books.Keep(ctx, changes); err != nil {
		return err
	}
	if h.kept != nil {
		h.kept()
	}
	shelves, err := h.books.Shelves(ctx, posting.Shelves(changes.Movements, changes.Holds, h.stock))
	if err != nil {
		return err
	}
	again, err := h.books.ShelvesAlone(ctx, posting.Near(changes.Movements, shelves, h.now))
	if err != nil {
		return err
	}
	maps.Copy(shelves, again)
	after := posting.After(changes.Movements, shelves, h.stock, h.now)
	return h.books.Finish(ctx, append(changes.Warnings, after.Warnings...), append(changes.Settled, after.Settled...), after.Due)
}

// from makes a message of a sender, sent just now.
func (h *hub) from(sender string, events ...canonical.Event) posting.Message {
	id := h.ids.Add(1)
	return posting.Message{ID: id, Connector: sender, Sender: sender, ControlID: fmt.Sprint(id), Type: "DFT^P03", ReceivedAt: h.now, Attempt: 1,
		Said: canonical.Translation{Profile: sender + "@1", Events: events, Header: canonical.Header{SentAt: canonical.Instant{At: h.now.Add(time.Duration(id) * time.Second), Precision: canonical.Second}}}}
}

func (h *hub) used(number, patient string, lines ...canonical.UsageLine) canonical.Usage {
	for i := range lines {
		lines[i].Origin = fmt.Sprintf("FT1[%d]", i+1)
	}
	return canonical.Usage{Case: canonical.Case{Aliases: []canonical.Alias{{Kind: "case_number", Value: number}}}, Patient: person(patient), Place: canonical.Place{Code: "TH1"},
		OccurredAt: canonical.Instant{At: h.now, Precision: canonical.Second}, Mode: canonical.Increments, Lines: lines}
}

func person(local string) canonical.Patient {
	return canonical.Patient{Identifiers: []canonical.Identifier{{Type: "MR", Authority: "T", Value: local}}, FamilyName: "Surname-" + local, BirthDate: "1950-01-01"}
}

func told(key, item, quantity string) canonical.UsageLine {
	return canonical.UsageLine{Key: key, Effect: canonical.Use, Codes: []canonical.Code{{Kind: "erp", Value: item}}, Quantity: quantity, Lot: "L1"}
}

// open gives a shelf its opening stock.
func (h *hub) open(t *testing.T, place, item string, quantity int64) {
	t.Helper()
	raw := fmt.Sprintf("%s %s %d %d", place, item, quantity, h.ids.Add(1))
	_, _, err := h.Import(t.Context(), h.trust, "opening", "opening.csv", []byte(raw), func(ctx context.Context, message int64) (string, error) {
		return "", h.books.Open(ctx, message, []Opening{{Line: 2, Place: place, Item: item, Lot: "L1", Quantity: quantity}}, h.now)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// value reads one value of the trust.
func value[T any](t *testing.T, h *hub, sql string, args ...any) (v T) {
	t.Helper()
	err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error { return pgtx.From(ctx).QueryRow(ctx, sql, args...).Scan(&v) })
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// list reads rows of the trust, each as one text.
func list(t *testing.T, h *hub, sql string, args ...any) string {
	t.Helper()
	var out []string
	err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) (err error) {
		out, err = collect(ctx, pgtx.From(ctx), sql, pgx.RowTo[string], args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(out, "\n")
}

// balanced fails the test unless the ledger keeps law 3.
func (h *hub) balanced(t *testing.T) {
	t.Helper()
	if n := value[int](t, h, `SELECT count(*) FROM unbalanced`); n != 0 {
		t.Errorf("%d balances differ from the fold of their movements", n)
	}
	const leak = `SELECT count(*) FROM (
		SELECT item, lot, sum(q) FROM (
			SELECT b.item, b.lot, b.quantity AS q FROM balance b
			UNION ALL SELECT m.item, m.lot, -m.quantity FROM movement m JOIN place p ON p.trust = m.trust AND p.id = m.from_place AND p.kind NOT IN ('stock', 'transit') WHERE m.item IS NOT NULL
			UNION ALL SELECT m.item, m.lot, m.quantity FROM movement m JOIN place p ON p.trust = m.trust AND p.id = m.to_place AND p.kind NOT IN ('stock', 'transit') WHERE m.item IS NOT NULL) x
		GROUP BY 1, 2 HAVING sum(q) <> 0) y`
	if n := value[int](t, h, leak); n != 0 {
		t.Errorf("%d lots were not conserved", n)
	}
}
