package hospital

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// Stock is what stood on a shelf when it was first counted.
type Stock struct {
	Place    *Theatre
	Item     *Item
	Lot      string
	Serial   string
	Expiry   string
	Quantity int
}

// Level is a par level, with the largest order of the year before it; none if
// Past is nought.
type Level struct {
	Place          *Theatre
	Item           *Item
	Reorder, Upto  int
	Past           int
	PastOn, Number string
}

type shelf struct {
	place int
	item  string
}

// lots are a shelf's, used one after another; units are used out of the last.
type lots struct {
	rows []*Stock
	left int // of the last row
}

// take takes a thing from the theatre's shelf for a case. What is on the shelf
// is made as it is taken, and counted afterwards as the opening stock: what
// was used must have been there.
func (h *Hospital) take(c Chance, x *Case, item *Item, quantity int, fate Fate) {
	place := x.Theatre
	if len(h.Theatres) > 1 && c.Of(h.Troubles[trouble.OtherShelf]) {
		place = h.Theatres[(place.N+1)%len(h.Theatres)]
	}
	u := &Use{N: len(x.Uses) + 1, Item: item, Quantity: quantity, Place: place, Fate: fate, At: x.In.Add(time.Duration(c.Part() * float64(x.Out.Sub(x.In)))).Truncate(time.Second)}
	if item.Implant {
		u.Side = x.Side
	}
	s := h.on(place, item, quantity)
	u.Lot, u.Serial, u.Expiry = s.Lot, s.Serial, s.Expiry
	x.Uses = append(x.Uses, u)
}

// on gives the stock out of which so many are taken.
func (h *Hospital) on(place *Theatre, item *Item, quantity int) *Stock {
	k := shelf{place.N, item.Code}
	l := h.shelves[k]
	if l == nil {
		l = &lots{}
		h.shelves[k] = l
	}
	if l.left < quantity {
		s := &Stock{Place: place, Item: item}
		n := len(l.rows)
		c := NewChance(h.Seed, "lot "+item.Code+" "+place.Code, n)
		size := max(c.From(1, 4)*item.Pack, quantity)
		if item.Lots {
			s.Lot = fmt.Sprintf("L%s%s%c%d", letters(place.N), letters(item.N), 'A'+n%26, n/26)
			s.Expiry = h.Begin.AddDate(2+c.From(0, 2), c.From(0, 11), c.From(0, 27)).Format(time.DateOnly)
		}
		if item.Serial {
			size = 1
			s.Serial = fmt.Sprintf("SN%02d%03d%05d", place.N+1, item.N, n+1)
		}
		l.rows, l.left = append(l.rows, s), size
		s.Quantity = size
	}
	l.left -= quantity
	return l.rows[len(l.rows)-1]
}

// stock counts the shelves: what was used, what was left of its boxes, and a
// reserve that was never touched. Its par levels are such that orders are made
// now and then.
func (h *Hospital) stock() {
	keys := make([]shelf, 0, len(h.shelves))
	for k := range h.shelves {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b shelf) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(h.byItem[a.item].N, h.byItem[b.item].N))
	})
	for i, k := range keys {
		place, item, c := h.Theatres[k.place], h.byItem[k.item], NewChance(h.Seed, "level", i)
		l, total := h.shelves[k], 0
		l.left = 0
		reserve := h.on(place, item, 1)
		reserve.Quantity = max(reserve.Quantity, 2*item.Pack)
		if item.Serial {
			reserve.Quantity = 1
		}
		for _, s := range l.rows {
			h.Opening = append(h.Opening, *s)
			total += s.Quantity
		}
		level := Level{Place: place, Item: item, Reorder: total - c.From(0, item.Pack), Number: fmt.Sprintf("PO-%06d", i+1)}
		level.Upto = level.Reorder + c.From(1, 6)*item.Pack + c.From(0, 2)
		if c.Of(0.97) {
			level.Past, level.PastOn = 20*item.Pack, h.Begin.AddDate(0, 0, -c.From(5, 35)).Format(time.DateOnly)
		}
		h.Levels = append(h.Levels, level)
	}
}

// letters writes a number without digits: a lot with 21 within it, in a UDI
// without separators, may be a lot and a serial number, and no reader can tell.
func letters(n int) string {
	return string([]byte{'A' + byte(n/26%26), 'A' + byte(n%26)})
}
