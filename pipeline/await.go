package pipeline

import (
	"context"
	"time"

	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// Outcomes tells what became of stored messages.
type Outcomes interface {
	// Outcome reports whether a message of trust was handled. If it was stopped
	// the error says why; fault.Unavailable says that it is not known.
	Outcome(ctx context.Context, trust string, id int64) (handled bool, err error)
}

// lookAgain is how often a message that is waited for is looked at where
// another process may have handled it.
const lookAgain = 250 * time.Millisecond

// Applied waits until a stored message was posted, and then returns nil. An
// error that is not fault.Unavailable says why it was stopped; ctx bounds the
// wait. It makes Intake a connectors.Awaiter.
func (in *Intake) Applied(ctx context.Context, trust string, id int64) error {
	handled := make(chan struct{}, 1)
	in.mu.Lock()
	in.awaited[id] = append(in.awaited[id], handled)
	in.mu.Unlock()
	defer in.forget(id, handled)
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		if done, err := in.Outcomes.Outcome(ctx, trust, id); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-handled:
		case <-tick.C:
		}
	}
}

func (in *Intake) forget(id int64, handled chan struct{}) {
	in.mu.Lock()
	defer in.mu.Unlock()
	rest := in.awaited[id][:0]
	for _, c := range in.awaited[id] {
		if c != handled {
			rest = append(rest, c)
		}
	}
	if in.awaited[id] = rest; len(rest) == 0 {
		delete(in.awaited, id)
	}
}

// Handled is told of the messages of a batch that was committed.
func (in *Intake) Handled(batch []pgqueue.Message) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.awaited) == 0 {
		return
	}
	for _, m := range batch {
		for _, c := range in.awaited[m.Subject] {
			select {
			case c <- struct{}{}:
			default: // it was told already
			}
		}
	}
}
