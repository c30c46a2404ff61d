package nhs

import "strings"

// OPCS4 is a procedure code of the Classification of Interventions and
// Procedures: a letter other than I and three digits, without the dot.
type OPCS4 string

// ParseOPCS4 reads a code with or without its dot. A local fifth character is
// taken off; HasLocalSuffix tells whether there was one.
func ParseOPCS4(s string) (OPCS4, error) {
	v := clean(s)
	if v == "" {
		return "", errorf("empty", 0, "The OPCS-4 code is missing.")
	}
	if len(v) > 3 && v[3] == '.' {
		v = v[:3] + v[4:]
	}
	if len(v) < 4 || len(v) > 5 {
		return "", errorf("length", 0, "An OPCS-4 code has a letter and three digits, as W37.1.")
	}
	if v[0] < 'A' || v[0] > 'Z' || v[0] == 'I' || outside(v[1:4], isDigit) >= 0 || outside(v[4:], isAlphanum) >= 0 {
		return "", errorf("format", 0, "An OPCS-4 code has a letter other than I and three digits, as W37.1.")
	}
	return OPCS4(v[:4]), nil
}

// HasLocalSuffix reports whether s is an OPCS-4 code with a fifth character,
// which only its own hospital understands.
func HasLocalSuffix(s string) bool {
	v := strings.Replace(clean(s), ".", "", 1)
	_, err := ParseOPCS4(s)
	return err == nil && len(v) == 5
}

// String gives the four characters without the dot.
func (c OPCS4) String() string { return string(c) }

// Dotted gives the code as people read it, as W37.1.
func (c OPCS4) Dotted() string {
	if len(c) != 4 {
		return string(c)
	}
	return string(c[:3] + "." + c[3:])
}

// IsQualifier reports whether the code is of chapter Y or Z: it qualifies the
// code before it and is no procedure of its own.
func (c OPCS4) IsQualifier() bool { return c != "" && (c[0] == 'Y' || c[0] == 'Z') }

// Side gives "bilateral", "right", "left" or "unknown" for Z94.1 to Z94.4,
// else nothing.
func (c OPCS4) Side() string {
	switch c {
	case "Z941":
		return "bilateral"
	case "Z942":
		return "right"
	case "Z943":
		return "left"
	case "Z944":
		return "unknown"
	}
	return ""
}
