package udi

import "time"

// bare reads a GTIN that stands alone, as on a retail pack, and reports
// whether that, or another key without its identifier, is what it was.
func (u *UDI) bare(s symbol, from, to int, now time.Time) bool {
	text := u.Raw[from:to]
	if s.gs1 || !allDigits(text) {
		return false
	}
	switch len(text) {
	case 18:
		if !checked(text) || u.readable(text, now) {
			return false
		}
		u.digits(text, from, "These 18 digits can be an SSCC or the number of a person (GSRN), which look alike. Type them with their identifier in brackets: (00), (8017) or (8018).")
		return true
	case 8, 12, 13, 14:
	default:
		return false
	}
	readable := u.readable(text, now)
	a, _ := leading(text)
	switch good, exact := checked(text), readable && (a.predefined || a.dated()); {
	case exact && !good:
		return false // as a GTIN it would be wrong, and chance seldom makes a date
	case exact, readable && !good:
		u.digits(text, from, "These digits can be read as a GTIN and as an application identifier with its value. Type them with brackets.")
		return true
	}
	u.bareGTIN(from, to)
	return true
}

// dated reports whether the identifier's value begins with a date.
func (a *ai) dated() bool { return a.parts[0].rule == ruleDate || a.parts[0].rule == ruleDay }

// digits keeps digits that can be read in two ways.
func (u *UDI) digits(text string, at int, message string) {
	u.Issuer = GS1
	u.plainCarrier()
	u.Elements = append(u.Elements, Element{Value: text, Position: at})
	u.fail(CodeAmbiguous, at, message)
}

func (u *UDI) plainCarrier() {
	if u.Carrier == "" {
		u.Carrier = "plain"
	}
}

// readable reports whether text is without error an element string that a
// product may bear; any digits from 90 on are one of a company's own.
func (u *UDI) readable(text string, now time.Time) bool {
	if a, _ := leading(text); a == nil || !a.healthcare && !a.predefined {
		return false
	}
	v := UDI{Raw: text}
	v.plain(symbol{gs1: true}, 0, len(text), now)
	return !v.HasErrors()
}

// symbolGTIN reads a GTIN in a symbol that holds nothing else, as EAN-13, and
// the composite component after it, if there is one.
func (u *UDI) symbolGTIN(s symbol, from, to int, now time.Time) {
	end := from
	for end < to && u.Raw[end] >= '0' && u.Raw[end] <= '9' {
		end++
	}
	next := end
	if next < to && u.Raw[next] == '|' {
		next++
	}
	if next+3 >= to || u.Raw[next] != ']' {
		end = to
	}
	whole := end
	if n := end - from - s.gtin; s.addOn && (n == 2 || n == 5) {
		whole -= n
		u.find(SeverityInfo, CodeContent, whole, "The digits from here are a supplement, as magazines bear; they are not read.")
	}
	u.bareGTIN(from, whole)
	switch n := whole - from; {
	case n == 12 && s.gtin == 13:
		u.warn(CodeTooShort, from, "An EAN-13 symbol has 13 digits. The scanner leaves out a leading 0; set it to send all.")
	case n != s.gtin && (n == 8 || n == 12 || n == 13 || n == 14):
		u.fail(CodeTooShort, from, "This symbol holds a GTIN of another length. Scan it again.")
	}
	if end < to {
		r := reader{u: u, symbol: symbolOf(u.Raw[next+1], u.Raw[next+2]), to: to, now: now}
		r.read(next + 3)
		u.associations()
	}
}

// bareGTIN takes raw[from:to] as a GTIN of 8, 12, 13 or 14 digits and pads it.
func (u *UDI) bareGTIN(from, to int) {
	u.Issuer = GS1
	u.plainCarrier()
	text := u.Raw[from:to]
	const zeros = "00000000000000"
	padded := text
	switch {
	case !allDigits(text):
		u.fail(CodeCharacter, from+badChar(text, &setDigits), "A GTIN has digits only.")
	case len(text) != 8 && len(text) != 12 && len(text) != 13 && len(text) != 14:
		u.fail(CodeTooShort, from, "A GTIN has 8, 12, 13 or 14 digits.")
	default:
		padded = zeros[:14-len(text)] + text
		if !checked(text) {
			u.fail(CodeCheckDigit, to-1, wrongCheckDigit)
		}
	}
	u.DI = padded
	u.Elements = append(u.Elements, Element{AI: "01", Value: padded, Title: "GTIN", Position: from})
}
