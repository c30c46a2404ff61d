package udi

// GTIN is a Global Trade Item Number in its 14-digit form with a right check
// digit. Each pack level of a product has a GTIN of its own. The zero value
// is no GTIN; ParseGTIN makes every other one.
type GTIN struct{ key }

// ParseGTIN reads a GTIN of 8, 12, 13 or 14 digits, blanks around it allowed,
// and pads it to 14. Errors have the code "not_digits", "length" or
// "check_digit".
func ParseGTIN(s string) (GTIN, error) {
	s = trim(s)
	if s == "" || !allDigits(s) {
		return GTIN{}, errorf("not_digits", "A GTIN has digits only; look at the label again.")
	}
	switch len(s) {
	case 8, 12, 13, 14:
	default:
		return GTIN{}, errorf("length", "A GTIN has 8, 12, 13 or 14 digits; this has %d.", len(s))
	}
	if !checked(s) {
		return GTIN{}, errorf("check_digit", "The last digit of this GTIN does not agree with the others; a digit was misread or the label is wrong.")
	}
	const zeros = "000000"
	return GTIN{key{zeros[:14-len(s)] + s}}, nil
}

// UnmarshalText reads what MarshalText writes; empty text is no GTIN.
func (g *GTIN) UnmarshalText(b []byte) (err error) { return unmarshal(g, ParseGTIN, b) }

// Short gives the GTIN as its own symbol shows it: 8, 12, 13 or 14 digits. A
// GTIN that was padded cannot say which it was, so a GTIN-12 that begins with
// zeros may come out shorter than it went in.
func (g GTIN) Short() string {
	for _, n := range [...]int{8, 12, 13} {
		if len(g.text) == 14 && number(g.text[:14-n]) == 0 {
			return g.text[14-n:]
		}
	}
	return g.text
}
