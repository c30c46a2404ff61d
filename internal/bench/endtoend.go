package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// mostBehind bounds how many acknowledged messages may wait to be posted:
	// then senders wait, so that the rate is one that can be kept up.
	mostBehind = 1000
	pushers    = 8
)

// endToEndPart measures how many 12-line DFTs a second get from the socket
// into the ledger while senders push as fast as posting keeps up. The
// yardstick then writes the rows that those messages left, in sets of the same
// size and with as many writers, by plain SQL into copies of the tables.
func endToEndPart(ctx context.Context, b *bench) error {
	r, err := b.open(ctx)
	if err != nil {
		return err
	}
	if err := r.seedMovements(ctx, b.history); err != nil {
		return fmt.Errorf("earlier movements: %w", err)
	}
	if err := r.drain(ctx); err != nil {
		return err
	}
	y, err := r.newYardstick(ctx)
	if err != nil {
		return fmt.Errorf("yardstick: %w", err)
	}
	defer y.close()
	if _, _, err := r.sustained(ctx, b.last(time.Second)); err != nil { // warm
		return err
	}
	r.costs = nil
	var ours, alone, plain []float64
	for range rounds {
		first, err := y.lastMessage(ctx)
		if err != nil {
			return err
		}
		n, shares, err := r.sustained(ctx, b.last(20*time.Second)/rounds)
		if err != nil {
			return err
		}
		b.say("%.0f/s; %s", n, shares)
		ours = append(ours, n)
		if n, err = r.backlog(ctx, int64(max(n, 300)*b.seconds/10)); err != nil {
			return err
		}
		alone = append(alone, n)
		n, err = y.write(ctx, first)
		if err != nil {
			return fmt.Errorf("yardstick: %w", err)
		}
		plain = append(plain, n)
	}
	total, err := r.hub.posted(ctx)
	if err != nil {
		return err
	}
	b.say("%d movements were there before; the hub has posted %d messages since it started", b.history, total)
	b.add(atLeast("end to end, 12-line DFTs", "1/s", median(ours), 1500),
		against("end to end, against plain SQL in sets", "1/s", median(ours), median(plain), 0.25),
		shown("CPU a message, hub and PostgreSQL, against plain SQL", "ms", median(r.costs), median(y.costs)),
		shown("posting a backlog, against plain SQL in sets", "1/s", median(alone), median(plain)),
		below("hub memory after these messages", "MB", residentMB(r.hub.pid()), 150))
	return r.explained(ctx)
}

// sustained gives the rate of posting while senders keep up to mostBehind
// messages waiting, and waits for the rest.
func (r *rig) sustained(ctx context.Context, d time.Duration) (float64, string, error) {
	first, err := r.hub.posted(ctx)
	if err != nil {
		return 0, "", err
	}
	var sent, posted atomic.Int64
	looking, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for looking.Err() == nil {
			if n, err := r.hub.posted(looking); err == nil {
				posted.Store(n - first)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	before, start := r.usage(), time.Now()
	_, _, err = r.push(ctx, pushers, d, func() bool {
		for sent.Load()-posted.Load() >= mostBehind && time.Since(start) < d && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		sent.Add(1)
		return time.Since(start) < d
	})
	if err != nil {
		return 0, "", err
	}
	shares := r.usage().since(before)
	if err := r.drain(ctx); err != nil {
		return 0, "", err
	}
	took := time.Since(start)
	last, err := r.hub.posted(ctx)
	if n := last - first; err == nil && n > 0 {
		r.costs = append(r.costs, r.usage().each(before, n))
	}
	return rate(last-first, took), shares, err
}

// backlog gives the rate at which the hub posts n messages that wait, while
// nothing is received.
func (r *rig) backlog(ctx context.Context, n int64) (float64, error) {
	release, err := r.holdPosting(ctx)
	if err != nil {
		return 0, err
	}
	var sent atomic.Int64
	_, _, err = r.push(ctx, 16, time.Minute, func() bool { return sent.Add(1) <= n })
	start := time.Now()
	release()
	if err == nil {
		err = r.drain(ctx)
	}
	return rate(n, time.Since(start)), err
}

// postingRate is how fast the hub posts what waits, for d or to its end.
func (r *rig) postingRate(ctx context.Context, d time.Duration) (float64, error) {
	first, err := r.hub.posted(ctx)
	if err != nil {
		return 0, err
	}
	start, at := time.Now(), time.Now()
	n := first
	for time.Since(start) < d {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		now, err := r.hub.posted(ctx)
		if err != nil {
			return 0, err
		}
		if now > n {
			n, at = now, time.Now() // batches end together: count to the last
		}
		left, err := r.waiting(ctx)
		if err != nil {
			return 0, err
		}
		if left == 0 {
			break
		}
	}
	if n == first {
		return 0, nil
	}
	return rate(n-first, at.Sub(start)), nil
}

// seedMovements makes n movements of earlier years, a hundred days' worth, in
// sets: uses of all items, against the opening stock.
func (r *rig) seedMovements(ctx context.Context, n int) error {
	const set = 20000
	for done := 0; done < n; done += set {
		_, err := r.super.Exec(ctx, `
			INSERT INTO movement (trust, id, kind, item, lot, from_place, to_place, quantity, occurred_at, accounted_on, message_id, origin, profile)
			SELECT $1, 1000000000000 + s, 'use', i.id, 'L' || substr(i.code, 6), f.id, t.id, 1, now() - s % 100 * interval '1 day', current_date - (s % 100)::int, 0, 'FT1[1]', 'generic-theatre/v2'
			  FROM generate_series($2::bigint, $3::bigint) s
			  JOIN item i ON i.trust = $1 AND i.code = 'ITEM-' || lpad((s * 7919 % $4::bigint)::text, 6, '0')
			  JOIN place f ON f.trust = $1 AND f.kind = 'stock' AND f.code = CASE WHEN s % 2 = 0 THEN 'TH1' ELSE 'TH2' END
			  JOIN place t ON t.trust = $1 AND t.kind = 'patient' AND t.code = 'world'
			 ORDER BY s`, trustCode, done+1, min(done+set, n), catalogueItems)
		if err != nil {
			return err
		}
	}
	_, err := r.super.Exec(ctx, `VACUUM ANALYZE movement, balance`)
	return err
}
