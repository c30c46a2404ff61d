package pgqueue_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

func TestPublish_ATopicWithoutAGroupIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.queue.Publisher().Publish("nobody", message.NewMessage("a", nil))
	if f := fault.Of(err); f.Code != "topic_without_group" {
		t.Errorf("got %v", err)
	}
}

func TestPublish_EveryGroupGetsItsOwnCopy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.queue.Ensure(t.Context(), topic, "second"); err != nil {
		t.Fatal(err)
	}
	b.publish(topic, trust, 1, "a")
	if n := b.count(`SELECT count(DISTINCT queue) FROM queue_message WHERE uuid = 'a'`); n != 2 {
		t.Errorf("%d of 2 groups got it", n)
	}
}

func TestPublish_ARolledBackTransactionPublishesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := errors.New("no")
	err := b.queue.Tx(t.Context(), trust, func(ctx context.Context) error {
		pgqueue.AfterCommit(ctx, func() { t.Error("told of a commit that never was") })
		if err := b.queue.Publish(ctx, topic, pgqueue.Message{Trust: trust, UUID: "a"}); err != nil {
			return err
		}
		return no
	})
	if !errors.Is(err, no) || b.count(`SELECT count(*) FROM queue_message`) != 0 {
		t.Errorf("published, or %v", err)
	}
}

func TestPublish_AnotherTrustsMessageIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.queue.Tx(t.Context(), "ZZ1", func(ctx context.Context) error {
		return b.queue.Publish(ctx, topic, pgqueue.Message{Trust: "ZZ2", UUID: "a"})
	})
	if err == nil || b.count(`SELECT count(*) FROM queue_message`) != 0 {
		t.Error("a transaction of one trust published for another")
	}
}

func TestPublish_InsideABatchItIsTheOutbox(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ensure("out")
	b.publish(topic, trust, 1, "good", "bad")
	b.run(b.consumer(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		for _, m := range batch {
			if err := b.queue.Publish(ctx, "out", pgqueue.Message{Trust: trust, UUID: m.UUID}); err != nil {
				return nil, err
			}
			if m.UUID == "bad" {
				return nil, errors.New("no")
			}
		}
		return make([]pgqueue.Result, len(batch)), nil
	}))
	b.until("both are settled", func() bool {
		return b.count(`SELECT count(*) FROM queue_stopped`)+b.count(`SELECT count(*) FROM queue_message WHERE uuid = 'good'`) == 2
	})
	if got := b.strings(`SELECT uuid FROM queue_message`); len(got) != 1 || got[0] != "good" {
		t.Errorf("published: %v", got)
	}
}

func TestAfterCommit_RunsWhenTheCommitIsVisibleToOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	seen := -1
	err := b.queue.Tx(t.Context(), trust, func(ctx context.Context) error {
		pgqueue.AfterCommit(ctx, func() { seen = b.count(`SELECT count(*) FROM queue_message`) })
		return b.queue.Publish(ctx, topic, pgqueue.Message{Trust: trust, UUID: "a"})
	})
	if err != nil || seen != 1 {
		t.Errorf("another connection saw %d rows, %v", seen, err)
	}
}
