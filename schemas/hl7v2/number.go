package hl7v2

import (
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Number is an NM, exact: as text, never as a float. The zero Number was not
// given.
type Number struct {
	// Text is what was sent, without blanks: an optional sign, digits and at
	// most one point. "" if no number was given.
	Text string
}

// ParseNumber reads an NM. Empty text gives the zero Number. Anything but a
// sign, digits and one point is fault.Invalid with the code "hl7_number": no
// thousands separator, exponent or unit is guessed away.
func ParseNumber(text string) (Number, error) {
	text = trimBlanks(text)
	if text == "" || text == `""` {
		return Number{}, nil
	}
	digits := strings.TrimLeft(text, "+-")
	whole, part, _ := strings.Cut(digits, ".")
	if len(text)-len(digits) > 1 || whole+part == "" || strings.Trim(whole+part, "0123456789") != "" {
		return Number{}, fault.New(fault.Invalid, "hl7_number",
			"This is not a number: an optional sign, digits and at most one point. Correct it at the sender.")
	}
	return Number{text}, nil
}

// Given reports whether a number was sent.
func (n Number) Given() bool { return n.Text != "" }

// Decimal gives the number as unscaled / 10^scale, trailing zeros kept: 2.50 is
// 250 and 2. It reports false if none was given or it has more than 18 digits;
// then only Text holds it.
func (n Number) Decimal() (unscaled int64, scale int, ok bool) {
	whole, part, _ := strings.Cut(n.Text, ".")
	v, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || len(whole)+len(part) > 19 {
		return 0, 0, false
	}
	return v, len(part), true
}

// Int gives a number without a fraction; 3.00 is 3, 3.5 is none.
func (n Number) Int() (int64, bool) {
	v, scale, ok := n.Decimal()
	for ; ok && scale > 0; scale-- {
		if v%10 != 0 {
			return 0, false
		}
		v /= 10
	}
	return v, ok
}

// String gives Text.
func (n Number) String() string { return n.Text }
