package pgqueue

import (
	"context"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Metadata names that a Watermill message carries to place it in the queue.
// Without a key, all messages of a topic and trust are handled in order.
const (
	MetadataTrust = "trust"
	MetadataKey   = "key"
)

// Publisher publishes Watermill messages, each in a transaction of its own,
// or, where the message's context carries one, in that.
type Publisher struct {
	queue  *Queue
	closed atomic.Bool
}

// Publisher gives a Watermill publisher on q.
func (q *Queue) Publisher() *Publisher { return &Publisher{queue: q} }

// Publish stores msgs for every consumer group of topic, all or none.
func (p *Publisher) Publish(topic string, msgs ...*message.Message) error {
	if p.closed.Load() {
		return fault.New(fault.Conflict, "publisher_closed", "The publisher is closed; nothing was published.")
	}
	if len(msgs) == 0 {
		return nil
	}
	rows := make([]Message, len(msgs))
	for i, m := range msgs {
		trust := m.Metadata.Get(MetadataTrust)
		rows[i] = Message{Trust: trust, Key: KeyHash(trust, m.Metadata.Get(MetadataKey)), UUID: m.UUID, Payload: m.Payload, Metadata: m.Metadata}
	}
	write := func(ctx context.Context) error { return p.queue.Publish(ctx, topic, rows...) }
	ctx := msgs[0].Context()
	if pgtx.Inside(ctx) {
		return write(ctx)
	}
	return p.queue.Tx(ctx, msgs[0].Metadata.Get(MetadataTrust), write)
}

// Close ends publishing.
func (p *Publisher) Close() error {
	p.closed.Store(true)
	return nil
}
