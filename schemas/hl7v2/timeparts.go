package hl7v2

import (
	"strings"
	"time"
)

// cutZone takes an offset off the end of text; zone is nil if it has none.
// The letter Z is no HL7 but is met, and can mean only one thing.
func cutZone(text string) (body string, zone *time.Location, err error) {
	if body, ok := strings.CutSuffix(text, "Z"); ok {
		return body, time.UTC, nil
	}
	i := strings.IndexAny(text, "+-")
	if i < 0 {
		return text, nil, nil
	}
	if len(text)-i != 5 {
		return "", nil, badTime()
	}
	hours, ok1 := number(text[i+1 : i+3])
	minutes, ok2 := number(text[i+3:])
	if !ok1 || !ok2 || hours > 14 || minutes > 59 {
		return "", nil, badTime()
	}
	seconds := hours*3600 + minutes*60
	if text[i] == '-' {
		seconds = -seconds
	}
	if seconds == 0 {
		return text[:i], time.UTC, nil
	}
	return text[:i], time.FixedZone(text[i:], seconds), nil
}

// shortened gives text to the degree of precision that a TS.2 names: Y, L, D,
// H, M or S; "" if it names none, or text is not longer.
func shortened(text, degree string) string {
	text = trimBlanks(text)
	body, _, err := cutZone(text)
	i := strings.Index("YLDHMS", degree)
	if err != nil || len(degree) != 1 || i < 0 || len(body) <= units[i].from+units[i].width {
		return ""
	}
	return body[:units[i].from+units[i].width] + text[len(body):]
}

// fraction reads .S to .SSSSSSSSS after a full time of day.
func fraction(text, precision string) (nanos int, err error) {
	digits := strings.TrimPrefix(text, ".")
	n, ok := number(digits)
	if precision != Second || len(digits) == len(text) || !ok || len(digits) > 9 {
		return 0, badTime()
	}
	for range 9 - len(digits) {
		n *= 10
	}
	return n, nil
}

// number reads decimal digits and nothing else.
func number(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func trimBlanks(s string) string { return strings.Trim(s, " \t") }
