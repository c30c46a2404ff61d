package pipeline

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// RejectedRow is a line of a file that was not taken, and why.
type RejectedRow struct {
	Line int    `json:"line"`
	Path string `json:"path"`
	Code string `json:"code"`
	Text string `json:"text"`
	// Row is the row as it came, with the first of its problems.
	Row []string `json:"-"`
}

// Report says what a file did.
type Report struct {
	Rows     int           `json:"rows"`
	Added    int           `json:"added"`
	Changed  int           `json:"changed"`
	Same     int           `json:"unchanged"`
	Rejected []RejectedRow `json:"rejected"`
	// Ignored names the file's columns that are not read.
	Ignored []string `json:"ignored_columns"`
}

// CatalogueColumns is the layout of a trust's own catalogue file.
var CatalogueColumns = columns("item!", "description!", "base_unit!", "gtin", "npc", "mpc", "manufacturer", "pack_size", "pack_gtin", "supplier!", "supplier_code",
	"price", "band2_packs", "band2_price", "band3_packs", "band3_price", "band4_packs", "band4_price", "currency", "tax", "price_from", "price_to", "lot_tracked", "serial_tracked", "expiry_tracked", "device_class", "implantable", "reportable", "case_ceiling")

// OpeningColumns is the layout of an opening stock file.
var OpeningColumns = columns("place!", "item!", "lot", "expiry", "serial", "quantity!")

// HistoryColumns is the layout of a file of past orders.
var HistoryColumns = columns("order_number!", "ordered_on!", "place!", "item!", "quantity!", "unit_price", "supplier!")

// columns names a comma-separated file's columns; "!" ends those that every
// row must fill.
func columns(names ...string) flatfile.Layout {
	l := flatfile.Layout{Header: true}
	for _, n := range names {
		name, required := strings.CutSuffix(n, "!")
		l.Columns = append(l.Columns, flatfile.Column{Name: name, Field: name, Required: required})
	}
	return l
}

// CatalogueStore keeps catalogue rows: all of rows, or none. It rejects a row
// whose code already names another item.
type CatalogueStore interface {
	LoadCatalogue(ctx context.Context, trust string, rows []catalogue.Row) (added, changed, same int, rejected map[int]*fault.Error, err error)
}

// LoadCatalogue reads a catalogue file that is in memory already and keeps its
// good rows, all in one transaction; progress is told of the rows. It fails if
// the file as a whole cannot be read, and then keeps none. LoadItems is for
// files of any size.
func LoadCatalogue(ctx context.Context, store CatalogueStore, trust, name string, src io.Reader, progress func(rows int)) (Report, error) {
	var report Report
	r, err := flatfile.NewReader(src, CatalogueColumns, flatfile.Options{Name: name})
	if err != nil {
		return report, err
	}
	report.Ignored = r.Extra()
	var rows []catalogue.Row
	var lines []int
	for {
		row, err := r.Read()
		var bad *flatfile.RowError
		if errors.Is(err, io.EOF) {
			break
		}
		report.Rows++
		switch {
		case errors.As(err, &bad):
			for _, p := range bad.Problems {
				report.reject(name, bad.Line, p)
			}
		case err != nil:
			return report, err
		default:
			parsed, problems := catalogue.ParseRow(row.Values)
			for _, p := range problems {
				report.reject(name, row.Line, p)
			}
			if len(problems) == 0 {
				rows, lines = append(rows, parsed), append(lines, row.Line)
			}
		}
	}
	var rejected map[int]*fault.Error
	if report.Added, report.Changed, report.Same, rejected, err = store.LoadCatalogue(ctx, trust, rows); err != nil {
		return report, err
	}
	for i, e := range rejected {
		report.reject(name, lines[i], e)
	}
	progress(report.Rows)
	return report, nil
}

func (r *Report) reject(name string, line int, e *fault.Error) {
	path := e.Path
	if !strings.HasPrefix(path, name+":") {
		path = strings.TrimSuffix(name+":"+strconv.Itoa(line)+":"+e.Path, ":")
	}
	r.Rejected = append(r.Rejected, RejectedRow{Line: line, Path: path, Code: e.Code, Text: e.Text})
}

// OpeningRow is one line of an opening stock file.
type OpeningRow struct {
	Line                     int
	Place, Item, Lot, Serial string
	Expiry                   time.Time
	Quantity                 int64
}

// ReadOpening reads an opening stock file whole; a file with a wrong row is
// refused, for half an opening balance is a wrong one.
func ReadOpening(name string, raw []byte) ([]OpeningRow, error) {
	var out []OpeningRow
	err := readAll(name, raw, OpeningColumns, func(line int, v map[string]string, bad func(column, text string)) {
		o := OpeningRow{Line: line, Place: v["place"], Item: v["item"], Lot: v["lot"], Serial: v["serial"]}
		var err error
		if o.Quantity, err = strconv.ParseInt(v["quantity"], 10, 64); err != nil || o.Quantity < 1 {
			bad("quantity", "Write a whole number of base units, at least 1.")
		}
		if s := v["expiry"]; s != "" {
			if o.Expiry, err = time.Parse(time.DateOnly, s); err != nil {
				bad("expiry", "Write the date as 2031-08-31.")
			}
		}
		out = append(out, o)
	})
	return out, err
}

// HistoryRow is one past order line; Quantity and UnitPrice are per base unit.
type HistoryRow struct {
	Line                          int
	Number, Place, Item, Supplier string
	OrderedOn                     time.Time
	Quantity                      int64
	UnitPrice, Value              decimal.Decimal
}

// ReadHistory reads a file of past orders whole.
func ReadHistory(name string, raw []byte) ([]HistoryRow, error) {
	var out []HistoryRow
	err := readAll(name, raw, HistoryColumns, func(line int, v map[string]string, bad func(column, text string)) {
		h := HistoryRow{Line: line, Number: v["order_number"], Place: v["place"], Item: v["item"], Supplier: v["supplier"]}
		var err error
		if h.Quantity, err = strconv.ParseInt(v["quantity"], 10, 64); err != nil || h.Quantity < 1 {
			bad("quantity", "Write a whole number of base units, at least 1.")
		}
		if h.OrderedOn, err = time.Parse(time.DateOnly, v["ordered_on"]); err != nil {
			bad("ordered_on", "Write the date as 2026-03-14.")
		}
		if s := v["unit_price"]; s != "" {
			if h.UnitPrice, err = decimal.Parse(s); err != nil || h.UnitPrice.IsNeg() {
				bad("unit_price", "Write the price as 620.00.")
			}
		}
		if h.Value, err = purchasing.LineValue(max(h.Quantity, 1), h.UnitPrice); err != nil {
			bad("unit_price", "The line's value is too large.")
		}
		out = append(out, h)
	})
	return out, err
}

func readAll(name string, raw []byte, l flatfile.Layout, row func(line int, v map[string]string, bad func(column, text string))) error {
	t, err := flatfile.Decode(raw, l, flatfile.Options{Name: name})
	if err != nil {
		return err
	}
	var problems []error
	for _, b := range t.Bad {
		problems = append(problems, b.Unwrap()...)
	}
	for _, r := range t.Rows {
		row(r.Line, r.Values, func(column, text string) {
			problems = append(problems, fault.New(fault.Invalid, "value_invalid", "%s", text).At(name+":"+strconv.Itoa(r.Line)+":"+column))
		})
	}
	return errors.Join(problems...)
}
