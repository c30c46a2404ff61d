package expected

import (
	"slices"

	"github.com/stockwell-hub/stockwell/simulator/erp"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
)

// OrderLine is what is expected of a line of an order.
type OrderLine struct {
	Received    int64 // units of the item that came
	Substituted int64 // units of another item that came in its place
	Open        int64 // packs still to come
	Item        string
}

// OrderLineOf names a line of an order.
type OrderLineOf struct {
	Order string
	Line  int
}

// Receive puts goods that were received into the stock: of each line of a
// receipt what was told last. It comes last: what is short is known then.
func (s *State) Receive(h *hospital.Hospital, told []erp.Receipt) (came map[OrderLineOf][]erp.Receipt) {
	type key struct {
		number string
		line   int
	}
	last, order := map[key]erp.Receipt{}, []key{}
	for _, r := range told {
		k := key{r.Number, r.Line}
		if _, again := last[k]; !again {
			order = append(order, k)
		}
		last[k] = r
	}
	came = map[OrderLineOf][]erp.Receipt{}
	for _, k := range order {
		r := last[k]
		item := itemOf(h, r)
		if r.Deleted || item == nil {
			continue
		}
		s.Stock[Slot{r.Place, item.Code, r.Lot, r.Serial}] += units(r, item)
		if r.Order != "" {
			o := OrderLineOf{r.Order, r.OrderLine}
			came[o] = append(came[o], r)
		}
	}
	s.short()
	return came
}

func itemOf(h *hospital.Hospital, r erp.Receipt) *hospital.Item {
	i := slices.IndexFunc(h.Items, func(x *hospital.Item) bool { return x.Code == r.Item || r.GTIN != "" && x.GTIN == r.GTIN })
	if i < 0 {
		return nil
	}
	return h.Items[i]
}

func units(r erp.Receipt, item *hospital.Item) int64 {
	n := int64(r.Quantity)
	if r.Packs {
		n *= int64(item.Pack)
	}
	return n
}

// Ordered says what is expected of an order's line: so many packs were ordered,
// so many confirmed (as many as ordered where nobody answered).
func Ordered(h *hospital.Hospital, item string, confirmed int, came []erp.Receipt) OrderLine {
	out := OrderLine{Item: item}
	for _, r := range came {
		x := itemOf(h, r)
		if x.Code == item {
			out.Received += units(r, x)
		} else {
			out.Substituted += units(r, x)
		}
	}
	size := int64(h.Item(item).Pack)
	if left := int64(confirmed)*size - out.Received - out.Substituted; left > 0 {
		out.Open = (left + size - 1) / size
	}
	return out
}
