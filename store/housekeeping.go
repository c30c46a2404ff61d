package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// daysAhead is how many days of the archive are opened before they come.
const daysAhead = 7

// OpenDays makes the archive's partitions for today and the days ahead, and
// notes how far messages are numbered.
func (s *Store) OpenDays(ctx context.Context) error {
	if _, err := s.background.Exec(ctx, `SELECT open_days($1)`, daysAhead); err != nil {
		return err
	}
	return s.MarkDay(ctx)
}

// OpenWarning raises a warning of the hub itself, once.
func (s *Store) OpenWarning(ctx context.Context, trust, kind, subject, text, action string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		batch := &pgx.Batch{}
		(&Books{trust: trust}).keepWarnings(batch, []posting.Warning{{Kind: kind, Subject: subject, Text: text, Action: action, Severity: "warning"}}, nil)
		return pgtx.From(ctx).SendBatch(ctx, batch).Close()
	})
}

// SettleWarning closes a warning of the hub itself that no longer holds.
func (s *Store) SettleWarning(ctx context.Context, trust, kind, subject string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		_, err := pgtx.From(ctx).Exec(ctx, `UPDATE warning SET closed_at = clock_timestamp(), closed_why = 'It no longer holds.' WHERE trust = $1 AND kind = $2 AND subject = $3 AND closed_at IS NULL`, trust, kind, subject)
		return err
	})
}

// Replay runs fn in a transaction that owns the message's lane, so that no
// consumer handles a message of the same key meanwhile. If fn succeeds the
// message is no longer stopped, and a key that was parked for it goes on.
func (s *Store) Replay(ctx context.Context, trust string, id int64, fn func(ctx context.Context) error) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		m, err := s.message(ctx, trust, id)
		if err != nil {
			return err
		}
		if m.PrunedAt != nil {
			return pruned(m)
		}
		var key int64
		var waits bool
		if err := tx.QueryRow(ctx, `SELECT m.key, EXISTS (SELECT 1 FROM queue_message q WHERE q.trust = m.trust AND q.queue = 1 AND q.subject = m.id)
				OR EXISTS (SELECT 1 FROM queue_held h WHERE h.trust = m.trust AND h.queue = 1 AND h.subject = m.id)
			FROM archive m WHERE m.trust = $1 AND m.id = $2 AND m.received_on = $3`, trust, id, dayOf(m.ReceivedAt)).Scan(&key, &waits); err != nil {
			return err
		}
		if waits {
			return fault.New(fault.Conflict, "message_waiting", "Message %d has not been handled yet, so there is nothing to replay. Start the hub, or wait.", id)
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock((21335 << 16) | 1, queue_lane($1, $2::int))`, trust, key&1023); err != nil {
			return err
		}
		if err := fn(ctx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM queue_stopped WHERE trust = $1 AND queue = 1 AND subject = $2`, trust, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE queue_hold SET until = clock_timestamp() WHERE trust = $1 AND queue = 1 AND key = $2 AND until = 'infinity'
			AND NOT EXISTS (SELECT 1 FROM queue_stopped WHERE trust = $1 AND queue = 1 AND key = $2)`, trust, key)
		return err
	})
}

// Replayable lists the messages that are stopped, and those on whose words a
// line stands that is unidentified or waits, in the order of their receipt.
func (s *Store) Replayable(ctx context.Context, trust string, stopped, unidentified bool) (ids []int64, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		ids, err = collect(ctx, pgtx.From(ctx), `
			SELECT subject FROM queue_stopped WHERE trust = $1 AND queue = 1 AND $2
			UNION SELECT (w.value -> 'sequence' ->> 'message')::bigint FROM usage_line l CROSS JOIN LATERAL json_each(l.told) w
				WHERE l.trust = $1 AND l.state IN ('unidentified', 'waiting') AND $3 ORDER BY 1`, pgx.RowTo[int64], trust, stopped, unidentified)
		return err
	})
	return ids, err
}
