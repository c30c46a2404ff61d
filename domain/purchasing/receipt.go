package purchasing

import (
	"slices"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
)

// ReceiptKey is the business key of a receipt's line: whoever tells of it
// again, in whatever file, tells of the same delivery.
type ReceiptKey struct{ Receipt, Line string }

// ReceiptLine is one line of goods received: the latest word on it, and what
// that came to.
type ReceiptLine struct {
	ID    int64
	Key   ReceiptKey
	Told  Received
	State ReceiptState
	Why   string
	// Met is the order line that it counts for, if any.
	Met Met
	// Posted is the movement that stands for it.
	Posted *inventory.Movement
	// ToldBy is the last message that told of it; Cause is why it stands as it
	// does.
	ToldBy int64
	Cause  inventory.Cause
}

// Received is what was told of a line. Units are base units; 0 if what was
// told in Unit cannot be counted in them yet.
type Received struct {
	On          string // CCYY-MM-DD
	OrderNumber string
	OrderLine   int
	Place       inventory.PlaceID // zero: unknown
	PlaceText   string
	Item        catalogue.ItemID // zero: unknown
	Codes       string           // as told: "HIP-STEM-12, 05012345000121"
	Quantity    int64
	Unit        string
	Units       int64
	Lot, Serial string
	Expiry      string // CCYY-MM-DD
}

// ReceiptState is where a receipt's line stands.
type ReceiptState string

// The states of a receipt's line.
const (
	// ReceiptPosted: a movement brought it to a shelf.
	ReceiptPosted ReceiptState = "posted"
	// ReceiptUnidentified: it waits, and raises no stock, until its item or
	// place is known.
	ReceiptUnidentified ReceiptState = "unidentified"
	// ReceiptRecorded: it came before the stock of its feed's places was first
	// counted, and is in that count.
	ReceiptRecorded ReceiptState = "recorded"
	// ReceiptWithdrawn: the sender took it back.
	ReceiptWithdrawn ReceiptState = "withdrawn"
)

// Met says for which order line a delivery counts, and for how many base
// units. Other is set where another item came than was ordered.
type Met struct {
	Order string
	Line  int
	Units int64
	Other bool
}

// Meets finds the line of the order that a delivery of item answers: the one
// that the receipt names, else the first of that item of which something is
// to come, else the first of that item. before is the one that the delivery
// counted for until now, if it did; it stays that one where it can.
func (o *Order) Meets(line int, item catalogue.ItemID, before int) (met int, ok bool) {
	at := func(fits func(l OrderLine) bool) bool {
		i := slices.IndexFunc(o.Lines, fits)
		if i >= 0 {
			met = o.Lines[i].Line
		}
		return i >= 0
	}
	if line > 0 {
		return met, at(func(l OrderLine) bool { return l.Line == line })
	}
	return met, at(func(l OrderLine) bool { return l.Line == before && l.Item == item }) ||
		at(func(l OrderLine) bool { return l.Item == item && l.OpenPacks > 0 }) ||
		at(func(l OrderLine) bool { return l.Item == item })
}

// At gives one of the order's lines by its number; nil if there is none.
func (o *Order) At(line int) *OrderLine {
	for i := range o.Lines {
		if o.Lines[i].Line == line {
			return &o.Lines[i]
		}
	}
	return nil
}

// Receive takes a delivery into account: so many base units more, or fewer
// where one is corrected, came for a line; other says that it was another
// item. What came brings the order's state with it, whatever the supplier
// answers or has yet to answer.
func (o *Order) Receive(line int, units int64, other bool) {
	l := o.At(line)
	if l == nil || units == 0 {
		return
	}
	if other {
		l.Substituted += units
	} else {
		l.Received += units
	}
	l.expect()
	o.restate()
}

// expect says how many packs are still to come: those of a pack that came in
// part among them.
func (l *OrderLine) expect() {
	size := max(l.PackSize, 1)
	left := l.Confirmed*size - l.Received - l.Substituted
	if l.OpenPacks = 0; left > 0 && l.State != "closed" {
		l.OpenPacks = (left + size - 1) / size
	}
}

// Over is how many base units more came for the line than were confirmed; 0
// if it is no more.
func (l OrderLine) Over() int64 {
	return max(l.Received+l.Substituted-l.Confirmed*max(l.PackSize, 1), 0)
}

// ReceivedPacks is how many whole packs came for the line, and how many base
// units beyond them.
func (l OrderLine) ReceivedPacks() (packs, units int64) {
	size := max(l.PackSize, 1)
	return (l.Received + l.Substituted) / size, (l.Received + l.Substituted) % size
}

// restate brings the order's state in step with its lines. One that is not
// sent yet, or closed, stays so.
func (o *Order) restate() (changed bool) {
	if o.State == Ready || o.State == Closed {
		return false
	}
	s := o.settle()
	if s == "" && (o.State == PartReceived || o.State == AllReceived) {
		s = Sent // nothing came after all, and nobody has answered
	}
	if s == "" || s == o.State {
		return false
	}
	o.State = s
	return true
}
