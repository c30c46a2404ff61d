package flatfile

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

const blank = "blank"

// format turns a plain value into a cell and back. Neither is called with an
// empty value. The errors hold no part of the value.
type format struct {
	write func(value string) (string, error)
	read  func(cell string) (string, error)
	// typed means that outer blanks say nothing.
	typed bool
}

func formatOf(name string) (f format, complaint string) {
	kind, rest, _ := strings.Cut(name, ":")
	switch {
	case name == "":
		return both(func(v string) (string, error) { return v, nil }), ""
	case name == blank:
		return both(func(string) (string, error) {
			return "", refuse("cell_not_blank", "The column must stay empty.")
		}), ""
	case name == "integer":
		return typed(integer), ""
	case name == "money2":
		return typed(amount(2)), ""
	case name == "money4":
		return typed(amount(4)), ""
	case kind == "text":
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 {
			return format{}, "The format \"text:N\" needs the greatest number of characters, as \"text:40\"."
		}
		return both(atMost(n)), ""
	case kind == "date":
		return dateFormat(rest)
	}
	return format{}, "The format is \"text:N\", \"integer\", \"money2\", \"money4\", \"date:PATTERN\" or \"blank\"."
}

func both(f func(string) (string, error)) format { return format{write: f, read: f} }

func typed(f func(string) (string, error)) format { return format{write: f, read: f, typed: true} }

func refuse(code, text string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, text, args...)
}

func atMost(n int) func(string) (string, error) {
	return func(v string) (string, error) {
		if count := utf8.RuneCountInString(v); count > n {
			return "", refuse("cell_too_long", "The text has %d characters; the column takes %d. Shorten it.", count, n)
		}
		return v, nil
	}
}

// integer gives a whole number without a plus sign or leading zeros.
func integer(v string) (string, error) {
	sign, whole, fraction, ok := digits(v)
	if !ok || strings.Contains(v, ".") || fraction != "" {
		return "", refuse("cell_not_integer", "A whole number in digits is expected, as 12.")
	}
	return sign + whole, nil
}

// amount gives a number with exactly scale decimals. It never rounds: the
// rule that computes an amount also rounds it.
func amount(scale int) func(string) (string, error) {
	return func(v string) (string, error) {
		sign, whole, fraction, ok := digits(v)
		if !ok {
			return "", refuse("cell_not_amount", "An amount in digits with a decimal point is expected, as 1240.00, without currency sign or thousands separator.")
		}
		if len(fraction) > scale {
			return "", refuse("cell_too_precise", "The amount has %d decimals; the column takes %d.", len(fraction), scale)
		}
		return sign + whole + "." + fraction + strings.Repeat("0", scale-len(fraction)), nil
	}
}

// digits takes a plain decimal number apart, without needless zeros.
func digits(v string) (sign, whole, fraction string, ok bool) {
	v = strings.TrimSpace(v)
	if v != "" && (v[0] == '-' || v[0] == '+') {
		sign, v = v[:1], v[1:]
	}
	whole, fraction, point := strings.Cut(v, ".")
	if whole == "" || point && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", "", "", false
	}
	whole = strings.TrimLeft(whole[:len(whole)-1], "0") + whole[len(whole)-1:]
	fraction = strings.TrimRight(fraction, "0")
	if sign == "+" || whole == "0" && fraction == "" {
		sign = ""
	}
	return sign, whole, fraction, true
}

const (
	plainDate = "2006-01-02"
	plainTime = "2006-01-02T15:04:05"
)

var datePattern = strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02", "hh", "15", "mm", "04", "ss", "05")

func dateFormat(pattern string) (format, string) {
	layout := datePattern.Replace(pattern)
	rest := pattern
	for _, part := range []string{"YYYY", "MM", "DD", "hh", "mm", "ss"} {
		rest = strings.Replace(rest, part, "", 1)
	}
	for _, part := range []string{"YYYY", "MM", "DD"} {
		if !strings.Contains(pattern, part) || strings.Trim(rest, "-/. :T") != "" {
			return format{}, "The format \"date:PATTERN\" is made of YYYY, MM and DD once each, hh, mm, ss, and - / . : T or blanks between, as \"date:DD/MM/YYYY\"."
		}
	}
	plain := plainDate
	if strings.Contains(pattern, "hh") {
		plain = plainTime
	}
	return format{
		typed: true,
		write: func(v string) (string, error) {
			t, err := time.Parse(plain, v)
			if err != nil && plain == plainDate {
				t, err = time.Parse(plainTime, v)
			}
			if err != nil {
				return "", refuse("value_not_date", "A date as %s is expected.", wanted(plain))
			}
			return t.Format(layout), nil
		},
		read: func(cell string) (string, error) {
			t, err := time.Parse(layout, strings.TrimSpace(cell))
			if err != nil {
				return "", refuse("cell_not_date", "A date as %s is expected.", pattern)
			}
			return t.Format(plain), nil
		},
	}, ""
}

func wanted(plain string) string {
	if plain == plainTime {
		return "CCYY-MM-DDThh:mm:ss"
	}
	return "CCYY-MM-DD"
}
