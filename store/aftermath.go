package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/replenishment"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func itemID(n int64) catalogue.ItemID { return catalogue.ItemID(n) }

// Shelves gives the state of shelves after the batch's movements. A place
// that keeps no balance is left out.
func (b *Books) Shelves(ctx context.Context, shelves []posting.Shelf) (map[posting.Shelf]posting.ShelfState, error) {
	out := make(map[posting.Shelf]posting.ShelfState, len(shelves))
	if len(shelves) == 0 {
		return out, nil
	}
	places, items := make([]int64, len(shelves)), make([]int64, len(shelves))
	for i, s := range shelves {
		places[i], items[i] = int64(s.Place), int64(s.Item)
	}
	rows, err := pgtx.From(ctx).Query(ctx, `
		SELECT u.place, u.item, p.code, i.code, y.reorder_point, y.order_up_to, y.cycle,
		       (SELECT coalesce(json_agg(json_build_array(x.lot, x.quantity, l.expiry)), '[]')
		          FROM (SELECT b.lot, sum(b.quantity) AS quantity FROM balance b WHERE b.trust = $1 AND b.place = u.place AND b.item = u.item GROUP BY b.lot) x
		          LEFT JOIN lot l ON l.trust = $1 AND l.item = u.item AND l.lot = x.lot)
		  FROM unnest($2::bigint[], $3::bigint[]) u (place, item)
		  CROSS JOIN LATERAL (SELECT p.code FROM place p WHERE p.trust = $1 AND p.id = u.place AND p.kind = 'stock' OFFSET 0) p
		  CROSS JOIN LATERAL (SELECT i.code FROM item i WHERE i.trust = $1 AND i.id = u.item OFFSET 0) i
		  LEFT JOIN LATERAL (SELECT * FROM policy y WHERE y.trust = $1 AND y.place = u.place AND y.item = u.item AND y.active OFFSET 0) y ON true`, b.trust, places, items)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s posting.Shelf
		var st posting.ShelfState
		var point, upTo, cycle *int64
		var lots []byte
		if err := rows.Scan(&s.Place, &s.Item, &st.PlaceCode, &st.ItemCode, &point, &upTo, &cycle, &lots); err != nil {
			return nil, err
		}
		if point != nil {
			st.Policy = &replenishment.Policy{Place: s.Place, Item: s.Item, ReorderPoint: *point, OrderUpTo: *upTo, Cycle: *cycle}
		}
		if st.Position, err = position(s, lots); err != nil {
			return nil, err
		}
		out[s] = st
	}
	return out, rows.Err()
}

// position reads [lot, quantity, expiry] triples.
func position(s posting.Shelf, lots []byte) (inventory.Position, error) {
	p := inventory.Position{Item: s.Item, Place: s.Place, Lots: map[string]int64{}, Expiry: map[string]time.Time{}}
	var triples [][3]any
	if err := json.Unmarshal(lots, &triples); err != nil {
		return p, err
	}
	for _, t := range triples {
		lot, _ := t[0].(string)
		n, _ := t[1].(float64)
		p.Lots[lot] = int64(n)
		if day, ok := t[2].(string); ok {
			if at, err := time.Parse(time.DateOnly, day); err == nil {
				p.Expiry[lot] = at
			}
		}
	}
	return p, nil
}

// Finish keeps the batch's warnings and marks the policies that are due. ws
// says all that is open of the subjects in settled.
func (b *Books) Finish(ctx context.Context, ws []posting.Warning, settled []string, due []posting.Due) error {
	batch := &pgx.Batch{}
	b.keepWarnings(batch, ws, settled)
	if len(due) > 0 {
		places, items, movements := make([]int64, len(due)), make([]int64, len(due)), make([]int64, len(due))
		for i, d := range due {
			places[i], items[i], movements[i] = int64(d.Shelf.Place), int64(d.Shelf.Item), int64(d.Movement)
		}
		batch.Queue(`INSERT INTO policy_due (trust, place, item, movement)
			SELECT $1, place, item, nullif(movement, 0) FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) u (place, item, movement) ORDER BY place, item
			ON CONFLICT (trust, place, item) DO UPDATE SET movement = coalesce(excluded.movement, policy_due.movement), due_at = excluded.due_at`, b.trust, places, items, movements).Exec(ignoreTag)
	}
	if batch.Len() == 0 {
		return nil
	}
	return pgtx.From(ctx).SendBatch(ctx, batch).Close()
}

// keepWarnings touches warnings in one order for all batches, those that are
// open before those that are new.
func (b *Books) keepWarnings(batch *pgx.Batch, ws []posting.Warning, settled []string) {
	slices.SortStableFunc(ws, func(a, b posting.Warning) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Kind, b.Kind))
	})
	if len(settled) > 0 {
		open := make([]string, len(ws))
		for i, w := range ws {
			open[i] = w.Kind + " " + w.Subject
		}
		subjects := slices.Clone(settled)
		for _, w := range ws {
			subjects = append(subjects, w.Subject)
		}
		batch.Queue(`SELECT 1 FROM warning WHERE trust = $1 AND closed_at IS NULL AND subject = ANY ($2) ORDER BY subject, kind FOR UPDATE`, b.trust, subjects).Exec(ignoreTag)
		batch.Queue(`UPDATE warning SET closed_at = clock_timestamp(), closed_why = 'It no longer holds.'
			WHERE trust = $1 AND closed_at IS NULL AND subject = ANY ($2) AND (kind || ' ' || subject) <> ALL ($3)`, b.trust, settled, open).Exec(ignoreTag)
	}
	seen := map[string]bool{}
	for _, w := range ws {
		if k := w.Kind + " " + w.Subject; seen[k] {
			continue
		} else {
			seen[k] = true
		}
		batch.Queue(`INSERT INTO warning AS w (trust, id, kind, subject, text, action, severity, message_id)
			SELECT $1, nextval('warning_id'), $2, $3, $4, $5, $6, nullif($7::bigint, 0)
			ON CONFLICT (trust, kind, subject) WHERE closed_at IS NULL DO UPDATE SET text = excluded.text, action = excluded.action, severity = excluded.severity, message_id = excluded.message_id
			WHERE (w.text, w.action, w.severity) IS DISTINCT FROM (excluded.text, excluded.action, excluded.severity)`,
			b.trust, w.Kind, w.Subject, w.Text, w.Action, w.Severity, w.Message).Exec(ignoreTag)
	}
}
