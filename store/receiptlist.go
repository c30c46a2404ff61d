package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

const selectReceipts = `SELECT r.receipt, r.key, r.state, r.why, coalesce(r.received_on::text, ''), r.order_number, r.order_line, r.met_order, r.met_line, r.substitute,
	coalesce(i.code, ''), coalesce(i.description, ''), r.codes, coalesce(p.code, ''), r.place_text, r.quantity, r.unit, r.units, r.lot, r.serial, coalesce(r.expiry::text, ''),
	coalesce(r.movement, 0), r.message_id, r.told_by, r.origin, r.profile
	FROM receipt_line r LEFT JOIN item i ON i.trust = r.trust AND i.id = r.item LEFT JOIN place p ON p.trust = r.trust AND p.id = r.place`

func scanReceipt(row pgx.CollectableRow) (r journal.ReceiptLine, err error) {
	err = row.Scan(&r.Receipt, &r.Line, &r.State, &r.Why, &r.ReceivedOn, &r.OrderTold, &r.OrderLineTold, &r.Order, &r.OrderLine, &r.Substitute,
		&r.Item, &r.Description, &r.Codes, &r.Place, &r.PlaceTold, &r.Quantity, &r.Unit, &r.Units, &r.Lot, &r.Serial, &r.Expiry,
		&r.Movement, &r.Message, &r.ToldBy, &r.Origin, &r.Profile)
	return r, err
}

// Receipts lists lines of goods received, those that changed last first.
func (s *Store) Receipts(ctx context.Context, trust string, f journal.ReceiptFilter) (out []journal.ReceiptLine, err error) {
	if f.Limit <= 0 {
		f.Limit = 200
	}
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), selectReceipts+` WHERE r.trust = $1 AND ($2 = '' OR r.state = $2) AND ($3 = '' OR r.receipt = $3) AND ($4 = '' OR $4 IN (r.met_order, r.order_number))
			AND ($5 = 0 OR $5 IN (r.message_id, r.told_by)) ORDER BY r.id DESC LIMIT $6`, scanReceipt, trust, f.State, f.Receipt, f.Order, f.Message, f.Limit)
		return err
	})
	return out, err
}

// Receipt gives the lines of one receipt, in the order in which they came.
func (s *Store) Receipt(ctx context.Context, trust, number string) (out []journal.ReceiptLine, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), selectReceipts+` WHERE r.trust = $1 AND r.receipt = $2 ORDER BY r.id`, scanReceipt, trust, number)
		return err
	})
	if err == nil && len(out) == 0 {
		err = fault.New(fault.NotFound, "receipt_not_found", "There is no receipt %s. `stockwell receipts list` shows those that there are.", number)
	}
	return out, err
}

// Remarks gives what the last reading of a message found.
func (s *Store) Remarks(ctx context.Context, trust string, id int64) (out []canonical.Finding, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		var raw []byte
		err := pgtx.From(ctx).QueryRow(ctx, `SELECT coalesce((SELECT findings FROM posting WHERE trust = $1 AND message_id = $2 ORDER BY attempt DESC LIMIT 1), '[]')`, trust, id).Scan(&raw)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &out)
	})
	if pgtx.Gone(err) {
		return nil, Unreachable(err)
	}
	return out, err
}
