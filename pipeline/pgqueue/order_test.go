package pgqueue_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

func TestConsumer_TwoProcessesOfParallelWorkersKeepEachKeysOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, by := range []string{"one", "two"} {
		c := b.consumer(record(by))
		c.Queue, c.BatchSize = pgqueue.New(b.pool()), 7
		b.run(c)
	}
	want := map[int64][]string{}
	for round := range 25 {
		for key := range int64(40) {
			name := fmt.Sprintf("%d-%d", key, round)
			want[key] = append(want[key], name)
			b.publish(topic, trust, key, name)
		}
	}
	b.untilEmpty()
	b.inOrder(want)
}

func TestConsumer_LanesRunSideBySide(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var together sync.WaitGroup
	together.Add(4)
	c := b.consumer(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		together.Done()
		together.Wait() // for three others in hand at once
		return record("")(ctx, batch)
	})
	c.BatchSize = 1
	b.publish(topic, trust, 1, "a")
	b.publish(topic, trust, 2, "b")
	b.publish(topic, trust, 3, "c")
	b.publish(topic, trust, 4, "d")
	b.run(c)
	b.untilEmpty()
}

func TestConsumer_AMessageThatIsCommittedLateIsNotOvertaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.consumer(record(""))
	c.Poll = time.Millisecond
	b.run(c)
	other := pgqueue.New(b.pool())
	err := other.Tx(t.Context(), trust, func(ctx context.Context) error {
		if err := other.Publish(ctx, topic, pgqueue.Message{Trust: trust, Key: 7, UUID: "early"}); err != nil {
			return err
		}
		for i := range 100 { // meanwhile the queue moves on
			b.publish(topic, trust, int64(100+i), "other")
			b.untilEmpty()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.publish(topic, trust, 7, "late")
	b.untilEmpty()
	b.inOrder(map[int64][]string{7: {"early", "late"}})
}

func TestConsumer_ASlowHandlerDelaysNoOtherTopic(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	slow := b.consumer(nil)
	slow.ID, slow.Topic = b.ensure("slow"), "slow"
	started, release := make(chan struct{}, 1), make(chan struct{})
	slow.Handler = handler(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		started <- struct{}{}
		<-release
		return record("slow")(ctx, batch)
	})
	b.run(slow)
	b.run(b.consumer(record("fast")))
	b.publish("slow", trust, 1, "s")
	wait(b, "the slow batch", started)
	b.publish(topic, trust, 1, names("f", 50)...)
	b.until("all of the fast topic is handled", func() bool { return b.count(`SELECT count(*) FROM effect WHERE by = 'fast'`) == 50 })
	close(release)
	b.untilEmpty()
	if last := b.strings(`SELECT by FROM effect ORDER BY id DESC LIMIT 1`)[0]; last != "slow" {
		t.Errorf("the last to finish was %s", last)
	}
}

func TestConsumer_ALongTransactionElsewhereDelaysNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.consumer(record(""))
	b.run(c)
	foreign, err := b.pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := foreign.Exec(t.Context(), `SELECT count(*), pg_current_xact_id() FROM effect`); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		b.publish(topic, trust, int64(i), strconv.Itoa(i))
		b.untilEmpty()
	}
	if err := foreign.Rollback(t.Context()); err != nil {
		t.Errorf("the foreign transaction was not open all the while: %v", err)
	}
}

func TestConsumer_ABatchSeesOnlyItsOwnTrust(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, "ZZ1", 1, names("one-", 20)...)
	b.publish(topic, "ZZ2", 1, names("two-", 20)...)
	c := b.consumer(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		var foreign int
		if err := pgtx.From(ctx).QueryRow(ctx, `SELECT count(*) FROM queue_message WHERE trust <> $1`, batch[0].Trust).Scan(&foreign); err != nil {
			return nil, err
		}
		for _, m := range batch {
			if m.Trust != batch[0].Trust || foreign != 0 {
				t.Errorf("a batch of %s holds a message of %s and sees %d foreign rows", batch[0].Trust, m.Trust, foreign)
			}
		}
		return record(batch[0].Trust)(ctx, batch)
	})
	c.BatchSize = 3
	b.run(c)
	b.untilEmpty()
	if n := b.count(`SELECT count(*) FROM effect WHERE by = 'ZZ1' AND uuid LIKE 'one-%' OR by = 'ZZ2' AND uuid LIKE 'two-%'`); n != 40 {
		t.Errorf("%d of 40 messages were handled under their own trust", n)
	}
}

func TestConsumer_ABusyTrustLeavesOthersTheirLanes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	started, release := make(chan struct{}, 1), make(chan struct{})
	c := b.consumer(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		if batch[0].Trust == "ZZ1" {
			started <- struct{}{}
			<-release
		}
		return record(batch[0].Trust)(ctx, batch)
	})
	b.publish(topic, "ZZ1", 5, "one")
	b.run(c)
	wait(b, "the busy trust's batch", started)
	b.publish(topic, "ZZ2", 5, "two") // the same lane number
	b.until("the other trust is served", func() bool { return b.count(`SELECT count(*) FROM effect WHERE by = 'ZZ2'`) == 1 })
	close(release)
	b.untilEmpty()
}
