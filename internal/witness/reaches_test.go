package witness

import (
	"testing"
	"time"
)

func TestLog_ReachesNoFurtherBackThanItsNotesAreKept(t *testing.T) {
	t.Parallel()
	l, c := opened(t)
	for _, s := range []struct {
		now, at      string
		acks, orders bool
	}{
		{"2026-03-20 09:00:00", "2026-03-13 09:00:00", false, false}, // before the first note
		{"2026-03-20 09:00:00", "2026-03-19 09:00:00", true, true},
		{"2026-04-24 01:00:00", "2026-03-20 09:00:00", true, true},
		{"2026-04-25 01:00:00", "2026-03-20 09:00:00", false, true},
		{"2027-04-30 01:00:00", "2026-03-20 09:00:00", false, false},
	} {
		c.set(s.now)
		at, err := time.Parse(time.DateTime, s.at)
		if err != nil {
			t.Fatal(err)
		}
		if acks, orders := l.Reaches(at); acks != s.acks || orders != s.orders {
			t.Errorf("on %s back to %s: messages %v, orders %v", s.now, s.at, acks, orders)
		}
	}
}
