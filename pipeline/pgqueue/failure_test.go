package pgqueue_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

func TestConsumer_OnePoisonousMessageAmongTenThousandIsStoppedAlone(t *testing.T) {
	t.Parallel()
	poisons := map[string]struct {
		code string
		bite func(ctx context.Context) error
	}{
		"a step's error": {"bad_thing", func(context.Context) error { return fault.New(fault.Stopped, "bad_thing", "It is bad.") }},
		"a failed query": {"internal", func(ctx context.Context) error {
			_, err := pgtx.From(ctx).Exec(ctx, `SELECT 1/0`)
			return err
		}},
		"a panic":                {"step_broke_off", func(context.Context) error { panic("bad") }},
		"a context that ran out": {"internal", func(context.Context) error { return context.Canceled }},
		"a conflict that stays": {"internal", func(ctx context.Context) error {
			_, err := pgtx.From(ctx).Exec(ctx, `DO $$ BEGIN RAISE unique_violation; END $$`)
			return err
		}},
	}
	for name, poison := range poisons {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.exec(fmt.Sprintf(`INSERT INTO queue_message (trust, queue, lane, key, subject, uuid)
				SELECT 'ZZ1', %d, i & 1023, i, i, CASE i WHEN 7123 THEN 'bad' ELSE 'good' END FROM generate_series(0, 10000) i`, b.id))
			var rounds, good atomic.Int64
			c := b.consumer(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
				rounds.Add(1)
				for _, m := range batch {
					if m.UUID == "bad" {
						if err := poison.bite(ctx); err != nil {
							return nil, err
						}
					}
				}
				return make([]pgqueue.Result, len(batch)), nil
			})
			c.BatchSize = 1000
			c.Observe = observe(func(batch []pgqueue.Message) { good.Add(int64(len(batch))) })
			stop := b.run(c)
			b.untilEmpty()
			stop()
			if got := b.strings(`SELECT subject || ' ' || uuid || ' ' || code FROM queue_stopped`); len(got) != 1 || got[0] != "7123 bad "+poison.code {
				t.Errorf("stopped: %v", got)
			}
			if good.Load() != 10001 || rounds.Load() > 500 {
				t.Errorf("%d messages were settled, in %d rounds", good.Load(), rounds.Load())
			}
		})
	}
}

func TestConsumer_WhatAStoppedMessageAskedForIsNotDone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "bad")
	var called atomic.Bool
	b.run(b.consumer(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		pgqueue.AfterCommit(ctx, func() { called.Store(true) })
		if err := effect(ctx, "", batch[0]); err != nil {
			return nil, err
		}
		return nil, errors.New("no")
	}))
	b.untilEmpty()
	if called.Load() || b.count(`SELECT count(*) FROM effect`) != 0 || b.count(`SELECT count(*) FROM queue_stopped`) != 1 {
		t.Error("a stopped message left an effect")
	}
}

// outcomes answers each message by choose, and skips the later ones of a key
// that must wait.
func outcomes(choose func(m pgqueue.Message) pgqueue.Result) handler {
	return func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		results, waits := make([]pgqueue.Result, len(batch)), map[int64]bool{}
		for i, m := range batch {
			if waits[m.Key] {
				results[i].Skip = true
				continue
			}
			r := choose(m)
			results[i] = r
			waits[m.Key] = r.Retry != nil || r.Stop != nil && r.Stop.Park
			if r.Retry == nil && r.Stop == nil {
				if err := effect(ctx, "", m); err != nil {
					return nil, err
				}
			}
		}
		return results, nil
	}
}

func TestConsumer_AStoppedMessageKeepsItsReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "stop", "go")
	b.run(b.consumer(outcomes(func(m pgqueue.Message) (r pgqueue.Result) {
		if m.UUID == "stop" {
			r.Stop = &pgqueue.Stop{Step: "translate", Code: "no_item", Path: "FT1-7", Text: "Mend it.", Profile: "generic@1"}
		}
		return r
	})))
	b.untilEmpty()
	got := b.strings(`SELECT uuid || '|' || step || '|' || code || '|' || path || '|' || text || '|' || profile FROM queue_stopped`)
	if len(got) != 1 || got[0] != "stop|translate|no_item|FT1-7|Mend it.|generic@1" {
		t.Errorf("stopped: %v", got)
	}
	b.inOrder(map[int64][]string{1: {"go"}}) // a stop without parking holds back nothing
}

func TestConsumer_AParkedKeyHoldsBackOnlyItselfAndIsReleasedInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	later := names("p", 3000) // more than one look at the queue shows
	b.publish(topic, trust, 1, append([]string{"stop"}, later[:2000]...)...)
	b.publish(topic, trust, 1025, "neighbour") // in the same lane
	b.publish(topic, trust, 2, "other")
	b.run(b.consumer(outcomes(func(m pgqueue.Message) (r pgqueue.Result) {
		if m.UUID == "stop" {
			r.Stop = &pgqueue.Stop{Step: "post", Code: "parked", Text: "Look.", Park: true}
		}
		return r
	})))
	b.publish(topic, trust, 1, later[2000:]...)
	b.until("only the parked key waits", func() bool {
		return b.count(`SELECT count(*) FROM effect`) == 2 && b.count(`SELECT count(*) FROM queue_held`) == 3000
	})
	b.exec(`UPDATE queue_hold SET until = clock_timestamp()`)
	b.untilEmpty()
	b.inOrder(map[int64][]string{1: later, 1025: {"neighbour"}, 2: {"other"}})
	if n := b.count(`SELECT count(*) FROM queue_hold`); n != 0 {
		t.Errorf("%d holds are left", n)
	}
}

func TestConsumer_ARetryHoldsBackOnlyItsKeyAndKeepsItsOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, names("k", 5)...)
	b.publish(topic, trust, 1025, "neighbour")
	var tries atomic.Int64
	c := b.consumer(outcomes(func(m pgqueue.Message) (r pgqueue.Result) {
		if m.UUID == "k0" && tries.Add(1) <= 2 {
			r.Retry = fault.New(fault.Unavailable, "far_side_down", "It does not answer.")
		}
		return r
	}))
	b.run(c)
	b.until("the key is held with its reason", func() bool {
		return b.count(`SELECT count(*) FROM queue_hold WHERE key = 1 AND code = 'far_side_down' AND until > since`) == 1
	})
	b.publish(topic, trust, 1, names("l", 5)...)
	b.untilEmpty()
	b.inOrder(map[int64][]string{1: append(names("k", 5), names("l", 5)...), 1025: {"neighbour"}})
	if first := b.strings(`SELECT uuid FROM effect ORDER BY id LIMIT 1`)[0]; first != "neighbour" || tries.Load() != 3 {
		t.Errorf("%s came first, after %d tries", first, tries.Load())
	}
}
