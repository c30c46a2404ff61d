package pgqueue

import (
	"testing"
	"time"
)

func TestPace_AWorkerWithTimeToSpareNeverGathers(t *testing.T) {
	t.Parallel()
	var p pace
	now := time.Now()
	for range 1000 {
		now = now.Add(10 * time.Millisecond)
		if d := p.after(now, 5*time.Millisecond, false); d != 0 {
			t.Fatalf("busy half of its time it gathers for %s", d)
		}
	}
}

func TestPace_ABusyWorkerGathersWithinBoundsAndAFullBatchIsEnough(t *testing.T) {
	t.Parallel()
	var p pace
	now := time.Now()
	for range 1000 {
		now = now.Add(10 * time.Millisecond)
		p.after(now, 10*time.Millisecond, false)
	}
	d := p.after(now.Add(10*time.Millisecond), 10*time.Millisecond, false)
	if d < mostGathering/2 || d > mostGathering {
		t.Errorf("always busy it gathers for %s", d)
	}
	if d := p.after(now.Add(20*time.Millisecond), 10*time.Millisecond, true); d != 0 {
		t.Errorf("after a full batch it gathers for %s", d)
	}
}

func TestPace_GatheringEndsWhenABatchHasComeAndGivingWayWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	asked := 0
	c := &Consumer{BatchSize: 10, Inflow: func() (int64, bool) {
		asked++
		return int64(asked * 4), asked < 3
	}}
	c.gather(t.Context(), time.Hour, 0)
	if asked != 3 {
		t.Errorf("it looked %d times until ten had come", asked)
	}
	asked = 0
	var p pace
	c.giveWay(t.Context(), &p)
	if asked != 3 || p.due.IsZero() {
		t.Errorf("it looked %d times until nobody waited; the next time is %s", asked, p.due)
	}
	c.giveWay(t.Context(), &pace{due: time.Now().Add(time.Hour)})
	if asked != 3 {
		t.Error("it gave way twice running")
	}
}
