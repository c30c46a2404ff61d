package erp_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/simulator/erp"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// ordered are orders of every item, with what was delivered for them.
func ordered(t *testing.T, wrong float64) (h *hospital.Hospital, lines [][]erp.Line, goods [][][]erp.Receipt) {
	t.Helper()
	h, err := hospital.New(hospital.Params{Seed: 3, Theatres: 1, Days: 1, Start: "2026-10-19", Troubles: trouble.Rates{trouble.Invoice: wrong, trouble.Miscount: 0.2}})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range h.Items {
		order := []erp.Line{{Order: "PO-" + strings.Repeat("0", 4) + string(rune('A'+i%26)) + string(rune('A'+i/26)), Line: 1, Item: x.Code, Packs: 3, DeliverTo: "TH01", OrderedOn: "2026-10-19"}}
		lines, goods = append(lines, order), append(goods, erp.Goods(h, order, nil))
	}
	return h, lines, goods
}

func TestInvoice_AsksForWhatCameAtTheAgreedPrice(t *testing.T) {
	t.Parallel()
	h, lines, goods := ordered(t, 0)
	billed := 0
	for i, order := range lines {
		last := map[int]erp.Receipt{}
		for _, file := range goods[i] {
			for _, r := range file {
				last[r.Line] = r
			}
		}
		item, units := h.Item(order[0].Item), 0
		for _, r := range last {
			switch {
			case r.Deleted || r.OrderLine == 0:
			case r.Packs:
				units += r.Quantity * item.Pack
			default:
				units += r.Quantity
			}
		}
		got := erp.Invoice(h, order, goods[i])
		if len(got) != min(units, 1) {
			t.Fatalf("%d units of %s came; %+v", units, item.Code, got)
		}
		for _, x := range got {
			billed++
			if x.Wrong != "" || x.Packs != (units+item.Pack-1)/item.Pack || x.Pence != item.Pence {
				t.Errorf("%d units of %s at %d came; %+v", units, item.Code, item.Pence, x)
			}
		}
	}
	if billed == 0 {
		t.Error("nothing was billed")
	}
}

func TestInvoice_WhatIsWrongIsSaidAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	h, lines, goods := ordered(t, 1)
	seen := map[string]int{}
	for i, order := range lines {
		all := erp.Invoice(h, order, goods[i])
		if !bytes.Equal(erp.WriteInvoice(all), erp.WriteInvoice(erp.Invoice(h, order, goods[i]))) {
			t.Fatal("the same order has two invoices")
		}
		item := h.Item(order[0].Item)
		for _, x := range all {
			seen[x.Wrong]++
			if (x.Wrong == "price") != (x.Pence != item.Pence) {
				t.Errorf("%+v, agreed is %d", x, item.Pence)
			}
		}
	}
	for _, wrong := range []string{"price", "quantity", "twice", "not delivered"} {
		if seen[wrong] == 0 {
			t.Errorf("none is wrong by %q: %v", wrong, seen)
		}
	}
	if seen[""] > 0 || seen["twice"]%2 != 0 {
		t.Errorf("%v", seen)
	}
}
