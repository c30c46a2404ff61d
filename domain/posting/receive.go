package posting

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
)

// receive brings ledger and order in step with what a receipt's line now
// comes to: what is posted and no longer right is reversed, what is right and
// not posted is posted. Every such movement names the message that caused it
// (law 5).
func (d *decider) receive(s *saying, c *receiptChange) {
	line, moves := c.line, c.moves()
	line.ToldBy = s.ID
	d.keepReceipt(line)
	if !c.fresh && !moves && line.State == c.state && line.Why == c.why && line.Told == c.word && line.Met == c.met {
		s.summary.line("already recorded")
		return
	}
	s.changed = true
	if c.fresh {
		line.ID = d.ids()
		d.k.Receipts[line.Key] = line
	}
	line.Cause = inventory.Cause{Message: s.ID, Origin: c.origin, Profile: s.Said.Profile}
	if moves && line.Posted != nil {
		d.reverse(*line.Posted, line.Cause, line.Posted.OccurredAt)
		line.Posted = nil
		s.summary.line("reversed")
	}
	if moves && c.want != nil {
		c.want.ID = inventory.MovementID(d.ids())
		d.out.Movements = append(d.out.Movements, *c.want)
		line.Posted = c.want
	}
	d.lotReceived(c)
	d.count(s, line, c.met)
	line.Told, line.State, line.Why, line.Met = c.word, c.state, c.why, c.met
	s.summary.line(map[purchasing.ReceiptState]string{
		purchasing.ReceiptPosted: "received", purchasing.ReceiptUnidentified: "waiting, unidentified",
		purchasing.ReceiptRecorded: "recorded without effect on stock", purchasing.ReceiptWithdrawn: "withdrawn",
	}[line.State])
	d.settles(receiptSubject(line), c.fresh)
	d.receiptWarnings(s, c)
}

func (d *decider) keepReceipt(line *purchasing.ReceiptLine) {
	if !d.receiptKept[line] {
		d.receiptKept[line] = true
		d.out.Receipts = append(d.out.Receipts, line)
	}
}

func (d *decider) lotReceived(c *receiptChange) {
	if c.want == nil || c.word.Lot == "" {
		return
	}
	l := Lot{Item: c.word.Item, Lot: c.word.Lot}
	if t, err := time.Parse(time.DateOnly, c.word.Expiry); err == nil {
		l.Expiry = t
	}
	d.out.Lots = append(d.out.Lots, l)
}

// count moves what a line counts for from one order line to another.
func (d *decider) count(s *saying, line *purchasing.ReceiptLine, now purchasing.Met) {
	if line.Met == now {
		return
	}
	for _, m := range []struct {
		purchasing.Met
		sign int64
	}{{line.Met, -1}, {now, 1}} {
		o := d.k.Orders[m.Order]
		if o == nil {
			continue
		}
		o.Receive(m.Line, m.sign*m.Units, m.Other)
		d.keepOrder(o)
		d.over(s, o, m.Line)
	}
}

// over warns where more came for an order's line than was confirmed.
func (d *decider) over(s *saying, o *purchasing.Order, line int) {
	subject := fmt.Sprintf("delivery:%s:%d", o.Number, line)
	d.settles(subject, false)
	l := o.At(line)
	if l == nil || o.State == purchasing.Closed || l.Over() == 0 {
		return
	}
	d.warn(Warning{Kind: "over_delivery", Subject: subject, Severity: "warning", Message: s.ID,
		Text:   fmt.Sprintf("Order %s, line %d: %d more came than the %d units that were ordered or confirmed.", o.Number, line, l.Over(), l.Confirmed*max(l.PackSize, 1)),
		Action: "They are in stock. Compare the delivery note with the order; agree with the supplier whether they are kept, and correct the receipt if it is wrong."})
}

// keepOrder has an order kept that the batch changed, once.
func (d *decider) keepOrder(o *purchasing.Order) {
	if !d.orders[o.Number] {
		d.orders[o.Number] = true
		d.out.Orders = append(d.out.Orders, o)
	}
}

// receiptWarnings tells what of a line somebody must look at.
func (d *decider) receiptWarnings(s *saying, c *receiptChange) {
	line, w := c.line, c.word
	name := fmt.Sprintf("Receipt %s, line %s", line.Key.Receipt, line.Key.Line)
	warn := func(kind, severity, text, action string) {
		d.warn(Warning{Kind: kind, Subject: receiptSubject(line), Severity: severity, Message: s.ID, Text: name + ": " + text, Action: action})
	}
	switch line.State {
	case purchasing.ReceiptWithdrawn:
		return
	case purchasing.ReceiptUnidentified:
		if line.Why == "item_unknown" {
			warn("item_unidentified", "warning", fmt.Sprintf("%s came, which is not in the catalogue (%d, %s).", cmp.Or(w.Codes, "something"), w.Quantity, w.Unit),
				"Add the item to the catalogue, or its code to the table of items, and replay the message. Until then no stock balance has it.")
		} else {
			warn("place_unidentified", "warning", fmt.Sprintf("%s came to a place that is not known: %s.", w.Codes, cmp.Or(w.PlaceText, "none was told")),
				"Add the place's name to trust.yaml, or correct the receipt, and replay the message. Until then no stock balance has it.")
		}
		return
	}
	d.orderWarnings(c, warn)
	if expiry, err := time.Parse(time.DateOnly, w.Expiry); err == nil && c.want != nil && inventory.Expired(expiry, c.want.OccurredAt) {
		warn("expired_received", "warning", fmt.Sprintf("lot %s had expired on %s, before it came.", cmp.Or(w.Lot, "(none)"), w.Expiry),
			"Take it from the shelf and ask the supplier; if the date is wrong, send the line again with the right one. Orders do not count it as in stock.")
	}
}

// orderWarnings tells how a delivery differs from what was ordered.
func (d *decider) orderWarnings(c *receiptChange, warn func(kind, severity, text, action string)) {
	w := c.word
	switch o := c.order; {
	case w.OrderNumber == "":
	case o == nil:
		warn("receipt_order_unknown", "warning", "it names order "+w.OrderNumber+", which the hub never made. It is in stock.",
			"Find out which order is meant. If it is one of the hub's, send the line again with its number, or the hub goes on waiting for that order.")
	case c.met.Order == "":
		warn("receipt_order_unknown", "warning", fmt.Sprintf("order %s has no such line. It is in stock, and the order still waits for what was ordered.", o.Number),
			"Find out which line is meant, and send the receipt's line again with it.")
	default:
		if line := o.At(c.met.Line); o.State == purchasing.Closed || line.State == "closed" {
			warn("receipt_order_closed", "notice", fmt.Sprintf("order %s, line %d is closed. It is in stock; the order stays as it is.", o.Number, line.Line),
				"Check that it is not a delivery that came twice.")
			return
		}
		if c.met.Other {
			warn("delivery_substituted", "warning", fmt.Sprintf("another item came than order %s, line %d is for. It is in stock, and nothing more is expected for that part of the line.", o.Number, c.met.Line),
				"Ask a clinician whether it may stand in for what was ordered. What is still needed waits for your approval as a suggested order.")
		}
		if o.At(c.met.Line).Place != w.Place {
			warn("delivered_elsewhere", "notice", fmt.Sprintf("it came to another place than order %s, line %d is for.", o.Number, c.met.Line),
				"If it was put there for good, nothing is to be done; else correct the receipt. The place that it was ordered for may be ordered for anew.")
		}
	}
}

// receiptKeys are the known lines, in one order.
func (k *Known) receiptKeys() []purchasing.ReceiptKey {
	keys := make([]purchasing.ReceiptKey, 0, len(k.Receipts))
	for key := range k.Receipts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b purchasing.ReceiptKey) int {
		return cmp.Or(cmp.Compare(a.Receipt, b.Receipt), cmp.Compare(a.Line, b.Line))
	})
	return keys
}
