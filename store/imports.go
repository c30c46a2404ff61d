package store

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// importProfile names what read an imported file, for law 5.
const importProfile = "import/v1"

// Import archives a file that a person gives and keeps what fn makes of it,
// in one transaction. The same file twice has the effect of once: done is
// then false.
func (s *Store) Import(ctx context.Context, trust, typ, file string, raw []byte, fn func(ctx context.Context, message int64) (summary string, err error)) (message int64, done bool, err error) {
	g := Given{Connector: "import", Format: "csv", Type: typ, Sender: typ, Peer: filepath.Base(file), Raw: raw}
	return s.Take(ctx, trust, g, func(ctx context.Context, message int64) error {
		summary, err := fn(ctx, message)
		if err != nil {
			return err
		}
		_, err = pgtx.From(ctx).Exec(ctx, `INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary)
			VALUES ($1, $2, 1, $3, 'import', $3, '', $4, 'applied', $5)`, trust, message, typ, importProfile, summary)
		return err
	})
}

// codesToIDs finds places and items by code, or says which are unknown.
type codesToIDs struct {
	places map[string]inventory.PlaceID
	items  map[string]catalogue.ItemID
}

func (b *Books) codes(ctx context.Context) (codesToIDs, error) {
	c := codesToIDs{map[string]inventory.PlaceID{}, map[string]catalogue.ItemID{}}
	l, err := pgtx.From(ctx).Query(ctx, `SELECT true, code, id FROM place WHERE trust = $1 AND kind = 'stock' UNION ALL SELECT false, code, id FROM item WHERE trust = $1`, b.trust)
	if err != nil {
		return c, err
	}
	defer l.Close()
	for l.Next() {
		var place bool
		var code string
		var id int64
		if err := l.Scan(&place, &code, &id); err != nil {
			return c, err
		}
		if place {
			c.places[code] = inventory.PlaceID(id)
		} else {
			c.items[code] = itemID(id)
		}
	}
	return c, l.Err()
}

func (c codesToIDs) find(place, item string, line int) (inventory.PlaceID, catalogue.ItemID, error) {
	p, ok := c.places[place]
	if !ok {
		return 0, 0, fault.New(fault.Invalid, "place_unknown", "The trust has no place %s. Add it to trust.yaml or correct the file; nothing was taken.", place).At(fmt.Sprintf("line %d", line))
	}
	i, ok := c.items[item]
	if !ok {
		return 0, 0, fault.New(fault.Invalid, "item_unknown", "The catalogue has no item %s. Load it first or correct the file; nothing was taken.", item).At(fmt.Sprintf("line %d", line))
	}
	return p, i, nil
}

// Opening is one line of an opening stock.
type Opening struct {
	Line                     int
	Place, Item, Lot, Serial string
	Expiry                   time.Time
	Quantity                 int64
}

// Open posts an opening stock: each line comes from the suppliers' place. It
// runs in Import's transaction.
func (b *Books) Open(ctx context.Context, message int64, rows []Opening, now time.Time) error {
	codes, err := b.codes(ctx)
	if err != nil {
		return err
	}
	next, err := b.IDs(ctx, len(rows))
	if err != nil {
		return err
	}
	opened, err := b.opened(ctx)
	if err != nil {
		return err
	}
	var c posting.Changes
	for _, r := range rows {
		place, item, err := codes.find(r.Place, r.Item, r.Line)
		if err != nil {
			return err
		}
		if opened[posting.Shelf{Place: place, Item: item}] {
			return fault.New(fault.Conflict, "opened_before", "Item %s at %s has an opening stock already; a second one would be added on top. Leave it out; nothing was taken.", r.Item, r.Place).At(fmt.Sprintf("line %d", r.Line))
		}
		c.Movements = append(c.Movements, inventory.Movement{
			ID: inventory.MovementID(next()), Kind: inventory.Opening, Item: item, Lot: r.Lot, Serial: r.Serial, From: b.world.supplier, To: place, Quantity: r.Quantity,
			OccurredAt: now, AccountedOn: now, Cause: inventory.Cause{Message: message, Origin: fmt.Sprintf("line %d", r.Line), Profile: importProfile},
		})
		if r.Lot != "" {
			c.Lots = append(c.Lots, posting.Lot{Item: item, Lot: r.Lot, Expiry: r.Expiry})
		}
	}
	return b.Keep(ctx, c)
}

// opened tells the shelves that have an opening stock.
func (b *Books) opened(ctx context.Context) (map[posting.Shelf]bool, error) {
	rows, err := pgtx.From(ctx).Query(ctx, `SELECT DISTINCT to_place, item FROM movement WHERE trust = $1 AND kind = 'opening'`, b.trust)
	if err != nil {
		return nil, err
	}
	out := map[posting.Shelf]bool{}
	var s posting.Shelf
	_, err = pgx.ForEachRow(rows, []any{&s.Place, &s.Item}, func() error { out[s] = true; return nil })
	return out, err
}

// PastOrder is one line of an order made before the hub was there; Quantity
// and UnitPrice are per base unit.
type PastOrder struct {
	Line                          int
	Number, Place, Item, Supplier string
	OrderedOn                     time.Time
	Quantity                      int64
	UnitPrice, Value              decimal.Decimal
}

// History keeps past orders as closed ones, so that planning knows what is
// usual, and continues the order numbers after the highest of them. number
// reads an order number's counter. It runs in Import's transaction.
func (b *Books) History(ctx context.Context, message int64, rows []PastOrder, number func(string) (int64, bool)) error {
	tx := pgtx.From(ctx)
	codes, err := b.codes(ctx)
	if err != nil {
		return err
	}
	highest := int64(0)
	type order struct {
		id   int64
		line int
	}
	made := map[string]*order{}
	for _, r := range rows {
		place, item, err := codes.find(r.Place, r.Item, r.Line)
		if err != nil {
			return err
		}
		if n, ok := number(r.Number); ok {
			highest = max(highest, n)
		}
		o := made[r.Number]
		if o == nil {
			o = &order{}
			made[r.Number] = o
			if err := tx.QueryRow(ctx, `INSERT INTO purchase_order (trust, id, number, supplier, deliver_to, state, value, currency, automatic, imported, created_at)
				VALUES ($1, nextval('order_id'), $2, $3, $4, 'closed', 0, 'GBP', false, true, $5) RETURNING id`, b.trust, r.Number, r.Supplier, place, r.OrderedOn).Scan(&o.id); err != nil {
				return importFault(err, r.Line)
			}
		}
		o.line++
		if _, err := tx.Exec(ctx, `WITH l AS (INSERT INTO purchase_order_line (trust, order_id, line, place, item, packs, pack_size, unit_price, value, state, open_packs, message_id, origin, profile)
				VALUES ($1, $2, $3, $4, $5, $6, 1, $7::text::numeric, $8::text::numeric, 'closed', 0, $9, $10, $11))
			UPDATE purchase_order SET value = value + $8::text::numeric WHERE trust = $1 AND id = $2`,
			b.trust, o.id, o.line, place, item, r.Quantity, r.UnitPrice.String(), r.Value.String(), message, fmt.Sprintf("line %d", r.Line), importProfile); err != nil {
			return importFault(err, r.Line)
		}
	}
	_, err = tx.Exec(ctx, `UPDATE purchasing SET next_number = greatest(next_number, $2) WHERE trust = $1`, b.trust, highest+1)
	return err
}

func importFault(err error, line int) error {
	switch pgtx.State(err) {
	case "23505":
		return fault.Wrap(err, fault.Conflict, "order_exists", "The order number exists already; nothing was taken. Leave it out.").At(fmt.Sprintf("line %d", line))
	case "23503":
		return fault.Wrap(err, fault.Invalid, "supplier_unknown", "The trust has no such supplier; nothing was taken. Add it to trust.yaml or correct the file.").At(fmt.Sprintf("line %d", line))
	}
	return err
}
