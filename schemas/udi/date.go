package udi

import (
	"fmt"
	"time"
)

// Date is a calendar day without a zone; the zero value is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads CCYY-MM-DD. Empty text is the zero Date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		y, m, day := number(s[:4]), number(s[5:7]), number(s[8:])
		if d, ok := day3(y, m, day); ok {
			return d, nil
		}
	}
	return Date{}, errorf("date", "A date is written CCYY-MM-DD and must exist in the calendar.")
}

// DateOf gives the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String gives CCYY-MM-DD, or nothing for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool {
	if d.Year != e.Year {
		return d.Year < e.Year
	}
	if d.Month != e.Month {
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

// MarshalText writes CCYY-MM-DD, or nothing for no date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// day3 makes a Date if the calendar has the day.
func day3(year, month, day int) (Date, bool) {
	if year < 1 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month) {
		return Date{}, false
	}
	return Date{year, time.Month(month), day}, true
}

// lastOf gives the last day of a month, for carriers that tell no day.
func lastOf(year, month int) (Date, bool) {
	if month < 1 || month > 12 {
		return Date{}, false
	}
	return day3(year, month, monthDays(year, month))
}

// ofYear gives the nth day of a year, from 1.
func ofYear(year, n int) (Date, bool) {
	for m := 1; m <= 12 && n > 0; m++ {
		if k := monthDays(year, m); n > k {
			n -= k
		} else {
			return day3(year, m, n)
		}
	}
	return Date{}, false
}

func monthDays(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// number reads digits; anything else gives -1.
func number(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// century completes a two-digit year (General Specifications 7.12): a year
// 51 to 99 ahead of the present two digits is in the last century, one 50 to
// 99 behind them in the next.
func century(yy int, now time.Time) int {
	year := now.Year()
	full := year - year%100 + yy
	switch diff := yy - year%100; {
	case diff >= 51:
		return full - 100
	case diff <= -50:
		return full + 100
	}
	return full
}
