package feed_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/feed"
)

func TestLate_AMessageThatWasSentLongBeforeItCame(t *testing.T) {
	came := at(time.March, 9, 9, 0)
	for name, c := range map[string]struct {
		sent time.Time
		want bool
	}{
		"just now":                      {came.Add(-2 * time.Second), false},
		"exactly as long as it may":     {came.Add(-15 * time.Minute), false},
		"longer than it may":            {came.Add(-15*time.Minute - time.Second), true},
		"a day before":                  {came.AddDate(0, 0, -1), true},
		"the sender's clock runs ahead": {came.Add(time.Hour), false},
		"the sender does not say when":  {time.Time{}, false},
	} {
		if got := feed.Late(c.sent, came, 15*time.Minute); got != c.want {
			t.Errorf("%s: late is %v", name, got)
		}
	}
}

func TestBehind_WhileOldNewsComesOrMessagesWaitTooLong(t *testing.T) {
	now, never := at(time.March, 9, 12, 0), time.Time{}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const after = 15 * time.Minute
	for _, c := range []struct {
		name    string
		lag     feed.Lag
		already bool
		want    string // a part of the sentence; empty is not behind
	}{
		{"nothing is late, nothing waits", feed.Lag{}, false, ""},
		{"a message came late just now", feed.Lag{Late: now}, false, "theatre delivers old news: a message that came at 12:00 had been sent more than 15m before."},
		{"the last late one came a while ago, fresh ones since", feed.Lag{Late: ago(14 * time.Minute)}, true, "came at 11:46"},
		{"no late one came for long enough", feed.Lag{Late: ago(after)}, true, ""},
		{"late yesterday", feed.Lag{Late: ago(24 * time.Hour)}, false, ""},
		{"the clock was set back since", feed.Lag{Late: now.Add(time.Hour), Waiting: now.Add(time.Hour)}, true, ""},
		{"messages wait for their turn", feed.Lag{Waiting: ago(14 * time.Minute)}, false, ""},
		{"a message waits for too long", feed.Lag{Waiting: ago(16 * time.Minute)}, false, "theatre is behind: a message that came at 11:44 waits to be posted."},
		{"it waits since yesterday", feed.Lag{Waiting: ago(18 * time.Hour)}, false, "came at Sunday 18:00"},
		{"what waits shrinks", feed.Lag{Waiting: ago(8 * time.Minute)}, true, "waits to be posted"},
		{"what waits is below the half", feed.Lag{Waiting: ago(7 * time.Minute)}, true, ""},
		{"late and waiting", feed.Lag{Late: ago(time.Minute), Waiting: ago(time.Hour)}, false, "delivers old news"},
		{"late was a while ago, and some still wait", feed.Lag{Late: ago(time.Hour), Waiting: ago(time.Hour)}, true, "waits to be posted"},
		{"nothing ever", feed.Lag{Late: never, Waiting: never}, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, behind := c.lag.Behind("theatre", c.already, now, london, after)
			if behind != (c.want != "") || !strings.Contains(text, c.want) {
				t.Errorf("behind %v: %q", behind, text)
			}
		})
	}
}
