package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/feed"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Heard is what one hub heard of a feed since it last told: when the last
// message came, and how many in which hour.
type Heard struct {
	Last  time.Time
	Hours map[time.Time]int64
}

// KeepFeeds adds what was heard of a trust's feeds, by connector, to what is
// known. Several hubs add up.
func (s *Store) KeepFeeds(ctx context.Context, trust string, heard map[string]Heard) error {
	var connectors, of []string
	var lasts, hours []time.Time
	var counts []int64
	for c, h := range heard {
		connectors, lasts = append(connectors, c), append(lasts, h.Last)
		for hour, n := range h.Hours {
			of, hours, counts = append(of, c), append(hours, hour), append(counts, n)
		}
	}
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if _, err := tx.Exec(ctx, `INSERT INTO feed AS f (trust, connector, first_at, last_at)
			SELECT $1, u.connector, u.at, u.at FROM unnest($2::text[], $3::timestamptz[]) AS u (connector, at) ORDER BY 2
			ON CONFLICT (trust, connector) DO UPDATE SET last_at = greatest(f.last_at, excluded.last_at)`, trust, connectors, lasts); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO feed_hour AS f (trust, connector, hour, messages)
			SELECT $1, u.connector, u.hour, u.n FROM unnest($2::text[], $3::timestamptz[], $4::bigint[]) AS u (connector, hour, n) WHERE u.n > 0 ORDER BY 2, 3
			ON CONFLICT (trust, connector, hour) DO UPDATE SET messages = f.messages + excluded.messages`, trust, of, hours, counts)
		return err
	})
}

// KnownFeed is a feed's history, when it was last heard, when it last told old
// news, and since when warnings of its silence and of its lag are open; nil if
// none is.
type KnownFeed struct {
	feed.History
	Last        time.Time
	Late        time.Time // zero: never
	SilentSince *time.Time
	BehindSince *time.Time
}

// Feeds gives a trust's feeds by connector, and forgets counts that are older
// than any norm looks.
func (s *Store) Feeds(ctx context.Context, trust string, now time.Time) (out map[string]KnownFeed, err error) {
	out = map[string]KnownFeed{}
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		// A week more than the norm looks back, for silences that last.
		if _, err := tx.Exec(ctx, `DELETE FROM feed_hour WHERE trust = $1 AND hour < $2`, trust, now.AddDate(0, 0, -7*(feed.Weeks+2))); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT f.connector, f.first_at, f.last_at, f.late_at,
				(SELECT w.opened_at FROM warning w WHERE w.trust = f.trust AND w.kind = $2 AND w.subject = f.connector AND w.closed_at IS NULL),
				(SELECT w.opened_at FROM warning w WHERE w.trust = f.trust AND w.kind = $3 AND w.subject = f.connector AND w.closed_at IS NULL)
			FROM feed f WHERE f.trust = $1`, trust, feed.KindSilent, feed.KindBehind)
		if err != nil {
			return err
		}
		var connector string
		var late *time.Time
		var f KnownFeed
		if _, err := pgx.ForEachRow(rows, []any{&connector, &f.First, &f.Last, &late, &f.SilentSince, &f.BehindSince}, func() error {
			f.Hours, f.Late = map[time.Time]int64{}, time.Time{}
			if late != nil {
				f.Late = *late
			}
			out[connector] = f
			return nil
		}); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, `SELECT connector, hour, messages FROM feed_hour WHERE trust = $1`, trust); err != nil {
			return err
		}
		var hour time.Time
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&connector, &hour, &n}, func() error {
			out[connector].Hours[hour.UTC()] = n
			return nil
		})
		return err
	})
	return out, err
}
