package posting_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

const supplier inventory.PlaceID = 4

// goodsIn is a hub with an order of 3 hips and 2 packs of 10 screws for
// theatre 1.
func goodsIn() *hub {
	h := newHub()
	h.known.Supplier = supplier
	h.known.Codes[catalogue.Code{Kind: catalogue.ERP, Value: "SCREW"}] = catalogue.Meaning{Item: screw, Ratio: 1, Pack: 10}
	h.known.Orders["PO-1"] = &purchasing.Order{Number: "PO-1", State: purchasing.Sent, Lines: []purchasing.OrderLine{
		{Line: 1, Place: theatre1, Item: hip, Packs: 3, PackSize: 1, Confirmed: 3, OpenPacks: 3, State: "ordered"},
		{Line: 2, Place: theatre1, Item: screw, Packs: 2, PackSize: 10, Confirmed: 2, OpenPacks: 2, State: "ordered"},
	}}
	return h
}

// came tells of one receipt's lines in a file of its own.
func (h *hub) came(lines ...canonical.ReceivedLine) posting.Posting {
	return h.take(h.from("goods", -1, receipt(lines...)))
}

func receipt(lines ...canonical.ReceivedLine) canonical.GoodsReceived {
	for i := range lines {
		lines[i].Origin = fmt.Sprintf("line %d", i+2)
	}
	return canonical.GoodsReceived{Receipt: "GR-1", Lines: lines}
}

// take posts a message as the store would: it knows what the shelves hold.
func (h *hub) take(m posting.Message) posting.Posting {
	h.known.Balances = map[posting.Counted]int64{}
	for _, m := range h.movements {
		h.known.Balances[posting.Counted{Place: m.From, Item: m.Item, Lot: m.Lot, Serial: m.Serial}] -= m.Quantity
		h.known.Balances[posting.Counted{Place: m.To, Item: m.Item, Lot: m.Lot, Serial: m.Serial}] += m.Quantity
	}
	return h.say(m)[0]
}

func line(key, code string, quantity int, change ...func(*canonical.ReceivedLine)) canonical.ReceivedLine {
	l := canonical.ReceivedLine{Key: key, ReceivedOn: "2026-03-02", Place: canonical.Place{Code: "TH1"}, Codes: []canonical.Code{{Kind: "erp", Value: code}},
		Quantity: fmt.Sprint(quantity), Unit: "each", Lot: "L1", Expiry: "2031-08-31", Effect: canonical.Add}
	for _, f := range change {
		f(&l)
	}
	return l
}

func forOrder(order string, at int) func(*canonical.ReceivedLine) {
	return func(l *canonical.ReceivedLine) { l.OrderNumber, l.OrderLine = order, at }
}
func packs(l *canonical.ReceivedLine)    { l.Unit = "pack" }
func undone(l *canonical.ReceivedLine)   { l.Effect, l.Quantity = canonical.Delete, "" }
func noPlace(l *canonical.ReceivedLine)  { l.Place = canonical.Place{} }
func lot2(l *canonical.ReceivedLine)     { l.Lot = "L2" }
func theatreB(l *canonical.ReceivedLine) { l.Place.Code = "th2" }
func expired(l *canonical.ReceivedLine)  { l.Expiry = "2026-03-01" }
func packCode(l *canonical.ReceivedLine) {
	l.Codes = append(l.Codes, canonical.Code{Kind: "gtin", Value: "PACK"})
}

func codesOf(p posting.Posting) string {
	var out []string
	for _, f := range p.Findings {
		out = append(out, f.Code+" "+f.Path)
	}
	return strings.Join(out, ", ")
}

func (h *hub) orderIs(t *testing.T, state purchasing.OrderState, open ...int64) {
	t.Helper()
	o := h.known.Orders["PO-1"]
	if o.State != state || o.Lines[0].OpenPacks != open[0] || o.Lines[1].OpenPacks != open[1] {
		t.Errorf("the order is %s with %d and %d packs to come; want %s, %v", o.State, o.Lines[0].OpenPacks, o.Lines[1].OpenPacks, state, open)
	}
}

func TestReceived_WhatCameIsOnTheShelfWithItsLotAndOnce(t *testing.T) {
	t.Parallel()
	h := goodsIn()
	if p := h.came(line("1", "HIP", 2)); p.Outcome != "applied" || h.at(theatre1, hip) != 2 || p.Summary != "1 line received" {
		t.Errorf("%s %q, %d", p.Outcome, p.Summary, h.at(theatre1, hip))
	}
	m := h.movements[0]
	if m.Kind != inventory.Receipt || m.From != supplier || m.Lot != "L1" || m.Cause.Origin != "line 2" || m.OccurredAt.Format("2006-01-02 15:04") != "2026-03-02 00:00" || len(h.last.Lots) != 1 || h.last.Lots[0].Expiry.Year() != 2031 {
		t.Errorf("%+v, %+v", m, h.last.Lots)
	}
	// The same in another file, alone and beside another line.
	if p := h.came(line("1", "HIP", 2)); p.Outcome != "no_change" || h.at(theatre1, hip) != 2 {
		t.Errorf("%s, %d", p.Outcome, h.at(theatre1, hip))
	}
	if p := h.came(line("1", "HIP", 2), line("2", "HIP", 2)); p.Outcome != "applied" || h.at(theatre1, hip) != 4 || h.warned() != "" {
		t.Errorf("%s, %d, %s: two lines that look alike are two", p.Outcome, h.at(theatre1, hip), h.warned())
	}
}

func TestReceived_ACorrectionReversesAndTellsAnew(t *testing.T) {
	t.Parallel()
	h := goodsIn()
	for _, c := range []struct {
		told   canonical.ReceivedLine
		stock  int64
		moves  int
		second int64 // of lot L2
	}{
		{line("1", "HIP", 5), 5, 1, 0}, {line("1", "HIP", 3), 3, 3, 0}, {line("1", "HIP", 3, lot2), 3, 5, 3}, {line("1", "HIP", 3, undone), 0, 6, 0},
		{line("1", "HIP", 3, undone), 0, 6, 0}, {line("1", "HIP", 4), 4, 7, 0}, {line("1", "HIP", 0), 0, 8, 0},
	} {
		h.came(c.told)
		if got := h.fold(posting.Shelf{Place: theatre1, Item: hip}); h.at(theatre1, hip) != c.stock || len(h.movements) != c.moves || got["L2"] != c.second {
			t.Fatalf("after %+v: %v by %d movements", c.told, got, len(h.movements))
		}
	}
}

func TestReceived_ACorrectionBelowZeroIsRefusedAndItsNeighboursAreNot(t *testing.T) {
	t.Parallel()
	h := goodsIn()
	h.came(line("1", "HIP", 3), line("2", "SCREW", 5))
	h.say(h.from("theatre", 0, used("C1", "A", told("K1", canonical.Use, "HIP", "2"))))
	p := h.came(line("1", "HIP", 1, undone), line("2", "SCREW", 4), line("3", "HIP", 1, lot2))
	if h.at(theatre1, hip) != 2 || h.at(theatre1, screw) != 4 || codesOf(p) != "receipt_used line 2" || h.warned() != "receipt_used" {
		t.Errorf("%d hips, %d screws, %s, %s", h.at(theatre1, hip), h.at(theatre1, screw), codesOf(p), h.warned())
	}
	// Down to what is left is no harm; and what the same file brings counts.
	if p = h.came(line("1", "HIP", 2)); h.at(theatre1, hip) != 1 || codesOf(p) != "" || h.warned() != "" {
		t.Errorf("%d hips, %s, %s", h.at(theatre1, hip), codesOf(p), h.warned())
	}
	if p = h.came(line("1", "HIP", 0), line("4", "HIP", 2)); h.at(theatre1, hip) != 1 || codesOf(p) != "" {
		t.Errorf("%d hips, %s", h.at(theatre1, hip), codesOf(p))
	}
}

func TestReceived_WhatNobodyKnowsWaitsAndIsTakenUpWhenItIsMended(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told canonical.ReceivedLine
		kind string
		mend func(h *hub)
	}{
		"item": {line("1", "NEW", 2, packs, forOrder("PO-1", 1)), "item_unidentified", func(h *hub) {
			h.known.Codes[catalogue.Code{Kind: catalogue.ERP, Value: "NEW"}] = catalogue.Meaning{Item: hip, Ratio: 1, Pack: 1}
		}},
		"place": {line("1", "HIP", 2, func(l *canonical.ReceivedLine) { l.Place.Code = "ANNEX" }, forOrder("PO-1", 1)), "place_unidentified", func(h *hub) { h.trust.Places["ANNEX"] = theatre1 }},
	} {
		t.Run(name, func(t *testing.T) {
			h := goodsIn()
			m := h.from("goods", -1, receipt(c.told))
			if p := h.take(m); p.Outcome != "applied" || len(h.movements) != 0 || h.warned() != c.kind {
				t.Errorf("%s, %d movements, %s", p.Outcome, len(h.movements), h.warned())
			}
			h.orderIs(t, purchasing.Sent, 3, 2)
			c.mend(h)
			m.Attempt = 2
			if p := h.take(m); p.Outcome != "applied" || h.at(theatre1, hip) != 2 || h.warned() != "" {
				t.Errorf("%s, %d, %s", p.Outcome, h.at(theatre1, hip), h.warned())
			}
			h.orderIs(t, purchasing.PartReceived, 1, 2)
			m.Attempt = 3
			if p := h.take(m); p.Outcome != "no_change" || h.at(theatre1, hip) != 2 {
				t.Errorf("%s, %d", p.Outcome, h.at(theatre1, hip))
			}
		})
	}
}

func TestReceived_AReplayThatReadsLessTakesTheRestBack(t *testing.T) {
	t.Parallel()
	h := goodsIn()
	m := h.from("goods", -1, receipt(line("1", "HIP", 2), line("2", "HIP", 1)))
	h.take(m)
	m.Attempt, m.Said.Events = 2, []canonical.Event{receipt(line("1", "HIP", 2))}
	h.take(m)
	if h.at(theatre1, hip) != 2 || h.known.Receipts[purchasing.ReceiptKey{Receipt: "GR-1", Line: "2"}].State != purchasing.ReceiptWithdrawn {
		t.Errorf("%d", h.at(theatre1, hip))
	}
	// What a later file told since, an old one no longer changes.
	h.came(line("1", "HIP", 7))
	if m.Attempt = 3; h.take(m).Outcome != "superseded" || h.at(theatre1, hip) != 7 {
		t.Errorf("%d", h.at(theatre1, hip))
	}
}

func TestReceived_OfTwoRowsOnOneLineTheLaterCountsAndTheOtherIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second canonical.ReceivedLine
		stock         int64
		finding       string
	}{
		"the same":        {line("1", "HIP", 2), line("1", "HIP", 2), 2, "receipt_line_twice line 2"},
		"another":         {line("1", "HIP", 2), line("1", "HIP", 3), 3, "receipt_line_repeated line 2"},
		"added, deleted":  {line("1", "HIP", 2), line("1", "HIP", 2, undone), 0, "receipt_line_replaced line 2, receipt_line_unknown line 3"},
		"deleted, added":  {line("1", "HIP", 2, undone), line("1", "HIP", 2), 2, "receipt_line_replaced line 2"},
		"other than five": {line("1", "HIP", 1), line("2", "HIP", 1_000_000_001), 1, "quantity_too_large line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			h := goodsIn()
			if p := h.came(c.first, c.second); h.at(theatre1, hip) != c.stock || codesOf(p) != c.finding {
				t.Errorf("%d, %s", h.at(theatre1, hip), codesOf(p))
			}
		})
	}
}

func TestReceived_APackIsWhatItsOwnCodeSaysOrTheItemsPack(t *testing.T) {
	t.Parallel()
	h := goodsIn()
	h.known.Codes[catalogue.Code{Kind: catalogue.GTIN, Value: "PACK"}] = catalogue.Meaning{Item: screw, Ratio: 50, Pack: 10}
	h.came(line("1", "SCREW", 2, packs))
	if h.at(theatre1, screw) != 20 {
		t.Errorf("2 packs are %d", h.at(theatre1, screw))
	}
	h.came(line("2", "SCREW", 2, packs, packCode))
	if h.at(theatre1, screw) != 120 {
		t.Errorf("2 packs and 2 of 50 are %d", h.at(theatre1, screw))
	}
	h.came(line("3", "SCREW", 2, packCode))
	if h.at(theatre1, screw) != 122 {
		t.Errorf("2 more each are %d", h.at(theatre1, screw))
	}
}

func TestReceived_TheOrderKnowsWhatCameWhateverTheSupplierSays(t *testing.T) {
	t.Parallel()
	answer := func(lines ...canonical.OrderAnswerLine) canonical.OrderAnswer {
		return canonical.OrderAnswer{OrderNumber: "PO-1", Lines: lines}
	}
	all := func(status string) canonical.OrderAnswerLine {
		return canonical.OrderAnswerLine{Origin: "line 2", Status: status}
	}
	for name, c := range map[string]struct {
		events []canonical.Event
		state  purchasing.OrderState
		open   [2]int64
		warned string
	}{
		"part of it":                       {[]canonical.Event{receipt(line("1", "HIP", 2, forOrder("PO-1", 1)))}, purchasing.PartReceived, [2]int64{1, 2}, ""},
		"part of a pack":                   {[]canonical.Event{receipt(line("1", "SCREW", 5, forOrder("PO-1", 2)))}, purchasing.PartReceived, [2]int64{3, 2}, ""},
		"one and a half packs":             {[]canonical.Event{receipt(line("1", "SCREW", 15, forOrder("PO-1", 2)))}, purchasing.PartReceived, [2]int64{3, 1}, ""},
		"all of it, the lines not named":   {[]canonical.Event{receipt(line("1", "HIP", 3, forOrder("PO-1", 0), noPlace), line("2", "SCREW", 2, packs, forOrder("PO-1", 0)))}, purchasing.AllReceived, [2]int64{0, 0}, ""},
		"before its acknowledgement":       {[]canonical.Event{receipt(line("1", "HIP", 2, forOrder("PO-1", 1))), answer(all("accepted"))}, purchasing.PartReceived, [2]int64{1, 2}, ""},
		"after its acknowledgement":        {[]canonical.Event{answer(all("accepted")), receipt(line("1", "HIP", 2, forOrder("PO-1", 1)))}, purchasing.PartReceived, [2]int64{1, 2}, ""},
		"a correction takes it all back":   {[]canonical.Event{answer(all("accepted")), receipt(line("1", "HIP", 2, forOrder("PO-1", 1))), receipt(line("1", "HIP", 2, undone))}, purchasing.Accepted, [2]int64{3, 2}, ""},
		"taken back and never answered":    {[]canonical.Event{receipt(line("1", "HIP", 2, forOrder("PO-1", 1))), receipt(line("1", "HIP", 2, undone))}, purchasing.Sent, [2]int64{3, 2}, ""},
		"the rest never comes":             {[]canonical.Event{receipt(line("1", "HIP", 2, forOrder("PO-1", 1))), answer(canonical.OrderAnswerLine{Line: 1, Status: "changed", Quantity: "2"}, canonical.OrderAnswerLine{Line: 2, Status: "rejected"})}, purchasing.AllReceived, [2]int64{0, 0}, ""},
		"more than was ordered":            {[]canonical.Event{receipt(line("1", "HIP", 4, forOrder("PO-1", 1)))}, purchasing.PartReceived, [2]int64{0, 2}, "over_delivery"},
		"more, and then corrected":         {[]canonical.Event{receipt(line("1", "HIP", 4, forOrder("PO-1", 1))), receipt(line("1", "HIP", 3, forOrder("PO-1", 1)))}, purchasing.PartReceived, [2]int64{0, 2}, ""},
		"what was rejected came after all": {[]canonical.Event{answer(all("rejected")), receipt(line("1", "HIP", 1, forOrder("PO-1", 1)))}, purchasing.AllReceived, [2]int64{0, 0}, "order_rejected over_delivery"},
		"closed, and part had come":        {[]canonical.Event{receipt(line("1", "HIP", 2, forOrder("PO-1", 1))), answer(all("closed"))}, purchasing.AllReceived, [2]int64{0, 0}, ""},
		"closed, and it came after all":    {[]canonical.Event{answer(all("closed")), receipt(line("1", "HIP", 2, forOrder("PO-1", 1)))}, purchasing.Closed, [2]int64{0, 0}, "receipt_order_closed"},
		"of one closed line it came":       {[]canonical.Event{answer(canonical.OrderAnswerLine{Line: 1, Status: "closed"}), receipt(line("1", "HIP", 2, forOrder("PO-1", 1)))}, purchasing.PartReceived, [2]int64{0, 2}, "receipt_order_closed"},
		"another item in its place":        {[]canonical.Event{receipt(line("1", "SCREW", 3, forOrder("PO-1", 1)))}, purchasing.PartReceived, [2]int64{0, 2}, "delivery_substituted"},
		"at another place":                 {[]canonical.Event{receipt(line("1", "HIP", 3, forOrder("PO-1", 1), theatreB))}, purchasing.PartReceived, [2]int64{0, 2}, "delivered_elsewhere"},
		"without an order":                 {[]canonical.Event{receipt(line("1", "HIP", 3))}, purchasing.Sent, [2]int64{3, 2}, ""},
		"an order that nobody knows":       {[]canonical.Event{receipt(line("1", "HIP", 3, forOrder("PO-9", 1)))}, purchasing.Sent, [2]int64{3, 2}, "receipt_order_unknown"},
		"a line that the order has not":    {[]canonical.Event{receipt(line("1", "HIP", 3, forOrder("PO-1", 7)))}, purchasing.Sent, [2]int64{3, 2}, "receipt_order_unknown"},
		"moved to the right line":          {[]canonical.Event{receipt(line("1", "HIP", 3, forOrder("PO-1", 7))), receipt(line("1", "HIP", 3, forOrder("PO-1", 1)))}, purchasing.PartReceived, [2]int64{0, 2}, ""},
		"expired when it came":             {[]canonical.Event{receipt(line("1", "HIP", 3, forOrder("PO-1", 1), expired))}, purchasing.PartReceived, [2]int64{0, 2}, "expired_received"},
	} {
		t.Run(name, func(t *testing.T) {
			h := goodsIn()
			for _, e := range c.events {
				h.take(h.from("goods", -1, e))
			}
			h.orderIs(t, c.state, c.open[0], c.open[1])
			if h.warned() != c.warned {
				t.Errorf("warned of %q, want %q", h.warned(), c.warned)
			}
		})
	}
}

func TestReceived_AnOrderThatIsClosedOrNotSentStaysSo(t *testing.T) {
	t.Parallel()
	for state, warned := range map[purchasing.OrderState]string{purchasing.Closed: "receipt_order_closed", purchasing.Ready: ""} {
		h := goodsIn()
		o := h.known.Orders["PO-1"]
		o.State = state
		if state == purchasing.Closed {
			o.Lines[0].State, o.Lines[0].Confirmed, o.Lines[0].OpenPacks = "closed", 0, 0
		}
		h.came(line("1", "HIP", 1, forOrder("PO-1", 1)))
		if o.State != state || h.at(theatre1, hip) != 1 || h.warned() != warned {
			t.Errorf("%s, %d, %q", o.State, h.at(theatre1, hip), h.warned())
		}
	}
}

func TestReceived_WhatCameBeforeTheFirstCountIsInThatCount(t *testing.T) {
	t.Parallel()
	h := goodsIn()
	h.trust.Historical = map[string]time.Time{"goods": noon}
	h.came(line("1", "HIP", 2, forOrder("PO-1", 1)))
	if h.at(theatre1, hip) != 0 || h.known.Receipts[purchasing.ReceiptKey{Receipt: "GR-1", Line: "1"}].State != purchasing.ReceiptRecorded {
		t.Errorf("%d", h.at(theatre1, hip))
	}
	h.orderIs(t, purchasing.PartReceived, 1, 2)
}

// TestReceived_TheLastWordOnEachLineCountsHoweverItIsTold tells lines again
// and again, corrected, deleted, in files of any size, while theatres use the
// stock: what is on the shelf is the sum of the last words that were not
// refused, less the use; the order has received the same; nothing but use
// brings a balance below zero (laws 2, 3, 4).
func TestReceived_TheLastWordOnEachLineCountsHoweverItIsTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := goodsIn()
		last, spent := map[string]int64{}, int64(0)
		for n := range rapid.IntRange(1, 12).Draw(t, "messages") {
			if rapid.IntRange(0, 3).Draw(t, "use") == 0 {
				h.take(h.from("theatre", n, used(fmt.Sprint("C", n), "A", told("K", canonical.Use, "HIP", "1"))))
				spent++
				continue
			}
			var lines []canonical.ReceivedLine
			for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "3"}), 1, 3, rapid.ID[string]).Draw(t, "keys") {
				l := line(key, "HIP", rapid.IntRange(0, 4).Draw(t, "quantity"), forOrder("PO-1", 1))
				if rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
					undone(&l)
				}
				lines = append(lines, l)
			}
			m := h.from("goods", -1, receipt(lines...))
			p := h.take(m)
			for i, l := range lines {
				refused := slices.ContainsFunc(p.Findings, func(f canonical.Finding) bool {
					return f.Code == "receipt_used" && f.Path == fmt.Sprintf("line %d", i+2)
				})
				if !refused {
					last[l.Key], _ = strconv.ParseInt(l.Quantity, 10, 64)
				}
			}
			if again := h.take(h.from("goods", -1, receipt(lines...))); again.Outcome != "no_change" && codesOf(p) == "" {
				t.Fatalf("told again it %s", again.Outcome)
			}
		}
		want := int64(0)
		for _, n := range last {
			want += n
		}
		if got := h.at(theatre1, hip); got != want-spent {
			t.Fatalf("%d on the shelf; %d came and %d were used", got, want, spent)
		}
		if o := h.known.Orders["PO-1"]; o.Lines[0].Received != want || o.Lines[0].OpenPacks != max(3-want, 0) {
			t.Fatalf("the order has %d received, %d open; %d came", o.Lines[0].Received, o.Lines[0].OpenPacks, want)
		}
		if want-spent < 0 && spent == 0 {
			t.Fatal("a balance is below zero without a use")
		}
	})
}
