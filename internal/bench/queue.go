package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

const (
	queueTopic = "bench"
	// published is how many messages share a publishing transaction, for both.
	published  = 100
	publishers = 2
)

// load is 1 KB that does not compress to nothing.
var load = func() []byte {
	b := make([]byte, 0, 1024)
	for len(b) < 990 {
		b = append(b, uuid.NewString()...)
	}
	return b[:1000]
}()

// queuePart publishes, handles and deletes messages of 1 KB through pgqueue
// with a batch consumer, and through watermill-sql, which hands them over
// singly.
func queuePart(ctx context.Context, b *bench) error {
	r, err := b.database(ctx)
	if err != nil {
		return err
	}
	ours, err := r.lanes(ctx)
	if err != nil {
		return err
	}
	defer ours.stop()
	theirs, err := newWatermill(ctx, r)
	if err != nil {
		return err
	}
	defer theirs.stop()
	var a, w []float64
	var shares string
	for range rounds {
		before := r.usage()
		n, err := through(ctx, ours, b.last(2*time.Second))
		if err != nil {
			return err
		}
		shares, a = r.usage().since(before), append(a, n)
		if n, err = through(ctx, theirs, b.last(2*time.Second)); err != nil {
			return err
		}
		w = append(w, n)
	}
	b.say("pgqueue, hub here being the generator itself: %s", shares)
	b.add(atLeast("queue: publish, handle, delete 1 KB", "1/s", median(a), 25000), shown("queue, against watermill-sql v4.1.2", "1/s", median(a), median(w)))
	return b.queueLatency(ctx, r, ours, theirs)
}

func (b *bench) queueLatency(ctx context.Context, r *rig, ours, theirs transport) error {
	mine, err := tickets(ctx, ours, b.last(4*time.Second))
	if err != nil {
		return err
	}
	other, err := tickets(ctx, theirs, b.last(4*time.Second))
	if err != nil {
		return err
	}
	p50 := quantile(milliseconds(mine), 0.5)
	b.add(below("queue, end to end at 500/s, p50", "ms", p50, 2), shown("the same, p99", "ms", quantile(milliseconds(mine), 0.99), quantile(milliseconds(other), 0.99)),
		shown("the same p50, against watermill-sql as it comes", "ms", p50, quantile(milliseconds(other), 0.5)))
	return r.explained(ctx)
}

// transport is a queue under test. handled is told of each message's id once
// it is done with.
type transport interface {
	publish(ctx context.Context, ids []string) error
	watch(handled func(id string))
	stop()
}

// through publishes for d and gives the rate until the last message was
// handled.
func through(ctx context.Context, t transport, d time.Duration) (float64, error) {
	var handled, sent atomic.Int64
	t.watch(func(string) { handled.Add(1) })
	start := time.Now()
	err := together(publishers, func(int) error {
		for time.Since(start) < d {
			ids := make([]string, published)
			for i := range ids {
				ids[i] = uuid.NewString()
			}
			if err := t.publish(ctx, ids); err != nil {
				return err
			}
			sent.Add(published)
			for sent.Load()-handled.Load() > 20*published && time.Since(start) < d {
				time.Sleep(time.Millisecond)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for handled.Load() < sent.Load() {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if time.Since(start) > d+time.Minute {
			return 0, fmt.Errorf("%d of %d messages were not handled within a minute", sent.Load()-handled.Load(), sent.Load())
		}
		time.Sleep(time.Millisecond)
	}
	return rate(sent.Load(), time.Since(start)), nil
}

// tickets publishes single messages, 500 a second, and gives for each the time
// from when it was due until it was handled.
func tickets(ctx context.Context, t transport, d time.Duration) ([]time.Duration, error) {
	const perSecond, hands = 500, 4
	var mu sync.Mutex
	due, took := map[string]time.Time{}, []time.Duration{}
	t.watch(func(id string) {
		mu.Lock()
		defer mu.Unlock()
		took = append(took, time.Since(due[id]))
	})
	total := int(d.Seconds() * perSecond)
	start := time.Now()
	err := together(hands, func(h int) error {
		for i := h; i < total; i += hands {
			id, at := uuid.NewString(), start.Add(time.Duration(i)*time.Second/perSecond)
			mu.Lock()
			due[id] = at
			mu.Unlock()
			sleepUntil(at)
			if err := t.publish(ctx, []string{id}); err != nil {
				return err
			}
		}
		return nil
	})
	for end := time.Now().Add(20 * time.Second); err == nil; time.Sleep(time.Millisecond) {
		mu.Lock()
		n := len(took)
		mu.Unlock()
		if n >= total {
			break
		}
		if ctx.Err() != nil || time.Now().After(end) {
			err = fmt.Errorf("%d of %d messages were handled", n, total)
		}
	}
	t.watch(func(string) {})
	mu.Lock()
	defer mu.Unlock()
	return took, err
}

// lanes is pgqueue with a batch consumer of two workers, as posting has.
type lanes struct {
	pool    *pgxpool.Pool
	queue   *pgqueue.Queue
	handled atomic.Pointer[func(string)]
	cancel  context.CancelFunc
	done    chan struct{}
}

// lanes opens a pgqueue of the rig, with connections of its own.
func (r *rig) lanes(ctx context.Context) (*lanes, error) {
	cfg, err := pgxpool.ParseConfig(r.server.RuntimeDSN())
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 10
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	t, err := newLanes(ctx, pool)
	if err != nil {
		pool.Close()
	}
	return t, err
}

func newLanes(ctx context.Context, pool *pgxpool.Pool) (*lanes, error) {
	t := &lanes{pool: pool, queue: pgqueue.New(pool), done: make(chan struct{})}
	t.watch(func(string) {})
	id, err := t.queue.Ensure(ctx, queueTopic, "bench")
	if err != nil {
		return nil, err
	}
	c := &pgqueue.Consumer{Queue: t.queue, ID: id, Topic: queueTopic, Handler: t, Workers: 2, BatchSize: 256, Poll: 250 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Observe: func(_ string, batch []pgqueue.Message, _ time.Duration) {
			fn := *t.handled.Load()
			for _, m := range batch {
				fn(m.UUID)
			}
		}}
	running, cancel := context.WithCancel(ctx)
	t.cancel = cancel
	go func() {
		defer close(t.done)
		_ = c.Run(running)
	}()
	return t, nil
}

// HandleBatch does nothing: the queue alone is measured.
func (t *lanes) HandleBatch(_ context.Context, _ string, batch []pgqueue.Message) ([]pgqueue.Result, error) {
	return make([]pgqueue.Result, len(batch)), nil
}

func (t *lanes) watch(handled func(string)) { t.handled.Store(&handled) }

func (t *lanes) publish(ctx context.Context, ids []string) error {
	return t.queue.Tx(ctx, "", func(ctx context.Context) error {
		ms := make([]pgqueue.Message, len(ids))
		for i, id := range ids {
			ms[i] = pgqueue.Message{Key: pgqueue.KeyHash("", id), UUID: id, Payload: load}
		}
		return t.queue.Publish(ctx, queueTopic, ms...)
	})
}

func (t *lanes) stop() {
	t.cancel()
	<-t.done
	t.pool.Close()
}
