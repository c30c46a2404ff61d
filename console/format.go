package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// money writes an amount with its currency: £1,240.00. An amount of more than
// two decimals keeps those that say something.
func money(value, currency string) string {
	sign := ""
	if v, ok := strings.CutPrefix(value, "-"); ok {
		sign, value = "-", v
	}
	whole, part, _ := strings.Cut(value, ".")
	for len(part) > 2 && part[len(part)-1] == '0' {
		part = part[:len(part)-1]
	}
	for len(part) < 2 {
		part += "0"
	}
	amount := sign + thousands(whole) + "." + part
	switch currency {
	case "GBP":
		if sign != "" {
			return "-£" + amount[1:]
		}
		return "£" + amount
	case "":
		return amount
	default:
		return currency + " " + amount
	}
}

// thousands groups digits by three with commas.
func thousands(digits string) string {
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// count writes a number with its noun: 1 line, 2 lines, 1,204 lines.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number writes a whole number with commas.
func number(n int64) string {
	if n < 0 {
		return "-" + thousands(strconv.FormatInt(n, 10)[1:])
	}
	return thousands(strconv.FormatInt(n, 10))
}

// took writes a duration given in milliseconds; nothing measured says so.
func took(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	switch {
	case d <= 0:
		return "not measured"
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", max(ms, 1))
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	default:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
}

// level writes an optional stock level.
func level(n *int64) string {
	if n == nil {
		return "not set"
	}
	return number(*n)
}

// or gives s, or what stands in for it.
func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// short cuts a text for a picture, where it cannot wrap.
func short(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
