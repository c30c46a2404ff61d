package udi

import "log/slog"

// GLN is a Global Location Number, 13 digits with a right check digit: a
// trust, a theatre, a store room or a shelf. The zero value is no GLN;
// ParseGLN makes every other one.
type GLN struct{ key }

// ParseGLN reads a GLN, blanks around it allowed.
func ParseGLN(s string) (GLN, error) {
	v, err := numericKey("GLN", s, 13)
	return GLN{key{v}}, err
}

// UnmarshalText reads what MarshalText writes; empty text is no GLN.
func (g *GLN) UnmarshalText(b []byte) (err error) { return unmarshal(g, ParseGLN, b) }

// SSCC is a Serial Shipping Container Code, 18 digits with a right check
// digit: one pallet, tote or parcel. The zero value is no SSCC; ParseSSCC
// makes every other one.
type SSCC struct{ key }

// ParseSSCC reads an SSCC, blanks around it allowed.
func ParseSSCC(s string) (SSCC, error) {
	v, err := numericKey("SSCC", s, 18)
	return SSCC{key{v}}, err
}

// UnmarshalText reads what MarshalText writes; empty text is no SSCC.
func (c *SSCC) UnmarshalText(b []byte) (err error) { return unmarshal(c, ParseSSCC, b) }

// GSRN is a Global Service Relation Number, 18 digits with a right check
// digit: a member of staff (AI 8017) or a patient's wristband (AI 8018). It
// is personal data. The zero value is no GSRN; ParseGSRN makes every other
// one.
type GSRN struct{ key }

// ParseGSRN reads a GSRN, blanks around it allowed.
func ParseGSRN(s string) (GSRN, error) {
	v, err := numericKey("GSRN", s, 18)
	return GSRN{key{v}}, err
}

// UnmarshalText reads what MarshalText writes; empty text is no GSRN.
func (g *GSRN) UnmarshalText(b []byte) (err error) { return unmarshal(g, ParseGSRN, b) }

// LogValue keeps the number out of logs (law 9).
func (g GSRN) LogValue() slog.Value { return slog.StringValue("redacted") }

// key is what all GS1 keys have in common. Its text is out of reach of other
// packages, so that only a Parse function makes a key.
type key struct{ text string }

// String gives the digits or characters.
func (k key) String() string { return k.text }

// IsZero reports whether this is no key.
func (k key) IsZero() bool { return k.text == "" }

// MarshalText writes the digits or characters, or nothing for no key.
func (k key) MarshalText() ([]byte, error) { return []byte(k.text), nil }

func unmarshal[T any](to *T, parse func(string) (T, error), b []byte) (err error) {
	var v T
	if len(b) > 0 {
		if v, err = parse(string(b)); err != nil {
			return err
		}
	}
	*to = v
	return nil
}
