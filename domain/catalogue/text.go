package catalogue

import (
	"fmt"
	"strings"
	"unicode"
)

// How long texts and codes may be, in bytes.
const (
	mostText = 2000
	mostCode = 80
)

const (
	formulaText   = "The cell begins as a spreadsheet's formula does. Give the text itself; nothing in a file is ever computed."
	shortenedText = "A spreadsheet has written this code as a number with an exponent, and its last digits are lost. Take it from the source again, with the column formatted as text."
)

// oneLine is a cell's text on one line, as it is read, without what moves a
// terminal's cursor: a line break in a quoted cell is a blank.
func oneLine(s string) string {
	s = strings.TrimSpace(s)
	if strings.IndexFunc(s, unseen) < 0 {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || unseen(c) }), " ")
}

// unseen are control characters, and those that turn the direction of what
// follows or have no width.
func unseen(c rune) bool { return c < ' ' || c >= 0x7f && unicode.In(c, unicode.Cc, unicode.Cf) }

// wrongText says what is wrong with a text that people wrote. One that a
// spreadsheet would run is refused: the catalogue is exported to them.
func wrongText(s string, most int) (code, text string) {
	switch {
	case s == "":
	case formula(s):
		return "cell_formula", formulaText
	case shortened(s):
		return "code_shortened", shortenedText
	case len(s) > most:
		return "text_too_long", fmt.Sprintf("The text is longer than %d bytes. Shorten it.", most)
	}
	return "", ""
}

// gtinText says what is wrong with a code that is no GTIN.
func gtinText(s string) string {
	if len(s) >= 9 && len(s) <= 11 && strings.Trim(s, "0123456789") == "" {
		return "A GTIN has 8, 12, 13 or 14 digits: a spreadsheet may have taken zeros from its beginning. Take it from the source again, with the column formatted as text."
	}
	return "It is not a GTIN with a right check digit. Correct it, or leave it empty."
}

// formula reports whether a spreadsheet would compute a cell.
func formula(s string) bool {
	return s[0] == '=' || s[0] == '@' || (s[0] == '+' || s[0] == '-') && len(s) > 1 && strings.ContainsAny(s, "(!|")
}

// shortened reports whether a text is a long number as a spreadsheet shows it,
// 5.01234E+12.
func shortened(s string) bool {
	number, exponent, ok := strings.Cut(s, "E+")
	if !ok || number == "" || exponent == "" || strings.Trim(exponent, "0123456789") != "" {
		return false
	}
	whole, _, _ := strings.Cut(strings.Replace(number, ",", ".", 1), ".")
	return len(whole) == 1 && strings.Trim(number, "0123456789.,") == ""
}
