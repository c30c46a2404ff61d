package feed_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/feed"
)

var london = func() *time.Location {
	z, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return z
}()

// at is a time on the wall in London; 9 March 2026 is a Monday, and summer
// time begins on 29 March.
func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, london)
}

// theatres is the history of a feed that sends n messages an hour on weekdays
// from 8 to 18, for weeks before end, but nothing in the weeks of quiet.
func theatres(end time.Time, weeks int, n int64, quiet ...int) feed.History {
	h := feed.History{First: end.AddDate(0, 0, -7*weeks), Hours: map[time.Time]int64{}}
	for day := range 7 * weeks {
		d := end.In(london).AddDate(0, 0, -day-1)
		for hour := 8; hour < 18; hour++ {
			t := time.Date(d.Year(), d.Month(), d.Day(), hour, 0, 0, 0, london)
			if w := d.Weekday(); w == time.Saturday || w == time.Sunday || t.Before(h.First) {
				continue
			}
			resting := false
			for _, q := range quiet {
				resting = resting || day/7+1 == q
			}
			if !resting {
				h.Hours[t.UTC()] = n
			}
		}
	}
	return h
}

func TestSilent_AFeedIsSilentForLongerThanItsNorm(t *testing.T) {
	monday := at(time.March, 9, 0, 0)
	for _, c := range []struct {
		name      string
		history   feed.History
		last, now time.Time
		after     time.Duration
		want      string // a part of the sentence; empty is not silent
	}{
		{"busy, and nothing for an hour", theatres(monday, 8, 40), at(time.March, 9, 10, 3), at(time.March, 9, 11, 3), 0,
			"theatre has sent nothing since 10:03; on Mondays at this hour it sends about 40 messages."},
		{"busy, and nothing for a while that a restart takes", theatres(monday, 8, 400), at(time.March, 9, 10, 3), at(time.March, 9, 10, 17), 0, ""},
		{"busy, and twenty not yet missing", theatres(monday, 8, 40), at(time.March, 9, 10, 3), at(time.March, 9, 10, 30), 0, ""},
		{"a day's feed, at night", theatres(monday, 8, 40), at(time.March, 9, 17, 59), at(time.March, 10, 3, 0), 0, ""},
		{"a day's feed, over the weekend", theatres(monday, 8, 40), at(time.March, 6, 17, 55), at(time.March, 9, 7, 59), 0, ""},
		{"a day's feed that did not begin on Monday", theatres(monday, 8, 40), at(time.March, 6, 17, 55), at(time.March, 9, 8, 31), 0,
			"theatre has sent nothing since Friday 17:55; on Mondays at this hour it sends about 40 messages."},
		{"two of eight weeks were quiet", theatres(monday, 8, 40, 1, 2), at(time.March, 9, 10, 3), at(time.March, 9, 11, 3), 0, "about 40"},
		{"three of eight weeks were quiet", theatres(monday, 8, 40, 1, 2, 3), at(time.March, 9, 10, 3), at(time.March, 9, 11, 3), 0, ""},
		{"known for less than two weeks", theatres(monday, 1, 40), at(time.March, 9, 10, 3), at(time.March, 9, 17, 0), 0, ""},
		{"known for two weeks", theatres(monday, 2, 40), at(time.March, 9, 10, 3), at(time.March, 9, 11, 3), 0, "about 40"},
		{"seldom heard", theatres(monday, 8, 1), at(time.March, 9, 10, 3), at(time.March, 9, 18, 0), 0, ""},
		{"seldom heard, for days", theatres(monday, 8, 1), at(time.March, 9, 10, 3), at(time.March, 11, 17, 0), 0, "theatre has sent nothing since Monday 10:03"},
		{"gone for a month", theatres(monday, 8, 40), at(time.March, 9, 10, 3), at(time.March, 31, 11, 0), 0, "nothing since 9 March 2026, 10:03"},
		{"an hour by the wall is another in UTC", theatres(at(time.March, 30, 0, 0), 8, 40), at(time.March, 27, 17, 59), at(time.March, 30, 7, 59), 0, ""},
		{"the first working hour of summer time", theatres(at(time.March, 30, 0, 0), 8, 40), at(time.March, 27, 17, 59), at(time.March, 30, 8, 40), 0, "on Mondays at this hour"},
		{"the clock was set back", theatres(monday, 8, 40), at(time.March, 9, 12, 3), at(time.March, 9, 11, 5), 0, ""},
		{"longer than it was told", feed.History{First: monday}, at(time.March, 9, 1, 0), at(time.March, 9, 3, 1), 2 * time.Hour,
			"theatre has sent nothing since 01:00, for longer than the 2h that it may be silent."},
		{"not longer than it was told", theatres(monday, 8, 400), at(time.March, 9, 10, 0), at(time.March, 9, 11, 30), 90 * time.Minute, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, silent := c.history.Silent("theatre", c.last, c.now, london, c.after)
			if silent != (c.want != "") || !strings.Contains(text, c.want) {
				t.Errorf("silent %v: %q", silent, text)
			}
		})
	}
}

func TestSilent_AFeedOfWorkingHoursNeverAlarmsOutsideThem(t *testing.T) {
	monday := at(time.March, 9, 0, 0)
	h := theatres(monday, 8, 40)
	last := at(time.March, 6, 17, 50)
	for now := last; now.Before(at(time.March, 9, 8, 0)); now = now.Add(7 * time.Minute) {
		if text, silent := h.Silent("theatre", last, now, london, 0); silent {
			t.Fatalf("at %s: %s", now, text)
		}
	}
}
