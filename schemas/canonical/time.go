package canonical

import "time"

// Precision says how much of a time the sender gave.
type Precision string

// The precisions, from none to the second or finer.
const (
	NoTime   Precision = ""
	Year     Precision = "year"
	Month    Precision = "month"
	Day      Precision = "day"
	Hour     Precision = "hour"
	Minute   Precision = "minute"
	Second   Precision = "second"
	Fraction Precision = "fraction"
)

// Instant is a time as the sender told it. A date stays a date: At is then
// its first moment in the trust's zone and Precision is Day.
type Instant struct {
	// Text is the sender's own text.
	Text string `json:"text,omitempty"`
	// At is the moment; zero if none was given or it could not be read.
	At time.Time `json:"at,omitzero"`
	// Precision is how much of At the sender gave.
	Precision Precision `json:"precision,omitempty"`
	// Other is the second reading of an hour that October repeats.
	Other time.Time `json:"other,omitzero"`
	// Missing is set for an hour that March skips.
	Missing bool `json:"missing,omitempty"`
}

// Known reports whether a moment could be read.
func (i Instant) Known() bool { return !i.At.IsZero() }

// Certain reports whether the moment may decide a sequence: it is known to
// the minute or finer, and neither clock change blurs it.
func (i Instant) Certain() bool {
	switch i.Precision {
	case Minute, Second, Fraction:
		return i.Known() && i.Other.IsZero() && !i.Missing
	default:
		return false
	}
}
