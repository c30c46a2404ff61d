package pgqueue_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

func (b *bench) subscriber(grace time.Duration) *pgqueue.Subscriber {
	sub := pgqueue.New(b.pool()).Subscriber(pgqueue.SubscriberConfig{Group: group, Poll: 20 * time.Millisecond, Grace: grace,
		Backoff: func(int16) time.Duration { return time.Hour }, Log: slog.New(slog.DiscardHandler)})
	b.t.Cleanup(func() { _ = sub.Close() })
	return sub
}

func (b *bench) subscribe() (*pgqueue.Subscriber, <-chan *message.Message) {
	b.t.Helper()
	sub := b.subscriber(0)
	messages, err := sub.Subscribe(context.Background(), topic)
	if err != nil {
		b.t.Fatal(err)
	}
	return sub, messages
}

func TestSubscriber_TwoSubscriptionsOfOneTopicShareItsLanes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscriber(0)
	var mu sync.Mutex
	got, inHand := map[string][]string{}, map[string]bool{}
	for range 3 {
		messages, err := sub.Subscribe(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for m := range messages {
				go func() {
					var key string
					var n int
					_, _ = fmt.Sscanf(m.UUID, "%1s-%d", &key, &n)
					mu.Lock()
					if inHand[key] {
						t.Errorf("two messages of key %s were in hand at once", key)
					}
					inHand[key] = true
					got[key] = append(got[key], m.UUID)
					mu.Unlock()
					time.Sleep(time.Millisecond) // gives a second one the chance
					mu.Lock()
					inHand[key] = false
					mu.Unlock()
					m.Ack()
				}()
			}
		}()
	}
	for i := range 20 {
		for key := range int64(5) {
			b.publish(topic, trust, key, fmt.Sprintf("%d-%d", key, i))
		}
	}
	b.untilEmpty()
	mu.Lock()
	defer mu.Unlock()
	for key, names := range got {
		for i, name := range names {
			if name != fmt.Sprintf("%s-%d", key, i) {
				t.Errorf("key %s: message %d is %s", key, i, name)
				break
			}
		}
	}
}

func TestSubscriber_ARefusedMessageIsStoppedWithItsReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a", "b")
	_, messages := b.subscribe()
	m := wait(b, "the message", messages)
	pgqueue.Refuse(m.Context(), nil, &pgqueue.Stop{Step: "dispatch", Code: "no_outlet", Text: "Set one."})
	m.Nack()
	wait(b, "the next of its key", messages).Ack()
	b.untilEmpty()
	if got := b.strings(`SELECT uuid || ' ' || code || ' ' || text FROM queue_stopped`); len(got) != 1 || got[0] != "a no_outlet Set one." {
		t.Errorf("stopped: %v", got)
	}
}

func TestSubscriber_AKeyThatWaitsKeepsNoLane(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a")
	_, messages := b.subscribe()
	m := wait(b, "the message", messages)
	pgqueue.Refuse(m.Context(), fault.New(fault.Unavailable, "down", "Down."), nil)
	m.Nack()
	b.publish(topic, trust, 1, "b")
	b.until("its successor is set aside", func() bool { return b.count(`SELECT count(*) FROM queue_held`) == 2 })
	b.until("no lane is held", func() bool { return b.count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'`) == 0 })
	b.publish(topic, trust, 1025, "neighbour")
	n := wait(b, "the lane's other key", messages)
	if n.UUID != "neighbour" {
		t.Errorf("got %s", n.UUID)
	}
	n.Ack()
	b.until("only the key waits", func() bool { return b.count(`SELECT count(*) FROM queue_message`) == 0 })
	b.exec(`UPDATE queue_hold SET until = clock_timestamp()`)
	for _, want := range []string{"a", "b"} {
		m := wait(b, "the key, released", messages)
		if m.UUID != want {
			t.Errorf("got %s, want %s", m.UUID, want)
		}
		m.Ack()
	}
	b.untilEmpty()
}

func TestSubscriber_EndingOneSubscriptionLeavesTheOthersTheirs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ensure("other")
	b.publish(topic, trust, 1, "a")
	sub := b.subscriber(0)
	messages, err := sub.Subscribe(context.Background(), topic)
	if err != nil {
		t.Fatal(err)
	}
	m := wait(b, "the message", messages)
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		other, err := sub.Subscribe(ctx, "other")
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		for range other {
		}
	}
	if m.Context().Err() != nil {
		t.Error("the message in hand was lost with another subscription")
	}
	m.Ack()
	b.untilEmpty()
}

func TestSubscriber_AMessageInHandMayBeAnsweredWithinItsGrace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a", "b")
	sub := b.subscriber(overall)
	ctx, cancel := context.WithCancel(context.Background())
	messages, err := sub.Subscribe(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	m := wait(b, "the message", messages)
	cancel()
	if m.Context().Err() != nil {
		t.Error("the message's context ended with the subscription")
	}
	m.Ack()
	for range messages {
		t.Error("another message was handed over after the end")
	}
	if got := b.strings(`SELECT uuid FROM queue_message`); len(got) != 1 || got[0] != "b" {
		t.Errorf("left in the queue: %v", got)
	}
}

// A hub may meet its database's death in the moment it starts.
func TestSubscriber_SubscribingWaitsForADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cfg, err := pgxpool.ParseConfig(b.db.RuntimeDSN)
	if err != nil {
		t.Fatal(err)
	}
	var dials atomic.Int32
	dial := cfg.ConnConfig.DialFunc
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= 2 {
			return nil, syscall.ECONNREFUSED
		}
		return dial(ctx, network, address)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	sub := pgqueue.New(pool).Subscriber(pgqueue.SubscriberConfig{Group: group, Poll: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { _ = sub.Close() })
	messages, err := sub.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	b.publish(topic, trust, 1, "A-1")
	select {
	case m := <-messages:
		m.Ack()
	case <-time.After(overall):
		t.Fatal("nothing came")
	}
}
