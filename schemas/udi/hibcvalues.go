package udi

import (
	"strings"
	"time"
)

// hibcDate reads an expiry date in one of HIBC's formats.
func (u *UDI) hibcDate(flag string, format byte, from, to int, now time.Time) {
	s := u.Raw[from:to]
	u.Elements = append(u.Elements, Element{Flag: flag, Value: s, Title: "EXPIRY", Position: from})
	d, ok := hibcDay(s, format, now)
	if !ok {
		u.fail(CodeDate, from, "This is not a day of the calendar.")
		return
	}
	u.set(&u.Expiry, d, from)
	if (format == '4' || format == '6') && number(s[len(s)-2:]) > 23 {
		u.fail(CodeTime, to-2, "This is not an hour of the day.")
	}
}

func hibcDay(s string, format byte, now time.Time) (Date, bool) {
	if !allDigits(s) {
		return Date{}, false
	}
	switch format {
	case '0', '1':
		return lastOf(century(number(s[2:]), now), number(s[:2]))
	case '2':
		return day3(century(number(s[4:]), now), number(s[:2]), number(s[2:4]))
	case '3', '4':
		return day3(century(number(s[:2]), now), number(s[2:4]), number(s[4:6]))
	}
	return ofYear(century(number(s[:2]), now), number(s[2:5]))
}

// hibcLongDate reads CCYYMMDD after /16D (manufacture) or /14D (expiry).
func (u *UDI) hibcLongDate(flag string, from, end int) {
	s := u.Raw[from:end]
	to, title := &u.Manufactured, "PROD DATE"
	if flag == "14D" {
		to, title = &u.Expiry, "EXPIRY"
	}
	u.Elements = append(u.Elements, Element{Flag: flag, Value: s, Title: title, Position: from})
	if len(s) != 8 || !allDigits(s) {
		u.fail(CodeDate, from, "Eight digits are expected here, as 20251231.")
		return
	}
	d, ok := day3(number(s[:4]), number(s[4:6]), number(s[6:]))
	if !ok {
		u.fail(CodeDate, from, "This is not a day of the calendar.")
		return
	}
	u.set(to, d, from)
}

// set gives a date its value, or reports that it had another.
func (u *UDI) set(to *Date, d Date, at int) {
	switch {
	case to.IsZero():
		*to = d
	case *to != d:
		u.fail(CodeConflict, at, "Two elements give different dates for one thing. The first is taken; look at the label.")
	}
}

func (u *UDI) hibcQuantity(flag string, from, end int) {
	s := u.Raw[from:end]
	u.Elements = append(u.Elements, Element{Flag: flag, Value: s, Title: "QUANTITY", Position: from})
	if s == "" || !allDigits(s) {
		u.fail(CodeCharacter, from, "A quantity has digits only.")
		return
	}
	u.setText(&u.Quantity, unpadded(s), from)
}

// hibcText reads a lot, or a serial where the flag says so.
func (u *UDI) hibcText(flag string, from, end, most int) {
	s, to, title := u.Raw[from:end], &u.Lot, "LOT"
	if flag == "S" || strings.HasSuffix(flag, "+") || strings.HasSuffix(flag, "+7") {
		to, title = &u.Serial, "SERIAL"
	}
	u.Elements = append(u.Elements, Element{Flag: flag, Value: s, Title: title, Position: from})
	switch {
	case s == "":
		u.fail(CodeTooShort, from, "The value is empty.")
		return
	case len(s) > most:
		u.fail(CodeTooLong, from+most, "The value is longer than HIBC allows.")
	}
	if at := strings.IndexAny(s, "$+%"); at >= 0 {
		u.fail(CodeCharacter, from+at, "This character may not stand here.")
	}
	u.setText(to, s, from)
}

// setText gives a field its value, or reports that it had another.
func (u *UDI) setText(to *string, s string, at int) {
	switch {
	case *to == "":
		*to = s
	case *to != s:
		u.fail(CodeRepeated, at, "This came before with another value. The first is taken; look at the label.")
	}
}
