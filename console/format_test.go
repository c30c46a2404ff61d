package console

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

func TestMoney_ReadsAsBuyersWriteIt(t *testing.T) {
	for _, c := range []struct{ value, currency, want string }{
		{"1240.00", "GBP", "£1,240.00"}, {"310.0000", "GBP", "£310.00"}, {"0.1250", "GBP", "£0.125"}, {"420", "GBP", "£420.00"}, {"-7.5", "GBP", "-£7.50"},
		{"1234567.89", "EUR", "EUR 1,234,567.89"}, {"12.00", "", "12.00"},
	} {
		if got := money(c.value, c.currency); got != c.want {
			t.Errorf("money(%q, %q) = %q, want %q", c.value, c.currency, got, c.want)
		}
	}
}

func TestTook_ChoosesTheUnit(t *testing.T) {
	for ms, want := range map[float64]string{0: "not measured", 0.2: "1 ms", 11: "11 ms", 2900: "2.9 s", 61000: "1 min", 5.4e6: "1.5 h"} {
		if got := took(ms); got != want {
			t.Errorf("took(%v) = %q, want %q", ms, got, want)
		}
	}
}

func TestTimes_AreToldInTheTrustsZone(t *testing.T) {
	zone := time.FixedZone("BST", 3600)
	p := page{Now: time.Date(2026, 7, 1, 0, 30, 0, 0, zone)}
	for _, c := range []struct {
		at        time.Time
		when, ago string
	}{
		{time.Date(2026, 6, 30, 23, 29, 30, 0, time.UTC), "today 00:29:30", "30 seconds ago"},
		{time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC), "30 June 2026, 23:30", "60 minutes ago"},
		{time.Date(2026, 6, 20, 22, 30, 0, 0, time.UTC), "20 June 2026, 23:30", "10 days ago"},
		{p.Now, "today 00:30:00", "just now"},
	} {
		if when, ago := p.when(c.at), p.ago(c.at); when != c.when || ago != c.ago {
			t.Errorf("%v: %q, %q", c.at, when, ago)
		}
	}
}

func TestPicture_HoldsEveryFlowInsideItsFrame(t *testing.T) {
	f := busy().status.Flows
	d := draw(append(f, f...), page{Now: time.Now()}.ago)
	for _, n := range append(d.Sources, d.Sinks...) {
		if n.Y < 0 || n.Y+boxHigh > d.Height {
			t.Errorf("%s stands at %d of %d", n.Name, n.Y, d.Height)
		}
	}
	if len(d.Sources) != 4 || len(d.Sinks) != 2 {
		t.Errorf("%d sources, %d sinks", len(d.Sources), len(d.Sinks))
	}
}

func TestPicture_SaysWhatWaitsAndSinceWhen(t *testing.T) {
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	oldest, last := now.Add(-5*time.Minute), now.Add(-30*time.Second)
	for want, f := range map[string]journal.Flow{
		"last 30 seconds ago":                          {Last: &last},
		"3 waiting, oldest 5 minutes ago":              {Waiting: 3, Oldest: &oldest, Last: &last},
		"! 1 stopped":                                  {Stopped: 1, Last: &last},
		"! 1 stopped, 3 waiting, oldest 5 minutes ago": {Stopped: 1, Waiting: 3, Oldest: &oldest},
		"": {},
	} {
		if got := state(f, page{Now: now}.ago); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNumbers_AreGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", -1234: "-1,234", 1234567: "1,234,567"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}
