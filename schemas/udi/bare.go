package udi

import "time"

// bare reads a GTIN or SSCC that stands alone, as on a retail pack, and
// reports whether that is what it was.
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
		u.Issuer = GS1
		u.plainCarrier()
		u.Elements = append(u.Elements, Element{AI: "00", Value: text, Title: "SSCC", Position: from})
		return true
	case 8, 12, 13, 14:
	default:
		return false
	}
	readable := u.readable(text, now)
	a, _ := leading(text)
	switch good := checked(text); {
	case good && readable && a.predefined, !good && readable:
		u.Issuer = GS1
		u.plainCarrier()
		u.Elements = append(u.Elements, Element{Value: text, Position: from})
		u.fail(CodeAmbiguous, from, "These digits can be read as a GTIN and as an application identifier with its value. Type them with brackets.")
		return true
	}
	u.Issuer = GS1
	u.bareGTIN(from, to)
	return true
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

// bareGTIN takes raw[from:to] as a GTIN of 8, 12, 13 or 14 digits and pads it.
func (u *UDI) bareGTIN(from, to int) {
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
			u.fail(CodeCheckDigit, from, "The check digit does not agree with the other digits: a digit was misread or the label is wrong. The value is kept as it stands.")
		}
	}
	u.DI = padded
	u.Elements = append(u.Elements, Element{AI: "01", Value: padded, Title: "GTIN", Position: from})
}
