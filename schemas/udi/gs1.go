package udi

import "time"

// plain reads an element string without brackets from raw[from:to].
func (u *UDI) plain(s symbol, from, to int, now time.Time) {
	u.Elements = make([]Element, 0, 6)
	raw, separated, standIn, ok := u.Raw, false, false, false
	for i := from; i < to; {
		if n, other := separator(raw, i, to, false); n > 0 {
			// A leading FNC1, or one after a predefined length: harmless.
			if other && !standIn && i > from {
				u.standIn(i)
				standIn = true
			}
			separated = separated || i > from
			i += n
			continue
		}
		a, n := leading(raw[i:to])
		v := i + n
		end, sep, other := endOfElement(raw, a, v, to, n)
		if other && !standIn {
			u.standIn(end)
			standIn = true
		}
		separated = separated || sep > 0
		switch {
		case n == 0:
			u.noAI(i, end, ok)
		case a == nil:
			u.unknownAI(raw[i:v], raw[v:end], v)
			ok = true
		default:
			ok = true
			u.element(a, raw[v:end], v, elementContext{symbol: s, separated: separated, last: end+sep == to, now: now})
		}
		i = end + sep
	}
	if !ok {
		u.Elements = []Element{}
		if !u.HasErrors() {
			u.fail(CodeEmpty, from, "There is nothing to read between the separators. Scan the symbol again.")
		}
		return
	}
	u.Issuer = GS1
	if u.Carrier == "" {
		u.Carrier = "plain"
		if separated || raw[from] == gs {
			u.Carrier = "element_string"
		}
	} else if !s.gs1 {
		u.warn(CodeNotGS1Symbol, from, "These are GS1 data in a symbol that is not marked as GS1's, so separators may have been lost. Tell the supplier.")
	}
	u.associations()
}

// endOfElement finds where the value that begins at v ends, and the length of
// the separator there. a is nil for an identifier outside the table.
func endOfElement(raw string, a *ai, v, to, n int) (end, sep int, standIn bool) {
	limit := to
	if a != nil && a.predefined {
		limit = min(to, v+a.max)
	} else if a == nil && n > 0 {
		if fixed := reservedLength(raw[v-n : v]); fixed > 0 {
			limit = min(to, v+fixed)
		}
	}
	hash := a != nil && a.parts[0].class == 'Y'
	for end = v; end < limit; end++ {
		if !mayBegin[raw[end]] {
			continue
		}
		if sep, standIn = separator(raw, end, to, hash); sep > 0 {
			return end, sep, standIn
		}
	}
	return end, 0, false
}

func (u *UDI) standIn(at int) {
	u.find(SeverityInfo, CodeStandIn, at, "Another character stands for the separator here. The reading is sure; set the scanner to send FNC1 as 0x1D.")
}

// noAI reports text in which no application identifier can begin.
func (u *UDI) noAI(at, end int, read bool) {
	if !read {
		u.fail(CodeUnrecognised, at, "This is none of the forms that are read: GS1, HIBC, ICCBBA. Check which symbol on the label was scanned.")
		return
	}
	u.Elements = append(u.Elements, Element{Value: u.Raw[at:end], Position: at})
	u.fail(CodeUnknownAI, at, "No application identifier can begin here: an earlier value has a wrong length or a separator was lost. The rest is kept unread.")
}

func (u *UDI) unknownAI(code, value string, at int) {
	u.Elements = append(u.Elements, Element{AI: code, Value: value, Position: at})
	u.warn(CodeUnknownAI, at-len(code), "GS1 has assigned no meaning to this application identifier; its value is kept. If the label is right, the table of identifiers needs an update.")
}
