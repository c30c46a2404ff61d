package catalogue

import (
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/nhs"
	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// Reading is what must be known to read the rows of a source.
type Reading struct {
	// KeyKind is what the source's keys are.
	KeyKind Kind
	// Nested says that a pack's size counts the packs of the level below, not
	// base units.
	Nested bool
}

// Problem is what is wrong with one field of a row.
type Problem struct {
	Field Field
	Err   *fault.Error
}

// reader gathers what is wrong with a product's rows.
type reader struct {
	Reading
	v        *Values
	p        *Product
	problems []Problem
}

// ReadProduct checks the rows that tell of one product: one, or in a file with
// a row for each pack several with the same key. The first row tells
// everything but its packs. Every problem is given.
func (how Reading) ReadProduct(rows []Values) (Product, []Problem) {
	p := Product{}
	r := &reader{Reading: how, v: &rows[0], p: &p}
	p.Key = r.key()
	if (how.KeyKind == DI || how.KeyKind == GTIN) && r.v[fDI] == "" && len(r.problems) == 0 {
		r.v[fDI] = r.v[fKey]
	}
	switch action := strings.ToLower(r.v[fAction]); action {
	case "", "add", "change", "upsert":
	case "remove":
		p.Gone = true
		return p, r.problems
	default:
		r.bad(fAction, "action_unknown", "Write add, change or remove, or leave it empty.")
	}
	r.attributes()
	r.flags()
	if len(rows) > 1 || rows[0][fPackDI] != "" {
		r.hierarchy(rows)
	} else {
		r.packs()
	}
	r.codes()
	r.prices()
	r.status()
	r.alternatives()
	return p, r.problems
}

func (r *reader) bad(f Field, code, text string, args ...any) {
	r.problems = append(r.problems, Problem{f, fault.New(fault.Invalid, code, text, args...)})
}

// text is a cell that people wrote. One that a spreadsheet would run is
// refused: the catalogue is exported to them.
func (r *reader) text(f Field, need bool) string {
	s := oneLine(r.v[f])
	if s == "" && need {
		r.bad(f, "value_missing", "The value is missing. Fill it in.")
	}
	if code, text := wrongText(s, mostText); code != "" {
		r.problems = append(r.problems, Problem{f, fault.New(fault.Invalid, code, "%s", text)})
	}
	return s
}

// key reads the source's own name of the product.
func (r *reader) key() string {
	s := r.text(fKey, true)
	if s == "" {
		return ""
	}
	if r.KeyKind == NPC {
		n, err := nhs.ParseNPC(s)
		if err != nil {
			r.bad(fKey, "npc_invalid", "It is not an NHS Supply Chain product code: three letters, then digits.")
		}
		return string(n)
	}
	s = r.normal(s)
	if len(s) > mostCode {
		r.bad(fKey, "key_too_long", "The code is longer than 80 bytes.")
	}
	return s
}

// Key is a cell as a key of the source; empty if it can be none.
func (how Reading) Key(cell string) string {
	r := reader{Reading: how}
	key := r.normal(strings.TrimSpace(cell))
	if len(key) > mostCode {
		return ""
	}
	return key
}

// normal writes a key as it is kept.
func (r *reader) normal(s string) string {
	switch r.KeyKind {
	case NPC:
		if n, err := nhs.ParseNPC(s); err == nil {
			return string(n)
		}
	case GTIN, DI:
		if g, err := udi.ParseGTIN(s); err == nil {
			return g.String()
		}
	}
	return s
}

func (r *reader) attributes() {
	p := r.p
	p.Description, p.Manufacturer, p.MPC = r.text(fDescription, true), r.text(fManufacturer, false), r.text(fMPC, false)
	p.Supplier, p.SupplierCode = r.text(fSupplier, false), r.text(fSupplierCode, false)
	p.GMDN, p.EMDN = r.text(fGMDN, false), r.text(fEMDN, false)
	if p.BaseUnit = r.text(fBaseUnit, false); p.BaseUnit == "" {
		p.BaseUnit = "each"
	}
	if s := strings.TrimSpace(r.v[fNPC]); s != "" {
		n, err := nhs.ParseNPC(s)
		if err != nil {
			r.bad(fNPC, "npc_invalid", "It is not an NHS Supply Chain product code: three letters, then digits. Correct it, or leave it empty.")
		}
		p.NPC = string(n)
	}
	if s := strings.TrimSpace(r.v[fEClass]); s != "" {
		e, err := nhs.ParseEClass(s)
		if err != nil {
			r.bad(fEClass, "eclass_invalid", "An NHS-eClass code has three letters. Correct it, or leave it empty.")
		}
		p.EClass = string(e)
	}
	switch p.Route = Route(strings.ToLower(strings.TrimSpace(r.v[fRoute]))); p.Route {
	case "", Stocked, BlueDiamond, EDirect, Direct:
	default:
		r.bad(fRoute, "route_unknown", "Write stocked, blue_diamond, edirect or direct, or leave it empty.")
	}
	switch p.DeviceClass = strings.TrimSpace(r.v[fDeviceClass]); p.DeviceClass {
	case "", "I", "IIa", "IIb", "III":
	default:
		r.bad(fDeviceClass, "device_class_invalid", "Write I, IIa, IIb or III, or leave it empty.")
	}
}

func (r *reader) flags() {
	p := r.p
	p.Implantable, p.Reportable = r.flag(fImplantable), r.flag(fReportable)
	p.LotTracked, p.SerialTracked, p.ExpiryTracked = r.flag(fLotTracked), r.flag(fSerialTracked), r.flag(fExpiryTracked)
}

func (r *reader) flag(f Field) Flag {
	switch strings.ToLower(strings.TrimSpace(r.v[f])) {
	case "":
		return NotTold
	case "true", "yes", "y", "1":
		return Yes
	case "false", "no", "n", "0":
		return No
	}
	r.bad(f, "flag_invalid", "Write true or false, or leave it empty.")
	return NotTold
}

// whole reads a count of at least 1; empty gives the default.
func (r *reader) whole(f Field, none int64) int64 {
	s := strings.TrimSpace(r.v[f])
	if s == "" {
		return none
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || n > mostPack {
		r.bad(f, "size_invalid", "Write a whole number, at least 1 and at most %d.", mostPack)
		return none
	}
	return n
}

// day reads a date in its plain form, which the profile's format gives it.
func (r *reader) day(f Field) time.Time {
	s := strings.TrimSpace(r.v[f])
	if s == "" {
		return time.Time{}
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil || d.Year() < 1900 || d.Year() > 2999 {
		r.bad(f, "date_invalid", "Write the date as 2026-03-14, of a year from 1900 on.")
		return time.Time{}
	}
	return d
}

func (r *reader) days(from, to Field) (time.Time, time.Time) {
	a, b := r.day(from), r.day(to)
	if !a.IsZero() && !b.IsZero() && b.Before(a) {
		r.bad(to, "dates_crossed", "The last day is before the first.")
		b = time.Time{}
	}
	return a, b
}

func (r *reader) status() {
	p := r.p
	from, to := r.days(fSuspendedFrom, fSuspendedTo)
	reason := r.text(fSuspendedReason, false)
	p.DiscontinuedOn = r.day(fDiscontinuedOn)
	switch strings.ToLower(strings.TrimSpace(r.v[fStatus])) {
	case "":
	case "active":
		reason, from, to, p.DiscontinuedOn = "", time.Time{}, time.Time{}, time.Time{}
	case "suspended":
		if reason == "" {
			reason = "not told"
		}
	case "discontinued":
		p.Discontinued = true
	case "removed":
		*p = Product{Key: p.Key, Gone: true}
		return
	default:
		r.bad(fStatus, "status_unknown", "Write active, suspended, discontinued or removed, or leave it empty.")
	}
	p.Discontinued = p.Discontinued || !p.DiscontinuedOn.IsZero()
	if reason != "" || !from.IsZero() {
		p.Suspension = &Suspension{Reason: reason, From: from, To: to}
	}
}

func (r *reader) alternatives() {
	seen := map[string]bool{}
	for _, f := range [...]Field{fDirect, fIndirect} {
		for s := range strings.FieldsFuncSeq(r.v[f], func(c rune) bool { return c == ';' || c == '|' || c == ',' || c == ' ' }) {
			s = r.normal(s)
			switch {
			case s == r.p.Key:
				r.bad(f, "alternative_itself", "A product is no alternative to itself.")
			case len(s) > mostCode:
				r.bad(f, "key_too_long", "The code is longer than 80 bytes.")
			case formula(s):
				r.bad(f, "cell_formula", formulaText)
			case seen[s]:
				r.bad(f, "alternative_twice", "An alternative is named twice; it is either direct or indirect.")
			default:
				seen[s] = true
				r.p.Alternatives = append(r.p.Alternatives, Alternative{Direct: f == fDirect, Key: s})
			}
		}
	}
}

func (r *reader) prices() {
	l := &r.p.Prices
	l.Currency = strings.ToUpper(strings.TrimSpace(r.v[fCurrency]))
	if l.Currency == "" {
		l.Currency = "GBP"
	}
	if len(l.Currency) != 3 || strings.Trim(l.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		r.bad(fCurrency, "currency_invalid", "Write a currency as three letters, as GBP.")
	}
	switch l.Tax = strings.ToLower(strings.TrimSpace(r.v[fTax])); l.Tax {
	case "":
		l.Tax = "exclusive"
	case "exclusive", "inclusive", "exempt":
	default:
		r.bad(fTax, "tax_unknown", "Write exclusive, inclusive or exempt.")
	}
	l.From, l.To = r.days(fPriceFrom, fPriceTo)
	l.Units = r.whole(fPriceUnits, r.p.OrderUnits)
	if price, ok := r.amount(fPrice); ok {
		l.Bands = append(l.Bands, Band{1, price})
	}
	for _, b := range [...][2]Field{{fBand2Packs, fBand2Price}, {fBand3Packs, fBand3Price}, {fBand4Packs, fBand4Price}} {
		price, ok := r.amount(b[1])
		if !ok {
			continue
		}
		from := r.whole(b[0], 0)
		switch n := len(l.Bands); {
		case n == 0 && strings.TrimSpace(r.v[fPrice]) != "": // told already
		case n == 0:
			r.bad(b[1], "band_without_price", "A price from a quantity on needs the price of one pack before it.")
		case from <= l.Bands[n-1].FromPacks:
			r.bad(b[0], "band_order", "The price counts from a number of packs that must be above that of the band before it.")
		default:
			l.Bands = append(l.Bands, Band{from, price})
		}
	}
}

func (r *reader) amount(f Field) (decimal.Decimal, bool) {
	s := strings.TrimSpace(r.v[f])
	if s == "" {
		return decimal.Decimal{}, false
	}
	d, err := decimal.Parse(s)
	if err != nil || strings.ContainsAny(s, "eE") || d.IsNeg() || d.Scale() > 4 && d.Trim(4).Scale() > 4 || d.Cmp(mostPrice) > 0 {
		r.bad(f, "price_invalid", "Write a price as 1240.00: a point, no comma, no thousands separator and no sign of the currency, at most four decimals, and no more than 99999999.9999.")
		return decimal.Decimal{}, false
	}
	return d.Trim(0), true
}
