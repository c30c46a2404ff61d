package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func marksOn(first time.Time, ids ...int64) (out []mark) {
	for i, id := range ids {
		out = append(out, mark{id, first.AddDate(0, 0, i)})
	}
	return out
}

func TestBetween_AMessageIsInTheDayOfItsMarks(t *testing.T) {
	t.Parallel()
	marks := marksOn(aDay, 0, 100, 100, 200)
	now := aDay.AddDate(0, 0, 3).Add(12 * time.Hour)
	for _, c := range []struct {
		first, last int64
		slack       int
		want        days
	}{
		{1, 1, 0, days{"2026-03-14", "2026-03-15"}},
		{100, 100, 0, days{"2026-03-14", "2026-03-15"}},
		{101, 101, 0, days{"2026-03-16", "2026-03-17"}},
		{50, 150, 0, days{"2026-03-14", "2026-03-17"}},
		{201, 999, 0, days{"2026-03-17", "2026-03-17"}},
		{201, 999, 7, days{"2026-03-10", "2026-03-24"}},
		{0, 0, 0, days{"-infinity", "2026-03-14"}},
	} {
		if got := between(marks, c.first, c.last, c.slack, now); got != c.want {
			t.Errorf("%d to %d: %v, want %v", c.first, c.last, got, c.want)
		}
	}
	if got := between(nil, 1, 1, 0, now); got != (days{"-infinity", "2026-03-17"}) {
		t.Errorf("without marks: %v", got)
	}
}

func TestWindows_CoverEachMessageOnceNewestFirst(t *testing.T) {
	t.Parallel()
	var ids []int64
	for i := range 100 {
		ids = append(ids, int64(i/2*10)) // every other day nothing comes
	}
	for _, marks := range [][]mark{nil, marksOn(aDay, 0), marksOn(aDay, ids...)} {
		high := int64(599)
		for _, w := range windows(marks, 600) {
			if w.high != high || w.low >= w.high {
				t.Fatalf("%d marks: a window from %d to %d after %d", len(marks), w.low, w.high, high)
			}
			high = w.low
		}
		if high != 0 {
			t.Errorf("%d marks: nothing below %d", len(marks), high)
		}
	}
}

func TestLoad_PlansForTheDaysOfTheMessagesAlone(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 60)
	if err := o.OpenDays(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := take(t, o.Store, envelope("1", "a"))[0]
	err := pgtx.Run(t.Context(), o.lanes, o.trust, func(ctx context.Context) error {
		found, err := o.Load(ctx, o.trust, []int64{id})
		if err != nil || string(found[id].Raw) != "a" {
			t.Errorf("%v, %v", found, err)
		}
		var locked int
		err = pgtx.From(ctx).QueryRow(ctx, `SELECT count(*) FROM pg_locks l JOIN pg_inherits i ON i.inhrelid = l.relation WHERE l.pid = pg_backend_pid() AND i.inhparent = 'message'::regclass`).Scan(&locked)
		if locked > 4 {
			t.Errorf("reading one message touches %d days", locked)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestMessages_AreFoundThoughAClockWasWrongByDays(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 40)
	for i := 40; i > 0; i-- {
		take(t, o.Store, on(o.day(i), envelope(fmt.Sprint("c", i), "x")))
		o.exec(`INSERT INTO archive_mark (id, day) SELECT last_value, $1 FROM message_id ON CONFLICT DO NOTHING`, o.day(i-1))
	}
	wrong := take(t, o.Store, on(o.day(35), envelope("wrong", "x")))[0]
	if _, err := o.readMarks(t.Context()); err != nil {
		t.Fatal(err)
	}
	reads(t, o.Store, wrong, "x")
	if c, err := o.Chain(t.Context(), o.trust, wrong); err != nil || c.Message.ControlID != "wrong" {
		t.Errorf("%+v, %v", c.Message, err)
	}
	f := filter
	f.Limit = 7
	var seen []string
	for {
		page, err := o.Messages(t.Context(), o.trust, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page {
			seen = append(seen, m.ControlID)
			f.Before = m.ID
		}
		if len(page) < f.Limit {
			break
		}
	}
	if len(seen) != 41 || seen[0] != "wrong" || seen[40] != "c40" {
		t.Errorf("%d are listed: %v", len(seen), seen)
	}
	if st, err := o.Status(t.Context(), o.trust); err != nil || len(st.Messages) != 15 {
		t.Errorf("%d, %v", len(st.Messages), err)
	}
}
