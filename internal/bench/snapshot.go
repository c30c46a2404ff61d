package main

import (
	"context"
	"time"
)

// snapshotPart sends 500 messages a second through pgqueue, first by
// themselves, then while another session holds a snapshot, which keeps
// PostgreSQL from clearing away what was handled. What counts is the last
// third of that time, when most has gathered.
func snapshotPart(ctx context.Context, b *bench) error {
	r, err := b.database(ctx)
	if err != nil {
		return err
	}
	q, err := r.lanes(ctx)
	if err != nil {
		return err
	}
	defer q.stop()
	held := time.Duration(b.seconds * float64(time.Second))
	if _, err := tickets(ctx, q, min(held, 5*time.Second)); err != nil { // warms up
		return err
	}
	alone, err := tickets(ctx, q, held/3)
	if err != nil {
		return err
	}
	tx, err := r.super.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT count(*) FROM queue`); err != nil {
		return err
	}
	if _, err := tickets(ctx, q, held-held/3); err != nil {
		return err
	}
	under, err := tickets(ctx, q, held/3)
	if err != nil {
		return err
	}
	b.say("a snapshot held for %s at 500 messages/s", held.Round(time.Second))
	p99, before := quantile(milliseconds(under), 0.99), quantile(milliseconds(alone), 0.99)
	b.add(shown("queue at 500/s under a long snapshot, p50", "ms", quantile(milliseconds(under), 0.5), quantile(milliseconds(alone), 0.5)),
		shown("the same, p99", "ms", p99, before).judged(p99 <= 2*before, "ratio ≤ %s", 2))
	return r.explained(ctx)
}
