package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Quality says how good the catalogue is: of a trust's items, and of each
// source.
func (s *Store) Quality(ctx context.Context, trust string, listed int) (journal.CatalogueQuality, error) {
	q := journal.CatalogueQuality{}
	err := pgtx.Run(ctx, s.pages, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if err := tx.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM item_code c WHERE c.trust = i.trust AND c.item = i.id AND c.kind = 'gtin')) FROM item i WHERE i.trust = $1`, trust).Scan(&q.Items, &q.ItemsWithGTIN); err != nil {
			return err
		}
		q.Coverage = share(q.ItemsWithGTIN, q.Items)
		var err error
		if q.Spend, err = collect(ctx, tx, `SELECT i.code, i.description, trim_scale(round(sum(l.value), 2))::text, o.currency, count(*) FROM purchase_order_line l JOIN purchase_order o ON o.trust = l.trust AND o.id = l.order_id
			JOIN item i ON i.trust = l.trust AND i.id = l.item
			WHERE l.trust = $1 AND l.state <> 'rejected' AND NOT EXISTS (SELECT 1 FROM item_code c WHERE c.trust = i.trust AND c.item = i.id AND c.kind = 'gtin')
			GROUP BY 1, 2, 4 ORDER BY sum(l.value) DESC, 1, 4 LIMIT $2`, pgx.RowToStructByPos[journal.SpendWithoutGTIN], trust, listed); err != nil {
			return err
		}
		if q.Duplicates, err = collect(ctx, tx, itemDuplicates, pgx.RowToStructByPos[journal.Duplicate], trust, listed); err != nil {
			return err
		}
		if q.Spreads, err = collect(ctx, tx, priceSpreads, pgx.RowToStructByPos[journal.PriceSpread], trust, listed); err != nil {
			return err
		}
		if q.Sources, err = collect(ctx, tx, sourceQuality, pgx.RowToStructByPos[journal.SourceQuality]); err != nil {
			return err
		}
		for i := range q.Sources {
			q.Sources[i].Coverage = share(q.Sources[i].WithGTIN, q.Sources[i].Products)
		}
		return checkFailures(ctx, tx, trust, &q)
	})
	if err != nil {
		return q, err
	}
	for i := range q.Spend {
		q.Spend[i].Value = pounds(q.Spend[i].Value)
	}
	for i := range q.Spreads {
		q.Spreads[i].Paid, q.Spreads[i].Asked = pounds(q.Spreads[i].Paid), pounds(q.Spreads[i].Asked)
	}
	return q, pgtx.Run(ctx, s.pages, "", func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM catalogue_conflict WHERE trust = '' AND closed_at IS NULL`).Scan(&q.SourceConflicts); err != nil {
			return err
		}
		return checkFailures(ctx, tx, "", &q)
	})
}

// itemDuplicates gives items of one maker with one part number, and items that
// tell of one product by their codes.
const itemDuplicates = `SELECT 'one maker, one part number', upper(i.manufacturer) || ' ' || c.value, array_agg(i.code ORDER BY i.code) FROM item i
		JOIN item_code c ON c.trust = i.trust AND c.item = i.id AND c.kind = 'mpc' WHERE i.trust = $1 AND i.manufacturer <> '' GROUP BY 2 HAVING count(*) > 1
	UNION ALL SELECT 'one description of one maker', min(i.description), array_agg(i.code ORDER BY i.code) FROM item i WHERE i.trust = $1 GROUP BY upper(i.manufacturer), upper(i.description), i.base_unit HAVING count(*) > 1
	UNION ALL SELECT 'one product', p.source_name || ' ' || p.key, array_agg(DISTINCT i.code) FROM item i JOIN item_code c ON c.trust = i.trust AND c.item = i.id AND c.kind = 'gtin'
		CROSS JOIN LATERAL (SELECT k.body FROM product_pack k WHERE k.di = c.value AND k.di <> '' AND k.issuer = 'gtin' OFFSET 0) k JOIN product p ON p.body = k.body
		WHERE i.trust = $1 GROUP BY 2 HAVING count(DISTINCT i.code) > 1
	ORDER BY 1, 2 LIMIT $2`

// priceSpreads gives what the trust pays for a base unit today beside what a
// source asks for the same product, or for a direct alternative to it, where the
// two differ by a tenth or more. Only prices of one currency, and both with or
// both without VAT, are held against each other.
const priceSpreads = `WITH mine AS (
		SELECT i.code, i.description, pr.price / pr.units AS each, pr.currency, pr.tax = 'inclusive' AS with_tax, p.source, p.source_name, p.key, p.body, p.id FROM item i
		  CROSS JOIN LATERAL item_price_on(i.trust, i.id, current_date) pr
		  JOIN item_code c ON c.trust = i.trust AND c.item = i.id AND c.kind = 'gtin'
		  CROSS JOIN LATERAL (SELECT k.body FROM product_pack k WHERE k.di = c.value AND k.di <> '' AND k.issuer = 'gtin' OFFSET 0) k JOIN product p ON p.body = k.body AND NOT p.removed
		 WHERE i.trust = $1 AND pr.price > 0),
	other AS (
		SELECT m.code, m.description, m.each, m.currency, m.with_tax, m.source_name, m.key, false AS alternative, m.id FROM mine m
		UNION ALL SELECT m.code, m.description, m.each, m.currency, m.with_tax, q.source_name, q.key, true, q.id FROM mine m JOIN product_alternative a ON a.body = m.body AND a.kind = 'direct'
		  JOIN product q ON q.key = a.key AND q.source = m.source AND NOT q.removed)
	SELECT DISTINCT ON (abs(theirs - each) / greatest(theirs, each), code, key) code, description, trim_scale(round(each, 4))::text, source_name || ' ' || key, alternative, trim_scale(round(theirs, 4))::text, currency,
		round(abs(theirs - each) / least(theirs, each) * 100)::bigint
	  FROM (SELECT o.*, pp.price / pp.units AS theirs FROM other o JOIN product_price pp ON pp.version = o.id AND pp.from_packs = 1 AND pp.currency = o.currency AND (pp.tax = 'inclusive') = o.with_tax AND pp.price > 0
		AND pp.valid_from <= current_date AND (pp.valid_to IS NULL OR pp.valid_to >= current_date)) x
	 WHERE abs(theirs - each) >= least(theirs, each) / 10
	 ORDER BY abs(theirs - each) / greatest(theirs, each) DESC, code, key LIMIT $2`

const sourceQuality = `SELECT s.name, s.products, (SELECT count(*) FROM product p WHERE p.source = s.id AND NOT p.removed AND EXISTS (SELECT 1 FROM product_pack k WHERE k.body = p.body AND k.issuer = 'gtin')), 0::float8
	FROM catalogue_source s WHERE s.generation > 0 ORDER BY s.rank, s.name`

// checkFailures counts codes with a wrong check digit in the last whole file and
// in the last delta of each source.
func checkFailures(ctx context.Context, tx pgx.Tx, trust string, q *journal.CatalogueQuality) error {
	var n, conflicts int64
	err := tx.QueryRow(ctx, `SELECT coalesce(sum((l.rejections ->> 'gtin_invalid')::bigint), 0), (SELECT count(*) FROM catalogue_conflict WHERE trust = $1 AND closed_at IS NULL) FROM (
		SELECT DISTINCT ON (source, mode) rejections FROM catalogue_load WHERE trust = $1 AND state IN ('published', 'unchanged') ORDER BY source, mode, id DESC) l`, trust).Scan(&n, &conflicts)
	q.CheckDigits += n
	if trust != "" {
		q.Conflicts = conflicts
	}
	return err
}

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part*1000/whole) / 10
}
