package pgqueue_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

func TestConsumer_ADeadWorkersBatchIsFinishedOnceByAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a", "b", "c")
	backend, release := make(chan int, 1), make(chan struct{})
	var first atomic.Bool
	dies := b.consumer(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		results, err := record("dies")(ctx, batch)
		if first.CompareAndSwap(false, true) {
			var pid int
			if err := pgtx.From(ctx).QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
				return nil, err
			}
			backend <- pid
			<-release
		}
		return results, err
	})
	stop := b.run(dies)
	pid := wait(b, "the batch", backend)

	lives := b.consumer(record("lives"))
	lives.Queue = pgqueue.New(b.pool())
	b.run(lives)
	b.publish(topic, trust, 1, "d")
	b.publish(topic, trust, 2, "other")
	b.until("another lane is served", func() bool { return b.count(`SELECT count(*) FROM effect WHERE uuid = 'other'`) == 1 })
	if n := b.count(`SELECT count(*) FROM effect WHERE key = 1`); n != 0 {
		t.Errorf("%d messages of a lane that is held were handled", n)
	}
	if _, err := b.root.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, pid); err != nil {
		t.Fatal(err)
	}
	b.untilEmpty()
	close(release)
	stop()
	b.inOrder(map[int64][]string{1: {"a", "b", "c", "d"}})
}

func TestSubscriber_ALostSessionCannotAcknowledge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a")
	one, first := b.subscribe()
	m := wait(b, "the message", first)
	b.exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	two, second := b.subscribe()
	// Either may get it now; both must be told apart from the lost one.
	var again = make(chan func() bool, 2)
	go func() { again <- (<-second).Ack }()
	m.Ack()
	<-m.Context().Done()
	if b.count(`SELECT count(*) FROM queue_message`) != 1 {
		t.Error("a message was acknowledged in a session that was lost")
	}
	_ = one.Close()
	wait(b, "the message, elsewhere", again)()
	b.untilEmpty()
	_ = two.Close()
}
