package erp

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// Charge is a row of a supplier's invoice.
type Charge struct {
	Invoice string
	Order   string
	Line    int
	Item    string
	Packs   int
	Pence   int // for a pack
	// Wrong is what is wrong with it: price, quantity, not delivered, or twice;
	// empty if nothing is.
	Wrong string
}

// Invoice says what the supplier of an order asks for: what was delivered, at
// the agreed price, but where it is wrong. Nothing was delivered, and nothing
// is wrong: no invoice.
func Invoice(h *hospital.Hospital, lines []Line, goods [][]Receipt) (out []Charge) {
	type told struct{ number, line string }
	last := map[told]Receipt{}
	for _, file := range goods {
		for _, r := range file {
			last[told{r.Number, strconv.Itoa(r.Line)}] = r
		}
	}
	came := map[int]int{} // units by order line
	for _, r := range last {
		item := h.Item(r.Item)
		for _, x := range h.Items {
			if item == nil && x.GTIN == r.GTIN {
				item = x
			}
		}
		switch {
		case r.Deleted || item == nil:
		case r.Packs:
			came[r.OrderLine] += r.Quantity * item.Pack
		default:
			came[r.OrderLine] += r.Quantity
		}
	}
	for _, l := range lines {
		item := h.Item(l.Item)
		if item == nil {
			continue
		}
		c := hospital.NewChance(h.Seed, "invoice "+l.Order, l.Line)
		wrong := c.Of(h.Troubles[trouble.Invoice])
		x := Charge{Invoice: "INV-" + l.Order, Order: l.Order, Line: l.Line, Item: l.Item, Packs: (came[l.Line] + item.Pack - 1) / item.Pack, Pence: item.Pence}
		switch {
		case x.Packs == 0 && !wrong:
			continue
		case x.Packs == 0:
			x.Packs, x.Wrong = l.Packs, "not delivered"
		case wrong:
			x.Wrong = hospital.One(c, []string{"price", "quantity", "twice"})
		}
		switch x.Wrong {
		case "price":
			x.Pence = x.Pence * c.From(105, 125) / 100
		case "quantity":
			x.Packs += c.From(1, 3)
		case "twice":
			out = append(out, x)
		}
		out = append(out, x)
	}
	return out
}

// WriteInvoice writes an invoice with what is wrong with it.
func WriteInvoice(all []Charge) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"invoice_number", "order_number", "line", "item", "quantity", "unit", "unit_price", "line_value", "currency", "wrong"})
	pounds := func(pence int) string { return fmt.Sprintf("%d.%02d", pence/100, pence%100) }
	for _, x := range all {
		_ = w.Write([]string{x.Invoice, x.Order, strconv.Itoa(x.Line), x.Item, strconv.Itoa(x.Packs), "pack", pounds(x.Pence), pounds(x.Packs * x.Pence), "GBP", x.Wrong})
	}
	w.Flush()
	return b.Bytes()
}
