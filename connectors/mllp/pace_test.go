package mllp

import (
	"testing"
	"time"
)

func TestPace_SpacesTurnsAndMakesUpOnlyALittle(t *testing.T) {
	p := pace{every: 10 * time.Millisecond}
	start := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for i, c := range []struct{ now, turn int }{
		{0, 0}, {0, 10}, {0, 20}, {15, 30}, // in advance
		{60, 40}, {60, 50}, {60, 60}, // a little behind: made up
		{1000, 1000}, {1000, 1010}, // far behind: not made up
	} {
		if got := p.slot(at(c.now)); !got.Equal(at(c.turn)) {
			t.Errorf("turn %d is at %s, want %d ms", i, got.Sub(start), c.turn)
		}
	}
}

func TestBackoff_GrowsByChanceBetweenItsBounds(t *testing.T) {
	var b backoff
	most := firstPause
	for i := range 20 {
		if got := b.next(); got < most/2 || got >= most {
			t.Errorf("pause %d is %s, want from %s to %s", i, got, most/2, most)
		}
		most = min(2*most, lastPause)
	}
}
