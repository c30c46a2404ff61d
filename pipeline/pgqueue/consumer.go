package pgqueue

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
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

// Consumer hands the messages of one queue to a BatchHandler.
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
	// Observe, if set, is told of every committed batch.
	Observe func(trust string, batch []Message, took time.Duration)

	mu     sync.Mutex
	ready  map[string]bool
	order  []string
	low    map[string][]int64
	rescan map[string]time.Time
	signal chan struct{}
}

const hintSlack = 4096

// Run handles batches until ctx ends; the batch in hand is then finished or
// rolled back. It returns nil.
func (c *Consumer) Run(ctx context.Context) error {
	c.ready, c.low, c.rescan = map[string]bool{}, map[string][]int64{}, map[string]time.Time{}
	c.signal = make(chan struct{}, c.Workers)
	wakes := make(chan wake, 256)
	stop := c.Queue.listen(wakes)
	defer stop()
	var wg sync.WaitGroup
	for w := range c.Workers {
		wg.Add(1)
		go func() { defer wg.Done(); c.work(ctx, w) }()
	}
	tick := time.NewTicker(c.Poll)
	defer tick.Stop()
	c.poll(ctx)
	for {
		select {
		case <-ctx.Done():
			wg.Wait()
			return nil
		case w := <-wakes:
			if w.topic == c.Topic {
				c.announce(w.trust)
			}
		case <-tick.C:
			c.poll(ctx)
		}
	}
}

func (c *Consumer) poll(ctx context.Context) {
	rows, err := c.Queue.pool.Query(ctx, `SELECT queue_ready($1)`, c.ID)
	if err != nil {
		return // the workers meet the same database and say so
	}
	trusts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return
	}
	for _, t := range trusts {
		c.announce(t)
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
// announces it again, so trusts take turns.
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

func (c *Consumer) work(ctx context.Context, worker int) {
	limit, window, failures := c.BatchSize, smallestWindow, 0
	for ctx.Err() == nil {
		trust, ok := c.next()
		if !ok {
			select {
			case <-ctx.Done():
			case <-c.signal:
			}
			continue
		}
		n, err := c.batch(ctx, worker, trust, limit, window)
		switch {
		case err != nil:
			failures++
			c.announce(trust)
			limit = c.recover(ctx, trust, limit, n, failures, err)
		case n == 0:
			failures = 0
			// Either there is no work or others hold the lanes at the front:
			// look further before going to sleep.
			if window < largestWindow && c.crowded(ctx, trust, window) {
				window *= 8
				c.announce(trust)
			} else {
				window = smallestWindow
			}
		default:
			failures = 0
			limit, window = min(limit*2, c.BatchSize), smallestWindow
			c.announce(trust)
		}
	}
}

// crowded reports whether the queue holds at least as many rows as were
// looked at.
func (c *Consumer) crowded(ctx context.Context, trust string, window int) bool {
	var n int
	err := pgtx.Run(ctx, c.Queue.pool, trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM queue_message WHERE trust = $1 AND queue = $2 LIMIT $3) x`,
			trust, c.ID, window).Scan(&n)
	})
	return err == nil && n >= window
}

func (c *Consumer) batch(ctx context.Context, worker int, trust string, limit, window int) (int, error) {
	start := time.Now()
	ctx, w := withWakes(ctx)
	tx, err := pgtx.Begin(ctx, c.Queue.pool, trust)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	rows, err := claim{queue: c.ID, after: c.after(trust), limit: limit, window: window, lanes: mostLanes}.take(ctx, tx)
	if err != nil {
		return 0, err
	}
	c.lowest(trust, worker, rows)
	if len(rows) == 0 {
		return 0, tx.Commit(ctx) // holds that came due, rows set aside
	}
	ctx = pgtx.With(ctx, tx)
	results, err := c.Handler.HandleBatch(ctx, trust, rows)
	if err != nil {
		return len(rows), err
	}
	if err := c.settle(ctx, tx, rows, results); err != nil {
		return len(rows), err
	}
	if err := tx.Commit(ctx); err != nil {
		return len(rows), err
	}
	c.Queue.wakeAll(w)
	if c.Observe != nil {
		c.Observe(trust, rows, time.Since(start))
	}
	return len(rows), nil
}

func (c *Consumer) settle(ctx context.Context, tx pgx.Tx, rows []Message, results []Result) error {
	if len(results) != len(rows) {
		return fault.New(fault.Internal, "batch_incomplete", "A step answered for %d of %d messages.", len(results), len(rows))
	}
	var done []int64
	for i, m := range rows {
		r := results[i]
		switch {
		case r.Retry != nil:
			f := fault.Of(r.Retry)
			if err := delay(ctx, tx, m, Backoff(m.Attempts), f.Code, f.Text); err != nil {
				return err
			}
		case r.Stop != nil:
			if err := stop(ctx, tx, m, *r.Stop); err != nil {
				return err
			}
		case !r.Skip:
			done = append(done, m.Seq)
		}
	}
	return remove(ctx, tx, rows[0].Trust, c.ID, done)
}

// recover decides how a failed batch goes on and gives the next batch's size.
func (c *Consumer) recover(ctx context.Context, trust string, limit, n, failures int, err error) int {
	if errors.Is(err, context.Canceled) {
		return limit
	}
	if pgtx.Transient(err) && failures < 5 || pgtx.Gone(err) {
		if pgtx.Gone(err) && failures == 1 {
			c.Log.Warn("queue: the database does not answer; work waits", "topic", c.Topic)
		}
		pause(ctx, min(time.Duration(failures)*20*time.Millisecond, time.Second))
		return limit
	}
	if n > 1 {
		return max(n/2, 1)
	}
	f := fault.Of(err)
	c.Log.Error("queue: a message was stopped", "topic", c.Topic, "trust", trust, "code", f.Code)
	stopErr := pgtx.Run(ctx, c.Queue.pool, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		rows, err := claim{queue: c.ID, after: math.MinInt64, limit: 1, window: smallestWindow, lanes: 1}.take(ctx, tx)
		if err != nil || len(rows) == 0 {
			return err
		}
		return stop(ctx, tx, rows[0], Stop{Step: c.Topic, Code: f.Code, Path: f.Path, Text: f.Text})
	})
	if stopErr != nil {
		pause(ctx, time.Second)
	}
	return limit
}

// after is where a claim starts to look: a little below the lowest row that
// the last claims saw, and once a second from the very start, so that rows
// which a long snapshot keeps from being cleaned away are not read again and
// again.
func (c *Consumer) after(trust string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.rescan[trust]) > time.Second {
		c.rescan[trust] = time.Now()
		return math.MinInt64
	}
	low := int64(math.MaxInt64)
	for _, l := range c.low[trust] {
		low = min(low, l)
	}
	if low == math.MaxInt64 {
		return math.MinInt64
	}
	return low - hintSlack
}

func (c *Consumer) lowest(trust string, worker int, rows []Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.low[trust] == nil {
		c.low[trust] = make([]int64, c.Workers)
		for i := range c.low[trust] {
			c.low[trust][i] = math.MaxInt64
		}
	}
	if len(rows) > 0 {
		c.low[trust][worker] = rows[0].Seq
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
