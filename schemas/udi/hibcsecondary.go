package udi

import (
	"strings"
	"time"
)

// secondarySegments reads what follows the primary, or stands alone, parted by
// slashes.
func (u *UDI) secondarySegments(from, end int, now time.Time) {
	for first := true; from <= end && !u.full(from); first = false {
		to := end
		if i := strings.IndexByte(u.Raw[from:end], '/'); i >= 0 {
			to = from + i
		}
		switch s := u.Raw[from:to]; {
		case s == "$" && to < end: // no lot, but something else
			u.Elements = append(u.Elements, Element{Flag: "$", Title: "LOT", Position: to})
		case strings.HasPrefix(s, "Q") && to < end:
			u.warn(CodeContent, from, "The quantity should be the last part of the code.")
			fallthrough
		default:
			u.secondary(from, to, first, now)
		}
		from = to + 1
	}
}

// secondary reads one segment.
func (u *UDI) secondary(from, end int, first bool, now time.Time) {
	s := u.Raw[from:end]
	switch {
	case strings.HasPrefix(s, "$$+"):
		u.hibcDated("$$+", from+3, end, now)
	case strings.HasPrefix(s, "$$"):
		u.hibcDated("$$", from+2, end, now)
	case strings.HasPrefix(s, "$+"):
		u.hibcText("$+", from+2, end, 18)
	case strings.HasPrefix(s, "$"):
		u.hibcText("$", from+1, end, 18)
	case len(s) > 3 && (s[:3] == "16D" || s[:3] == "14D"):
		u.hibcLongDate(s[:3], from+3, end)
	case len(s) > 0 && s[0] == 'S':
		u.hibcText("S", from+1, end, 18)
	case len(s) > 0 && s[0] == 'Q':
		u.hibcQuantity("Q", from+1, end)
	case first && len(s) >= 5 && allDigits(s[:5]):
		u.hibcDate("YYJJJ", '5', from, from+5, now)
		if len(s) > 5 {
			u.hibcText("YYJJJ", from+5, end, 18)
		}
	default:
		u.Elements = append(u.Elements, Element{Flag: "/", Value: s, Position: from})
		if s == "" {
			u.fail(CodeTooShort, from, "The value is empty.")
			return
		}
		u.fail(CodeUnknownFlag, from, "This part of the HIBC code has a flag that is not known; it is kept unread and the other parts are read.")
	}
}

// hibcWidths is the number of digits of a date by its format flag.
var hibcWidths = [...]int{4, 4, 6, 6, 8, 5, 7}

// hibcDated reads quantity, date and lot or serial after "$$" or "$$+".
func (u *UDI) hibcDated(flag string, from, end int, now time.Time) {
	raw := u.Raw
	if from < end && (raw[from] == '8' || raw[from] == '9') {
		n := 2
		if raw[from] == '9' {
			n = 5
		}
		if end-from-1 < n {
			u.fail(CodeTooShort, end, "The quantity is cut short.")
			return
		}
		u.hibcQuantity(flag+raw[from:from+1], from+1, from+1+n)
		if from += 1 + n; from == end {
			return
		}
	}
	if from >= end {
		u.fail(CodeTooShort, end, "A date or its format flag is expected here.")
		return
	}
	format := raw[from]
	switch {
	case format == '7':
		u.hibcText(flag+"7", from+1, end, 18)
		return
	case format < '0' || format > '6':
		u.fail(CodeContent, from, "This is no format of a HIBC date; the rest is kept unread.")
		u.Elements = append(u.Elements, Element{Flag: flag, Value: raw[from:end], Position: from})
		return
	}
	dated, n := flag, hibcWidths[format-'0']
	if format > '1' {
		dated = flag + raw[from:from+1]
		from++
	}
	if end-from < n {
		u.fail(CodeTooShort, end, "The date is cut short.")
		u.Elements = append(u.Elements, Element{Flag: dated, Value: raw[from:end], Position: from})
		return
	}
	u.hibcDate(dated, format, from, from+n, now)
	if from+n < end {
		u.hibcText(flag, from+n, end, 18)
	}
}
