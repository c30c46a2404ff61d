package store

import (
	"context"
	"fmt"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// TakenOrder is an order that was sent before a restore and that the books no
// longer know.
type TakenOrder struct {
	Number, Supplier, DeliverTo, Currency string
	Counter                               int64 // of Number
	CreatedAt, SentAt                     time.Time
	File                                  string
	Digest                                []byte
	Lines                                 []TakenLine
	By                                    string // who takes it up
}

// TakenLine is one of its lines. PackSize is 0 for the catalogue's.
type TakenLine struct {
	Row             int
	Item            string
	Packs, PackSize int64
	UnitPrice       decimal.Decimal
}

// Take keeps an order as sent and still expected, so that planning counts on
// it. What was suggested for its shelves without it is withdrawn and planned
// again, and numbering goes on behind it. It runs in Import's transaction.
func (b *Books) Take(ctx context.Context, message int64, o TakenOrder) error {
	tx := pgtx.From(ctx)
	// The planner's lock: no need is decided meanwhile.
	if _, err := tx.Exec(ctx, `SELECT 1 FROM purchasing WHERE trust = $1 FOR UPDATE`, b.trust); err != nil {
		return err
	}
	codes, err := b.codes(ctx)
	if err != nil {
		return err
	}
	if o.Currency == "" {
		o.Currency = "GBP"
	}
	var id int64
	place, _, err := codes.find(o.DeliverTo, o.Lines[0].Item, o.Lines[0].Row)
	if err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `INSERT INTO purchase_order (trust, id, number, supplier, deliver_to, state, value, currency, automatic, created_at, sent_at, file_name, file_digest)
		VALUES ($1, nextval('order_id'), $2, $3, $4, 'sent', 0, $5, false, $6, $7, $8, $9) RETURNING id`,
		b.trust, o.Number, o.Supplier, place, o.Currency, o.CreatedAt, o.SentAt, o.File, o.Digest).Scan(&id); err != nil {
		return importFault(err, o.Lines[0].Row)
	}
	batch := &pgx.Batch{}
	for i, l := range o.Lines {
		_, item, err := codes.find(o.DeliverTo, l.Item, l.Row)
		if err != nil {
			return err
		}
		value, err := purchasing.LineValue(l.Packs, l.UnitPrice)
		if err != nil {
			return err
		}
		batch.Queue(`WITH l AS (INSERT INTO purchase_order_line (trust, order_id, line, place, item, packs, pack_size, unit_price, value, state, open_packs, message_id, origin, profile)
				SELECT $1, $2, $3, $4, i.id, $6, coalesce(nullif($7::bigint, 0), i.pack_size), $8::text::numeric, $9::text::numeric, 'ordered', $6, $10, $11, $12 FROM item i WHERE i.trust = $1 AND i.id = $5)
			UPDATE purchase_order SET value = value + $9::text::numeric WHERE trust = $1 AND id = $2`,
			b.trust, id, i+1, place, item, l.Packs, l.PackSize, l.UnitPrice.String(), value.String(), message, fmt.Sprintf("line %d", l.Row), importProfile)
		batch.Queue(`UPDATE suggestion SET state = 'declined', decided_by = $4, decided_at = clock_timestamp(), why = $5 WHERE trust = $1 AND place = $2 AND item = $3 AND state IN ('waits', 'approved')`,
			b.trust, place, item, o.By, "Order "+o.Number+", sent before a restore, was taken up. What is still short is suggested again.")
		batch.Queue(`INSERT INTO policy_due (trust, place, item) SELECT y.trust, y.place, y.item FROM policy y WHERE y.trust = $1 AND y.place = $2 AND y.item = $3 AND y.active
			AND EXISTS (SELECT 1 FROM movement m WHERE m.trust = y.trust AND m.item = y.item AND y.place IN (m.from_place, m.to_place)) ON CONFLICT DO NOTHING`, b.trust, place, item)
	}
	batch.Queue(`UPDATE purchasing SET next_number = greatest(next_number, $2) WHERE trust = $1`, b.trust, o.Counter+1)
	return tx.SendBatch(ctx, batch).Close()
}
