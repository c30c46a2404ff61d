package pgqueue

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// mostRetries is how often work is tried again at once after a deadlock or the
// like before it counts as failing.
const mostRetries = 10

// failing counts a worker's failures since it last got on: all, and those in a
// row that may pass by themselves. Halving a batch uses up no retries.
type failing struct{ all, transient int }

func (f *failing) add(err error) failing {
	f.all++
	if pgtx.Transient(err) {
		f.transient++
	} else {
		f.transient = 0
	}
	return *f
}

// batch claims, handles and commits up to limit messages of trust, and gives
// how many it claimed. A worker that was brought down to one message stops it
// if it fails.
func (c *Consumer) batch(ctx context.Context, trust string, limit, retries int) (int, error) {
	start := time.Now()
	ctx, w := withWakes(ctx)
	tx, err := pgtx.Begin(ctx, c.Queue.pool, trust)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	rows, err := claim{queue: c.ID, after: c.hint.after(trust), limit: limit, lanes: mostLanes}.take(ctx, tx)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 {
		return 0, tx.Commit(ctx) // holds that came due, rows set aside
	}
	if len(rows) >= limit {
		c.announce(trust) // there is more, for another worker
	}
	if limit > 1 {
		err = c.handle(ctx, tx, rows)
	} else {
		err = c.alone(ctx, tx, w, rows[0], retries)
	}
	if err != nil {
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

// handle calls the handler inside tx and settles what it answers.
func (c *Consumer) handle(ctx context.Context, tx pgx.Tx, rows []Message) error {
	results, err := c.call(pgtx.With(ctx, tx), rows)
	if err != nil {
		return err
	}
	return c.settle(ctx, tx, rows, results)
}

// call turns a handler's panic into its failure, so that a message which sets
// it off is stopped alone and does not bring down the hub again and again.
func (c *Consumer) call(ctx context.Context, rows []Message) (results []Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.Log.Error("queue: a step broke off", "topic", c.Topic, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "step_broke_off", "The step %q broke off in the middle of this message. It is a defect of the hub: report it, then replay.", c.Topic)
		}
	}()
	return c.Handler.HandleBatch(ctx, rows[0].Trust, rows)
}

// alone handles one message within a savepoint and stops it if it fails,
// under the same lane lock and in the same commit.
func (c *Consumer) alone(ctx context.Context, tx pgx.Tx, w *wakes, m Message, retries int) error {
	point, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	err = c.handle(ctx, point, []Message{m})
	if err == nil { // what would fail at commit fails here
		_, err = point.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE")
	}
	if err == nil {
		return point.Commit(ctx)
	}
	if ctx.Err() != nil || pgtx.Gone(err) || pgtx.Transient(err) && retries < mostRetries {
		return err
	}
	if err := point.Rollback(ctx); err != nil {
		return err
	}
	w.forget()
	f := fault.Of(err)
	if err := stop(ctx, tx, m, Stop{Step: c.Topic, Code: f.Code, Path: f.Path, Text: f.Text}); err != nil {
		return err
	}
	c.Log.Error("queue: a message was stopped", "topic", c.Topic, "trust", m.Trust, "seq", m.Seq, "code", f.Code, "sqlstate", pgtx.State(err))
	return nil
}

func (c *Consumer) settle(ctx context.Context, tx pgx.Tx, rows []Message, results []Result) error {
	if len(results) != len(rows) {
		return fault.New(fault.Internal, "batch_incomplete", "A step answered for %d of %d messages.", len(results), len(rows))
	}
	var done, skipped []int64
	for i, m := range rows {
		var err error
		switch r := results[i]; {
		case r.Retry != nil:
			f := fault.Of(r.Retry)
			err = delay(ctx, tx, m, Backoff(m.Attempts), f.Code, f.Text)
		case r.Stop != nil:
			err = stop(ctx, tx, m, *r.Stop)
		case r.Skip:
			skipped = append(skipped, m.Seq)
		default:
			done = append(done, m.Seq)
		}
		if err != nil {
			return err
		}
	}
	if skipped != nil {
		if err := aside(ctx, tx, c.ID, skipped); err != nil {
			return err
		}
	}
	return remove(ctx, tx, rows[0].Trust, c.ID, done)
}

// recover decides how a worker goes on after a batch of n messages failed, and
// gives its next batch's size. Nothing was claimed if n is 0.
func (c *Consumer) recover(ctx context.Context, limit, n int, failed failing, err error) int {
	wait := min(time.Duration(failed.all)*20*time.Millisecond, time.Second)
	switch {
	case ctx.Err() != nil:
		return limit
	case pgtx.Gone(err):
		if failed.all == 1 {
			c.Log.Info("queue: the database does not answer; work waits", "topic", c.Topic)
		}
		pause(ctx, wait)
		if n > 1 {
			return n / 2 // it may have been too much for one transaction
		}
		return limit
	case pgtx.Transient(err) && failed.transient <= mostRetries:
		pause(ctx, wait)
		return limit
	case n == 0: // no message is to blame
		c.Log.Warn("queue: claiming work failed; it is tried again", "topic", c.Topic, "sqlstate", pgtx.State(err))
		pause(ctx, time.Second)
		return limit
	case limit <= 1:
		c.Log.Warn("queue: a message can neither be handled nor set aside; it is tried again", "topic", c.Topic, "sqlstate", pgtx.State(err))
		pause(ctx, time.Second)
		return limit
	}
	return max(n/2, 1)
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
