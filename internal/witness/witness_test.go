package witness

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, _ = time.Parse(time.DateTime, at)
}

func opened(t testing.TB) (*Log, *clock) {
	t.Helper()
	c := &clock{}
	c.set("2026-03-14 09:30:00")
	l, err := Open(filepath.Join(t.TempDir(), "witness"), 35, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, c
}

func note(t testing.TB, l *Log, trust string, acks ...Ack) {
	t.Helper()
	if err := l.Acknowledged(trust, acks); err != nil {
		t.Fatal(err)
	}
}

func ack(n int, at time.Time) Ack {
	return Ack{At: at, Connector: "theatre", Sender: "THEATRE|ZZ1", ControlID: fmt.Sprintf("MSG%06d", n), Message: int64(n), Digest: [8]byte{byte(n), 1, 2}}
}

func all(t testing.TB, l *Log, trust string, after Position) (out []Ack, unreadable int) {
	t.Helper()
	unreadable, err := l.Acks(trust, after, time.Time{}, func(a Ack) error { out = append(out, a); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out, unreadable
}

func TestLog_WhatIsNotedIsReadWhateverItsTexts(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		c := &clock{}
		c.set("2026-03-14 09:30:00")
		l, err := Open(filepath.Join(dir, fmt.Sprint(n)), 35, c.now)
		if err != nil {
			r.Fatal(err)
		}
		defer l.Close()
		word := rapid.Custom(func(r *rapid.T) string {
			return string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, "bytes"))
		})
		want := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Ack {
			a := Ack{At: c.at.Add(time.Duration(rapid.Int64Range(0, 1e12).Draw(r, "ns"))), Connector: word.Draw(r, "connector"), Sender: word.Draw(r, "sender"), ControlID: word.Draw(r, "control"), Message: rapid.Int64().Draw(r, "message")}
			copy(a.Digest[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(r, "digest"))
			return a
		}), 0, 20).Draw(r, "acks")
		if err := l.Acknowledged("ZZ1", want); err != nil {
			r.Fatal(err)
		}
		var got []Ack
		bad, err := l.Acks("ZZ1", "", time.Time{}, func(a Ack) error { got = append(got, a); return nil })
		if err != nil || bad != 0 || len(got) != len(want) {
			r.Fatalf("%d of %d read, %d unreadable, %v", len(got), len(want), bad, err)
		}
		for i := range got {
			if !got[i].At.Equal(want[i].At) {
				r.Fatalf("at %v, not %v", got[i].At, want[i].At)
			}
			got[i].At = want[i].At
			if got[i] != want[i] {
				r.Fatalf("read %+v, noted %+v", got[i], want[i])
			}
		}
	})
}

func TestLog_ATornLastLineIsPassedOverAndEnded(t *testing.T) {
	t.Parallel()
	l, c := opened(t)
	note(t, l, "ZZ1", ack(1, c.at), ack(2, c.at))
	l.Close()
	name := l.path("ZZ1", received, "2026-03-14")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	whole := bytes.IndexByte(raw, '\n') + 1
	for cut := whole; cut < len(raw); cut++ {
		if err := os.WriteFile(name, raw[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if got, bad := all(t, l, "ZZ1", ""); len(got) != 1 || bad != 0 {
			t.Fatalf("cut at %d: %d read, %d unreadable", cut, len(got), bad)
		}
		note(t, l, "ZZ1", ack(3, c.at))
		l.Close()
		got, bad := all(t, l, "ZZ1", "")
		if n := len(got); got[n-1].ControlID != "MSG000003" || n+bad > 3 || cut > whole && n+bad != 3 {
			t.Fatalf("cut at %d: then %d read, %d unreadable", cut, n, bad)
		}
	}
}

func TestLog_APositionTakesUpWhereItStoodAcrossDaysAndABackwardClock(t *testing.T) {
	t.Parallel()
	l, c := opened(t)
	if end, err := l.End("ZZ1"); end != "" || err != nil {
		t.Fatalf("end of nothing is %q, %v", end, err)
	}
	note(t, l, "ZZ1", ack(1, c.at))
	note(t, l, "ZZ2", ack(9, c.at))
	end, err := l.End("ZZ1")
	if err != nil {
		t.Fatal(err)
	}
	c.set("2026-03-15 00:10:00")
	note(t, l, "ZZ1", ack(2, c.at))
	c.set("2026-03-14 23:50:00") // set back: it still stands behind
	note(t, l, "ZZ1", ack(3, c.at))
	l.Close()
	note(t, l, "ZZ1", ack(4, c.at))
	if got, _ := all(t, l, "ZZ1", end); len(got) != 3 || got[0].ControlID != "MSG000002" || got[2].ControlID != "MSG000004" {
		t.Errorf("behind %s stand %v", end, got)
	}
	end, _ = l.End("ZZ1")
	if got, _ := all(t, l, "ZZ1", end); len(got) != 0 {
		t.Errorf("behind the end stand %v", got)
	}
	if newest, err := l.Newest("ZZ1", end); err != nil || len(newest) != 0 {
		t.Errorf("newest behind the end: %v, %v", newest, err)
	}
}

func TestLog_TheNewestAreTheLastOfALongList(t *testing.T) {
	t.Parallel()
	l, c := opened(t)
	for day := 14; day < 17; day++ {
		c.set(fmt.Sprintf("2026-03-%d 09:00:00", day))
		acks := make([]Ack, 9000)
		for i := range acks {
			acks[i] = ack(day*10000+i, c.at)
		}
		note(t, l, "ZZ1", acks...)
	}
	newest, err := l.Newest("ZZ1", "")
	if err != nil || len(newest) < 1000 || len(newest) > 20000 || newest[len(newest)-1].ControlID != "MSG168999" {
		t.Errorf("%d newest, %v", len(newest), err)
	}
	for i := 1; i < len(newest); i++ {
		if newest[i].Message != newest[i-1].Message+1 {
			t.Fatalf("after %d comes %d", newest[i-1].Message, newest[i].Message)
		}
	}
}

func TestLog_OrdersKeepTheirContentAndTheirLastStep(t *testing.T) {
	t.Parallel()
	l, c := opened(t)
	body := []byte("order_number,line\r\nPO-000017,1\r\n\xff\x00")
	for _, o := range []Order{
		{At: c.at, Step: Sending, Number: "PO-000017", File: "PO-000017.csv", Body: body},
		{At: c.at, Step: Sending, Number: "PO-000018", File: "PO-000018.csv", Body: []byte("x")},
		{At: c.at.Add(time.Second), Step: Sending, Number: "PO-000017", File: "PO-000017.csv", Body: body},
		{At: c.at.Add(time.Minute), Step: Sent, Number: "PO-000017", File: "PO-000017.csv", Body: body},
	} {
		if err := l.Order("ZZ1", o); err != nil {
			t.Fatal(err)
		}
	}
	got, bad, err := l.Orders("ZZ1", time.Time{})
	if err != nil || bad != 0 || len(got) != 2 || got[0].Step != Sent || !bytes.Equal(got[0].Body, body) || got[0].Digest != sha256.Sum256(body) || got[1].Step != Sending {
		t.Errorf("%+v, %d, %v", got, bad, err)
	}
	if newest, err := l.NewestOrders("ZZ1"); err != nil || len(newest) != 2 {
		t.Errorf("%d newest orders, %v", len(newest), err)
	}
	if later, _, err := l.Orders("ZZ1", c.at.AddDate(0, 0, 1)); err != nil || len(later) != 0 {
		t.Errorf("%d orders of the next day, %v", len(later), err)
	}
}

func TestLog_PruningKeepsWhatIsStillAsked(t *testing.T) {
	t.Parallel()
	l, c := opened(t)
	note(t, l, "ZZ1", ack(1, c.at))
	if err := l.Order("ZZ1", Order{At: c.at, Step: Sent, Number: "PO-000017", File: "f"}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		now          string
		acks, orders int
	}{{"2026-04-18 01:00:00", 1, 1}, {"2026-04-19 01:00:00", 0, 1}, {"2027-04-18 01:00:00", 0, 1}, {"2027-04-20 01:00:00", 0, 0}} {
		c.set(s.now)
		if err := l.Prune(); err != nil {
			t.Fatal(err)
		}
		got, _ := all(t, l, "ZZ1", "")
		sent, _, err := l.Orders("ZZ1", time.Time{})
		if len(got) != s.acks || len(sent) != s.orders || err != nil {
			t.Errorf("on %s: %d messages, %d orders, %v", s.now, len(got), len(sent), err)
		}
	}
}

func TestLog_WritersOfTwoProcessesShareOneFolder(t *testing.T) {
	t.Parallel()
	l, c := opened(t)
	other, err := Open(l.Dir(), 35, c.now)
	if err != nil || other.ID() != l.ID() || !other.Since().Equal(l.Since()) {
		t.Fatalf("the folder has two names: %v", err)
	}
	defer other.Close()
	var wg sync.WaitGroup
	for g, log := range []*Log{l, other, l, other} {
		wg.Go(func() {
			for i := range 50 {
				note(t, log, "ZZ1", ack(g*1000+i, c.now()), ack(g*1000+500+i, c.now()))
			}
		})
	}
	wg.Wait()
	if got, bad := all(t, l, "ZZ1", ""); len(got) != 400 || bad != 0 {
		t.Errorf("%d read, %d unreadable", len(got), bad)
	}
}

func BenchmarkAcknowledged(b *testing.B) {
	for _, n := range []int{1, 16, 128} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l, c := opened(b)
			acks := make([]Ack, n)
			for i := range acks {
				acks[i] = ack(i, c.at)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Acknowledged("ZZ1", acks); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
