package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

const selectHolds = `SELECT h.id, h.kind, p.code, i.code, h.lot, h.serial, h.quantity, h.why, coalesce(l.case_id, 0), coalesce(h.line, 0), coalesce(h.message_id, 0),
		h.held_at, h.held_by, h.released_at, coalesce(h.released_by, ''), coalesce(h.released_why, '')
	FROM stock_hold h JOIN place p ON p.trust = h.trust AND p.id = h.place JOIN item i ON i.trust = h.trust AND i.id = h.item
	LEFT JOIN usage_line l ON l.trust = h.trust AND l.id = h.line`

var scanHold = pgx.RowToStructByPos[journal.Hold]

// Holds lists what is held, the latest first, at most limit; all includes what
// was released.
func (s *Store) Holds(ctx context.Context, trust string, all bool, limit int) (out []journal.Hold, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), selectHolds+` WHERE h.trust = $1 AND ($2 OR h.released_at IS NULL) ORDER BY h.id DESC LIMIT $3`, scanHold, trust, all, limit)
		return err
	})
	return out, err
}

// Held is stock that a person holds. Kind is quality or label.
type Held struct {
	Place, Item, Lot, Serial string
	Quantity                 int64
	Kind, By, Why            string
}

// HoldStock keeps stock from being used until somebody has checked it. It says
// how many of the lot the shelf has; more may be held than there are.
func (s *Store) HoldStock(ctx context.Context, trust string, h Held) (id, there int64, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		place, item, err := shelfOf(ctx, tx, trust, h.Place, h.Item)
		if err != nil {
			return err
		}
		lots, err := collect(ctx, tx, `SELECT lot FROM balance WHERE trust = $1 AND place = $2 AND item = $3 AND quantity > 0 AND lot <> '' GROUP BY lot ORDER BY lot LIMIT 21`, pgx.RowTo[string], trust, place, item)
		if err != nil {
			return err
		}
		if h.Lot == "" && len(lots) > 0 {
			more := ""
			if len(lots) > 20 {
				lots, more = lots[:20], " and more"
			}
			return fault.New(fault.Invalid, "lot_needed", "Item %s is at %s by lot: %s%s. Name the lot to hold with --lot.", h.Item, h.Place, strings.Join(lots, ", "), more)
		}
		if err := tx.QueryRow(ctx, `SELECT coalesce(sum(quantity), 0)::bigint FROM balance WHERE trust = $1 AND place = $2 AND item = $3 AND lot = $4`, trust, place, item, h.Lot).Scan(&there); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `INSERT INTO stock_hold (trust, kind, place, item, lot, serial, quantity, why, held_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
			trust, h.Kind, place, item, h.Lot, h.Serial, h.Quantity, h.Why, h.By).Scan(&id); err != nil {
			return err
		}
		return planAgain(ctx, tx, trust, place, item)
	})
	return id, there, err
}

// shelfOf finds a stock place and an item by their codes.
func shelfOf(ctx context.Context, tx pgx.Tx, trust, place, item string) (p, i int64, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT id FROM place WHERE trust = $1 AND kind = 'stock' AND code = $2), 0), coalesce((SELECT id FROM item WHERE trust = $1 AND code = $3), 0)`, trust, place, item).Scan(&p, &i)
	switch {
	case err != nil:
	case p == 0:
		err = fault.New(fault.NotFound, "place_unknown", "The trust has no place %s. `stockwell stock list` shows its places.", place)
	case i == 0:
		err = fault.New(fault.NotFound, "item_unknown", "The catalogue has no item %s. `stockwell stock list` shows the items.", item)
	}
	return p, i, err
}

// planAgain has planning look at a shelf of which more or less is available
// now, if it has a par level.
func planAgain(ctx context.Context, tx pgx.Tx, trust string, place, item int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO policy_due (trust, place, item) SELECT y.trust, y.place, y.item FROM policy y WHERE y.trust = $1 AND y.place = $2 AND y.item = $3 AND y.active
			AND EXISTS (SELECT 1 FROM movement m WHERE m.trust = y.trust AND m.item = y.item AND y.place IN (m.from_place, m.to_place))
		ON CONFLICT (trust, place, item) DO UPDATE SET due_at = excluded.due_at`, trust, place, item)
	return err
}

// ReleaseHold lets held stock be used again. The warning that a case brought
// about with the hold closes with it. It gives what was released.
func (s *Store) ReleaseHold(ctx context.Context, trust string, id int64, by, why string) (h journal.Hold, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx, now := pgtx.From(ctx), time.Now()
		var line *int64
		var place, item int64
		err := tx.QueryRow(ctx, `UPDATE stock_hold SET released_at = $3, released_by = $4, released_why = $5 WHERE trust = $1 AND id = $2 AND released_at IS NULL RETURNING line, place, item`,
			trust, id, now, by, why).Scan(&line, &place, &item)
		if errors.Is(err, pgx.ErrNoRows) {
			return notHeld(ctx, tx, trust, id)
		}
		if err != nil {
			return err
		}
		if line != nil {
			if _, err := tx.Exec(ctx, `UPDATE warning SET closed_at = $3, closed_by = $4, closed_why = $5 WHERE trust = $1 AND subject = $2 AND kind = 'returned_to_check' AND closed_at IS NULL`,
				trust, fmt.Sprintf("line:%d", *line), now, by, by+": "+why); err != nil {
				return err
			}
		}
		if err := planAgain(ctx, tx, trust, place, item); err != nil {
			return err
		}
		found, err := collect(ctx, tx, selectHolds+` WHERE h.trust = $1 AND h.id = $2`, scanHold, trust, id)
		if err == nil {
			h = found[0]
		}
		return err
	})
	return h, err
}

// notHeld says why a hold cannot be released.
func notHeld(ctx context.Context, tx pgx.Tx, trust string, id int64) error {
	found, err := collect(ctx, tx, selectHolds+` WHERE h.trust = $1 AND h.id = $2`, scanHold, trust, id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.New(fault.NotFound, "hold_not_found", "There is no hold %d. `stockwell stock holds` lists those that there are.", id)
	}
	return fault.New(fault.Conflict, "hold_released", "Hold %d was released already, by %s. Nothing changed.", id, found[0].ReleasedBy)
}
