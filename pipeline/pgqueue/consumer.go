package pgqueue

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Stop says why a message needs a person: the step that could not go on, a
// stable code, the field, a text without patient data and the mapping. Park
// also holds back the later messages of its key.
type Stop struct {
	Step, Code, Path, Text, Profile string
	Park                            bool
}

// Result is what becomes of one message of a batch: done (the zero Result),
// stopped, tried again later, or skipped. A handler that retries or parks a
// message skips the later ones of its key, without having applied them.
type Result struct {
	Stop  *Stop
	Retry error
	Skip  bool
}

// BatchHandler handles messages of one trust in one transaction, which ctx
// carries (pgtx.From). It answers for each message in order. An error rolls
// the batch back: if the database had a hiccup it is tried again, else it is
// halved until the message that fails stands alone and is stopped.
type BatchHandler interface {
	HandleBatch(ctx context.Context, trust string, batch []Message) ([]Result, error)
}

// Consumer hands the messages of one queue to a BatchHandler. A queue has
// either consumers or subscribers, not both.
type Consumer struct {
	Queue   *Queue
	ID      int16
	Topic   string
	Handler BatchHandler
	// Workers handle batches side by side; BatchSize bounds a batch.
	Workers, BatchSize int
	// Poll is how often to look for work that nobody announced.
	Poll time.Duration
	Log  *slog.Logger
	// Inflow, if set, tells how many messages this process has published in all,
	// and whether those who do wait in numbers: then handling gives way for a
	// while.
	Inflow func() (total int64, crowded bool)
	// Observe, if set, is told of every committed batch.
	Observe func(trust string, batch []Message, took time.Duration)

	mu     sync.Mutex
	ready  map[string]bool
	order  []string
	signal chan struct{}
	hint   hint
}

// Run handles batches until ctx ends; the batch in hand is then finished or
// rolled back. It returns nil.
func (c *Consumer) Run(ctx context.Context) error {
	c.ready, c.order, c.signal = map[string]bool{}, nil, make(chan struct{}, c.Workers)
	c.hint = hint{settled: fromStart}
	ear := c.Queue.listen(c.Topic)
	defer c.Queue.deafen(ear)
	var wg sync.WaitGroup
	defer wg.Wait()
	for range c.Workers {
		wg.Go(func() { c.work(ctx) })
	}
	wg.Go(func() { c.poll(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ear.signal:
			for _, w := range ear.take() {
				c.announce(w.trust)
			}
		}
	}
}

func (c *Consumer) poll(ctx context.Context) {
	tick := time.NewTicker(c.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		// A failure is not told here: the workers meet the same database.
		trusts, _ := c.hint.refresh(ctx, c.Queue.pool, c.ID)
		for _, t := range trusts {
			c.announce(t)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (c *Consumer) announce(trust string) {
	c.mu.Lock()
	if !c.ready[trust] {
		c.ready[trust] = true
		c.order = append(c.order, trust)
	}
	c.mu.Unlock()
	select {
	case c.signal <- struct{}{}:
	default:
	}
}

// next takes the trust that has waited longest; a worker that finds more work
// announces it again, so trusts take turns. It is no longer announced when the
// worker begins to look, so that what comes later is announced anew.
func (c *Consumer) next() (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.order) == 0 {
		return "", false
	}
	t := c.order[0]
	c.order = c.order[1:]
	c.ready[t] = false
	return t, true
}

func (c *Consumer) work(ctx context.Context) {
	limit, failures, pace := c.BatchSize, failing{}, pace{}
	taken := int64(0)
	for ctx.Err() == nil {
		trust, ok := c.next()
		if !ok {
			select {
			case <-ctx.Done():
			case <-c.signal:
			}
			continue
		}
		c.giveWay(ctx, &pace)
		start := time.Now()
		if c.Inflow != nil {
			taken, _ = c.Inflow()
		}
		n, err := c.batch(ctx, trust, limit, failures.transient)
		switch {
		case err != nil:
			limit = c.recover(ctx, limit, n, failures.add(err), err)
			c.announce(trust)
		case n > 0:
			failures = failing{}
			full := n >= limit
			limit = min(limit*2, c.BatchSize)
			now := time.Now()
			c.gather(ctx, pace.after(now, now.Sub(start), full), taken)
			c.announce(trust)
		default:
			failures = failing{}
		}
	}
}
