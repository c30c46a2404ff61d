package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// How much is taken at once, so that no transaction lives long.
const (
	sweepCases = 500
	dueMarks   = 200
	dueCases   = 60
)

// LockRegistry makes one registrar of a trust decide at a time. It is false
// where the trust reports to none.
func (b *Books) LockRegistry(ctx context.Context) (reports bool, err error) {
	err = pgtx.From(ctx).QueryRow(ctx, `SELECT coalesce((SELECT rules <> '' FROM registry WHERE trust = $1 FOR UPDATE), false)`, b.trust).Scan(&reports)
	return reports, err
}

// dueCasesOf takes the next cases that are to be looked at, with those that
// were joined into them; more tells whether there are others. What was noted
// by patient, visit or item becomes cases first: each of these may be many.
//
// OFFSET 0 has each mark's cases looked up by their index. A join would be
// planned without knowing how few marks there are, and go through all lines.
func (b *Books) dueCasesOf(ctx context.Context) (cases []int64, more bool, err error) {
	tx := pgtx.From(ctx)
	swept, err := b.sweep(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	tag, err := tx.Exec(ctx, `WITH due AS MATERIALIZED (
			DELETE FROM registry_due d WHERE d.trust = $1 AND d.id = ANY (ARRAY(SELECT id FROM registry_due WHERE trust = $1 AND kind <> 'case' ORDER BY id LIMIT $2)) RETURNING d.kind, d.subject, d.name)
		INSERT INTO registry_due (trust, kind, subject)
		SELECT $1, 'case', c FROM (
			SELECT p.case_id FROM due d
			  CROSS JOIN LATERAL (SELECT coalesce(o.merged_into, o.id) AS id FROM patient o WHERE o.trust = $1 AND o.id = d.subject OFFSET 0) o
			  CROSS JOIN LATERAL (SELECT id FROM patient g WHERE g.trust = $1 AND g.id = o.id UNION SELECT id FROM patient g WHERE g.trust = $1 AND g.merged_into = o.id) g
			  CROSS JOIN LATERAL (SELECT p.case_id FROM case_patient p WHERE p.trust = $1 AND p.patient = g.id OFFSET 0) p
			 WHERE d.kind = 'patient'
			UNION SELECT c.id FROM due d CROSS JOIN LATERAL (SELECT c.id FROM theatre_case c WHERE c.trust = $1 AND c.encounter = d.name AND c.encounter <> '' OFFSET 0) c WHERE d.kind = 'visit'
			UNION SELECT l.case_id FROM due d CROSS JOIN LATERAL (SELECT m.usage_line FROM movement m WHERE m.trust = $1 AND m.item = d.subject OFFSET 0) m
			  CROSS JOIN LATERAL (SELECT l.case_id FROM usage_line l WHERE l.trust = $1 AND l.id = m.usage_line OFFSET 0) l WHERE d.kind = 'item'
			UNION SELECT l.case_id FROM due d CROSS JOIN LATERAL (SELECT l.case_id FROM usage_line l WHERE l.trust = $1 AND l.item = d.subject AND l.state IN ('recorded', 'waiting') OFFSET 0) l WHERE d.kind = 'item'
		) x (c)`, b.trust, dueMarks)
	if err != nil {
		return nil, false, err
	}
	cases, err = collect(ctx, tx, `WITH marks AS MATERIALIZED (
			SELECT id, subject FROM registry_due WHERE trust = $1 AND kind = 'case' ORDER BY id LIMIT $2
		), chosen AS MATERIALIZED (SELECT subject FROM marks GROUP BY subject ORDER BY min(id) LIMIT $3
		), gone AS (DELETE FROM registry_due d USING marks m, chosen c WHERE d.trust = $1 AND d.id = m.id AND c.subject = m.subject)
		SELECT DISTINCT coalesce(c.joined_into, c.id) FROM chosen x JOIN theatre_case c ON c.trust = $1 AND c.id = x.subject ORDER BY 1`, pgx.RowTo[int64], b.trust, 4*dueMarks, dueCases)
	return cases, swept || tag.RowsAffected() > 0 || len(cases) > 0, err
}

// sweep marks the next cases since the rules changed; it tells whether it did.
// That there is none to do is read first: hardly any step has one.
func (b *Books) sweep(ctx context.Context, tx pgx.Tx) (did bool, err error) {
	var last *int64
	if err := tx.QueryRow(ctx, `SELECT sweep FROM registry WHERE trust = $1`, b.trust).Scan(&last); err != nil || last == nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `WITH part AS MATERIALIZED (
			SELECT c.id FROM theatre_case c WHERE c.trust = $1 AND c.id > $3 ORDER BY c.id LIMIT $2
		), marked AS (
			INSERT INTO registry_due (trust, kind, subject) SELECT $1, 'case', s.id FROM part s WHERE EXISTS (SELECT 1 FROM usage_line l WHERE l.trust = $1 AND l.case_id = s.id)
		)
		UPDATE registry SET sweep = (SELECT max(id) FROM part) WHERE trust = $1`, b.trust, sweepCases, *last)
	return true, err
}
