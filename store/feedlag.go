package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/feed"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// FeedsWaiting tells, by connector, when the oldest of its messages came that
// wait to be posted, if it came before than: for their turn or for their next
// try, not for a person. Where more wait than can be told apart, all is set,
// and that holds for every feed.
func (s *Store) FeedsWaiting(ctx context.Context, trust string, than time.Time) (oldest map[string]time.Time, all *time.Time, err error) {
	oldest = map[string]time.Time{}
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		var first, ready, retrying int64
		var at *time.Time
		if err := tx.QueryRow(ctx, `
			WITH r AS (SELECT subject, published_at FROM queue_message WHERE trust = $1 AND queue = 1 AND published_at < $2),
			     h AS (SELECT q.subject FROM queue_held q JOIN queue_hold k USING (trust, queue, key) WHERE q.trust = $1 AND q.queue = 1 AND q.published_at < $2 AND k.until < 'infinity')
			SELECT coalesce(least((SELECT min(subject) FROM r), (SELECT min(subject) FROM h)), 0), (SELECT count(*) FROM r), (SELECT count(*) FROM h), (SELECT min(published_at) FROM r)`, trust, than).
			Scan(&first, &ready, &retrying, &at); err != nil || first == 0 {
			return err
		}
		if ready > mostTold {
			all = at
		}
		near, err := s.waitingDays(ctx, first)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT o_connector, o_oldest FROM waiting_by_connector($1, $2, $3, $4)
			UNION ALL
			SELECT m.connector, min(m.received_at)
			  FROM (SELECT q.subject FROM queue_held q JOIN queue_hold k USING (trust, queue, key) WHERE q.trust = $1 AND q.queue = 1 AND k.until < 'infinity' ORDER BY q.seq LIMIT $4) q
			  CROSS JOIN LATERAL (SELECT a.connector, a.received_at FROM archive a WHERE a.trust = $1 AND a.id = q.subject AND a.received_on BETWEEN $2 AND $3 LIMIT 1) m GROUP BY 1`,
			trust, near.from, near.to, mostTold)
		if err != nil {
			return err
		}
		var connector string
		var came time.Time
		_, err = pgx.ForEachRow(rows, []any{&connector, &came}, func() error {
			if before, ok := oldest[connector]; came.Before(than) && (!ok || came.Before(before)) {
				oldest[connector] = came
			}
			return nil
		})
		return err
	})
	return oldest, all, err
}

const (
	// mostLearned is how many postings are looked at together for their places.
	mostLearned = 1000
	// forgotten is how long a feed that told of a place is remembered.
	forgotten = 7 * feed.Weeks * 24 * time.Hour
)

// LearnPlaces notes of which places feeds told a use, from the latest postings
// after the message after, and gives the latest message. Feeds whose places
// are declared are left alone; what a person records is no feed.
func (s *Store) LearnPlaces(ctx context.Context, trust string, after int64, now time.Time) (latest int64, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(message_id), $2) FROM posting WHERE trust = $1 AND message_id > $2`, trust, after).Scan(&latest); err != nil || latest == after {
			return err
		}
		if _, err := tx.Exec(ctx, `
			WITH recent AS MATERIALIZED (
				SELECT message_id, connector FROM posting WHERE trust = $1 AND message_id > $2 AND connector <> $5 ORDER BY message_id DESC LIMIT $3
			), told AS (
				SELECT DISTINCT r.connector, m.from_place AS place FROM recent r
				 CROSS JOIN LATERAL (SELECT x.from_place FROM movement x WHERE x.trust = $1 AND x.message_id = r.message_id AND x.kind = 'use' OFFSET 0) m)
			INSERT INTO feed_place AS f (trust, place, connector, declared, used_at)
			SELECT $1, p.id, t.connector, false, $4 FROM told t JOIN place p ON p.trust = $1 AND p.id = t.place AND p.kind = 'stock'
			 WHERE NOT EXISTS (SELECT 1 FROM feed_place d WHERE d.trust = $1 AND d.connector = t.connector AND d.declared) ORDER BY 2, 3
			ON CONFLICT (trust, place, connector) DO UPDATE SET used_at = excluded.used_at WHERE f.used_at < excluded.used_at - interval '1 hour'`,
			trust, after, mostLearned, now, personsName); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM feed_place WHERE trust = $1 AND NOT declared AND used_at < $2`, trust, now.Add(-forgotten))
		return err
	})
	return latest, err
}
