package pgqueue

import (
	"context"
	"math"
	"time"
)

// pace tells a worker when to let others go first. A batch costs much the same
// whether it holds three messages or sixty; so a worker that has hardly a
// moment to itself lets some come together before it looks again, and those who
// send get the time that it saves. A worker with time to spare never waits.
type pace struct {
	share float64 // of its time that the worker was busy, of late
	ended time.Time
	due   time.Time // before this the worker does not give way again
}

const (
	// lately is the time over which a worker's share of busy time is formed.
	lately = 500 * time.Millisecond
	// unhurried is the share up to which no message waits to be joined.
	unhurried = 0.6
	// mostGathering bounds how long messages wait to be joined.
	mostGathering = 400 * time.Millisecond
	// mostGivingWay bounds how long handling gives way to a crowd of senders;
	// for as long again it then takes its share.
	mostGivingWay = time.Second
	// glance is how often a waiting worker looks whether it need wait longer.
	glance = 5 * time.Millisecond
)

// after gives how long to gather after a batch that ended now and took this
// long. A full batch says that enough has gathered already.
func (p *pace) after(now time.Time, took time.Duration, full bool) time.Duration {
	cycle := took
	if !p.ended.IsZero() {
		cycle = max(now.Sub(p.ended), took)
	}
	p.ended = now
	if cycle > 0 {
		weight := 1 - math.Exp(-float64(cycle)/float64(lately))
		p.share += weight * (float64(took)/float64(cycle) - p.share)
	}
	if full || p.share <= unhurried {
		return 0
	}
	pressed := (p.share - unhurried) / (1 - unhurried)
	return time.Duration(pressed * float64(mostGathering))
}

// gather waits for d, or until a batch has come together since taken.
func (c *Consumer) gather(ctx context.Context, d time.Duration, taken int64) {
	for end := time.Now().Add(d); ctx.Err() == nil && time.Now().Before(end); {
		if c.Inflow != nil {
			if total, _ := c.Inflow(); total-taken >= int64(c.BatchSize) {
				return
			}
		}
		pause(ctx, min(glance, time.Until(end)))
	}
}

// giveWay waits while senders do, for they are not to wait for what comes
// after their answer; but not for long.
func (c *Consumer) giveWay(ctx context.Context, p *pace) {
	if c.Inflow == nil || time.Now().Before(p.due) {
		return
	}
	start := time.Now()
	for ctx.Err() == nil && time.Since(start) < mostGivingWay {
		if _, crowded := c.Inflow(); !crowded {
			break
		}
		pause(ctx, glance)
	}
	now := time.Now()
	p.due = now.Add(now.Sub(start))
}
