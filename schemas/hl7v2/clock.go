package hl7v2

import (
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Clock is a TM as it was sent: a time of day without a date.
type Clock struct {
	Hour, Minute, Second, Nanosecond int
	// Precision is Hour to Fraction, or "" if no time was given.
	Precision string
	// Zone is the offset that the sender gave; nil if none.
	Zone *time.Location
}

// ParseClock reads HH[MM[SS[.S...]]][+/-ZZZZ]. Empty text gives the zero Clock
// and no error; a time that no clock shows is fault.Invalid with the code
// "hl7_time".
func ParseClock(text string) (Clock, error) {
	text = trimBlanks(text)
	if text == "" || text == `""` {
		return Clock{}, nil
	}
	body, zone, err := cutZone(text)
	if err != nil {
		return Clock{}, badClock()
	}
	digits, tail, dotted := strings.Cut(body, ".")
	if len(digits) > 6 || len(digits)%2 != 0 || len(digits) == 0 {
		return Clock{}, badClock()
	}
	c := Clock{Zone: zone}
	for i, u := range units[3:] {
		if len(digits) < 2*i+2 {
			break
		}
		n, ok := number(digits[2*i : 2*i+2])
		if !ok || n > u.most {
			return Clock{}, badClock()
		}
		*[...]*int{&c.Hour, &c.Minute, &c.Second}[i] = n
		c.Precision = u.precision
	}
	if dotted {
		if c.Nanosecond, err = fraction("."+tail, c.Precision); err != nil {
			return Clock{}, badClock()
		}
		c.Precision = Fraction
	}
	return c, nil
}

func badClock() error {
	return fault.New(fault.Invalid, "hl7_time",
		"This is not a time of day of the form HH[MM[SS[.S]]][+/-ZZZZ]. Correct it at the sender.")
}
