package udi

import "log/slog"

// GTIN is a Global Trade Item Number in its 14-digit form with a right check
// digit. Each pack level of a product has a GTIN of its own. The zero value
// is no GTIN; ParseGTIN makes every other one.
type GTIN string

// ParseGTIN reads a GTIN of 8, 12, 13 or 14 digits, blanks around it allowed,
// and pads it to 14. Errors have the code "not_digits", "length" or
// "check_digit".
func ParseGTIN(s string) (GTIN, error) {
	s = trim(s)
	if s == "" || !allDigits(s) {
		return "", errorf("not_digits", "A GTIN has digits only; look at the label again.")
	}
	switch len(s) {
	case 8, 12, 13, 14:
	default:
		return "", errorf("length", "A GTIN has 8, 12, 13 or 14 digits; this has %d.", len(s))
	}
	if !checked(s) {
		return "", errorf("check_digit", "The last digit of this GTIN does not agree with the others; a digit was misread or the label is wrong.")
	}
	const zeros = "000000"
	return GTIN(zeros[:14-len(s)] + s), nil
}

// String gives the 14 digits.
func (g GTIN) String() string { return string(g) }

// Valid reports whether g is 14 digits with a right check digit; only a
// conversion from a string can make one that is not.
func (g GTIN) Valid() bool { return len(g) == 14 && checked(string(g)) }

// GLN is a Global Location Number, 13 digits with a right check digit: a
// trust, a theatre, a store room or a shelf.
type GLN string

// ParseGLN reads a GLN, blanks around it allowed.
func ParseGLN(s string) (GLN, error) {
	v, err := numericKey("GLN", s, 13)
	return GLN(v), err
}

// String gives the 13 digits.
func (g GLN) String() string { return string(g) }

// SSCC is a Serial Shipping Container Code, 18 digits with a right check
// digit: one pallet, tote or parcel.
type SSCC string

// ParseSSCC reads an SSCC, blanks around it allowed.
func ParseSSCC(s string) (SSCC, error) {
	v, err := numericKey("SSCC", s, 18)
	return SSCC(v), err
}

// String gives the 18 digits.
func (c SSCC) String() string { return string(c) }

// GSRN is a Global Service Relation Number, 18 digits with a right check
// digit: a member of staff (AI 8017) or a patient's wristband (AI 8018). It
// is personal data.
type GSRN string

// ParseGSRN reads a GSRN, blanks around it allowed.
func ParseGSRN(s string) (GSRN, error) {
	v, err := numericKey("GSRN", s, 18)
	return GSRN(v), err
}

// String gives the 18 digits.
func (g GSRN) String() string { return string(g) }

// LogValue keeps the number out of logs (law 9).
func (g GSRN) LogValue() slog.Value { return slog.StringValue("redacted") }

// GRAI is a Global Returnable Asset Identifier: 13 digits with a right check
// digit and a serial of up to 16 characters; a tray, a tote, a loan kit.
type GRAI string

// ParseGRAI reads a GRAI, blanks around it allowed. The filler digit 0 that
// AI 8003 puts before it may be present and is taken off, unless the rest
// would then no longer be a GRAI.
func ParseGRAI(s string) (GRAI, error) {
	s = trim(s)
	if len(s) >= 14 && s[0] == '0' && allDigits(s[:14]) && checked(s[1:14]) {
		s = s[1:]
	}
	if len(s) < 13 || len(s) > 29 {
		return "", errorf("length", "A GRAI has 13 digits and up to 16 further characters; this has %d.", len(s))
	}
	if _, err := numericKey("GRAI", s[:13], 13); err != nil {
		return "", err
	}
	if at := badChar(s[13:], &set82); at >= 0 {
		return "", errorf("character", "Character %d of this GRAI cannot stand in one.", 14+at)
	}
	return GRAI(s), nil
}

// String gives the 13 digits and the serial.
func (g GRAI) String() string { return string(g) }

// Type is the kind of asset: the first 13 digits.
func (g GRAI) Type() string { return string(g[:min(13, len(g))]) }

// Serial names the single asset; it is empty if g names only the kind.
func (g GRAI) Serial() string { return string(g[min(13, len(g)):]) }

// GIAI is a Global Individual Asset Identifier, up to 30 characters that
// begin with a GS1 company prefix; it has no check digit.
type GIAI string

// ParseGIAI reads a GIAI, blanks around it allowed.
func ParseGIAI(s string) (GIAI, error) {
	s = trim(s)
	if len(s) < 5 || len(s) > 30 {
		return "", errorf("length", "A GIAI has 5 to 30 characters; this has %d.", len(s))
	}
	if !allDigits(s[:4]) {
		return "", errorf("company_prefix", "A GIAI begins with a GS1 company prefix, at least four digits.")
	}
	if at := badChar(s, &set82); at >= 0 {
		return "", errorf("character", "Character %d of this GIAI cannot stand in one.", 1+at)
	}
	return GIAI(s), nil
}

// String gives the characters.
func (g GIAI) String() string { return string(g) }
