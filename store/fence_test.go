package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func TestFence_NoOrderIsNumberedBehindIt(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.need(t, "1")
	if set, err := h.SetFence(t.Context(), h.trust, "DBA", "Restored."); !set || err != nil {
		t.Fatal(set, err)
	}
	if set, err := h.SetFence(t.Context(), h.trust, "DBA", "Again."); set || err != nil {
		t.Errorf("fenced twice: %v, %v", set, err)
	}
	if err := h.plan(t.Context(), generous, ""); pgtx.State(err) != "SW005" {
		t.Fatalf("an order was numbered behind the fence: %v", err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM suggestion`); n == 0 {
		t.Error("nothing is suggested behind the fence")
	}
	if n := value[int](t, h, `SELECT count(*) FROM warning WHERE kind = 'orders_held' AND closed_at IS NULL`); n != 1 {
		t.Errorf("%d warnings say so", n)
	}
	l := Lift{By: "B. Buyer", Why: "Compared.", Next: 100, LeftOut: []string{"PO-000050"}, Witness: "w", Through: "2026-03-14:7", Report: map[string]int{"x": 1}}
	died := func() (err error) {
		defer func() { err, _ = recover().(error) }()
		return h.LiftFence(t.Context(), h.trust, l, func() { panic(errCrash) })
	}
	if err := died(); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	if f, err := h.OpenFence(t.Context(), h.trust); f == nil || err != nil {
		t.Fatalf("half a lift lifts: %v", err)
	}
	if err := h.LiftFence(t.Context(), h.trust, l, func() {}); err != nil {
		t.Fatal(err)
	}
	if err := h.LiftFence(t.Context(), h.trust, l, func() {}); fault.Of(err).Code != "not_fenced" {
		t.Errorf("lifted twice: %v", err)
	}
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	h.oneOrderANeed(t, len(items()), 100)
	known, err := h.KnownOrders(t.Context(), h.trust, []string{"PO-000050", "PO-000099", "PO-000100"})
	if err != nil || known["PO-000050"].State != "left_out" || known["PO-000099"].Number != "" || known["PO-000100"].State != "ready" {
		t.Errorf("known are %v, %v", known, err)
	}
	if through, err := h.Settled(t.Context(), h.trust, "w"); through != "2026-03-14:7" || err != nil {
		t.Errorf("settled through %q, %v", through, err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM warning WHERE kind = 'orders_held' AND closed_at IS NULL`); n != 0 {
		t.Error("the warning is still open")
	}
}

func TestFence_ATrustThatTheBackupDidNotKnowIsFencedUntilAHubHasServed(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	owner := &hub{Store: hs[0].Store, trust: "ZZ1"}
	conn, err := pgx.Connect(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `INSERT INTO restore (taken_at, backup) VALUES (now(), 'x')`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		trust  string
		fenced bool
	}{{"ZZ2", true}, {"ZZ3", false}} {
		if _, _, err := owner.SetUp(t.Context(), trustSetup(c.trust)); err != nil {
			t.Fatal(err)
		}
		if f, err := owner.OpenFence(t.Context(), c.trust); (f != nil) != c.fenced || err != nil {
			t.Errorf("%s is fenced: %v, %v", c.trust, f != nil, err)
		}
		if err := owner.Served(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := owner.OpenFence(t.Context(), "ZZ1"); f != nil || err != nil {
		t.Errorf("ZZ1 is fenced, %v", err)
	}
}

// TestNextWant_TakesOneAtATimeWhateverThePlan has statistics that were made
// while nothing was due, as they are after a restore.
func TestNextWant_TakesOneAtATimeWhateverThePlan(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	h := hs[0]
	conn, err := pgx.Connect(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `VACUUM ANALYZE`); err != nil {
		t.Fatal(err)
	}
	h.need(t, "1")
	for left := len(items()) - 1; left >= 0; left-- {
		err := pgtx.Run(t.Context(), h.Lanes(), h.trust, func(ctx context.Context) error {
			_, ok, err := h.NextWant(ctx, h.trust, startOfDay(h.now, h.rules.Zone))
			if err == nil && !ok {
				err = errors.New("none was left")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := value[int](t, h, `SELECT count(*) FROM policy_due`); n != left {
			t.Fatalf("%d policies are due, not %d", n, left)
		}
	}
}

func TestTake_WhatWasSentCountsAsOnOrder(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.need(t, "1")
	if _, err := h.SetFence(t.Context(), h.trust, "DBA", "Restored."); err != nil {
		t.Fatal(err)
	}
	_ = h.plan(t.Context(), generous, "") // it suggests, and numbers nothing
	for i, r := range items() {
		o := TakenOrder{Number: orderNumber(int64(40 + i)), Counter: int64(40 + i), Supplier: r.Supplier, DeliverTo: "TH1", CreatedAt: time.Now(), SentAt: time.Now(), File: "f.csv", Digest: make([]byte, 32), By: "B. Buyer",
			Lines: []TakenLine{{Row: 2, Item: r.Code, Packs: 20, UnitPrice: r.Prices.Bands[0].Price}}}
		take := func() (done bool, err error) {
			_, done, err = h.Import(t.Context(), h.trust, "order", "f.csv", fmt.Append(nil, o.Number), func(ctx context.Context, message int64) (string, error) { return "", h.books.Take(ctx, message, o) })
			return done, err
		}
		if done, err := take(); !done || err != nil {
			t.Fatal(done, err)
		}
		if done, err := take(); done || err != nil {
			t.Fatalf("taken up twice: %v, %v", done, err)
		}
	}
	if err := h.LiftFence(t.Context(), h.trust, Lift{By: "B. Buyer", Why: "Compared."}, func() {}); err != nil {
		t.Fatal(err)
	}
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM purchase_order WHERE NOT imported`); n != len(items()) {
		t.Errorf("%d orders: something was ordered twice", n)
	}
	if bad := list(t, h, `SELECT l.origin FROM purchase_order_line l JOIN message m ON m.id = l.message_id WHERE l.cycle IS NULL AND l.state = 'ordered' AND (m.type <> 'order' OR l.pack_size <> (SELECT pack_size FROM item WHERE id = l.item))`); bad != "" {
		t.Errorf("lines without their file as the cause, or of another pack: %s", bad)
	}
	if n, err := h.NextNumber(t.Context(), h.trust); n != int64(40+len(items())) || err != nil {
		t.Errorf("the next number is %d, %v", n, err)
	}
}

// TestOpenDays_NeverHoldsUpReceivingWhileABackupIsTaken holds the archive's
// tables as pg_dump does.
func TestOpenDays_NeverHoldsUpReceivingWhileABackupIsTaken(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	conn, err := pgx.Connect(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE message, message_other_days IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	var made int
	const open = `SELECT open_days(20)`
	if err := hs[0].Background().QueryRow(t.Context(), open).Scan(&made); err != nil || made != 0 {
		t.Errorf("%d days opened, %v", made, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := hs[0].Background().QueryRow(t.Context(), open).Scan(&made); err != nil || made == 0 {
		t.Errorf("afterwards %d days opened, %v", made, err)
	}
}

func TestLacking_KnowsAMessageAgainWhateverItsHeaderHolds(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	e := connectors.Envelope{Trust: h.trust, Connector: "theatre", Format: "hl7v2", Type: "DFT^P03", Sender: "A\x00\xff", ControlID: strings.Repeat("é\xfe", 300), Digest: [32]byte{1, 2, 3}, Raw: []byte("MSH|"), ReceivedAt: time.Now()}
	if _, err := h.Receive(t.Context(), h.trust, []connectors.Envelope{e}, []int64{1}); err != nil {
		t.Fatal(err)
	}
	a := Acknowledged{Connector: e.Connector, Sender: Fit(e.Sender), ControlID: Fit(e.ControlID), Digest: [8]byte(e.Digest[:8])}
	other := a
	other.Digest[7] = 9
	if gone, err := h.Lacking(t.Context(), h.trust, []Acknowledged{a, other}); err != nil || len(gone) != 1 || gone[0] != 1 {
		t.Errorf("lacking are %v, %v", gone, err)
	}
}
