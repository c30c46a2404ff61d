package pipeline

import (
	"cmp"
	"context"
	"time"
)

// GiveWay makes work that can wait give way to messages.
type GiveWay struct {
	// Oldest tells which message has waited longest to be posted, and how long;
	// zero is none.
	Oldest func(ctx context.Context) (seq int64, waited time.Duration, err error)

	// Patience is how long a message may stand still before it is taken for one
	// that nobody will post; 0 is three seconds.
	Patience time.Duration

	asked time.Time
	stuck int64 // a message that nobody takes
}

// How patient the work is. A message that waits longer than queueAge is waited
// for; one that does not move for as long as stuckAfter is no sign of work in
// hand, but of a hub that does not run.
const (
	queueAge   = 50 * time.Millisecond
	stuckAfter = 3 * time.Second
	askEvery   = 15 * time.Millisecond
)

// Pause returns once messages do not wait, or at once if they did not a moment
// ago.
func (g *GiveWay) Pause(ctx context.Context) error {
	if time.Since(g.asked) < askEvery {
		return ctx.Err()
	}
	begun, first := time.Now(), int64(0)
	for {
		seq, waited, err := g.Oldest(ctx)
		if err != nil {
			return err
		}
		g.asked = time.Now()
		switch {
		case waited <= queueAge || seq == g.stuck:
			return ctx.Err()
		case seq != first:
			first, begun = seq, time.Now()
		case time.Since(begun) > cmp.Or(g.Patience, stuckAfter):
			g.stuck = seq
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askEvery):
		}
	}
}
