package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// FeedAlert is a warning that a feed cannot be relied on. Why is what the
// suggestions say that wait because of it.
type FeedAlert struct {
	Kind, Feed, Text, Action, Why string
	Since                         time.Time
	// Late is set where the feed told old news just then.
	Late bool
}

// BeginDoubt raises a feed's warning, unless it is open already. From then on
// orders of the places of which the feed tells wait for a person: also those
// that were approved by themselves and have not left, of which it tells the
// number.
func (s *Store) BeginDoubt(ctx context.Context, trust string, a FeedAlert) (opened bool, turned int64, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if a.Late {
			if _, err := tx.Exec(ctx, `INSERT INTO feed (trust, connector, first_at, last_at, late_at) VALUES ($1, $2, $3, $3, $3)
				ON CONFLICT (trust, connector) DO UPDATE SET late_at = excluded.late_at`, trust, a.Feed, a.Since); err != nil {
				return err
			}
		}
		if opened, err = openAlert(ctx, trust, a.Kind, a.Feed, a.Text, a.Action, a.Since); err != nil || !opened {
			return err
		}
		// Behind the planner, or what it approves just now would slip through.
		if _, err := tx.Exec(ctx, `SELECT 1 FROM purchasing WHERE trust = $1 FOR UPDATE`, trust); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE suggestion g SET state = 'waits', doubted = ARRAY[$2], why = $3
			WHERE g.trust = $1 AND g.state = 'approved' AND g.decided_by = 'planner' AND EXISTS (SELECT 1 FROM feed_place f WHERE f.trust = g.trust AND f.place = g.place AND f.connector = $2)`,
			trust, a.Feed, a.Why)
		turned = tag.RowsAffected()
		return err
	})
	return opened, turned, err
}

// EndDoubt closes a feed's warning, and tells whether it was open. Planning
// looks again at what waited because of it.
func (s *Store) EndDoubt(ctx context.Context, trust, kind, connector, why string, at time.Time) (closed bool, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		if closed, err = closeAlert(ctx, trust, kind, connector, why, at); err != nil || !closed {
			return err
		}
		return lookAgain(ctx, pgtx.From(ctx), trust)
	})
	return closed, err
}

// LookAgain makes those par levels due whose suggestions wait in doubt of feeds
// that are all well again, or of a use that is none any more, whoever said so: planning decides the same needs
// anew.
func (s *Store) LookAgain(ctx context.Context, trust string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error { return lookAgain(ctx, pgtx.From(ctx), trust) })
}

func lookAgain(ctx context.Context, tx pgx.Tx, trust string) error {
	_, err := tx.Exec(ctx, `INSERT INTO policy_due (trust, place, item)
		SELECT DISTINCT y.trust, y.place, y.item FROM suggestion g JOIN policy y ON y.trust = g.trust AND y.place = g.place AND y.item = g.item AND y.active
		 WHERE g.trust = $1 AND g.state = 'waits' AND g.doubted <> '{}'
		   AND NOT EXISTS (SELECT 1 FROM warning w WHERE w.trust = g.trust AND w.closed_at IS NULL AND w.kind IN ('feed_silent', 'feed_behind', 'feed_held', 'above_ceiling') AND w.subject = ANY (g.doubted))
		 ORDER BY 2, 3 ON CONFLICT DO NOTHING`, trust)
	return err
}

// FeedStates lists a trust's feeds as people read them.
func (s *Store) FeedStates(ctx context.Context, trust string) (out []journal.Feed, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `
			SELECT n.connector, f.last_at,
			       (SELECT coalesce(array_agg(p.code ORDER BY p.code), '{}') FROM feed_place x JOIN place p ON p.trust = x.trust AND p.id = x.place WHERE x.trust = $1 AND x.connector = n.connector),
			       EXISTS (SELECT 1 FROM feed_place x WHERE x.trust = $1 AND x.connector = n.connector AND x.declared),
			       (SELECT coalesce(json_agg(json_build_object('id', w.id, 'kind', w.kind, 'severity', w.severity, 'text', w.text, 'action', w.action, 'opened_at', w.opened_at) ORDER BY w.id), '[]')
			          FROM warning w WHERE w.trust = $1 AND w.closed_at IS NULL AND w.subject = n.connector AND w.kind IN ('feed_silent', 'feed_behind', 'feed_held')),
			       (SELECT count(*) FROM suggestion g WHERE g.trust = $1 AND g.state = 'waits' AND g.doubted <> '{}' AND n.connector = ANY (g.doubted))
			  FROM (SELECT connector FROM feed WHERE trust = $1 UNION SELECT connector FROM feed_place WHERE trust = $1
			        UNION SELECT subject FROM warning WHERE trust = $1 AND closed_at IS NULL AND kind = 'feed_held') n (connector)
			  LEFT JOIN feed f ON f.trust = $1 AND f.connector = n.connector ORDER BY 1`, pgx.RowToStructByPos[journal.Feed], trust)
		return err
	})
	return out, err
}
