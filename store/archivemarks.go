package store

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A mark says how far messages were numbered when a day began, by the
// database's clock. Numbers rise with time, so marks tell in which days a
// message can have been received, and a look-up need not touch every day of
// the archive: with a year of days that takes ten milliseconds and more.
type mark struct {
	ID  int64
	Day time.Time
}

// days is a range of the archive's days, as PostgreSQL reads it.
type days struct{ from, to string }

var anyDay = days{"-infinity", "infinity"}

// MarkDay notes how far messages are numbered today, once a day, and reads all
// marks anew.
func (s *Store) MarkDay(ctx context.Context) error {
	if _, err := s.background.Exec(ctx, `SELECT mark_day()`); err != nil {
		return err
	}
	_, err := s.readMarks(ctx)
	return err
}

// readMarks reads the marks, in order of days. One that a clock has put out of
// order is left out.
func (s *Store) readMarks(ctx context.Context) ([]mark, error) {
	all, err := collect(ctx, s.background, `SELECT id, day FROM archive_mark ORDER BY day`, pgx.RowToStructByPos[mark])
	if err != nil {
		return nil, err
	}
	marks := all[:0]
	for _, m := range all {
		if len(marks) == 0 || m.ID >= marks[len(marks)-1].ID {
			marks = append(marks, m)
		}
	}
	s.marks.Store(&marks)
	return marks, nil
}

// knownMarks are the marks as last read. Newer ones only narrow further.
func (s *Store) knownMarks(ctx context.Context) ([]mark, error) {
	if m := s.marks.Load(); m != nil {
		return *m, nil
	}
	return s.readMarks(ctx)
}

// between gives the days in which the messages numbered first to last were
// received, and slack days more on either side for clocks that disagree. What
// no mark bounds from above is of today, at the latest.
func between(marks []mark, first, last int64, slack int, now time.Time) days {
	to := dayOf(now.Add(time.Hour))
	if i := above(marks, last); i < len(marks) {
		to = marks[i].Day
	}
	d := days{anyDay.from, to.AddDate(0, 0, slack).Format(time.DateOnly)}
	if i := above(marks, first); i > 0 {
		d.from = marks[i-1].Day.AddDate(0, 0, -slack).Format(time.DateOnly)
	}
	return d
}

// above finds the first mark that is not below a message.
func above(marks []mark, id int64) int {
	i, _ := slices.BinarySearchFunc(marks, id, func(m mark, id int64) int {
		if m.ID < id {
			return -1
		}
		return 1
	})
	return i
}

// daysOf gives the days of the given messages. A message that is not found
// there may still be elsewhere, if a clock was wrong or a day just began.
func (s *Store) daysOf(ctx context.Context, ids ...int64) (days, error) {
	marks, err := s.knownMarks(ctx)
	if err != nil || len(ids) == 0 {
		return anyDay, err
	}
	return between(marks, slices.Min(ids), slices.Max(ids), 0, time.Now()), nil
}

// waitingDays gives the days on which messages from first on were received, for
// statements that look nowhere else: a day more on either side, for a clock may
// have been set back across midnight.
func (s *Store) waitingDays(ctx context.Context, first int64) (days, error) {
	marks, err := s.knownMarks(ctx)
	if err != nil {
		return anyDay, err
	}
	return between(marks, first, math.MaxInt64, 1, time.Now()), nil
}

// window is a run of message numbers, with the days that hold them.
type window struct {
	low, high int64 // low < number <= high
	days      days
}

// windows cuts the numbers below before, newest first, into runs of about a
// month: no statement locks more of the archive than that.
func windows(marks []mark, before int64) []window {
	const month = 30
	var out []window
	for high := before - 1; high > 0; {
		low := int64(0)
		if i := above(marks, high); i > month {
			low = marks[i-month].ID
		}
		d := within(marks, low+1, high)
		if above(marks, high) == len(marks) {
			d.to = anyDay.to // the newest, from whatever clock
		}
		out = append(out, window{low, high, d})
		high = low
	}
	return out
}

// within is between for lists, which look nowhere else.
func within(marks []mark, first, last int64) days {
	const slack = 7
	return between(marks, first, last, slack, time.Now())
}

// apart groups messages, in order, so that a group lies within a month, and
// gives fn the days of each.
func (s *Store) apart(ctx context.Context, ids []int64, fn func(ids []int64, d days) error) error {
	marks, err := s.knownMarks(ctx)
	if err != nil {
		return err
	}
	ids = slices.Sorted(slices.Values(ids))
	for len(ids) > 0 {
		w := windows(marks, ids[len(ids)-1]+1)[0]
		i, _ := slices.BinarySearch(ids, w.low+1)
		if err := fn(ids[i:], within(marks, ids[i], w.high)); err != nil {
			return err
		}
		ids = ids[:i]
	}
	return nil
}
