package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// After a restore, orders are taken up and the ERP's answers come again before
// the use that brought them about is replayed.
func TestPlanning_ARejectedOrderForAShelfThatNothingEverTouchedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	r := items()[0]
	o := TakenOrder{Number: "PO-000040", Counter: 40, Supplier: r.Supplier, DeliverTo: "TH1", CreatedAt: time.Now(), SentAt: time.Now(), File: "f.csv", Digest: make([]byte, 32), By: "B. Buyer",
		Lines: []TakenLine{{Row: 2, Item: r.Code, Packs: 2, UnitPrice: r.Prices.Bands[0].Price}}}
	if _, _, err := h.Import(t.Context(), h.trust, "order", "f.csv", fmt.Append(nil, o.Number), func(ctx context.Context, message int64) (string, error) { return "", h.books.Take(ctx, message, o) }); err != nil {
		t.Fatal(err)
	}
	answer := canonical.OrderAnswer{OrderNumber: o.Number, Lines: []canonical.OrderAnswerLine{{Line: 1, Status: "rejected", Reason: "discontinued"}}}
	if err := h.post(t.Context(), h.from("erp", answer)); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM purchase_order_line WHERE state = 'rejected'`); n != 1 {
		t.Fatalf("%d lines are rejected", n)
	}
	if err := h.post(t.Context(), h.from("theatre", h.used("1", "A", told("1", "I1", "1")))); err != nil {
		t.Fatal(err)
	}
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatalf("nothing can be planned any more: %v", err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM suggestion`); n != 1 {
		t.Errorf("%d needs were planned", n)
	}
}
