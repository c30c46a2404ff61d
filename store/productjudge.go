package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Judge compares what is staged with what is in force, and says what a
// publication would do. pause is called between two statements.
func (l *ProductLoad) Judge(ctx context.Context, pause func(context.Context) error) (catalogue.Verdict, []catalogue.Rejected, error) {
	var v catalogue.Verdict
	if err := l.flushWords(ctx); err != nil {
		return v, nil, err
	}
	if _, err := l.conn.Exec(ctx, `SELECT catalogue_indexed()`); err != nil {
		return v, nil, err
	}
	twice, err := l.twice(ctx)
	if err != nil {
		return v, nil, err
	}
	for from := int64(0); from <= l.lastLine; from += planLines {
		var n int64
		if err := l.conn.QueryRow(ctx, `SELECT catalogue_plan($1, $2, $3, $4)`, l.source, from, from+planLines-1, l.planned+1).Scan(&n); err != nil {
			return v, nil, err
		}
		l.planned += n
		if err := pause(ctx); err != nil {
			return v, nil, err
		}
	}
	if l.what.Full {
		var n int64
		if err := l.conn.QueryRow(ctx, `SELECT catalogue_gone($1, $2)`, l.source, l.planned+1).Scan(&n); err != nil {
			return v, nil, err
		}
		l.planned += n
	}
	if _, err := l.conn.Exec(ctx, `SELECT catalogue_planned()`); err != nil {
		return v, nil, err
	}
	err = l.count(ctx, &v, int64(len(twice)))
	return v, twice, err
}

func (l *ProductLoad) twice(ctx context.Context) ([]catalogue.Rejected, error) {
	parts := int(l.rows/twiceRows) + 1
	found := int64(0)
	for i := range parts {
		var n int64
		if err := l.conn.QueryRow(ctx, `SELECT catalogue_twice($1, $2)`, i, parts).Scan(&n); err != nil {
			return nil, err
		}
		found += n
	}
	if found == 0 {
		return nil, nil
	}
	rows, err := l.conn.Query(ctx, `SELECT line, first, key FROM stage_twice ORDER BY line`)
	if err != nil {
		return nil, err
	}
	var out []catalogue.Rejected
	var line, first int64
	var key string
	_, err = pgx.ForEachRow(rows, []any{&line, &first, &key}, func() error {
		out = append(out, catalogue.Rejected{Line: line, Column: "key", Err: fault.New(fault.Invalid, "key_twice", "Line %d of the file tells of %s already. Keep one of them.", first, key)})
		return nil
	})
	return out, err
}

func (l *ProductLoad) count(ctx context.Context, v *catalogue.Verdict, twice int64) error {
	err := l.conn.QueryRow(ctx, `SELECT count(*) FILTER (WHERE act = 'add'), count(*) FILTER (WHERE act = 'change'), count(*) FILTER (WHERE act = 'remove'),
		count(*) FILTER (WHERE p.new_body AND s.suspended AND NOT coalesce(b.suspended, false)), count(*) FILTER (WHERE act = 'change' AND w.removed)
		FROM stage_plan p LEFT JOIN stage_product s ON s.line = p.line LEFT JOIN product_body b ON b.id = p.old_body LEFT JOIN product_version w ON w.id = p.old_version`).
		Scan(&v.Added, &v.Changed, &v.Removed, &v.Suspended, &v.Returned)
	if err != nil {
		return err
	}
	v.Before = l.products
	v.Same = l.rows - twice - v.Added - v.Changed - l.goneRows(v)
	l.more = v.Added + v.Returned - v.Removed
	v.Fields = map[string]int64{}
	for from := int64(1); from <= l.planned; from += changeRows {
		rows, err := l.conn.Query(ctx, `SELECT f.field, count(*) FROM (`+fieldChanges+`) f GROUP BY 1`, from, from+changeRows-1)
		if err != nil {
			return err
		}
		var field string
		var n int64
		if _, err := pgx.ForEachRow(rows, []any{&field, &n}, func() error { v.Fields[field] += n; return nil }); err != nil {
			return err
		}
	}
	return nil
}

// goneRows are the removals that rows tell of, unlike those that a whole file
// leaves out.
func (l *ProductLoad) goneRows(v *catalogue.Verdict) int64 {
	if l.what.Full {
		return 0
	}
	return v.Removed
}

// Changes gives the planned changes field by field, at most limit of them;
// 0 is all.
func (l *ProductLoad) Changes(ctx context.Context, limit int, each func(catalogue.FieldChange) error) error {
	given := 0
	for from := int64(1); from <= l.planned && (limit == 0 || given < limit); from += changeRows {
		rows, err := l.conn.Query(ctx, fieldChanges+` ORDER BY p.n, f.field`, from, from+changeRows-1)
		if err != nil {
			return err
		}
		var c catalogue.FieldChange
		_, err = pgx.ForEachRow(rows, []any{&c.Key, &c.Field, &c.Before, &c.After}, func() error {
			if given++; limit > 0 && given > limit {
				return nil
			}
			return each(c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fieldChanges gives what changes of the products that are planned from $1 to
// $2.
const fieldChanges = `SELECT p.key, f.field, coalesce(f.before, '') AS before, coalesce(f.after, '') AS after
	FROM stage_plan p JOIN product_version v ON v.id = p.old_version JOIN product_body b ON b.id = p.old_body JOIN stage_product s ON s.line = p.line
	CROSS JOIN LATERAL (VALUES ('description', b.description, s.description), ('manufacturer', b.manufacturer, s.manufacturer), ('mpc', b.mpc, s.mpc), ('npc', b.npc, s.npc),
		('base_unit', b.base_unit, s.base_unit), ('order_units', b.order_units::text, s.order_units::text), ('supplier', b.supplier, s.supplier), ('supplier_code', b.supplier_code, s.supplier_code),
		('route', b.route, s.route), ('eclass', b.eclass, s.eclass), ('gmdn', b.gmdn, s.gmdn), ('emdn', b.emdn, s.emdn), ('device_class', b.device_class, s.device_class),
		('implantable', b.implantable::text, s.implantable::text), ('reportable', b.reportable::text, s.reportable::text), ('lot_tracked', b.lot_tracked::text, s.lot_tracked::text),
		('serial_tracked', b.serial_tracked::text, s.serial_tracked::text), ('expiry_tracked', b.expiry_tracked::text, s.expiry_tracked::text),
		('suspended', CASE WHEN b.suspended THEN b.suspended_why END, CASE WHEN s.suspended THEN s.suspended_why END), ('suspended_from', b.suspended_from::text, s.suspended_from::text),
		('suspended_to', b.suspended_until::text, s.suspended_until::text), ('discontinued', b.discontinued::text, s.discontinued::text), ('discontinued_on', b.discontinued_on::text, s.discontinued_on::text),
		('packs', (SELECT string_agg(k.ratio || ' ' || k.unit || rtrim(' ' || k.di), ', ' ORDER BY k.level) FROM product_pack k WHERE k.body = p.old_body),
			(SELECT string_agg(u.ratio || ' ' || u.unit || rtrim(' ' || u.di), ', ' ORDER BY u.level) FROM unnest(s.pack_ratios, s.pack_units, s.pack_dis) WITH ORDINALITY u (ratio, unit, di, level))),
		('codes', (SELECT string_agg(k.kind || ' ' || k.value, ', ' ORDER BY k.kind, k.value) FROM product_code k WHERE k.body = p.old_body),
			(SELECT string_agg(u.kind || ' ' || u.value, ', ' ORDER BY u.kind, u.value) FROM unnest(s.code_kinds, s.code_values) u (kind, value))),
		('alternatives', (SELECT string_agg(k.kind || ' ' || k.key, ', ' ORDER BY k.kind, k.key) FROM product_alternative k WHERE k.body = p.old_body),
			(SELECT string_agg(u.kind || ' ' || u.key, ', ' ORDER BY u.kind, u.key) FROM unnest(s.alternative_kinds, s.alternatives) u (kind, key))),
		('price', (SELECT string_agg(k.from_packs || ': ' || trim_scale(k.price) || ' ' || k.currency || ' ' || k.tax || ' for ' || k.units, ', ' ORDER BY k.from_packs) FROM product_price k WHERE k.version = p.old_version),
			(SELECT string_agg(u.packs || ': ' || trim_scale(u.price) || ' ' || s.currency || ' ' || s.tax || ' for ' || s.price_units, ', ' ORDER BY u.packs) FROM unnest(s.price_packs, s.prices) u (packs, price))),
		('price_from', (SELECT min(k.valid_from)::text FROM product_price k WHERE k.version = p.old_version AND s.price_from IS NOT NULL), s.price_from::text),
		('price_to', (SELECT min(k.valid_to)::text FROM product_price k WHERE k.version = p.old_version), s.price_to::text),
		('in_the_source', CASE WHEN v.removed THEN 'no' ELSE 'yes' END, 'yes')) f (field, before, after)
	WHERE p.n BETWEEN $1 AND $2 AND p.act = 'change' AND f.before IS DISTINCT FROM f.after`
