package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
)

// latencyPart sends at a fixed pace, whatever the answers do. A message counts
// from when it was due, so one that waits behind another is not left out.
func latencyPart(ctx context.Context, b *bench) error {
	r, err := b.open(ctx)
	if err != nil {
		return err
	}
	if err := r.drain(ctx); err != nil {
		return err
	}
	if _, err := r.paced(ctx, 200, time.Second); err != nil { // warm
		return err
	}
	before := r.usage()
	sent, err := r.paced(ctx, 500, b.last(8*time.Second))
	if err != nil {
		return err
	}
	b.say("500/s: %s", r.usage().since(before))
	acks := make([]time.Duration, len(sent))
	for i, s := range sent {
		acks[i] = s.latency
	}
	ms := milliseconds(acks)
	b.add(below("ACK at 500/s, p50", "ms", quantile(ms, 0.5), 2), below("ACK at 500/s, p99", "ms", quantile(ms, 0.99), 15))
	left, err := r.waiting(ctx)
	if err != nil {
		return err
	}
	b.say("%d messages still waited to be posted when the last was acknowledged", left)
	if err := r.drain(ctx); err != nil {
		return err
	}
	if err := socketToMovement(ctx, r); err != nil {
		return err
	}
	return r.explained(ctx)
}

// socketToMovement measures from when a message was due to when another
// session sees what it posted. posting.posted_at does not serve: it is when
// the batch began, not when its commit could be seen. So a session of the
// bench looks for new postings every half millisecond, which costs some CPU
// and is in the figure.
func socketToMovement(ctx context.Context, r *rig) error {
	looking, stop := context.WithCancel(ctx)
	defer stop()
	seen, done := map[string]time.Time{}, make(chan error, 1)
	ready := make(chan struct{})
	go func() { done <- r.watchPostings(looking, ready, seen) }()
	<-ready
	before := r.usage()
	sent, err := r.paced(ctx, 200, r.b.last(8*time.Second))
	if err == nil {
		r.b.say("200/s: %s", r.usage().since(before))
		err = r.drain(ctx)
	}
	time.Sleep(10 * time.Millisecond)
	stop()
	if lookErr := <-done; err == nil && ctx.Err() == nil {
		err = lookErr
	}
	if err != nil {
		return err
	}
	var took []time.Duration
	for _, s := range sent {
		at, ok := seen[controlID(s.number)]
		if !ok {
			return fmt.Errorf("message %d was acknowledged and never posted", s.number)
		}
		took = append(took, at.Sub(s.due))
	}
	ms := milliseconds(took)
	r.b.add(below("socket to movement at 200/s, p50", "ms", quantile(ms, 0.5), 5), below("socket to movement at 200/s, p99", "ms", quantile(ms, 0.99), 30))
	return nil
}

func controlID(n int64) string { return string(padded([]byte{'B'}, n, 10)) }

// watchPostings notes when each new posting could first be seen, until ctx
// ends.
func (r *rig) watchPostings(ctx context.Context, ready chan<- struct{}, seen map[string]time.Time) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const behind = 500 // message ids that a batch may commit late
	conn, err := r.super.Acquire(ctx)
	if err != nil {
		close(ready)
		return err
	}
	defer conn.Release()
	var low int64
	err = conn.QueryRow(ctx, `SELECT coalesce(max(message_id), 0) FROM posting WHERE trust = $1`, trustCode).Scan(&low)
	close(ready)
	var id int64
	var control string
	for err == nil && ctx.Err() == nil {
		rows, queryErr := conn.Query(ctx, `SELECT message_id, control_id FROM posting WHERE trust = $1 AND message_id > $2`, trustCode, low)
		now, most := time.Now(), low+behind
		if err = queryErr; err != nil {
			break
		}
		_, err = pgx.ForEachRow(rows, []any{&id, &control}, func() error {
			if _, ok := seen[control]; !ok {
				seen[control] = time.Now()
			}
			most = max(most, id)
			return nil
		})
		low = most - behind
		sleepUntil(now.Add(500 * time.Microsecond))
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}
