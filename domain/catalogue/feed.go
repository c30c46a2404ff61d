package catalogue

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/nhs"
	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// Row is one item as a catalogue file tells it, checked.
type Row struct {
	Item
	GTIN, PackGTIN, NPC, MPC string
	Manufacturer             string
	SupplierCode             string
	DeviceClass              string
	// CaseCeiling is the most base units that one case is thought to use: nil if
	// the row does not say, zero if there is no such number.
	CaseCeiling *int64
	// Prices are what the trust pays for one pack; no bands: not told.
	Prices PriceList
}

// Codes are the item's codes with the base units that each stands for.
func (r Row) Codes() map[Code]int64 {
	out := map[Code]int64{{ERP, r.Code}: 1}
	for _, c := range []struct {
		kind  Kind
		value string
		ratio int64
	}{{MPC, r.MPC, 1}, {NPC, r.NPC, 1}, {GTIN, r.GTIN, 1}, {GTIN, r.PackGTIN, r.PackSize}} {
		if c.value != "" {
			out[Code{c.kind, c.value}] = c.ratio
		}
	}
	return out
}

// RatioCode is a code with the base units that it stands for.
type RatioCode struct {
	Code
	Ratio int64
}

// CodeList gives Codes in an order that is always the same.
func (r Row) CodeList() []RatioCode {
	var out []RatioCode
	for c, ratio := range r.Codes() {
		out = append(out, RatioCode{c, ratio})
	}
	slices.SortFunc(out, func(a, b RatioCode) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value)) })
	return out
}

// The largest pack, ceiling and price that a row may tell: more is a slip of
// the pen, and would not fit an order's sums.
const (
	mostPack    = 1_000_000
	mostCeiling = 1_000_000
)

var mostPrice = decimal.MustParse("99999999.9999")

// longest is how many bytes a text may have.
func longest(column string) int {
	if column == "item" {
		return mostCode
	}
	return mostText
}

// ParseRow checks one line of a catalogue file, by column name. Every problem
// of the line is given, as "column: what to do".
func ParseRow(v map[string]string) (Row, []*fault.Error) {
	var r Row
	var problems []*fault.Error
	bad := func(column, code, text string) {
		problems = append(problems, fault.New(fault.Invalid, code, "%s", text).At(column))
	}
	text := func(column string) string {
		s := oneLine(v[column])
		if code, text := wrongText(s, longest(column)); code != "" {
			bad(column, code, text)
		}
		return s
	}
	need := func(column string) string {
		s := text(column)
		if s == "" {
			bad(column, "value_missing", "The value is missing. Fill it in.")
		}
		return s
	}
	flag := func(column string) bool {
		switch strings.ToLower(strings.TrimSpace(v[column])) {
		case "true", "yes", "y", "1":
			return true
		case "false", "no", "n", "0", "":
			return false
		}
		bad(column, "flag_invalid", "Write true or false.")
		return false
	}
	gtin := func(column string) string {
		s := strings.TrimSpace(v[column])
		if s == "" {
			return ""
		}
		if shortened(s) {
			bad(column, "code_shortened", shortenedText)
			return ""
		}
		g, err := udi.ParseGTIN(s)
		if err != nil {
			bad(column, "gtin_invalid", gtinText(s))
			return ""
		}
		return g.String()
	}
	r.Code, r.Description, r.BaseUnit, r.Supplier = need("item"), need("description"), need("base_unit"), need("supplier")
	r.GTIN, r.PackGTIN = gtin("gtin"), gtin("pack_gtin")
	if s := strings.TrimSpace(v["npc"]); s != "" {
		n, err := nhs.ParseNPC(s)
		if err != nil {
			bad("npc", "npc_invalid", "It is not an NHS Supply Chain product code (letters, then digits). Correct it, or leave it empty.")
		}
		r.NPC = string(n)
	}
	r.MPC, r.Manufacturer, r.SupplierCode = text("mpc"), text("manufacturer"), text("supplier_code")
	r.PackSize = 1
	if s := strings.TrimSpace(v["pack_size"]); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 || n > mostPack {
			bad("pack_size", "pack_size_invalid", "Write a whole number of base units, at least 1 and at most 1000000.")
			n = 1
		}
		r.PackSize = n
	}
	if r.PackSize == 1 && r.PackGTIN != "" && r.PackGTIN != r.GTIN {
		bad("pack_gtin", "pack_gtin_without_pack", "A pack of one has the item's own GTIN. Give the pack size, or leave it empty.")
	}
	if r.PackSize > 1 && r.PackGTIN != "" && r.PackGTIN == r.GTIN {
		bad("pack_gtin", "pack_gtin_same", "Each pack level has its own GTIN. Give the pack's, or leave it empty.")
	}
	if s := strings.TrimSpace(v["case_ceiling"]); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || n > mostCeiling {
			bad("case_ceiling", "case_ceiling_invalid", "Write the most base units that one case is thought to use, a whole number up to 1000000; 0 is no such number.")
		}
		r.CaseCeiling = &n
	}
	r.price(v, bad)
	switch r.DeviceClass = strings.TrimSpace(v["device_class"]); r.DeviceClass {
	case "", "I", "IIa", "IIb", "III":
	default:
		bad("device_class", "device_class_invalid", "Write I, IIa, IIb or III, or leave it empty.")
	}
	r.LotTracked, r.SerialTracked, r.ExpiryTracked = flag("lot_tracked"), flag("serial_tracked"), flag("expiry_tracked")
	r.Implantable, r.Reportable = flag("implantable"), flag("reportable")
	return r, problems
}

// priceFields are those by which a file of a trust's items tells of prices. It
// is always the pack that is ordered which is priced.
var priceFields = [...]Field{fPrice, fCurrency, fTax, fPriceFrom, fPriceTo, fBand2Packs, fBand2Price, fBand3Packs, fBand3Price, fBand4Packs, fBand4Price}

// price reads what a national feed may tell of prices, too, by the same rules.
func (r *Row) price(v map[string]string, bad func(column, code, text string)) {
	var cells Values
	for _, f := range priceFields {
		cells[f] = v[f.String()]
	}
	read := reader{v: &cells, p: &Product{OrderUnits: r.PackSize}}
	read.prices()
	r.Prices = read.p.Prices
	for _, p := range read.problems {
		bad(p.Field.String(), p.Err.Code, p.Err.Text)
	}
}
