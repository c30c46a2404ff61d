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
		UNION SELECT l.case_id FROM warning w JOIN usage_line l ON l.trust = w.trust AND l.same_as = '' AND l.id = ` + warningLine + `
		 WHERE w.trust = $1 AND w.closed_at IS NULL AND w.kind IN ('no_business_key', 'sources_disagree'))`

// alikeCases gives what resembles what among the latest cases below a number.
func alikeCases(ctx context.Context, tx pgx.Tx, trust string, f journal.CaseFilter) (map[int64][]journal.CaseRef, error) {
	latest, err := collect(ctx, tx, `SELECT id FROM theatre_case WHERE trust = $1 AND id < $2 AND joined_into IS NULL ORDER BY id DESC LIMIT $3`, pgx.RowTo[int64], trust, f.Before, alike)
	if err != nil {
		return nil, err
	}
	return resembling(ctx, tx, trust, latest, zoneName(f.Zone))
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

// resembling gives, for each of some cases, those that may be the same under
// another sort of number: of one patient, at one place, on one day of zone,
// without a kind of name that both have. It joins nothing.
func resembling(ctx context.Context, tx pgx.Tx, trust string, ids []int64, zone string) (map[int64][]journal.CaseRef, error) {
	const at = `coalesce(o.first_used_at, o.scheduled_at)`
	rows, err := tx.Query(ctx, `
		SELECT c.id, o.id, o.name, `+at+`, (SELECT json_agg(json_build_object('kind', a.kind, 'value', a.value) ORDER BY a.kind, a.value) FROM case_alias a WHERE a.trust = $1 AND a.case_id = o.id)
		  FROM unnest($2::bigint[]) u (id)
		  JOIN theatre_case c ON c.trust = $1 AND c.id = u.id AND c.joined_into IS NULL
		  JOIN patient p ON p.trust = $1 AND p.id = c.patient
		  CROSS JOIN LATERAL (SELECT DISTINCT x.case_id FROM patient r JOIN case_patient x ON x.trust = r.trust AND x.patient = r.id
			WHERE r.trust = $1 AND (r.id = coalesce(p.merged_into, p.id) OR r.merged_into = coalesce(p.merged_into, p.id)) AND x.case_id <> c.id) x
		  JOIN theatre_case o ON o.trust = $1 AND o.id = x.case_id AND o.joined_into IS NULL AND o.place = c.place
		   AND (`+at+` AT TIME ZONE $3)::date = (`+caseTime+` AT TIME ZONE $3)::date
		  JOIN patient q ON q.trust = $1 AND q.id = o.patient AND coalesce(q.merged_into, q.id) = coalesce(p.merged_into, p.id)
		 WHERE NOT EXISTS (SELECT 1 FROM case_alias a JOIN case_alias b ON b.trust = $1 AND b.case_id = o.id AND b.kind = a.kind WHERE a.trust = $1 AND a.case_id = c.id)`, trust, ids, zone)
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
