package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Waiting is what waits in a trust, for monitoring.
type Waiting struct {
	Queues   []QueueDepth
	Warnings map[string]int64 // open ones, by kind; none of a kind is left out
}

// QueueDepth is one topic's backlog.
type QueueDepth struct {
	Topic string
	// Ready messages wait for nothing but their turn; Retrying ones for their
	// next try, or behind one that does; Parked ones for a person, behind one
	// that is stopped.
	Ready, Retrying, Parked int64
	// ReadyKeys, RetryingKeys and ParkedKeys count the ordering keys of these.
	ReadyKeys, RetryingKeys, ParkedKeys int64
	// ReadySeconds and RetryingSeconds are the ages of the oldest.
	ReadySeconds, RetryingSeconds float64
	// Stopped counts messages that wait for a person themselves.
	Stopped int64
	// Lanes are those that some hub has in hand now.
	Lanes int64
}

// Waiting counts what waits in a trust: by topic, and open warnings by kind.
func (s *Store) Waiting(ctx context.Context, trust string) (w Waiting, err error) {
	w.Warnings = map[string]int64{}
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if w.Queues, err = collect(ctx, tx, selectWaiting, pgx.RowToStructByPos[QueueDepth], trust); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT kind, count(*) FROM warning WHERE trust = $1 AND closed_at IS NULL GROUP BY 1`, trust)
		if err != nil {
			return err
		}
		var kind string
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&kind, &n}, func() error { w.Warnings[kind] = n; return nil })
		return err
	})
	return w, err
}

// selectWaiting reads each queue table once. A lane in hand is an advisory
// lock (see the migration of the queue); its trust is the lock's upper part.
const selectWaiting = `
	WITH ready AS (
		SELECT queue, sum(n)::bigint AS n, count(*) AS keys, min(oldest) AS oldest
		  FROM (SELECT queue, key, count(*) AS n, min(published_at) AS oldest FROM queue_message WHERE trust = $1 GROUP BY 1, 2) k GROUP BY 1
	), held AS (
		SELECT k.queue, h.until = 'infinity' AS parked, sum(k.n)::bigint AS n, count(*) AS keys, min(k.oldest) AS oldest
		  FROM (SELECT queue, key, count(*) AS n, min(published_at) AS oldest FROM queue_held WHERE trust = $1 GROUP BY 1, 2) k
		  JOIN queue_hold h ON h.trust = $1 AND h.queue = k.queue AND h.key = k.key GROUP BY 1, 2
	), stopped AS (
		SELECT queue, count(*) AS n FROM queue_stopped WHERE trust = $1 GROUP BY 1
	), lanes AS (
		SELECT l.classid::bigint & 65535 AS queue, count(DISTINCT l.objid) AS n FROM pg_locks l
		 WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		   AND l.objsubid = 2 AND l.classid::bigint >> 16 = 21335 AND l.objid::bigint >> 10 = (queue_lane($1, 0)::bigint & 4294967295) >> 10 GROUP BY 1
	)
	SELECT q.topic, coalesce(r.n, 0), coalesce(t.n, 0), coalesce(p.n, 0), coalesce(r.keys, 0), coalesce(t.keys, 0), coalesce(p.keys, 0),
	       greatest(coalesce(extract(epoch FROM clock_timestamp() - r.oldest), 0), 0)::float8,
	       greatest(coalesce(extract(epoch FROM clock_timestamp() - t.oldest), 0), 0)::float8,
	       coalesce(s.n, 0), coalesce(l.n, 0)
	  FROM queue q
	  LEFT JOIN ready r ON r.queue = q.id LEFT JOIN held t ON t.queue = q.id AND NOT t.parked LEFT JOIN held p ON p.queue = q.id AND p.parked
	  LEFT JOIN stopped s ON s.queue = q.id LEFT JOIN lanes l ON l.queue = q.id ORDER BY 1`
