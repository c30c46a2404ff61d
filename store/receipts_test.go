package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// came is a message that tells of so many units of item on each line.
func (h *hub) came(receipt, item string, quantity int, keys ...string) posting.Message {
	e := canonical.GoodsReceived{Receipt: receipt}
	for i, key := range keys {
		e.Lines = append(e.Lines, canonical.ReceivedLine{Origin: fmt.Sprintf("line %d", i+2), Key: key, ReceivedOn: h.now.Format("2006-01-02"), Place: canonical.Place{Code: "TH1"},
			Codes: []canonical.Code{{Kind: "erp", Value: item}}, Quantity: fmt.Sprint(quantity), Unit: "each", Lot: "L1", Effect: canonical.Add})
	}
	return h.from("goods", e)
}

// sentOrder makes an order of two lines, each of 4 packs, that is sent.
func (h *hub) sentOrder(t *testing.T, number string) {
	t.Helper()
	const query = `WITH o AS (INSERT INTO purchase_order (trust, id, number, supplier, deliver_to, state, value, currency, automatic, sent_at)
			SELECT $1, nextval('order_id'), $2, 'S1', id, 'sent', 80, 'GBP', true, now() FROM place WHERE trust = $1 AND code = 'TH1' RETURNING id, deliver_to)
		INSERT INTO purchase_order_line (trust, order_id, line, place, item, packs, pack_size, unit_price, value, open_packs, message_id, origin, profile)
		SELECT $1, o.id, 1 + right(i.code, 1)::int, o.deliver_to, i.id, 4, i.pack_size, 10, 40, 4, 1, 'test', 'test' FROM o JOIN item i ON i.trust = $1 AND i.code IN ('I0', 'I1') RETURNING 'x'`
	list(t, h, query, h.trust, number)
}

func ordered(m posting.Message, number string) posting.Message {
	e := m.Said.Events[0].(canonical.GoodsReceived)
	for i := range e.Lines {
		e.Lines[i].OrderNumber = number
	}
	return m
}

func TestReceipts_KnownAgainWhatWasKept(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.sentOrder(t, "PO-1")
	first := ordered(h.came("GR-1", "I1", 3, "1"), "PO-1") // packs of two
	for _, m := range []posting.Message{first, ordered(h.came("GR-1", "I1", 3, "1"), "PO-1")} {
		if err := h.post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, h, `SELECT concat_ws(' ', l.line, l.open_packs, l.received, on_order(l), o.state) FROM purchase_order_line l JOIN purchase_order o ON o.id = l.order_id ORDER BY l.line`); got != "1 4 0 4 part_received\n2 3 3 5 part_received" {
		t.Errorf("the order's lines are\n%s", got)
	}
	if n := value[int](t, h, `SELECT count(*) FROM movement WHERE kind = 'receipt'`); n != 1 {
		t.Errorf("%d receipts", n)
	}
	all, err := h.Receipts(t.Context(), h.trust, journal.ReceiptFilter{Order: "PO-1"})
	if err != nil || len(all) != 1 || all[0].Message != first.ID || all[0].ToldBy != first.ID+1 || all[0].Item != "I1" || all[0].OrderLine != 2 || all[0].Units != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	o, err := h.Order(t.Context(), h.trust, "PO-1")
	if err != nil || len(o.Lines[1].Came) != 1 || o.Lines[1].Came[0].Lot != "L1" || o.Lines[1].CameText() != "3 of 8 units" {
		t.Errorf("%+v, %v", o.Lines, err)
	}
	if _, err := h.Receipt(t.Context(), h.trust, "GR-9"); err == nil {
		t.Error("there is a receipt GR-9")
	}
	h.balanced(t)
}

// TestReceipts_ManyAtOnceCountOnceAndTakeNothingBelowZero has writers tell of
// the same lines, correct them and use the stock at once.
func TestReceipts_ManyAtOnceCountOnceAndTakeNothingBelowZero(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.sentOrder(t, "PO-1")
	if err := h.post(t.Context(), ordered(h.came("GR-1", "I0", 2, "1", "2", "3"), "PO-1")); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	failed := make(chan error, 3*writers)
	for i := range writers {
		all.Go(func() {
			failed <- h.post(t.Context(), ordered(h.came("GR-1", "I0", 2, "1", "2", "3"), "PO-1"))
			failed <- h.post(t.Context(), h.from("theatre", h.used(fmt.Sprint("C", i), "A", told(fmt.Sprint("K", i), "I0", "1"))))
			failed <- h.post(t.Context(), ordered(h.came("GR-1", "I0", 0, fmt.Sprint(i%3+1)), "PO-1"))
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	h.balanced(t)
	if n := value[int](t, h, `SELECT count(*) FROM (SELECT reverses FROM movement WHERE reverses IS NOT NULL GROUP BY 1 HAVING count(*) > 1) x`); n != 0 {
		t.Errorf("%d receipts were taken back twice", n)
	}
	const same = `SELECT l.received = (SELECT coalesce(sum(met_units), 0) FROM receipt_line r WHERE r.met_order = 'PO-1' AND r.met_line = 1) FROM purchase_order_line l WHERE l.line = 1 AND l.message_id = 1`
	if !value[bool](t, h, same) {
		t.Error("the order counts other than its receipts")
	}
	// What is below nothing went to patients: no correction took it there.
	const wrong = `SELECT count(*) FROM movement c WHERE c.kind = 'reversal' AND (SELECT coalesce(sum(CASE WHEN m.to_place = c.from_place THEN m.quantity WHEN m.from_place = c.from_place THEN -m.quantity ELSE 0 END), 0)
		FROM movement m WHERE m.item = c.item AND m.lot = c.lot AND m.xmin::text::bigint <= c.xmin::text::bigint AND m.kind NOT IN ('use', 'use_reversal')) < 0`
	if n := value[int](t, h, wrong); n != 0 {
		t.Errorf("%d corrections took more than had come", n)
	}
}

func TestReceipts_ALargeFileIsKeptInFewStatements(t *testing.T) {
	t.Parallel()
	const n = 10_000
	var c posting.Changes
	for i := range n {
		m := inventory.Movement{ID: inventory.MovementID(i + 1), Kind: inventory.Receipt, Item: 1, Lot: fmt.Sprint(i), From: 1, To: 2, Quantity: 1}
		c.Movements, c.Lots = append(c.Movements, m), append(c.Lots, posting.Lot{Item: 1, Lot: m.Lot})
		c.Receipts = append(c.Receipts, &purchasing.ReceiptLine{ID: int64(i + 1), Posted: &m})
		c.Orders = append(c.Orders, &purchasing.Order{ID: int64(i + 1), Lines: []purchasing.OrderLine{{Line: 1, Received: 1}}})
		c.Warnings = append(c.Warnings, posting.Warning{Kind: "over_delivery", Subject: fmt.Sprint(i)})
	}
	b, batch := &Books{trust: "ZZ1"}, &pgx.Batch{}
	b.keepLots(batch, c.Lots)
	b.keepMovements(batch, c.Movements)
	b.keepOrders(batch, c.Orders)
	b.keepReceipts(batch, c.Receipts)
	b.keepWarnings(batch, c.Warnings, []string{"x"})
	if batch.Len() > 10 {
		t.Errorf("%d statements", batch.Len())
	}
}

func TestReceipts_AnAnswerAndADeliveryOfOneOrderAtOnceBothCount(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	var all sync.WaitGroup
	failed := make(chan error, 100)
	for i := range 12 {
		number := fmt.Sprint("PO-", i)
		h.sentOrder(t, number)
		all.Go(func() { failed <- h.post(t.Context(), ordered(h.came("GR-"+number, "I0", 1, "1"), number)) })
		all.Go(func() {
			failed <- h.post(t.Context(), h.from("erp", canonical.OrderAnswer{OrderNumber: number, Lines: []canonical.OrderAnswerLine{{Origin: "line 2", Status: "accepted"}}}))
		})
	}
	all.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := list(t, h, `SELECT DISTINCT concat_ws(' ', o.state, l.line, l.state, l.open_packs, l.received) FROM purchase_order o JOIN purchase_order_line l ON l.order_id = o.id ORDER BY 1`); got != "part_received 1 accepted 3 1\npart_received 2 accepted 4 0" {
		t.Errorf("the orders are\n%s", got)
	}
}

// TestReceipts_AreFoundByTheirPlaceThoughTheTableWasEmpty reads the plan that a
// new hub makes, and keeps while the first long files come: whatever it takes
// an index for, it must not read the whole trust for each line.
func TestReceipts_AreFoundByTheirPlaceThoughTheTableWasEmpty(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	var plan []string
	if err := h.tx(t.Context(), func(ctx context.Context) (err error) {
		plan, err = collect(ctx, pgtx.From(ctx), `EXPLAIN SELECT n.number FROM `+ordersNamed, pgx.RowTo[string], h.trust, []string{"GR-1"}, []string{"1"}, []int64{7}, []string{"PO-1"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	if !strings.Contains(text, "Tid Scan on receipt_line") || !strings.Contains(text, "(receipt = u.receipt) AND (key = u.key)") {
		t.Errorf("the plan is\n%s", text)
	}
}
