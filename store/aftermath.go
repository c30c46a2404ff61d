package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/replenishment"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func itemID(n int64) catalogue.ItemID { return catalogue.ItemID(n) }

// Shelves gives the state of stock shelves after the batch's movements; what
// their places are called the caller knows.
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
		SELECT u.ord, i.code, y.reorder_point, y.order_up_to, y.cycle, b.lot, b.quantity, l.expiry, h.held
		  FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS u (place, item, ord)
		  CROSS JOIN LATERAL (SELECT i.code FROM item i WHERE i.trust = $1 AND i.id = u.item OFFSET 0) i
		  LEFT JOIN LATERAL (SELECT y.reorder_point, y.order_up_to, y.cycle FROM policy y WHERE y.trust = $1 AND y.place = u.place AND y.item = u.item AND y.active OFFSET 0) y ON true
		  LEFT JOIN LATERAL (SELECT b.lot, b.quantity FROM balance b WHERE b.trust = $1 AND b.place = u.place AND b.item = u.item AND b.quantity <> 0 OFFSET 0) b ON true
		  LEFT JOIN LATERAL (SELECT l.expiry FROM lot l WHERE l.trust = $1 AND l.item = u.item AND l.lot = b.lot OFFSET 0) l ON true
		  LEFT JOIN LATERAL (SELECT sum(h.quantity)::bigint AS held FROM stock_hold h WHERE h.trust = $1 AND h.place = u.place AND h.item = u.item AND h.lot = b.lot AND h.released_at IS NULL OFFSET 0) h ON true`, b.trust, places, items)
	if err != nil {
		return nil, err
	}
	var ord int64
	var code string
	var point, upTo, cycle, quantity, held *int64
	var lot *string
	var expiry *time.Time
	_, err = pgx.ForEachRow(rows, []any{&ord, &code, &point, &upTo, &cycle, &lot, &quantity, &expiry, &held}, func() error {
		s := shelves[ord-1]
		st, ok := out[s]
		if !ok {
			st.ItemCode = code
			st.Position = inventory.Position{Item: s.Item, Place: s.Place, Lots: map[string]int64{}, Expiry: map[string]time.Time{}, Held: map[string]int64{}}
			if point != nil {
				st.Policy = &replenishment.Policy{Place: s.Place, Item: s.Item, ReorderPoint: *point, OrderUpTo: *upTo, Cycle: *cycle}
			}
			out[s] = st
		}
		if lot != nil { // one row for each lot, serial and owner
			st.Position.Lots[*lot] += *quantity
			if expiry != nil {
				st.Position.Expiry[*lot] = *expiry
			}
			if held != nil {
				st.Position.Held[*lot] = *held
			}
		}
		return nil
	})
	return out, err
}

// ShelvesAlone gives the state of shelves once no other batch that asked for
// one of them is under way: what it took is seen then. shelves are sorted; a
// batch asks once, after its movements are kept, and waits for no balance any
// more, so that no two wait for each other.
func (b *Books) ShelvesAlone(ctx context.Context, shelves []posting.Shelf) (map[posting.Shelf]posting.ShelfState, error) {
	keys := make([]int64, len(shelves))
	for i, s := range shelves {
		keys[i] = hash64("shelf", b.trust, strconv.FormatInt(int64(s.Place), 10), strconv.FormatInt(int64(s.Item), 10))
	}
	slices.Sort(keys)
	if _, err := pgtx.From(ctx).Exec(ctx, `SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) WITH ORDINALITY AS u (k, o) ORDER BY o`, keys); err != nil {
		return nil, err
	}
	return b.Shelves(ctx, shelves)
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
// open before those that are new. What a person closed is not raised again
// while it says the same.
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
	var kinds, subjects, texts, actions, severities []string
	var messages []int64
	for i, w := range ws {
		if i > 0 && w.Kind == ws[i-1].Kind && w.Subject == ws[i-1].Subject {
			continue // the first says it
		}
		kinds, subjects, texts = append(kinds, w.Kind), append(subjects, w.Subject), append(texts, w.Text)
		actions, severities, messages = append(actions, w.Action), append(severities, w.Severity), append(messages, w.Message)
	}
	if len(kinds) == 0 {
		return
	}
	batch.Queue(`INSERT INTO warning AS w (trust, id, kind, subject, text, action, severity, message_id)
		SELECT $1, nextval('warning_id'), u.kind, u.subject, u.text, u.action, u.severity, nullif(u.message, 0)
		  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[]) WITH ORDINALITY u (kind, subject, text, action, severity, message, ord)
		 WHERE NOT EXISTS (SELECT 1 FROM warning k WHERE k.trust = $1 AND k.subject = u.subject AND k.kind = u.kind AND k.closed_by IS NOT NULL AND k.text = u.text OFFSET 0)
		 ORDER BY u.ord
		ON CONFLICT (trust, kind, subject) WHERE closed_at IS NULL DO UPDATE SET text = excluded.text, action = excluded.action, severity = excluded.severity, message_id = excluded.message_id
		WHERE (w.text, w.action, w.severity) IS DISTINCT FROM (excluded.text, excluded.action, excluded.severity)`,
		b.trust, kinds, subjects, texts, actions, severities, messages).Exec(ignoreTag)
}
