package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/pgxpool"
)

// watermillQueue is Watermill's own PostgreSQL transport, with its defaults but for
// the payload's type: a batch of 100, polling once a second.
type watermillQueue struct {
	pool       *pgxpool.Pool
	publisher  *wsql.Publisher
	subscriber *wsql.Subscriber
	handled    atomic.Pointer[func(string)]
	done       chan struct{}
}

func newWatermill(ctx context.Context, r *rig) (*watermillQueue, error) {
	pool, err := pgxpool.NewWithConfig(ctx, r.super.Config())
	if err != nil {
		return nil, err
	}
	w := &watermillQueue{pool: pool, done: make(chan struct{})}
	w.watch(func(string) {})
	schema := wsql.PostgreSQLQueueSchema{GeneratePayloadType: func(string) string { return "BYTEA" }}
	db := wsql.BeginnerFromPgx(pool)
	if w.publisher, err = wsql.NewPublisher(db, wsql.PublisherConfig{SchemaAdapter: schema, AutoInitializeSchema: true}, watermill.NopLogger{}); err == nil {
		w.subscriber, err = wsql.NewSubscriber(db, wsql.SubscriberConfig{SchemaAdapter: schema, OffsetsAdapter: wsql.PostgreSQLQueueOffsetsAdapter{DeleteOnAck: true}, InitializeSchema: true}, watermill.NopLogger{})
	}
	var messages <-chan *message.Message
	if err == nil {
		messages, err = w.subscriber.Subscribe(ctx, "bench")
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	go func() {
		defer close(w.done)
		for m := range messages {
			id := m.UUID
			m.Ack()
			(*w.handled.Load())(id)
		}
	}()
	return w, nil
}

func (w *watermillQueue) watch(handled func(string)) { w.handled.Store(&handled) }

func (w *watermillQueue) publish(ctx context.Context, ids []string) error {
	out := make([]*message.Message, len(ids))
	for i, id := range ids {
		out[i] = message.NewMessage(id, load)
	}
	return errors.Join(w.publisher.Publish("bench", out...), ctx.Err())
}

func (w *watermillQueue) stop() {
	_ = w.publisher.Close()
	_ = w.subscriber.Close()
	<-w.done
	w.pool.Close()
}
