package pgqueue_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// notifier passes on the wakes of a queue until the test ends.
func (b *bench) notifier(q *pgqueue.Queue) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = (&pgqueue.Notifier{Queue: q, Log: slog.New(slog.DiscardHandler)}).Run(ctx) })
	b.t.Cleanup(func() { cancel(); done.Wait() })
}

func TestNotifier_AnotherProcessIsWokenEvenAfterTheConnectionWasLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.consumer(record("far"))
	c.Queue, c.Poll = pgqueue.New(b.pool()), time.Hour // only a wake can bring it work
	b.run(c)
	b.notifier(b.queue)
	b.notifier(c.Queue)
	n := 0
	arrive := func() {
		t.Helper()
		before := b.count(`SELECT count(*) FROM effect`)
		b.until("the other process hears of work", func() bool {
			n++
			b.publish(topic, trust, int64(n), fmt.Sprint(n)) // again, for it may not listen yet
			return b.count(`SELECT count(*) FROM effect`) > before
		})
		b.until("it has handled all", func() bool { return b.count(`SELECT count(*) FROM effect`) == n })
	}
	arrive()
	b.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%') AND pid <> pg_backend_pid()`)
	arrive()
}

func TestQueue_NothingIsLeftRunning(t *testing.T) {
	b := newBench(t)
	b.publish(topic, trust, 1, names("m", 10)...)
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = (&pgqueue.Notifier{Queue: b.queue, Log: slog.New(slog.DiscardHandler)}).Run(ctx) })
	stop := b.run(b.consumer(record("")))
	b.untilEmpty()
	stop()
	cancel()
	done.Wait()

	sub := b.queue.Subscriber(pgqueue.SubscriberConfig{Group: group, Poll: time.Hour, Grace: time.Hour, Log: slog.New(slog.DiscardHandler)})
	messages, err := sub.Subscribe(context.Background(), topic)
	if err != nil {
		t.Fatal(err)
	}
	b.publish(topic, trust, 1, "last", "never")
	wait(b, "the message", messages).Ack()
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Subscribe(context.Background(), topic); err == nil {
		t.Error("a closed subscriber took a subscription")
	}
	goleak.VerifyNone(t, before)
}
