package udi

// GRAI is a Global Returnable Asset Identifier: 13 digits with a right check
// digit and a serial of up to 16 characters; a tray, a tote, a loan kit. The
// zero value is no GRAI; ParseGRAI makes every other one.
type GRAI struct{ key }

// ParseGRAI reads a GRAI, blanks around it allowed. The filler digit 0 that
// AI 8003 puts before it may be present and is taken off. Where the text is a
// GRAI with the 0 and without it, the error has the code "ambiguous".
func ParseGRAI(s string) (GRAI, error) {
	s = trim(s)
	g, err := plainGRAI(s)
	if s == "" || s[0] != '0' {
		return g, err
	}
	filled, no := plainGRAI(s[1:])
	switch {
	case no != nil:
		return g, err
	case err == nil:
		return GRAI{}, errorf("ambiguous", "This can be a GRAI as it stands, and one after a filler 0. Leave the filler 0 out, or look at the label again.")
	}
	return filled, nil
}

func plainGRAI(s string) (GRAI, error) {
	if len(s) < 13 || len(s) > 29 {
		return GRAI{}, errorf("length", "A GRAI has 13 digits and up to 16 further characters; this has %d.", len(s))
	}
	if _, err := numericKey("GRAI", s[:13], 13); err != nil {
		return GRAI{}, err
	}
	if at := badChar(s[13:], &set82); at >= 0 {
		return GRAI{}, errorf("character", "Character %d of this GRAI cannot stand in one.", 14+at)
	}
	return GRAI{key{s}}, nil
}

// UnmarshalText reads what MarshalText writes; empty text is no GRAI.
func (g *GRAI) UnmarshalText(b []byte) (err error) { return unmarshal(g, plainGRAI, b) }

// Type is the kind of asset: the first 13 digits.
func (g GRAI) Type() string { return g.text[:min(13, len(g.text))] }

// Serial names the single asset; it is empty if g names only the kind.
func (g GRAI) Serial() string { return g.text[min(13, len(g.text)):] }

// GIAI is a Global Individual Asset Identifier, up to 30 characters that
// begin with a GS1 company prefix; it has no check digit. The zero value is no
// GIAI; ParseGIAI makes every other one.
type GIAI struct{ key }

// ParseGIAI reads a GIAI, blanks around it allowed.
func ParseGIAI(s string) (GIAI, error) {
	s = trim(s)
	if len(s) < 5 || len(s) > 30 {
		return GIAI{}, errorf("length", "A GIAI has 5 to 30 characters; this has %d.", len(s))
	}
	if badPrefix(s) >= 0 {
		return GIAI{}, errorf("company_prefix", "A GIAI begins with a GS1 company prefix, at least four digits.")
	}
	if at := badChar(s, &set82); at >= 0 {
		return GIAI{}, errorf("character", "Character %d of this GIAI cannot stand in one.", 1+at)
	}
	return GIAI{key{s}}, nil
}

// UnmarshalText reads what MarshalText writes; empty text is no GIAI.
func (g *GIAI) UnmarshalText(b []byte) (err error) { return unmarshal(g, ParseGIAI, b) }
