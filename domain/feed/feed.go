// Package feed knows how much a feed, one connector of a trust, usually sends,
// and tells when it has been silent for longer than its norm. It is told what
// was sent by the hour, and never asks the clock.
//
// What messages say does not belong here, nor who is told.
package feed

import (
	"fmt"
	"slices"
	"time"
)

// History is what a feed sent: how many messages in each hour, by the hour's
// beginning in UTC, since it was first heard.
type History struct {
	First time.Time
	Hours map[time.Time]int64
}

const (
	// Weeks is how many weeks back the norm looks.
	Weeks = 8
	// fewestWeeks is how many weeks a feed must have been known before it has
	// a norm of its own.
	fewestWeeks = 2
	// missed is how many messages must be missing before silence is one. Of
	// messages that come by chance, so many are missing together about once in
	// five hundred million; what comes in rushes needs the allowance.
	missed = 20
	// shortest and longest bound the silence that is judged: below the one a
	// sender may have been restarted, and the other is a week.
	shortest = 15 * time.Minute
	longest  = 7 * 24 * time.Hour
)

// Silent reports whether the feed called name, last heard at last, has been
// silent for too long now, with a sentence for people. With after, that is for
// longer than it. Without, it is when at the same hours of the last weeks,
// even in a quiet one, it had sent at least twenty messages: hours at which it
// sends nothing never count, and a quarter of the weeks, as those of bank
// holidays, may have been as silent. A feed that has been known for less than
// two weeks is then never silent, nor is one whose last message lies ahead,
// for the clock was set back.
func (h History) Silent(name string, last, now time.Time, zone *time.Location, after time.Duration) (text string, silent bool) {
	quiet := now.Sub(last)
	switch {
	case quiet <= 0:
		return "", false
	case after > 0 && quiet > after:
		return fmt.Sprintf("%s has sent nothing since %s, for longer than the %s that it may be silent.", name, told(last, now, zone), plain(after)), true
	case after > 0 || quiet < shortest:
		return "", false
	}
	from := last
	if quiet > longest {
		from = now.Add(-longest)
	}
	var sums, hours []float64
	for w := 1; w <= Weeks; w++ {
		if weeksBefore(from, w, zone).Before(h.First) {
			break
		}
		sums = append(sums, h.between(from, now, w, zone))
		hours = append(hours, float64(h.at(now.Truncate(time.Hour), w, zone)))
	}
	if len(sums) < fewestWeeks {
		return "", false
	}
	slices.Sort(sums)
	if sums[len(sums)/4] < missed {
		return "", false
	}
	slices.Sort(hours)
	usual := fmt.Sprintf("it sends about %.0f messages in such a time", sums[len(sums)/2])
	if n := hours[len(hours)/2]; n >= 1 {
		usual = fmt.Sprintf("on %ss at this hour it sends about %.0f messages", now.In(zone).Weekday(), n)
	}
	return fmt.Sprintf("%s has sent nothing since %s; %s.", name, told(last, now, zone), usual), true
}

// between counts what was sent w weeks before the time from one moment to the
// other, hours that are cut by their part.
func (h History) between(from, to time.Time, w int, zone *time.Location) float64 {
	sum := 0.0
	for hour := from.Truncate(time.Hour); hour.Before(to); hour = hour.Add(time.Hour) {
		begin, end := hour, hour.Add(time.Hour)
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		sum += float64(h.at(hour, w, zone)) * end.Sub(begin).Hours()
	}
	return sum
}

// at gives what was sent in the hour that had the same time of day and day of
// the week w weeks before, by the clock on the wall.
func (h History) at(hour time.Time, w int, zone *time.Location) int64 {
	return h.Hours[weeksBefore(hour, w, zone).UTC().Truncate(time.Hour)]
}

func weeksBefore(t time.Time, w int, zone *time.Location) time.Time {
	return t.In(zone).AddDate(0, 0, -7*w)
}

// told writes a time as people say it now.
func told(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04")
	case now.Sub(t) < 6*24*time.Hour:
		return t.Format("Monday 15:04")
	}
	return t.Format("2 January 2006, 15:04")
}

// plain writes a duration without the zeros that Go's has.
func plain(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", int(d.Hours()))
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return d.String()
}
