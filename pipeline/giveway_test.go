package pipeline

import (
	"context"
	"testing"
	"time"
)

func TestGiveWay_WaitsWhileMessagesWaitAndMove(t *testing.T) {
	t.Parallel()
	asked := 0
	g := &GiveWay{Oldest: func(context.Context) (int64, time.Duration, error) {
		asked++
		if asked < 4 {
			return int64(asked), time.Second, nil
		}
		return 4, time.Millisecond, nil
	}}
	if err := g.Pause(t.Context()); err != nil || asked != 4 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	if err := g.Pause(t.Context()); err != nil || asked != 4 {
		t.Errorf("asked again at once: %d, %v", asked, err)
	}
}

func TestGiveWay_DoesNotWaitForAHubThatDoesNotRun(t *testing.T) {
	t.Parallel()
	asked := 0
	g := &GiveWay{Patience: time.Millisecond, Oldest: func(context.Context) (int64, time.Duration, error) { asked++; return 7, time.Hour, nil }}
	if err := g.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if g.stuck != 7 {
		t.Errorf("stuck %d", g.stuck)
	}
	g.asked = time.Time{}
	before := asked
	if err := g.Pause(t.Context()); err != nil || asked != before+1 {
		t.Errorf("waited for it again: asked %d times, %v", asked-before, err)
	}
}
