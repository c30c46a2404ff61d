package posting

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// Counted is what the ledger keeps one balance of.
type Counted struct {
	Place              inventory.PlaceID
	Item               catalogue.ItemID
	Lot, Serial, Owner string
}

// mostUnits is the most base units that one row may tell of: more is a slip of
// the pen.
const mostUnits = 1_000_000_000

// receiptRow is what a message says of one line of a receipt.
type receiptRow struct {
	key  purchasing.ReceiptKey
	told canonical.ReceivedLine
}

// received gathers what a message tells of a receipt; takeReceipts gives it
// its effect when the whole message was read. Of two rows on one line the
// later counts.
func (d *decider) received(s *saying, e canonical.GoodsReceived) {
	if s.receiptAt == nil {
		s.receiptAt = make(map[purchasing.ReceiptKey]int, len(e.Lines))
	}
	for _, l := range e.Lines {
		key := purchasing.ReceiptKey{Receipt: plain(e.Receipt), Line: plain(l.Key)}
		at, twice := s.receiptAt[key]
		if !twice {
			s.receiptAt[key] = len(s.receipts)
			s.receipts = append(s.receipts, receiptRow{key, l})
			continue
		}
		before := s.receipts[at].told
		s.receipts[at].told = l
		switch origin := before.Origin; {
		case same(before, l):
			s.find(canonical.Info, "receipt_line_twice", origin, "A later row of the file says the same of this receipt's line. It counts once.")
		case before.Effect == canonical.Delete || l.Effect == canonical.Delete:
			s.find(canonical.Info, "receipt_line_replaced", origin, "A later row of the file takes the place of this one.")
		default:
			s.find(canonical.Error, "receipt_line_repeated", origin, "A later row of the file tells of the same line of the same receipt otherwise, so this row had no effect. If both came, each needs a line number of its own.")
		}
	}
}

// same reports whether two rows say the same, wherever they stand.
func same(a, b canonical.ReceivedLine) bool {
	a.Origin, b.Origin = "", ""
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// takeReceipts gives what a message told of goods received its effect. What
// takes from a balance comes last: by then all that the message brings is
// there.
func (d *decider) takeReceipts(s *saying) {
	var taking []*receiptChange
	for _, row := range s.receipts {
		c := d.receiptChange(s, row)
		switch {
		case c == nil:
		case c.takes():
			taking = append(taking, c)
		default:
			d.receive(s, c)
		}
	}
	taking = append(taking, d.untoldReceipts(s)...)
	for _, c := range taking {
		if d.suffices(c) {
			d.receive(s, c)
		} else {
			d.refuseReceipt(s, c)
		}
	}
}

// untoldReceipts takes back what this message told before it was read anew,
// and no longer tells.
func (d *decider) untoldReceipts(s *saying) (out []*receiptChange) {
	if s.Attempt < 2 {
		return nil
	}
	for _, key := range d.k.receiptKeys() {
		line := d.k.Receipts[key]
		if _, told := s.receiptAt[key]; !told && line.ToldBy == s.ID && line.State != purchasing.ReceiptWithdrawn {
			out = append(out, &receiptChange{line: line, origin: "replay", state: purchasing.ReceiptWithdrawn, why: "untold", word: line.Told})
		}
	}
	return out
}

// receiptChange is what one row makes of a line.
type receiptChange struct {
	line   *purchasing.ReceiptLine
	fresh  bool
	origin string
	word   purchasing.Received
	state  purchasing.ReceiptState
	why    string
	want   *inventory.Movement
	order  *purchasing.Order // that the row names, if the hub made it
	met    purchasing.Met
}

// moves reports whether the ledger changes.
func (c *receiptChange) moves() bool {
	have := c.line.Posted
	if have == nil || c.want == nil {
		return have != c.want
	}
	w := *c.want
	w.ID, w.Cause, w.Reverses, w.AccountedOn, w.OccurredAt = have.ID, have.Cause, have.Reverses, have.AccountedOn, have.OccurredAt
	return w != *have || c.want.OccurredAt.Compare(have.OccurredAt) != 0
}

// takes reports whether a balance goes down.
func (c *receiptChange) takes() bool {
	return c.line.Posted != nil && c.moves() && (c.want == nil || countedIn(*c.want) != countedIn(*c.line.Posted) || c.want.Quantity < c.line.Posted.Quantity)
}

// countedIn is the balance that a receipt raises.
func countedIn(m inventory.Movement) Counted {
	return Counted{m.To, m.Item, m.Lot, m.Serial, m.Owner}
}

// receiptChange reads one row in the hub's terms. Nil: it changes nothing, and
// a finding says why if somebody should know.
func (d *decider) receiptChange(s *saying, row receiptRow) *receiptChange {
	l := row.told
	c := &receiptChange{line: d.k.Receipts[row.key], origin: cmp.Or(l.Origin, "goods received")}
	switch {
	case c.line == nil && l.Effect == canonical.Delete:
		s.find(canonical.Info, "receipt_line_unknown", l.Origin, "The row takes back a line of a receipt that was never told. It is noted; no stock changed.")
	case c.line == nil:
	case c.line.ToldBy > s.ID:
		s.superseded = true
		s.find(canonical.Info, "superseded", l.Origin, "A later file told of this receipt's line before; this row changed nothing.")
		return nil
	}
	if c.line == nil {
		c.line, c.fresh = &purchasing.ReceiptLine{Key: row.key}, true
	}
	if l.Effect == canonical.Delete {
		c.state, c.why, c.word = purchasing.ReceiptWithdrawn, "delete", c.line.Told
		return c
	}
	if !d.receivedWord(s, l, c) {
		return nil
	}
	d.standing(s, c)
	return c
}

// receivedWord reads what was received. False: it cannot be counted.
func (d *decider) receivedWord(s *saying, l canonical.ReceivedLine, c *receiptChange) bool {
	quantity, err := strconv.ParseInt(l.Quantity, 10, 64)
	w := purchasing.Received{On: plain(l.ReceivedOn), OrderNumber: plain(l.OrderNumber), OrderLine: l.OrderLine, Quantity: quantity, Unit: l.Unit,
		Lot: plain(l.Lot), Serial: plain(l.Serial), Expiry: plain(l.Expiry), PlaceText: plain(strings.TrimSpace(l.Place.Code + " " + l.Place.Text))}
	var codes []catalogue.Code
	var told []string
	for _, x := range l.Codes {
		codes = append(codes, catalogue.Code{Kind: catalogue.Kind(x.Kind), Value: plain(x.Value)})
		if v := plain(x.Value); !slices.Contains(told, v) {
			told = append(told, v)
		}
	}
	w.Codes = strings.Join(told, ", ")
	m, _, disagree := catalogue.Resolve(codes, d.k.Codes)
	if disagree {
		s.find(canonical.Warning, "item_codes_disagree", l.Origin, "The line's codes name two items; the first one was taken.")
	}
	w.Item, w.Units = m.Item, quantity
	if l.Unit == "pack" {
		size := packOf(m, codes, d.k.Codes)
		if w.Units = 0; quantity <= mostUnits/max(size, 1) {
			w.Units = quantity * size
		}
	}
	if err != nil || quantity > mostUnits || m.Item != 0 && w.Units == 0 && quantity > 0 {
		s.find(canonical.Error, "quantity_too_large", l.Origin, "The quantity is larger than any delivery, so this row had no effect. Correct it and send it again.")
		return false
	}
	if w.Serial != "" && w.Units > 1 {
		s.find(canonical.Warning, "serial_of_several", l.Origin, "The row gives one serial number to several units. Check their labels.")
	}
	c.word, c.order = w, d.k.Orders[w.OrderNumber]
	if c.word.Place = d.place(l.Place); c.word.Place == 0 && w.PlaceText == "" && c.order != nil {
		if line, ok := c.order.Meets(w.OrderLine, w.Item, 0); ok {
			c.word.Place = c.order.At(line).Place
		}
	}
	return true
}

// packOf is how many base units a pack holds: by the scanned pack's own code
// if the row has one, else the pack in which the item is ordered.
func packOf(m catalogue.Meaning, codes []catalogue.Code, known map[catalogue.Code]catalogue.Meaning) int64 {
	for _, c := range codes {
		if k := known[c]; c.Kind == catalogue.GTIN && k.Item == m.Item && k.Ratio > 1 {
			return k.Ratio
		}
	}
	if m.Item == 0 {
		return 0
	}
	return max(m.Pack, m.Ratio, 1)
}

// standing says what the word comes to: for the ledger and for the order.
func (d *decider) standing(s *saying, c *receiptChange) {
	w := &c.word
	day, err := time.ParseInLocation(time.DateOnly, w.On, d.t.Zone)
	if err != nil {
		day = s.ReceivedAt
	}
	switch {
	case w.Quantity == 0:
		c.state, c.why = purchasing.ReceiptWithdrawn, "none_received"
		return
	case w.Item == 0:
		c.state, c.why = purchasing.ReceiptUnidentified, "item_unknown"
		s.find(canonical.Warning, "item_unidentified", c.origin, "None of the row's codes is in the catalogue. The line waits and raises no stock until one is.")
		return
	case w.Place == 0:
		c.state, c.why = purchasing.ReceiptUnidentified, "place_unknown"
		s.find(canonical.Warning, "place_unidentified", c.origin, "The place is not among the trust's places or their aliases. The line waits and raises no stock until it is.")
		return
	case day.Before(d.t.Historical[s.Connector]):
		c.state, c.why = purchasing.ReceiptRecorded, "counted_since"
	default:
		c.state = purchasing.ReceiptPosted
		c.want = &inventory.Movement{
			Kind: inventory.Receipt, Item: w.Item, Lot: w.Lot, Serial: w.Serial, From: d.k.Supplier, To: w.Place, Quantity: w.Units,
			OccurredAt: day, AccountedOn: d.accounted(day), Cause: inventory.Cause{Message: s.ID, Origin: c.origin, Profile: s.Said.Profile},
		}
	}
	if c.order == nil {
		return
	}
	before := 0
	if c.line.Met.Order == c.order.Number {
		before = c.line.Met.Line
	}
	if line, ok := c.order.Meets(w.OrderLine, w.Item, before); ok {
		c.met = purchasing.Met{Order: c.order.Number, Line: line, Units: w.Units, Other: c.order.At(line).Item != w.Item}
	}
}

// suffices reports whether what the change takes from a balance is there
// (law 4: nothing but use on a patient brings one below zero).
func (d *decider) suffices(c *receiptChange) bool {
	if c.line.Posted == nil {
		return true
	}
	at := countedIn(*c.line.Posted)
	left := d.balance(at) - c.line.Posted.Quantity
	if c.want != nil && countedIn(*c.want) == at {
		left += c.want.Quantity
	}
	return left >= 0
}

// balance is what the ledger holds, with what this batch moved so far.
func (d *decider) balance(at Counted) int64 {
	if d.moved == nil {
		d.moved = map[Counted]int64{}
	}
	for _, m := range d.out.Movements[d.counted:] {
		d.moved[Counted{m.From, m.Item, m.Lot, m.Serial, m.Owner}] -= m.Quantity
		d.moved[Counted{m.To, m.Item, m.Lot, m.Serial, m.Owner}] += m.Quantity
	}
	d.counted = len(d.out.Movements)
	return d.k.Balances[at] + d.moved[at]
}

// refuseReceipt tells of a correction that cannot be: part of what it takes
// back has left the shelf.
func (d *decider) refuseReceipt(s *saying, c *receiptChange) {
	m := c.line.Posted
	text := fmt.Sprintf("The line brought %d, and the shelf holds %d of them now: what is gone cannot be taken back, so the row had no effect.", m.Quantity, max(min(d.balance(countedIn(*m)), m.Quantity), 0))
	s.find(canonical.Error, "receipt_used", c.origin, "%s Count the shelf; record what is there, then send the correction again.", text)
	s.summary.line("refused")
	d.warn(Warning{Kind: "receipt_used", Subject: receiptSubject(c.line), Severity: "warning", Message: s.ID,
		Text:   fmt.Sprintf("A correction of receipt %s, line %s would take stock below zero. %s", c.line.Key.Receipt, c.line.Key.Line, text),
		Action: "Count the shelf and compare it with the delivery note. When the stock is right, send the correction again."})
}

func receiptSubject(l *purchasing.ReceiptLine) string {
	return "receipt:" + strconv.FormatInt(l.ID, 10)
}
