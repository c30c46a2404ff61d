package mllp

import (
	"context"
	"math/rand/v2"
	"time"
)

// After a failure the next attempt waits: twice as long each time, between
// these, less up to half of it by chance, so that many clients do not return
// at once.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 30 * time.Second
)

// backoff counts failures in a row.
type backoff struct{ pause time.Duration }

// next counts a failure and gives how long to wait after it.
func (b *backoff) next() time.Duration {
	b.pause = min(max(2*b.pause, firstPause), lastPause)
	return b.pause/2 + rand.N(b.pause/2)
}

// sleep waits; it fails as ctx does if that ends first.
func sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
