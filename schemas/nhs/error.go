package nhs

import (
	"fmt"
	"strings"
)

// Error says why a value is not what it should be. Code is stable and
// snake_case: "empty", "length", "character", "format" or "check_digit". Text
// never repeats the value, which may identify a person.
type Error struct {
	Code string
	Text string
	// Position is the 0-based byte offset into the text that was parsed.
	Position int
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

func errorf(code string, position int, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...), Position: position}
}

// clean trims blanks and makes capitals of a to z, and of nothing else: a
// letter of another script never becomes one of these codes' letters.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, strings.TrimSpace(s))
}

// trimRight removes blanks from the end.
func trimRight(s string) string { return strings.TrimRight(s, " \t\r\n") }

// lead is how many blanks s begins with.
func lead(s string) int { return len(s) - len(strings.TrimLeft(s, " \t\r\n")) }

// digitsOf gives the digits of s without spaces and hyphens; bad is the
// offset of another character, or -1.
func digitsOf(s string) (digits string, bad int) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			b.WriteByte(c)
		case c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n':
		default:
			return "", i
		}
	}
	return b.String(), -1
}

// number checks that s is lo to hi digits.
func number(name, s string, lo, hi int) (string, error) {
	from := lead(s)
	s = strings.TrimSpace(s)
	if s == "" {
		return "", errorf("empty", 0, "The %s is missing.", name)
	}
	if at := outside(s, isDigit); at >= 0 {
		return "", errorf("character", from+at, "A %s has digits only.", name)
	}
	if len(s) < lo || len(s) > hi {
		if lo == hi {
			return "", errorf("length", from, "A %s has %d digits; this has %d.", name, lo, len(s))
		}
		return "", errorf("length", from, "A %s has %d to %d digits; this has %d.", name, lo, hi, len(s))
	}
	return s, nil
}

// outside gives the offset of the first byte that is not in, or -1.
func outside(s string, in func(byte) bool) int {
	for i := 0; i < len(s); i++ {
		if !in(s[i]) {
			return i
		}
	}
	return -1
}

func isDigit(c byte) bool    { return c >= '0' && c <= '9' }
func isLetter(c byte) bool   { return c >= 'A' && c <= 'Z' }
func isAlphanum(c byte) bool { return isDigit(c) || isLetter(c) }
