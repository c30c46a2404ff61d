package mllp

import (
	"context"
	"sync"
	"time"
)

// pace spaces what several goroutines do to so many a second.
type pace struct {
	every time.Duration // 0: no limit

	mu   sync.Mutex
	next time.Time
}

// catchUp is how far behind its pace a sender may make up: timers are coarse,
// and a rate of thousands a second should be one.
const catchUp = 50 * time.Millisecond

// slot gives the time of the next turn, seen from now.
func (p *pace) slot(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if earliest := now.Add(-catchUp); p.next.Before(earliest) {
		p.next = now
	}
	turn := p.next
	p.next = turn.Add(p.every)
	return turn
}

// wait waits for the next turn.
func (p *pace) wait(ctx context.Context) error {
	if p.every == 0 {
		return ctx.Err()
	}
	return sleep(ctx, time.Until(p.slot(time.Now())))
}
