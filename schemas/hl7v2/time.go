package hl7v2

import (
	"sync"
	"time"
	_ "time/tzdata" // Europe/London must be known on a machine without zone files

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// The precisions of a Time. Their names are those of the canonical events.
const (
	Year     = "year"
	Month    = "month"
	Day      = "day"
	Hour     = "hour"
	Minute   = "minute"
	Second   = "second"
	Fraction = "fraction"
)

// Time is a DT, TS or DTM as it was sent: never more precise than the sender
// was.
type Time struct {
	// At is the moment; of a date, its first moment. Where the clocks read it
	// twice, the earlier one; where they never read it, the moment by the
	// offset in force before the change.
	At time.Time
	// Precision is Year to Fraction, or "" if no time was given.
	Precision string
	// HasZone is set when the sender gave an offset.
	HasZone bool
	// Other is the second reading in the hour that October repeats; else zero.
	Other time.Time
	// Missing is set for a reading in the hour that March skips.
	Missing bool
}

// units are the parts of a time: where each begins, its precision and range.
var units = [...]struct {
	from, width, least, most int
	precision                string
}{
	{0, 4, 1, 9999, Year}, {4, 2, 1, 12, Month}, {6, 2, 1, 31, Day},
	{8, 2, 0, 23, Hour}, {10, 2, 0, 59, Minute}, {12, 2, 0, 59, Second},
}

// ParseTime reads YYYY[MM[DD[HH[MM[SS[.S...]]]]]][+/-ZZZZ]. Where text gives
// no offset it is a reading of the clocks at loc; nil means Europe/London.
// Empty text gives the zero Time and no error. A time that no calendar has is
// fault.Invalid with the code "hl7_time"; it is never shifted into another.
func ParseTime(text string, loc *time.Location) (Time, error) {
	text = trimBlanks(text)
	if text == "" || text == `""` {
		return Time{}, nil
	}
	if loc == nil {
		loc = london()
	}
	body, zone, err := cutZone(text)
	if err != nil {
		return Time{}, err
	}
	t := Time{HasZone: zone != nil}
	parts := [6]int{1, 1, 1, 0, 0, 0}
	digits := body
	for i, c := range []byte(body) {
		if c == '.' {
			digits = body[:i]
			break
		}
	}
	used := 0
	for i, u := range units {
		if len(digits) < u.from+u.width {
			break
		}
		n, ok := number(digits[u.from : u.from+u.width])
		if !ok || n < u.least || n > u.most {
			return Time{}, badTime()
		}
		parts[i], t.Precision, used = n, u.precision, u.from+u.width
	}
	nanos := 0
	if used < len(body) {
		if nanos, err = fraction(body[used:], t.Precision); err != nil {
			return Time{}, err
		}
		t.Precision = Fraction
	}
	if used == 0 || used != len(digits) || parts[2] > daysIn(parts[0], parts[1]) {
		return Time{}, badTime()
	}
	wall := time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], nanos, time.UTC)
	if zone != nil {
		_, offset := wall.In(zone).Zone()
		t.At = wall.Add(-time.Duration(offset) * time.Second).In(zone)
		return t, nil
	}
	t.place(wall, loc)
	return t, nil
}

// ParseTS is ParseTime for a TS of two components: the time is no more precise
// than degree says, which is Y, L (month), D, H, M, S, or anything else for as
// precise as it is.
func ParseTS(text, degree string, loc *time.Location) (Time, error) {
	t, err := ParseTime(text, loc)
	if err != nil {
		return t, err
	}
	if short := shortened(text, degree); short != "" {
		return ParseTime(short, loc)
	}
	return t, nil
}

// place finds the moments at which the clocks at loc read wall.
func (t *Time) place(wall time.Time, loc *time.Location) {
	_, before := wall.Add(-24 * time.Hour).In(loc).Zone()
	_, after := wall.Add(24 * time.Hour).In(loc).Zone()
	first, second := reading(wall, before, loc), reading(wall, after, loc)
	reads := func(m time.Time, offset int) bool {
		_, o := m.Zone()
		return o == offset
	}
	switch {
	case before == after, reads(first, before) && !reads(second, after):
		t.At = first
	case reads(second, after) && !reads(first, before):
		t.At = second
	case reads(first, before):
		t.At = first
		if t.clock() {
			t.Other = second
		}
	default:
		t.At, t.Missing = first, t.clock()
	}
}

// clock reports whether the sender gave a time of day.
func (t *Time) clock() bool {
	return t.Precision != Year && t.Precision != Month && t.Precision != Day
}

func reading(wall time.Time, offset int, loc *time.Location) time.Time {
	return wall.Add(-time.Duration(offset) * time.Second).In(loc)
}

var london = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.UTC // cannot happen: the zone is embedded
	}
	return loc
})

func badTime() error {
	return fault.New(fault.Invalid, "hl7_time",
		"This is not a time of the form YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ], or no calendar has it. Correct it at the sender.")
}
