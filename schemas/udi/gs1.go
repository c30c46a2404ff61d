package udi

import (
	"strings"
	"time"
)

// plain reads an element string without brackets from raw[from:to].
func (u *UDI) plain(s symbol, from, to int, now time.Time) {
	u.Elements = make([]Element, 0, 4)
	r := reader{u: u, symbol: s, to: to, now: now}
	r.real = strings.IndexByte(u.Raw[from:to], gs) > 0
	if !r.read(from) {
		u.Elements = []Element{}
		if !u.HasErrors() {
			u.fail(CodeEmpty, from, "There is nothing to read between the separators. Scan the symbol again.")
		}
		return
	}
	u.Issuer = GS1
	switch {
	case u.Carrier == "" && r.separated:
		u.Carrier = "element_string"
	case u.Carrier == "":
		u.Carrier = "plain"
	case !s.gs1:
		u.warn(CodeNotGS1Symbol, from, "These are GS1 data in a symbol that is not marked as GS1's, so separators may have been lost. Tell the supplier.")
	}
	u.associations()
	if u.Carrier == "plain" && !u.namesThing() {
		u.warn(CodeUnmarked, from, "Nothing marks this text as GS1's and it names no product, so it may be something else, such as a catalogue number. It is read as GS1 data.")
	}
}

// namesThing reports whether an element is a key.
func (u *UDI) namesThing() bool {
	for i := range u.Elements {
		if a := lookup(u.Elements[i].AI); a != nil && (a.primary || a.code == "02" || a.code == "03") {
			return true
		}
	}
	return false
}

// reader walks through an element string.
type reader struct {
	u      *UDI
	symbol symbol
	to     int
	now    time.Time
	// used is the first byte of the stand-in that the scanner sends, or 0.
	used byte
	told bool // that there are stand-ins
	real bool // FNC1 comes as 0x1D between the elements
	// separated: a separator was seen, so the scanner sends them.
	separated bool
}

// read reads elements one after the other, and reports whether there was one.
func (r *reader) read(from int) (found bool) {
	raw := r.u.Raw
	for i := from; i < r.to && !r.u.full(i); {
		if n, what := r.separator(i, false); n > 0 {
			// A leading FNC1, or one after a predefined length: harmless.
			r.separates(i, n, what, i > from)
			i += n
			continue
		}
		a, n := leading(raw[i:r.to])
		v := i + n
		for n > 0 && !r.symbol.gs1 && v < r.to && raw[v] == ' ' {
			v++ // as people type it
		}
		end, sep, what := r.end(a, raw[i:i+n], v)
		if sep > 0 {
			r.separates(end, sep, what, true)
		}
		switch {
		case n == 0:
			r.u.noAI(i, end, found)
		case a == nil:
			r.u.unknownAI(raw[i:i+n], raw[v:end], i, v)
			found = true
		default:
			r.u.element(a, raw[v:end], v, elementContext{symbol: r.symbol, separated: r.separated, twice: what == standInTwice, last: end+sep == r.to, now: r.now})
			found = true
		}
		i = end + sep
	}
	return found
}

func (r *reader) separator(i int, hash bool) (n int, what separator) {
	if !mayBegin[r.u.Raw[i]] {
		return 0, noSeparator
	}
	return separatorAt(r.u.Raw, i, r.to, hash, r.used)
}

// separates remembers a separator of n bytes, and tells of the first stand-in.
// Before the first element a single sign other than a caret may be what the
// scanner puts before every scan.
func (r *reader) separates(at, n int, what separator, inside bool) {
	r.separated = r.separated || inside || what == fnc1 || n > 1 || r.u.Raw[at] == '^'
	if what == fnc1 {
		return
	}
	if !r.told && inside {
		r.u.standIn(at, what)
		r.told = true
	}
	r.used = r.u.Raw[at]
}

// end finds where the value that begins at v ends, and the separator there. a
// is nil for an identifier outside the table.
func (r *reader) end(a *ai, code string, v int) (end, sep int, what separator) {
	limit := r.to
	if a != nil && a.predefined {
		limit = min(limit, v+a.max)
	} else if a == nil && code != "" {
		if fixed := reservedLength(code); fixed > 0 {
			limit = min(limit, v+fixed)
		}
	}
	hash := a != nil && a.parts[0].class == 'Y'
	for end = v; end < limit; end++ {
		if !mayBegin[r.u.Raw[end]] {
			continue
		}
		sep, what = separatorAt(r.u.Raw, end, r.to, hash, r.used)
		if what == standInText && r.real {
			r.holds(end)
		} else if sep > 0 {
			return end, sep, what
		}
	}
	return end, 0, noSeparator
}

// holds tells of characters that are often put for FNC1, but stay in the value
// because FNC1 itself is there, too.
func (r *reader) holds(at int) {
	if !r.told {
		r.u.warn(CodeStandIn, at, "These characters often stand for the separator, but real ones came, too, so they are kept in the value. Look at the label.")
		r.told = true
	}
}
