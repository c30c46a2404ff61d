package catalogue

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// packs reads the levels of a file with one row for each product.
func (r *reader) packs() {
	p := r.p
	base := Pack{Unit: p.BaseUnit, Ratio: 1}
	base.Issuer, base.DI = r.di(fDI)
	p.Packs = append(p.Packs, base)
	for _, l := range [...][3]Field{{fPack2Unit, fPack2Size, fPack2DI}, {fPack3Unit, fPack3Size, fPack3DI}, {fPack4Unit, fPack4Size, fPack4DI}} {
		size := r.whole(l[1], 0)
		unit := r.text(l[0], false)
		issuer, di := r.di(l[2])
		if size == 0 {
			if di != "" {
				r.bad(l[2], "pack_di_without_size", "The pack's code is told and its size is not. Give how much it holds.")
			}
			continue
		}
		below := p.Packs[len(p.Packs)-1].Ratio
		if r.Nested {
			size *= below
		}
		switch {
		case size == 1 && len(p.Packs) == 1 && (di == "" || di == base.DI || base.DI == ""):
			// A pack of one is the base unit under another name.
			if p.Packs[0].DI == "" {
				p.Packs[0].Issuer, p.Packs[0].DI = issuer, di
			}
			continue
		case size <= below:
			r.bad(l[1], "pack_not_larger", "A pack holds more base units than the level below it; this one does not.")
			continue
		case size%below != 0:
			r.bad(l[1], "pack_ratio_invalid", "The pack is no whole number of the packs below it.")
			continue
		case size > mostPack:
			r.bad(l[1], "size_invalid", "The pack holds more than %d base units.", mostPack)
			continue
		}
		if unit == "" {
			unit = "pack"
		}
		p.Packs = append(p.Packs, Pack{Unit: unit, Ratio: size, Issuer: issuer, DI: di})
	}
	r.ordered()
	r.distinct()
}

// ordered settles the pack in which the product is ordered: as told, else the
// lowest above the base unit, else the base unit.
func (r *reader) ordered() {
	p := r.p
	none := int64(1)
	if len(p.Packs) > 1 && r.v[fOrderUnits] == "" {
		none = p.Packs[1].Ratio
	}
	p.OrderUnits = r.whole(fOrderUnits, none)
	if !slices.ContainsFunc(p.Packs, func(k Pack) bool { return k.Ratio == p.OrderUnits }) {
		r.bad(fOrderUnits, "pack_unknown", "It is ordered in a pack that none of the levels holds. Give a level's size.")
	}
}

// distinct sees to it that no two levels have one code.
func (r *reader) distinct() {
	for i, a := range r.p.Packs {
		for _, b := range r.p.Packs[:i] {
			if a.DI != "" && a.DI == b.DI {
				r.bad(fDI, "pack_di_same", "Two pack levels have the same code. Each level has its own.")
				return
			}
		}
	}
}

// di reads a device identifier: a GTIN, or one of HIBCC's or ICCBBA's where
// the row says so.
func (r *reader) di(f Field) (Kind, string) {
	s := strings.TrimSpace(r.v[f])
	if s == "" {
		return "", ""
	}
	if shortened(s) {
		r.bad(f, "code_shortened", shortenedText)
		return "", ""
	}
	switch strings.ToUpper(strings.TrimSpace(r.v[fIssuer])) {
	case "HIBCC":
		return HIBCC, r.plainDI(f, strings.TrimPrefix(s, "+"))
	case "ICCBBA":
		return ICCBBA, r.plainDI(f, strings.TrimPrefix(s, "=/"))
	case "", "GS1":
		g, err := udi.ParseGTIN(s)
		if err != nil {
			r.bad(f, "gtin_invalid", "%s", gtinText(s))
			return "", ""
		}
		return GTIN, g.String()
	}
	r.bad(fIssuer, "issuer_unknown", "Write GS1, HIBCC or ICCBBA.")
	return "", ""
}

func (r *reader) plainDI(f Field, s string) string {
	if len(s) < 2 || len(s) > 30 || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		r.bad(f, "di_invalid", "It is not a device identifier: 2 to 30 characters without blanks.")
		return ""
	}
	return s
}

// hierarchy reads the levels of a file with a row for each: a pack's code, the
// code of what it contains, and how many of them.
func (r *reader) hierarchy(rows []Values) {
	p := r.p
	base := Pack{Unit: p.BaseUnit, Ratio: 1}
	base.Issuer, base.DI = r.di(fDI)
	p.Packs = append(p.Packs, base)
	first := r.v
	defer func() { r.v = first }()
	left := make([]*Values, 0, len(rows))
	for i := range rows {
		if rows[i][fPackDI] == "" || r.sameDI(&rows[i], fPackDI, base.DI) {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(rows[i][fPackKind])) {
		case "", "pack":
			left = append(left, &rows[i])
		case "also":
			r.v = &rows[i]
			r.also()
		case "none":
		default:
			r.v = &rows[i]
			r.bad(fPackKind, "pack_kind_unknown", "Write pack, also or none, or leave it empty.")
		}
	}
	for progress := true; progress && len(left) > 0; {
		progress = false
		rest := left[:0]
		for _, v := range left {
			r.v = v
			if !r.outer() {
				rest = append(rest, v)
				continue
			}
			progress = true
		}
		left = rest
	}
	if len(left) > 0 {
		r.v = left[0]
		r.bad(fPackContains, "pack_contents_unknown", "The pack contains a code that no level of the product has.")
	}
	r.v = first
	p.OrderUnits = r.whole(fOrderUnits, 1)
	r.distinct()
}

// also takes the present row's code up as another one of the base unit.
func (r *reader) also() {
	issuer, di := r.di(fPackDI)
	c := ValidCode{Code: Code{Kind: issuer, Value: di}}
	if di != "" && !slices.Contains(r.p.Codes, c) {
		r.p.Codes = append(r.p.Codes, c)
	}
}

func (r *reader) sameDI(v *Values, f Field, di string) bool {
	s := strings.TrimSpace(v[f])
	if g, err := udi.ParseGTIN(s); err == nil {
		s = g.String()
	}
	return di != "" && (s == di || strings.TrimPrefix(s, "+") == di || strings.TrimPrefix(s, "=/") == di)
}

// outer adds the level of the present row, if what it contains is there.
func (r *reader) outer() bool {
	contains := strings.TrimSpace(r.v[fPackContains])
	if contains == "" {
		contains = r.p.Packs[0].DI
	}
	for _, level := range r.p.Packs {
		if level.DI == "" || contains != level.DI && !r.sameDI(r.v, fPackContains, level.DI) {
			continue
		}
		count := r.whole(fPackCount, 0)
		issuer, di := r.di(fPackDI)
		switch {
		case count == 0:
			r.bad(fPackCount, "pack_count_missing", "How many the pack contains is missing.")
		case count*level.Ratio > mostPack:
			r.bad(fPackCount, "size_invalid", "The pack holds more than %d base units.", mostPack)
		case di != "":
			unit := r.text(fPackUnit, false)
			if unit == "" {
				unit = "pack"
			}
			r.p.Packs = append(r.p.Packs, Pack{Unit: unit, Ratio: count * level.Ratio, Issuer: issuer, DI: di})
		}
		return true
	}
	return false
}

// codes reads a code that the product had before, or has beside the others.
func (r *reader) codes() {
	s := r.text(fFormerCode, false)
	if s == "" {
		return
	}
	c := ValidCode{Code: Code{Kind: Kind(strings.ToLower(strings.TrimSpace(r.v[fFormerKind]))), Value: s}}
	c.From, c.To = r.days(fFormerFrom, fFormerTo)
	if c.Kind == "" {
		if c.Kind = r.KeyKind; c.Kind == DI {
			c.Kind = GTIN
		}
		c.Value = r.normal(s)
	}
	switch c.Kind {
	case GTIN:
		g, err := udi.ParseGTIN(s)
		if err != nil {
			r.bad(fFormerCode, "gtin_invalid", "%s", gtinText(s))
			return
		}
		c.Value = g.String()
	case NPC, MPC, ERP, HIBCC, ICCBBA:
	default:
		r.bad(fFormerKind, "code_kind_unknown", "Write gtin, npc, mpc, erp, hibcc or iccbba.")
		return
	}
	if !slices.ContainsFunc(r.p.Codes, func(o ValidCode) bool { return o.Code == c.Code }) {
		r.p.Codes = append(r.p.Codes, c)
	}
}
