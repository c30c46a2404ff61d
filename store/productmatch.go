package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// shared gives the products in force that have the codes u (kind, value) of
// their packs in common, two by two. That a code is not empty is said wherever
// one is looked for, or the index of those that are not is of no use.
const shared = `
	CROSS JOIN LATERAL (SELECT k.body, k.ratio FROM product_pack k WHERE k.di = u.value AND k.di <> '' AND k.issuer = u.kind OFFSET 0) k
	JOIN product p ON p.body = k.body AND NOT p.removed JOIN product_body b ON b.id = p.body`

const sharedColumns = `u.kind, u.value, p.source_name || ' ' || p.key, p.source_name, b.description, b.device_class, k.ratio`

// Matched holds what a published load has changed against what other sources
// say of the same codes. Where they disagree a conflict is opened for a person;
// one that no longer holds is closed. Nothing is merged.
func (l *ProductLoad) Matched(ctx context.Context, pause func(context.Context) error) (opened, closed int64, err error) {
	if l.fresh {
		// Nothing was there before: only the file's own rows can meet.
		n, err := l.matchedBy(ctx, `SELECT `+sharedColumns+` FROM (
				SELECT x.kind, x.value FROM stage_plan p JOIN stage_product s ON s.line = p.line CROSS JOIN LATERAL unnest(s.pack_issuers, s.pack_dis) x (kind, value)
				 WHERE x.value <> '' GROUP BY 1, 2 HAVING count(*) > 1) u`+shared+` ORDER BY 1, 2, 3`)
		return n, 0, err
	}
	for from := int64(1); from <= l.planned; from += planLines / 10 {
		n, err := l.matchedBy(ctx, `SELECT `+sharedColumns+` FROM (
				SELECT DISTINCT k.issuer AS kind, k.di AS value FROM stage_plan p JOIN product_pack k ON k.body = p.body AND k.di <> ''
				 WHERE p.n BETWEEN $1 AND $2 AND EXISTS (SELECT 1 FROM product_pack o WHERE o.di = k.di AND o.di <> '' AND o.issuer = k.issuer AND o.body <> k.body)) u`+shared+` ORDER BY 1, 2, 3`, from, from+planLines/10-1)
		if err != nil {
			return opened, closed, err
		}
		opened += n
		if err := pause(ctx); err != nil {
			return opened, closed, err
		}
	}
	closed, err = l.recheck(ctx)
	return opened, closed, err
}

// matchedBy opens conflicts among the voices that a query gives, code by code.
func (l *ProductLoad) matchedBy(ctx context.Context, sql string, args ...any) (int64, error) {
	found, err := disagreements(ctx, l.conn, sql, args...)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return openConflicts(ctx, l.conn, "", found)
}

// disagreements reads voices, sorted by code, and holds those of one code
// against each other.
func disagreements(ctx context.Context, q interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, sql string, args ...any) ([]catalogue.Conflict, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	var out []catalogue.Conflict
	var voices []catalogue.Voice
	var of, c catalogue.Code
	var v catalogue.Voice
	_, err = pgx.ForEachRow(rows, []any{&c.Kind, &c.Value, &v.Name, &v.Source, &v.Description, &v.DeviceClass, &v.Ratio}, func() error {
		if c != of {
			of, voices = c, voices[:0]
		}
		for _, other := range voices {
			if other.Name != v.Name {
				out = append(out, catalogue.Disagree(c, other, v)...)
			}
		}
		// A code that hundreds share says nothing of any two of them.
		if len(voices) < mostVoices {
			voices = append(voices, v)
		}
		return nil
	})
	return out, err
}

const mostVoices = 8

// openConflicts puts conflicts on the worklist of a trust, or of the national
// catalogue, and gives how many are new there. What a person closed stays so
// while its text is the same.
func openConflicts(ctx context.Context, db pgtx.Beginner, trust string, found []catalogue.Conflict) (opened int64, err error) {
	const most = 2000
	for len(found) > 0 {
		part := found[:min(most, len(found))]
		found = found[len(part):]
		var kinds, codes, as, bs, texts []string
		for _, c := range part {
			kinds, codes, as, bs, texts = append(kinds, c.Kind), append(codes, c.Code), append(as, c.A), append(bs, c.B), append(texts, c.Text)
		}
		err = pgtx.Run(ctx, db, trust, func(ctx context.Context) error {
			tag, err := pgtx.From(ctx).Exec(ctx, `INSERT INTO catalogue_conflict AS c (trust, kind, code, a, b, text)
				SELECT DISTINCT ON (code, kind, a, b) $1, kind, code, a, b, text FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) u (kind, code, a, b, text)
				ON CONFLICT (trust, code, kind, a, b) DO UPDATE SET text = excluded.text, opened_at = clock_timestamp(), closed_at = NULL, closed_by = '', closed_why = ''
				WHERE c.closed_at IS NOT NULL AND (c.closed_by = '' OR c.text <> excluded.text)`, trust, kinds, codes, as, bs, texts)
			opened += tag.RowsAffected()
			return err
		})
		if err != nil {
			return opened, err
		}
	}
	return opened, nil
}

// recheck closes the open conflicts of the national catalogue that no longer
// hold.
func (l *ProductLoad) recheck(ctx context.Context) (closed int64, err error) {
	var after int64
	for {
		var ids []int64
		var open []catalogue.Conflict
		err := pgtx.Run(ctx, l.conn, "", func(ctx context.Context) error {
			rows, err := pgtx.From(ctx).Query(ctx, `SELECT id, kind, code, a, b FROM catalogue_conflict WHERE trust = '' AND closed_at IS NULL AND id > $1 ORDER BY id LIMIT 2000`, after)
			if err != nil {
				return err
			}
			var id int64
			var c catalogue.Conflict
			_, err = pgx.ForEachRow(rows, []any{&id, &c.Kind, &c.Code, &c.A, &c.B}, func() error { ids, open = append(ids, id), append(open, c); return nil })
			return err
		})
		if err != nil || len(ids) == 0 {
			return closed, err
		}
		after = ids[len(ids)-1]
		codes := make([]string, len(open))
		for i, c := range open {
			codes[i] = c.Code
		}
		holds, err := disagreements(ctx, l.conn, `SELECT `+sharedColumns+` FROM (SELECT DISTINCT split_part(c, ' ', 1) AS kind, substr(c, strpos(c, ' ') + 1) AS value FROM unnest($1::text[]) c) u`+shared+` ORDER BY 1, 2, 3`, codes)
		if err != nil {
			return closed, err
		}
		still := map[catalogue.Conflict]bool{}
		for _, c := range holds {
			c.Text = ""
			still[c] = true
		}
		var over []int64
		for i, c := range open {
			if !still[c] {
				over = append(over, ids[i])
			}
		}
		n, err := closeConflicts(ctx, l.conn, "", over)
		closed += n
		if err != nil {
			return closed, err
		}
	}
}

// closeConflicts closes what no longer holds.
func closeConflicts(ctx context.Context, db pgtx.Beginner, trust string, ids []int64) (n int64, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	err = pgtx.Run(ctx, db, trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, `UPDATE catalogue_conflict SET closed_at = clock_timestamp(), closed_why = 'It no longer holds.' WHERE trust = $1 AND id = ANY ($2) AND closed_at IS NULL`, trust, ids)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}
