package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// rounds is how often ours and the yardstick take turns.
const rounds = 3

// ackPart measures how many messages a second the hub acknowledges, each after
// its commit: once with posting at work on them, as always, and once while
// posting is held, which shows receiving alone (the end-to-end part shows
// posting alone). The yardstick inserts the same bytes, one message a commit.
func ackPart(ctx context.Context, b *bench) error {
	r, err := b.open(ctx)
	if err != nil {
		return err
	}
	targets := map[int]float64{1: 0.7, 16: 1.2, 64: 1.5} // 256 has none
	for _, n := range []int{1, 16, 64, 256} {
		var always, alone, inserts []float64
		var shares string
		for range rounds {
			a, s, err := r.ackRound(ctx, n)
			if err != nil {
				return err
			}
			always, alone, inserts, shares = append(always, a.always), append(alone, a.alone), append(inserts, a.inserts), s
		}
		b.say("%d senders, posting at work: %s", n, shares)
		name := fmt.Sprintf("durable ACKs, %d senders", n)
		if n == 1 {
			name = "durable ACKs, 1 sender"
		}
		atWork := shown(name, "1/s", median(always), median(inserts))
		if target := targets[n]; target > 0 {
			atWork = against(name, "1/s", median(always), median(inserts), target)
		}
		b.add(atWork, shown(name+", posting held", "1/s", median(alone), median(inserts)))
	}
	return r.explained(ctx)
}

type ackFigures struct{ always, alone, inserts float64 }

func (r *rig) ackRound(ctx context.Context, senders int) (f ackFigures, shares string, err error) {
	d := r.b.last(1200 * time.Millisecond)
	before := r.usage()
	n, took, err := r.push(ctx, senders, d, nil)
	if err != nil {
		return f, "", err
	}
	shares, f.always = r.usage().since(before), rate(n, took)
	if err := r.discard(ctx); err != nil {
		return f, "", err
	}
	release, err := r.holdPosting(ctx)
	if err != nil {
		return f, "", err
	}
	n, took, err = r.push(ctx, senders, d, nil)
	release()
	if err != nil {
		return f, "", err
	}
	f.alone = rate(n, took)
	if err := r.discard(ctx); err != nil {
		return f, "", err
	}
	f.inserts, err = r.inserts(ctx, senders, d)
	return f, shares, err
}

// mostInserting bounds the yardstick's connections: the hub has PostgreSQL take
// 100, and more of them insert no faster.
const mostInserting = 64

// inserts is the yardstick for receiving: prepared, autocommitted inserts of
// the same bytes, with as many connections as there are senders, or as the
// server has room for.
func (r *rig) inserts(ctx context.Context, connections int, d time.Duration) (float64, error) {
	return r.insertsOf(ctx, connections, d, newFeed().message)
}

// insertsOf is inserts of what write gives.
func (r *rig) insertsOf(ctx context.Context, connections int, d time.Duration, write func(n int64, p picker) []byte) (float64, error) {
	connections = min(connections, mostInserting)
	if _, err := r.super.Exec(ctx, `CREATE TABLE IF NOT EXISTS bench_ack (id bigint PRIMARY KEY, raw bytea COMPRESSION lz4 NOT NULL)`); err != nil {
		return 0, err
	}
	conns := make([]*pgx.Conn, connections)
	for i := range conns {
		c, err := pgx.ConnectConfig(ctx, r.super.Config().ConnConfig)
		if err != nil {
			return 0, err
		}
		defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
		conns[i] = c
	}
	var done atomic.Int64
	start := time.Now()
	err := together(connections, func(i int) error {
		p := newPicker(uint64(r.b.seed()))
		for time.Since(start) < d {
			n := atomic.AddInt64(&r.next, 1)
			if _, err := conns[i].Exec(ctx, `INSERT INTO bench_ack (id, raw) VALUES ($1, $2)`, n, write(n, p)); err != nil {
				return err
			}
			done.Add(1)
		}
		return ctx.Err()
	})
	return rate(done.Load(), time.Since(start)), err
}
