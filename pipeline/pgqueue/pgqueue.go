// Package pgqueue is the hub's queue on PostgreSQL. A message belongs to a
// trust, a topic's consumer group and one of 1,024 lanes; messages of one
// ordering key stand in one lane and are handled in order, lanes run in
// parallel and across processes. A lane is owned by an advisory lock, so a
// crash frees it and a process that lost its session cannot commit.
//
// Batches (Consumer) are handled inside one transaction, single messages
// (Subscriber, for Watermill's Router) outside any. Publishing inside a
// transaction is the outbox. What messages mean does not belong here.
package pgqueue

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Received is the queue of messages that connectors stored: its rows are
// written by the database's receive function, in the archive's own commit.
const Received = int16(1)

// Message is one row that was claimed.
type Message struct {
	Trust       string
	Queue       int16
	Seq         int64
	Lane        int16
	Key         int64
	Subject     int64
	UUID        string
	Payload     []byte
	Metadata    map[string]string
	PublishedAt time.Time
	Attempts    int16
}

// Queue gives publishers, consumers and subscribers of one database.
type Queue struct {
	pool *pgxpool.Pool

	mu   sync.Mutex
	ears map[*ear]struct{}
}

// New uses pool for publishing outside a transaction and for batches.
func New(pool *pgxpool.Pool) *Queue {
	return &Queue{pool: pool, ears: map[*ear]struct{}{}}
}

// KeyHash is the ordering key that trust and key have in a topic. Keys that
// hold patient identifiers are hashed under a secret by their owner instead.
func KeyHash(trust, key string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(trust))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(key))
	return int64(h.Sum64())
}

// Tx runs fn in a transaction of trust and, after the commit, wakes the
// consumers of what fn published. It fails with fault.Unavailable when the
// database went away.
func (q *Queue) Tx(ctx context.Context, trust string, fn func(ctx context.Context) error) error {
	ctx, w := withWakes(ctx)
	err := pgtx.Run(ctx, q.pool, trust, fn)
	switch {
	case err == nil:
		q.wakeAll(w)
	case pgtx.Gone(err) && !fault.Is(err, fault.Unavailable):
		return fault.Wrap(err, fault.Unavailable, "database_away", "The database does not answer. The work waits and goes on by itself.")
	}
	return err
}

// connect opens a connection of its own, as the pool would: work that keeps a
// connection for long does not borrow one that others wait for.
func (q *Queue) connect(ctx context.Context) (*pgx.Conn, error) {
	pool := q.pool.Config()
	if pool.BeforeConnect != nil {
		if err := pool.BeforeConnect(ctx, pool.ConnConfig); err != nil {
			return nil, err
		}
	}
	conn, err := pgx.ConnectConfig(ctx, pool.ConnConfig)
	if err == nil && pool.AfterConnect != nil {
		if err = pool.AfterConnect(ctx, conn); err != nil {
			_ = conn.Close(ctx)
		}
	}
	return conn, err
}

// Ensure makes the queue of a topic's consumer group and gives its number.
// From then on the topic's messages are kept for that group.
func (q *Queue) Ensure(ctx context.Context, topic, group string) (int16, error) {
	var id int16
	err := pgtx.Run(ctx, q.pool, "", func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		const find = `SELECT id FROM queue WHERE topic = $1 AND consumer_group = $2`
		err := tx.QueryRow(ctx, find, topic, group).Scan(&id)
		if err != pgx.ErrNoRows {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO queue (topic, consumer_group) VALUES ($1, $2) ON CONFLICT DO NOTHING`, topic, group); err != nil {
			return err
		}
		return tx.QueryRow(ctx, find, topic, group).Scan(&id)
	})
	return id, err
}

// Publish writes ms, in their order, to every consumer group of topic. Inside
// a transaction (Tx, or a batch) it is the outbox: the messages exist if and
// only if the transaction commits. A topic without a group is an error, for
// its messages would be lost.
func (q *Queue) Publish(ctx context.Context, topic string, ms ...Message) error {
	const insert = `
		INSERT INTO queue_message (trust, queue, lane, key, subject, uuid, payload, metadata)
		SELECT u.trust, q.id, (u.key & 1023)::smallint, u.key, u.subject, u.uuid, u.payload, nullif(u.metadata, 'null')::jsonb
		  FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bytea[], $7::text[])
		       WITH ORDINALITY AS u (trust, key, subject, uuid, payload, metadata, ord)
		 CROSS JOIN queue q WHERE q.topic = $1 ORDER BY u.ord, q.id`
	n := len(ms)
	if n == 0 {
		return nil
	}
	trusts, uuids, metadata := make([]string, n), make([]string, n), make([]string, n)
	keys, subjects, payloads := make([]int64, n), make([]int64, n), make([][]byte, n)
	for i, m := range ms {
		meta, err := json.Marshal(m.Metadata)
		if err != nil {
			return err
		}
		trusts[i], keys[i], subjects[i], uuids[i], metadata[i], payloads[i] = m.Trust, m.Key, m.Subject, m.UUID, string(meta), m.Payload
		if m.Payload == nil {
			payloads[i] = []byte{}
		}
	}
	tag, err := pgtx.From(ctx).Exec(ctx, insert, topic, trusts, keys, subjects, uuids, payloads, metadata)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Internal, "topic_without_group", "Topic %q has no consumer group, so nobody would handle the message. It was not published.", topic)
	}
	if w, ok := ctx.Value(wakesKey{}).(*wakes); ok {
		for _, m := range ms {
			w.work[work{topic, m.Trust}] = struct{}{}
		}
	}
	return nil
}
