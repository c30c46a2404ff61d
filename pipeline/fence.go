package pipeline

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// Fence tells whether a trust's orders are held since a restore, inside the
// transaction that ctx carries.
type Fence interface {
	Fenced(ctx context.Context, trust string) (bool, error)
}

// Witness is told what the outside world is told, and keeps it outside the
// database.
type Witness interface {
	// Acknowledged comes after the messages' commit and before their answers.
	Acknowledged(trust string, in []connectors.Envelope, out []connectors.Receipt)
	// Sending comes before an order's delivery is tried, which does not happen
	// if it fails; Sent comes after it has succeeded.
	Sending(trust, number string, f connectors.File) error
	Sent(trust, number string, f connectors.File)
}

// codeHeld is the code of an order that waits behind the fence.
const codeHeld = "orders_held"

func held(trust string) error {
	return fault.New(fault.Unavailable, codeHeld, "Orders of %s are held since a restore. `stockwell fence check` tells what to compare, `stockwell fence lift` lets them go.", trust)
}

// OrderNumber reads the number out of an order file's name, and its count. ok
// is false if the name is not one that the layout gives to an order of the
// trust.
func OrderNumber(layout flatfile.Layout, prefix, name string) (number string, count int64, ok bool) {
	const here = "{order_number}"
	before, after, found := strings.Cut(layout.FileName, here)
	if !found {
		return "", 0, false
	}
	other := regexp.MustCompile(`\\\{[^{}]*\\\}`)
	quote := func(s string) string { return other.ReplaceAllString(regexp.QuoteMeta(s), `[A-Za-z0-9._-]+`) }
	re, err := regexp.Compile("^" + quote(before) + "(" + regexp.QuoteMeta(prefix) + `(\d{1,18}))` + quote(after) + "$")
	if err != nil {
		return "", 0, false
	}
	m := re.FindStringSubmatch(name)
	if m == nil {
		return "", 0, false
	}
	count, err = strconv.ParseInt(m[2], 10, 64)
	return m[1], count, err == nil
}

// ForeignOrder is an order as its file tells it: one that was sent before a
// restore, and that the books no longer know.
type ForeignOrder struct {
	Number, Supplier, DeliverTo, Currency string
	OrderedOn                             time.Time // zero if the file does not say
	Lines                                 []ForeignLine
}

// ForeignLine is one of its lines.
type ForeignLine struct {
	Row  int // in the file
	Item string
	// Packs of PackSize base units; PackSize is 0 if the file does not say, and
	// the catalogue's then holds.
	Packs, PackSize int64
	UnitPrice       decimal.Decimal
}

// ReadOrder reads an order's file by the layout that wrote it.
func ReadOrder(layout flatfile.Layout, name string, raw []byte, zone *time.Location) (ForeignOrder, error) {
	var o ForeignOrder
	t, err := flatfile.Decode(raw, layout, flatfile.Options{Name: name})
	if err != nil {
		return o, err
	}
	if len(t.Bad) > 0 {
		return o, t.Bad[0]
	}
	bad := func(row int, column, text string) error {
		return fault.New(fault.Invalid, "order_file_unreadable", "%s", text).At(name + ":" + strconv.Itoa(row) + ":" + column)
	}
	for i, r := range t.Rows {
		v := r.Values
		if i == 0 {
			o.Number, o.Supplier, o.DeliverTo, o.Currency = v["order_number"], v["supplier"], v["deliver_to"], v["currency"]
			o.OrderedOn, _ = time.ParseInLocation(time.DateOnly, v["order_date"], zone)
		}
		if v["order_number"] != o.Number || o.Number == "" {
			return o, bad(r.Line, "order_number", "Each row must name the one order that the file holds.")
		}
		l := ForeignLine{Row: r.Line, Item: v["item"]}
		if l.Packs, err = strconv.ParseInt(v["quantity"], 10, 64); err != nil || l.Packs < 1 {
			return o, bad(r.Line, "quantity", "A whole number of packs, at least 1, is expected.")
		}
		if l.PackSize, err = packSize(v, l.Packs); err != nil {
			return o, bad(r.Line, "unit", "The size of the pack cannot be read.")
		}
		if s := v["unit_price"]; s != "" {
			if l.UnitPrice, err = decimal.Parse(s); err != nil {
				return o, bad(r.Line, "unit_price", "The price cannot be read.")
			}
		}
		o.Lines = append(o.Lines, l)
	}
	if len(o.Lines) == 0 || o.Supplier == "" || o.DeliverTo == "" || o.Lines[0].Item == "" {
		return o, fault.New(fault.Invalid, "order_file_incomplete", "The file does not say what was ordered, from whom and for where.").At(name)
	}
	return o, nil
}

// packSize finds a pack's size in what the layout writes of it: the size
// itself, the quantity in base units, or the unit's text.
func packSize(v map[string]string, packs int64) (int64, error) {
	if s := v["pack_size"]; s != "" {
		return strconv.ParseInt(s, 10, 64)
	}
	if s := v["base_quantity"]; s != "" {
		all, err := strconv.ParseInt(s, 10, 64)
		if err == nil && all%packs != 0 {
			err = strconv.ErrRange
		}
		return all / packs, err
	}
	unit := v["unit"]
	if size, ok := strings.CutPrefix(unit, packOf); ok {
		return strconv.ParseInt(size, 10, 64)
	}
	if unit != "" {
		return 1, nil
	}
	return 0, nil
}

// packOf begins the unit of a line that is ordered in packs of several.
const packOf = "pack of "
