package pgqueue_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// BenchmarkQueue_Batches publishes, handles and deletes messages of 1 KB.
func BenchmarkQueue_Batches(bb *testing.B) {
	b := newBench(bb)
	var handled atomic.Int64
	c := b.consumer(func(_ context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		return make([]pgqueue.Result, len(batch)), nil
	})
	c.BatchSize, c.Workers, c.Poll = 1000, 2, 250*time.Millisecond
	c.Observe = observe(func(batch []pgqueue.Message) { handled.Add(int64(len(batch))) })
	b.run(c)
	payload := make([]byte, 1024)
	bb.ResetTimer()
	for sent := 0; sent < bb.N; sent += 500 {
		_, err := b.root.Exec(bb.Context(), `INSERT INTO queue_message (trust, queue, lane, key, payload)
			SELECT 'ZZ1', $1, i & 1023, i, $2 FROM generate_series($3::int, $4::int) i`, b.id, payload, sent, min(sent+500, bb.N)-1)
		if err != nil {
			bb.Fatal(err)
		}
		b.queue.Wake(topic, trust)
	}
	b.until("all are handled", func() bool { return handled.Load() == int64(bb.N) })
	bb.ReportMetric(float64(bb.N)/bb.Elapsed().Seconds(), "messages/s")
}

// BenchmarkQueue_Singles acknowledges messages of 1 KB one at a time.
func BenchmarkQueue_Singles(bb *testing.B) {
	b := newBench(bb)
	payload := make([]byte, 1024)
	_, err := b.root.Exec(bb.Context(), `INSERT INTO queue_message (trust, queue, lane, key, uuid, payload)
		SELECT 'ZZ1', $1, i & 1023, i, i, $2 FROM generate_series(1, $3::int) i`, b.id, payload, bb.N)
	if err != nil {
		bb.Fatal(err)
	}
	sub := b.queue.Subscriber(pgqueue.SubscriberConfig{Group: group, Poll: time.Second, Log: slog.New(slog.DiscardHandler)})
	defer sub.Close()
	bb.ResetTimer()
	messages, err := sub.Subscribe(bb.Context(), topic)
	if err != nil {
		bb.Fatal(err)
	}
	for range bb.N {
		(<-messages).Ack()
	}
	bb.ReportMetric(float64(bb.N)/bb.Elapsed().Seconds(), "messages/s")
}

// BenchmarkQueue_Publishing publishes messages of 1 KB, each in a commit of its
// own, from 16 publishers.
func BenchmarkQueue_Publishing(bb *testing.B) {
	b := newBench(bb)
	pub := b.queue.Publisher()
	bb.SetParallelism(8)
	bb.ResetTimer()
	bb.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			m := message.NewMessage(strconv.Itoa(i), make([]byte, 1024))
			m.Metadata = message.Metadata{pgqueue.MetadataTrust: trust, pgqueue.MetadataKey: m.UUID}
			if err := pub.Publish(topic, m); err != nil {
				bb.Error(err)
			}
		}
	})
	bb.ReportMetric(float64(bb.N)/bb.Elapsed().Seconds(), "messages/s")
}
