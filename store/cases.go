package store

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // Europe/London must be known on a machine without zone files

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// caseColumns are a case c at place p of patient r, with the counts of its
// lines n and open warnings a.
const caseColumns = `c.id, c.name, c.booking, c.scheduled_at, c.first_used_at, coalesce(p.code, ''), coalesce(r.merged_into, c.patient, 0), n.lines, n.unidentified, n.waiting, a.n
	FROM theatre_case c
	LEFT JOIN place p ON p.trust = c.trust AND p.id = c.place
	LEFT JOIN patient r ON r.trust = c.trust AND r.id = c.patient
	CROSS JOIN LATERAL (SELECT count(*) AS n FROM warning w WHERE w.trust = c.trust AND w.case_id = c.id AND w.closed_at IS NULL) a
	CROSS JOIN LATERAL (SELECT count(*) AS lines, count(*) FILTER (WHERE l.state = 'unidentified') AS unidentified, count(*) FILTER (WHERE l.state = 'waiting') AS waiting
		FROM usage_line l WHERE l.trust = c.trust AND l.case_id = c.id) n`

func scanCase(row pgx.CollectableRow) (c journal.CaseSummary, err error) {
	err = row.Scan(&c.ID, &c.Name, &c.Booking, &c.ScheduledAt, &c.UsedAt, &c.Place, &c.Patient, &c.LineCount, &c.Unidentified, &c.Waiting, &c.Alerts)
	return c, err
}

// caseTime is when a case was: its first use, else its booking.
const caseTime = `coalesce(c.first_used_at, c.scheduled_at)`

// Cases lists a trust's cases, those first that the hub heard of last.
func (s *Store) Cases(ctx context.Context, trust string, f journal.CaseFilter) (out []journal.CaseSummary, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	if f.Before <= 0 {
		f.Before = math.MaxInt64
	}
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if f.Place != "" {
			if err := knownPlace(ctx, tx, trust, f.Place); err != nil {
				return err
			}
		}
		var like map[int64][]journal.CaseRef
		if f.Reconcile {
			if like, err = alikeCases(ctx, tx, trust, f); err != nil {
				return err
			}
		}
		out, err = collect(ctx, tx, `WITH `+pointed+`, open AS (
				SELECT w.case_id FROM warning w WHERE w.trust = $1 AND w.case_id IS NOT NULL AND w.closed_at IS NULL
				UNION SELECT l.case_id FROM usage_line l WHERE l.trust = $1 AND l.state IN ('unidentified', 'waiting'))
			SELECT `+caseColumns+`
			WHERE c.trust = $1 AND c.joined_into IS NULL AND c.id < $2 AND (NOT $4 OR c.id IN (SELECT case_id FROM open)) AND (NOT $5 OR c.id = ANY ($6) OR c.id IN (SELECT case_id FROM pointed))
			  AND ($7 = '' OR p.code = $7) AND ($8::timestamptz IS NULL OR `+caseTime+` >= $8) AND ($9::timestamptz IS NULL OR `+caseTime+` < $9)
			ORDER BY c.id DESC LIMIT $3`, scanCase, trust, f.Before, f.Limit, f.Open, f.Reconcile, slices.Collect(maps.Keys(like)), f.Place, nullTime(f.From), nullTime(f.To))
		if err == nil && f.Reconcile {
			err = addPoints(ctx, tx, trust, out, like)
		}
		return err
	})
	return out, err
}

func knownPlace(ctx context.Context, tx pgx.Tx, trust, code string) error {
	places, err := collect(ctx, tx, `SELECT code FROM place WHERE trust = $1 AND kind = 'stock' ORDER BY code`, pgx.RowTo[string], trust)
	for _, p := range places {
		if p == code {
			return nil
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "place_unknown", "The trust has no place %s. It has: %s.", code, strings.Join(places, ", "))
	}
	return err
}

// zoneName is a zone as PostgreSQL knows it.
func zoneName(z *time.Location) string {
	if z == nil || z == time.Local || z == time.UTC {
		return "Europe/London"
	}
	return z.String()
}

// FindCase gives the hub's number of a case that a person names: by one of its
// names, by KIND:VALUE of one, or by that number, which id:NUMBER always is.
// Of a case that was joined into another it gives the other.
func (s *Store) FindCase(ctx context.Context, trust, text string) (id int64, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		id, err = findCase(ctx, pgtx.From(ctx), trust, text)
		return err
	})
	return id, err
}
