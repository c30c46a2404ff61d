package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// tally counts what the senders do, for all of them.
type tally struct {
	messages, resent, errors, inFlight atomic.Int64

	mu    sync.Mutex
	acks  int64
	kinds map[string]int64
	since int64 // acknowledgements since the last kill
	last  time.Time
	gap   time.Duration
}

func (t *tally) acknowledged(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kinds == nil {
		t.kinds = map[string]int64{}
	}
	now := time.Now()
	t.gap = max(t.gap, now.Sub(t.last))
	t.last = now
	t.acks++
	t.since++
	t.kinds[kind]++
}

// mark begins a new measurement of the longest time without an
// acknowledgement.
func (t *tally) mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last, t.gap, t.since = time.Now(), 0, 0
}

// sinceMark gives how many acknowledgements there were since mark, the longest
// time without one, and how long ago the last one was.
func (t *tally) sinceMark() (acks int64, gap, ago time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ago = time.Since(t.last)
	return t.since, max(t.gap, ago), ago
}
