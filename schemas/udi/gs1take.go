package udi

import "time"

// take copies what a value tells into the fields of u; the first one stands.
func (u *UDI) take(a *ai, value string, at int, now time.Time) {
	switch a.code {
	case "01", "03":
		if u.DI == "" {
			u.DI = value
		}
	case "10":
		if u.Lot == "" {
			u.Lot = value
		}
	case "21":
		if u.Serial == "" {
			u.Serial = value
		}
	case "30", "37":
		if u.Quantity == "" && allDigits(value) {
			u.Quantity = unpadded(value)
		}
	case "17":
		u.takeDate(&u.Expiry, value, at, now)
	case "7003":
		u.takeDate(&u.Expiry, value[:min(6, len(value))], at, now)
	case "11":
		u.takeDate(&u.Manufactured, value, at, now)
	case "8008":
		u.takeDate(&u.Manufactured, value[:min(6, len(value))], at, now)
	}
}

func (u *UDI) takeDate(to *Date, value string, at int, now time.Time) {
	d, ok := shortDate(value, now)
	switch {
	case !ok: // reported by the rule
	case to.IsZero():
		*to = d
	case *to != d && !u.Has(CodeRepeated):
		u.fail(CodeConflict, at, "Two elements give different dates for one thing. The first is taken; look at the label.")
	}
}

// shortDate reads YYMMDD; day 00 is the month's last (General Specifications
// 3.4.2).
func shortDate(s string, now time.Time) (Date, bool) {
	if len(s) != 6 || !allDigits(s) {
		return Date{}, false
	}
	y, m, d := century(number(s[:2]), now), number(s[2:4]), number(s[4:])
	if d == 0 {
		return lastOf(y, m)
	}
	return day3(y, m, d)
}

// unpadded takes leading zeros off a count.
func unpadded(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}
