package erp

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// Receipt is a line of goods received as its file has it.
type Receipt struct {
	Number     string
	Line       int
	ReceivedOn string
	Order      string // empty for a delivery without an order
	OrderLine  int
	Place      string
	Item       string
	GTIN       string
	Quantity   int
	Packs      bool // Quantity counts packs
	Lot        string
	Expiry     string
	Serial     string
	Deleted    bool
}

// Goods says what is delivered for an order's lines, told in files one after
// another: the second corrects the first.
func Goods(h *hospital.Hospital, lines []Line, answers []Answer) (files [][]Receipt) {
	var first, second []Receipt
	for _, l := range lines {
		packs := l.Packs
		if i := slices.IndexFunc(answers, func(a Answer) bool { return a.Line == l.Line }); i >= 0 {
			packs = answers[i].Packs
		}
		c := hospital.NewChance(h.Seed, "delivery "+l.Order, l.Line)
		item := h.Item(l.Item)
		if packs == 0 || item == nil || c.Of(0.2) { // some are yet to come when all is over
			continue
		}
		switch {
		case c.Of(h.Troubles[trouble.Short]) && packs > 1:
			packs -= c.From(1, packs-1)
		case c.Of(h.Troubles[trouble.Over]):
			packs++
		case c.Of(h.Troubles[trouble.Substituted]):
			item = substitute(c, h, item)
		}
		told := delivered(c, l, item, packs)
		first = append(first, told...)
		if c.Of(h.Troubles[trouble.Miscount]) && !item.Serial { // it was counted anew
			again := told[0]
			again.Quantity += c.From(1, 3)
			if c.Of(0.3) {
				again.Deleted = true
			}
			second = append(second, again)
		}
	}
	if len(first) > 0 && hospital.NewChance(h.Seed, "beside "+lines[0].Order, 0).Of(0.05) && len(h.Troubles) > 0 {
		extra := first[0]
		extra.Line, extra.Order, extra.OrderLine, extra.Lot, extra.Serial = 9001, "", 0, extra.Lot+"N", ""
		first = append(first, extra) // nobody ordered it
	}
	for _, f := range [][]Receipt{first, second} {
		if len(f) > 0 {
			files = append(files, f)
		}
	}
	return files
}

// substitute is another item of the same family and unit.
func substitute(c hospital.Chance, h *hospital.Hospital, item *hospital.Item) *hospital.Item {
	var others []*hospital.Item
	for _, x := range h.Items {
		if x.Family == item.Family && x != item {
			others = append(others, x)
		}
	}
	if len(others) == 0 {
		return item
	}
	return hospital.One(c, others)
}

// delivered are the lines of the receipt for one order line: one for each
// serial number, one for each lot.
func delivered(c hospital.Chance, l Line, item *hospital.Item, packs int) (out []Receipt) {
	day, err := time.Parse(time.DateOnly, l.OrderedOn)
	if err != nil {
		day = time.Unix(0, 0).UTC()
	}
	r := Receipt{Number: "GR-" + l.Order, ReceivedOn: day.Format(time.DateOnly), Order: l.Order, OrderLine: l.Line, Place: l.DeliverTo, Item: item.Code}
	if c.Of(0.3) {
		r.Item, r.GTIN = "", item.GTIN
	}
	add := func(quantity int, whole bool, lot, serial string) {
		r.Line, r.Quantity, r.Packs, r.Lot, r.Serial = l.Line*100+len(out)+1, quantity, whole, lot, serial
		if r.Expiry = ""; lot != "" {
			r.Expiry = day.AddDate(3, 0, l.Line).Format(time.DateOnly)
		}
		out = append(out, r)
	}
	lot := func(n int) string {
		if !item.Lots {
			return ""
		}
		return fmt.Sprintf("G%s%03d%d", l.Order[len(l.Order)-4:], l.Line, n)
	}
	switch {
	case item.Serial:
		for n := range packs * item.Pack {
			add(1, false, lot(0), fmt.Sprintf("SG%s%03d%02d", l.Order[len(l.Order)-4:], l.Line, n))
		}
	case packs > 1 && item.Lots && c.Of(0.3): // two lots in one delivery
		add(packs-1, true, lot(1), "")
		add(item.Pack, false, lot(2), "")
	default:
		if c.Of(0.5) {
			add(packs, true, lot(0), "")
		} else {
			add(packs*item.Pack, false, lot(0), "")
		}
	}
	return out
}

var receiptColumns = []string{"receipt_number", "line", "received_on", "order_number", "order_line", "place", "item", "gtin", "quantity", "unit", "lot", "expiry", "serial", "action"}

// WriteGoods writes receipts as the ERP's file.
func WriteGoods(all []Receipt) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(receiptColumns)
	for _, r := range all {
		line, unit, action := "", "each", ""
		if r.OrderLine > 0 {
			line = strconv.Itoa(r.OrderLine)
		}
		if r.Packs {
			unit = "pack"
		}
		if r.Deleted {
			action = "delete"
		}
		_ = w.Write([]string{r.Number, strconv.Itoa(r.Line), r.ReceivedOn, r.Order, line, r.Place, r.Item, r.GTIN, strconv.Itoa(r.Quantity), unit, r.Lot, r.Expiry, r.Serial, action})
	}
	w.Flush()
	return b.Bytes()
}

// ReadGoods reads a file of goods received.
func ReadGoods(raw []byte) (out []Receipt, err error) {
	rows, err := table(raw)
	for _, r := range rows {
		x := Receipt{Number: r["receipt_number"], ReceivedOn: r["received_on"], Order: r["order_number"], Place: r["place"], Item: r["item"], GTIN: r["gtin"], Packs: r["unit"] == "pack", Lot: r["lot"],
			Expiry: r["expiry"], Serial: r["serial"], Deleted: r["action"] == "delete"}
		x.Line, _ = strconv.Atoi(r["line"])
		x.OrderLine, _ = strconv.Atoi(r["order_line"])
		x.Quantity, _ = strconv.Atoi(r["quantity"])
		out = append(out, x)
	}
	return out, err
}
