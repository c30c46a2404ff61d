package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// itemVoices gives, for the items with ids from $2 on, at most $3 of them, what
// the trust and the sources say of each of their codes.
const itemVoices = `WITH i AS (SELECT i.id, i.code, i.description, i.device_class FROM item i WHERE i.trust = $1 AND i.id >= $2 ORDER BY i.id LIMIT $3),
	c AS (SELECT i.*, c.kind, c.value, c.ratio FROM i CROSS JOIN LATERAL (SELECT * FROM item_code c WHERE c.trust = $1 AND c.item = i.id AND c.kind IN ('gtin', 'npc') OFFSET 0) c),
	p AS (SELECT DISTINCT c.kind, c.value, p.source_name, p.key, b.description, b.device_class, x.ratio FROM c
		CROSS JOIN LATERAL (SELECT k.body, k.ratio FROM product_pack k WHERE c.kind = 'gtin' AND k.di = c.value AND k.di <> '' AND k.issuer = 'gtin'
			UNION ALL SELECT b.id, NULL FROM product_body b WHERE c.kind = 'npc' AND b.npc = c.value AND b.npc <> ''
			UNION ALL SELECT v.body, NULL FROM product_version v JOIN catalogue_source s ON s.id = v.source AND s.key_kind = 'npc' WHERE c.kind = 'npc' AND v.key = c.value OFFSET 0) x
		JOIN product p ON p.body = x.body AND NOT p.removed JOIN product_body b ON b.id = p.body)
	SELECT c.kind, c.value, 'item ' || c.code, '', c.description, c.device_class, CASE WHEN c.kind = 'gtin' THEN c.ratio ELSE 0 END FROM c WHERE EXISTS (SELECT 1 FROM p WHERE p.kind = c.kind AND p.value = c.value)
	UNION ALL SELECT p.kind, p.value, p.source_name || ' ' || p.key, p.source_name, p.description, p.device_class, coalesce(p.ratio, 0) FROM p
	ORDER BY 1, 2, 3`

// twoProducts gives the items, chosen likewise, whose codes lead to several
// products of one source.
const twoProducts = `WITH i AS (SELECT i.id, i.code FROM item i WHERE i.trust = $1 AND i.id >= $2 ORDER BY i.id LIMIT $3),
	l AS (SELECT DISTINCT i.code, p.source_name, p.key, c.kind || ' ' || c.value AS by FROM i
		CROSS JOIN LATERAL (SELECT * FROM item_code c WHERE c.trust = $1 AND c.item = i.id AND c.kind IN ('gtin', 'npc') OFFSET 0) c
		CROSS JOIN LATERAL (SELECT k.body FROM product_pack k WHERE c.kind = 'gtin' AND k.di = c.value AND k.di <> '' AND k.issuer = 'gtin'
			UNION ALL SELECT b.id FROM product_body b WHERE c.kind = 'npc' AND b.npc = c.value AND b.npc <> ''
			UNION ALL SELECT v.body FROM product_version v JOIN catalogue_source s ON s.id = v.source AND s.key_kind = 'npc' WHERE c.kind = 'npc' AND v.key = c.value OFFSET 0) x
		JOIN product p ON p.body = x.body AND NOT p.removed)
	SELECT code, source_name, min(key), max(key), min(by), max(by) FROM l GROUP BY 1, 2 HAVING count(DISTINCT key) > 1`

// itemsAtOnce bounds how many items one statement looks at.
const itemsAtOnce = 2000

// MatchItems holds a trust's items against the national catalogue, code by
// code. Where they disagree a conflict is opened for a person; one that no
// longer holds is closed.
func (s *Store) MatchItems(ctx context.Context, trust string, pause func(context.Context) error) (opened, closed int64, err error) {
	still := map[catalogue.Conflict]bool{}
	for from := int64(1); from > 0; {
		var found []catalogue.Conflict
		err := pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
			tx := pgtx.From(ctx)
			var err error
			if found, err = disagreements(ctx, tx, itemVoices, trust, from, itemsAtOnce); err != nil {
				return err
			}
			more, err := itemsOfTwo(ctx, tx, trust, from)
			if err != nil {
				return err
			}
			found = append(found, more...)
			var next *int64
			if err := tx.QueryRow(ctx, `SELECT max(id) + 1 FROM (SELECT i.id FROM item i WHERE i.trust = $1 AND i.id >= $2 ORDER BY i.id LIMIT $3) x`, trust, from, itemsAtOnce).Scan(&next); err != nil {
				return err
			}
			if from = 0; next != nil {
				from = *next
			}
			return nil
		})
		if err != nil {
			return opened, closed, err
		}
		// What two sources say of each other is not this trust's worklist.
		ours := found[:0]
		for _, c := range found {
			if isItem(c.A) || isItem(c.B) {
				ours = append(ours, c)
				c.Text = ""
				still[c] = true
			}
		}
		n, err := openConflicts(ctx, s.background, trust, ours)
		if opened += n; err != nil {
			return opened, closed, err
		}
		if err := pause(ctx); err != nil {
			return opened, closed, err
		}
	}
	over, err := s.conflictsOver(ctx, trust, still)
	if err != nil {
		return opened, closed, err
	}
	closed, err = closeConflicts(ctx, s.background, trust, over)
	return opened, closed, err
}

func isItem(name string) bool { return len(name) > 5 && name[:5] == "item " }

func itemsOfTwo(ctx context.Context, tx pgx.Tx, trust string, from int64) ([]catalogue.Conflict, error) {
	rows, err := tx.Query(ctx, twoProducts, trust, from, itemsAtOnce)
	if err != nil {
		return nil, err
	}
	var out []catalogue.Conflict
	var code, source, one, other, by, also string
	_, err = pgx.ForEachRow(rows, []any{&code, &source, &one, &other, &by, &also}, func() error {
		out = append(out, catalogue.Conflict{Kind: catalogue.TwoProducts, Code: by, A: itemName(code), B: source + " " + one, Text: fmt.Sprintf("The item's codes lead to two products of one source: %s, and %s by %s.", one, other, also)})
		return nil
	})
	return out, err
}

// conflictsOver gives the open conflicts of a trust that are not among those
// that still hold.
func (s *Store) conflictsOver(ctx context.Context, trust string, still map[catalogue.Conflict]bool) ([]int64, error) {
	var over []int64
	err := pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		rows, err := pgtx.From(ctx).Query(ctx, `SELECT id, kind, code, a, b FROM catalogue_conflict WHERE trust = $1 AND closed_at IS NULL AND kind <> 'code_taken'`, trust)
		if err != nil {
			return err
		}
		var id int64
		var c catalogue.Conflict
		_, err = pgx.ForEachRow(rows, []any{&id, &c.Kind, &c.Code, &c.A, &c.B}, func() error {
			if !still[c] {
				over = append(over, id)
			}
			return nil
		})
		return err
	})
	return over, err
}
