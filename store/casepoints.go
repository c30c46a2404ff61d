package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// mostPoints is how many entries of the reconciliation list are given of one
// case.
const mostPoints = 20

// alike bounds among how many cases resemblance is looked for, the latest
// first: it is of use while those who were there can be asked.
const alike = 5000

// pointed are the cases with a line that is on the reconciliation list: it is
// unidentified, waits, or has an open warning that two tellings may be of one
// use.
const pointed = `pointed AS (
		SELECT l.case_id FROM usage_line l WHERE l.trust = $1 AND l.state IN ('unidentified', 'waiting')
		UNION SELECT l.case_id FROM warning w JOIN usage_line l ON l.trust = w.trust AND l.same_as = '' AND l.id = w.line
		 WHERE w.trust = $1 AND w.closed_at IS NULL AND w.kind IN ('no_business_key', 'sources_disagree'))`

// alikeCases gives what resembles what among the latest cases below a number.
func alikeCases(ctx context.Context, tx pgx.Tx, trust string, f journal.CaseFilter) (map[int64][]journal.CaseRef, error) {
	return pairs(ctx, tx, `
		WITH latest AS MATERIALIZED (
			SELECT c.id, c.name, c.place, `+caseTime+` AS at, (`+caseTime+` AT TIME ZONE $4)::date AS day, coalesce(p.merged_into, c.patient) AS patient, `+kindsOf+` AS kinds
			  FROM (SELECT * FROM theatre_case c WHERE c.trust = $1 AND c.id < $2 AND c.joined_into IS NULL ORDER BY c.id DESC LIMIT $3) c
			  CROSS JOIN LATERAL (SELECT p.merged_into FROM patient p WHERE p.trust = $1 AND p.id = c.patient OFFSET 0) p)
		SELECT a.id, b.id, b.name, b.at, (SELECT json_agg(json_build_object('kind', n.kind, 'value', n.value) ORDER BY n.kind, n.value) FROM case_alias n WHERE n.trust = $1 AND n.case_id = b.id)
		  FROM latest a JOIN latest b ON b.patient = a.patient AND b.place = a.place AND b.day = a.day AND b.id <> a.id AND NOT b.kinds && a.kinds`,
		trust, f.Before, alike, zoneName(f.Zone))
}

// addPoints gives each case its entries of the reconciliation list.
func addPoints(ctx context.Context, tx pgx.Tx, trust string, cases []journal.CaseSummary, like map[int64][]journal.CaseRef) error {
	at, ids := map[int64]*journal.CaseSummary{}, make([]int64, len(cases))
	for i := range cases {
		at[cases[i].ID], ids[i] = &cases[i], cases[i].ID
	}
	rows, err := tx.Query(ctx, `
		SELECT case_id, kind, id, key, state, why, item, text, quantity, message_id, origin, n FROM (
			SELECT l.case_id, x.kind, l.id, l.key, l.state, l.why, coalesce(i.code, '') AS item, l.text, l.quantity::text AS quantity, l.message_id, l.origin,
			       row_number() OVER (PARTITION BY l.case_id ORDER BY l.id, x.kind) AS nth, count(*) OVER (PARTITION BY l.case_id) AS n
			  FROM usage_line l LEFT JOIN item i ON i.trust = l.trust AND i.id = l.item
			  CROSS JOIN LATERAL (
				SELECT CASE WHEN l.state = 'unidentified' AND l.why = 'place_unknown' THEN 'place_unidentified' WHEN l.state = 'unidentified' THEN 'item_unidentified'
					WHEN l.why = 'sources_differ' THEN 'sources_disagree' WHEN l.why = 'source_not_authoritative' THEN l.why ELSE 'line_waiting' END AS kind
				 WHERE l.state IN ('unidentified', 'waiting')
				UNION SELECT w.kind FROM warning w WHERE w.trust = l.trust AND w.subject = 'line:' || l.id AND w.closed_at IS NULL AND w.kind IN ('no_business_key', 'sources_disagree')) x
			 WHERE l.trust = $1 AND l.case_id = ANY ($2) AND l.same_as = '') p
		 WHERE nth <= $3 ORDER BY case_id, nth`, trust, ids, mostPoints)
	if err != nil {
		return err
	}
	var id, n int64
	var x journal.CasePoint
	_, err = pgx.ForEachRow(rows, []any{&id, &x.Kind, &x.Line, &x.Key, &x.State, &x.Why, &x.Item, &x.Text, &x.Quantity, &x.Message, &x.Origin, &n}, func() error {
		at[id].Points, at[id].PointsInAll = append(at[id].Points, x), n
		return nil
	})
	for _, c := range at {
		others := like[c.ID]
		c.PointsInAll += int64(len(others))
		for i := range others[:min(len(others), mostPoints)] {
			c.Points = append(c.Points, journal.CasePoint{Kind: "resembles", Other: &others[i]})
		}
	}
	return err
}

// kindsOf are the kinds of names of case c.
const kindsOf = `(SELECT coalesce(array_agg(a.kind), '{}') FROM case_alias a WHERE a.trust = c.trust AND a.case_id = c.id)`

// resembling gives, for a case, those that may be the same under another sort
// of number: of one patient, at one place, on one day of zone, without a kind
// of name that both have. It joins nothing.
func resembling(ctx context.Context, tx pgx.Tx, trust string, id int64, zone string) ([]journal.CaseRef, error) {
	found, err := pairs(ctx, tx, `
		SELECT c.id, o.id, o.name, o.at, (SELECT json_agg(json_build_object('kind', n.kind, 'value', n.value) ORDER BY n.kind, n.value) FROM case_alias n WHERE n.trust = $1 AND n.case_id = o.id)
		  FROM (SELECT c.id, c.place, (`+caseTime+` AT TIME ZONE $3)::date AS day, c.patient, `+kindsOf+` AS kinds FROM theatre_case c WHERE c.trust = $1 AND c.id = $2 AND c.joined_into IS NULL OFFSET 0) c
		  CROSS JOIN LATERAL (SELECT coalesce(p.merged_into, p.id) AS id FROM patient p WHERE p.trust = $1 AND p.id = c.patient OFFSET 0) s
		  CROSS JOIN LATERAL (SELECT DISTINCT x.case_id FROM (SELECT s.id UNION ALL SELECT r.id FROM patient r WHERE r.trust = $1 AND r.merged_into = s.id) r (id)
			CROSS JOIN LATERAL (SELECT x.case_id FROM case_patient x WHERE x.trust = $1 AND x.patient = r.id OFFSET 0) x) x
		  CROSS JOIN LATERAL (SELECT c.id, c.name, c.place, c.patient, `+caseTime+` AS at, (`+caseTime+` AT TIME ZONE $3)::date AS day, `+kindsOf+` AS kinds
			FROM theatre_case c WHERE c.trust = $1 AND c.id = x.case_id AND c.id <> $2 AND c.joined_into IS NULL OFFSET 0) o
		  CROSS JOIN LATERAL (SELECT coalesce(q.merged_into, q.id) AS id FROM patient q WHERE q.trust = $1 AND q.id = o.patient OFFSET 0) q
		 WHERE o.place = c.place AND o.day = c.day AND q.id = s.id AND NOT o.kinds && c.kinds`, trust, id, zone)
	return found[id], err
}

// pairs reads which cases resemble which.
func pairs(ctx context.Context, tx pgx.Tx, sql string, args ...any) (map[int64][]journal.CaseRef, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	out := map[int64][]journal.CaseRef{}
	var id int64
	var o journal.CaseRef
	_, err = pgx.ForEachRow(rows, []any{&id, &o.ID, &o.Name, &o.At, &o.Names}, func() error {
		out[id] = append(out[id], o)
		o.Names = nil
		return nil
	})
	for _, all := range out {
		slices.SortFunc(all, func(a, b journal.CaseRef) int { return cmp.Compare(a.ID, b.ID) })
	}
	return out, err
}
