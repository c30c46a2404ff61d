package store

import (
	"context"
	"errors"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Stock lists what is where, by place and item, and tells how much there is of
// what the filter chooses; 0 if nothing is left of it behind what it skips.
func (s *Store) Stock(ctx context.Context, trust string, f journal.StockFilter) (out []journal.Stock, of int64, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, of, err = stock(ctx, pgtx.From(ctx), trust, f)
		return err
	})
	return out, of, err
}

// selectStock gives what is where: of all shelves, or of one, which shelf
// names as a condition on place and item. What is available leaves out expired
// lots, and of the others what is held, as inventory.Position does.
func selectStock(shelf string) string {
	return `
	SELECT p.code, i.code, i.description, i.base_unit, coalesce(b.quantity, 0)::bigint, y.reorder_point, y.order_up_to,
	       (SELECT coalesce(sum(on_order(l)), 0) FROM purchase_order_line l WHERE l.trust = s.trust AND l.place = s.place AND l.item = s.item)::bigint,
	       greatest(coalesce(b.available, 0), 0)::bigint, coalesce(b.held, 0)::bigint, coalesce(y.reorder_point > greatest(coalesce(b.available, 0), 0), false)
	  FROM (SELECT trust, place, item FROM policy WHERE trust = $1 AND active` + shelf + ` UNION SELECT DISTINCT trust, place, item FROM balance WHERE trust = $1` + shelf + `) s
	  JOIN place p ON p.trust = s.trust AND p.id = s.place
	  JOIN item i ON i.trust = s.trust AND i.id = s.item
	  LEFT JOIN (SELECT x.place, x.item, sum(x.quantity) AS quantity, sum(greatest(least(h.held, x.quantity), 0)) AS held,
	                    sum(x.quantity - greatest(least(coalesce(h.held, 0), x.quantity), 0)) FILTER (WHERE x.quantity < 0 OR l.expiry IS NULL OR l.expiry >= current_date) AS available
	               FROM (SELECT place, item, lot, sum(quantity) AS quantity FROM balance WHERE trust = $1 AND quantity <> 0` + shelf + ` GROUP BY 1, 2, 3) x
	               LEFT JOIN lot l ON l.trust = $1 AND l.item = x.item AND l.lot = x.lot
	               LEFT JOIN (SELECT place, item, lot, sum(quantity) AS held FROM stock_hold WHERE trust = $1 AND released_at IS NULL` + shelf + ` GROUP BY 1, 2, 3) h
	                 ON h.place = x.place AND h.item = x.item AND h.lot = x.lot
	              GROUP BY 1, 2) b ON b.place = s.place AND b.item = s.item
	  LEFT JOIN policy y ON y.trust = s.trust AND y.place = s.place AND y.item = s.item AND y.active`
}

// selectUsedUp is a shelf without a par level whose balances were swept, as
// selectStock gives it.
const selectUsedUp = `
	SELECT p.code, i.code, i.description, i.base_unit, 0::bigint, NULL::bigint, NULL::bigint,
	       (SELECT coalesce(sum(on_order(l)), 0) FROM purchase_order_line l WHERE l.trust = p.trust AND l.place = p.id AND l.item = i.id)::bigint, 0::bigint, 0::bigint, false
	  FROM place p JOIN item i ON i.trust = p.trust
	 WHERE p.trust = $1 AND p.id = $2 AND i.id = $3
	   AND EXISTS (SELECT 1 FROM movement m WHERE m.trust = p.trust AND m.item = i.id AND p.id IN (m.from_place, m.to_place))`

func stock(ctx context.Context, tx pgx.Tx, trust string, f journal.StockFilter) (out []journal.Stock, of int64, err error) {
	if f.Limit <= 0 {
		f.Limit = math.MaxInt32
	}
	const chosen = ` AS x (place, item, description, unit, quantity, reorder_point, order_up_to, on_order, available, held, below)
		 WHERE (NOT $2 OR x.below) AND ($3 = '' OR x.item = $3) AND ($4 = '' OR strpos(lower(x.place || E'\n' || x.item || E'\n' || x.description), lower($4)) > 0)`
	type counted struct {
		journal.Stock
		Of int64
	}
	found, err := collect(ctx, tx, `SELECT x.*, count(*) OVER () FROM (`+selectStock(``)+`)`+chosen+` ORDER BY x.place, x.item LIMIT $5 OFFSET $6`,
		pgx.RowToStructByPos[counted], trust, f.Below, f.Item, f.Search, f.Limit, f.Skip)
	out = []journal.Stock{}
	for _, c := range found {
		out, of = append(out, c.Stock), c.Of
	}
	return out, of, err
}

// StockDetail gives one item at one place by lot, with its latest movements.
func (s *Store) StockDetail(ctx context.Context, trust, place, item string) (out journal.StockDetail, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		var p, i int64
		err := tx.QueryRow(ctx, `SELECT p.id, i.id FROM place p JOIN item i ON i.trust = p.trust AND i.code = $3 WHERE p.trust = $1 AND p.code = $2 AND p.kind IN ('stock', 'transit') ORDER BY p.kind LIMIT 1`, trust, place, item).Scan(&p, &i)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		found, err := collect(ctx, tx, selectStock(` AND place = $2 AND item = $3`), pgx.RowToStructByPos[journal.Stock], trust, p, i)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			if found, err = collect(ctx, tx, selectUsedUp, pgx.RowToStructByPos[journal.Stock], trust, p, i); err != nil {
				return err
			}
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "stock_not_found", "Nothing of item %s was ever at place %s. `stockwell stock list` shows what is where.", item, place)
		}
		out.Stock = found[0]
		if out.Lots, err = collect(ctx, tx, `SELECT b.lot, b.serial, coalesce(l.expiry::text, ''), coalesce(l.expiry < current_date, false), b.quantity,
			       (SELECT coalesce(sum(h.quantity), 0) FROM stock_hold h WHERE h.trust = b.trust AND h.place = b.place AND h.item = b.item AND h.lot = b.lot AND h.released_at IS NULL)::bigint
			FROM balance b LEFT JOIN lot l ON l.trust = b.trust AND l.item = b.item AND l.lot = b.lot
			WHERE b.trust = $1 AND b.place = $2 AND b.item = $3 AND b.quantity <> 0 ORDER BY b.lot, b.serial`, pgx.RowToStructByPos[journal.StockLot], trust, p, i); err != nil {
			return err
		}
		if out.Holds, err = collect(ctx, tx, selectHolds+` WHERE h.trust = $1 AND h.place = $2 AND h.item = $3 AND h.released_at IS NULL ORDER BY h.id LIMIT 200`, scanHold, trust, p, i); err != nil {
			return err
		}
		out.Moves, err = collect(ctx, tx, selectMovements+` WHERE m.trust = $1 AND m.id = ANY (ARRAY(
			SELECT x.id FROM (SELECT id, from_place, to_place FROM movement WHERE trust = $1 AND item = $3 OFFSET 0) x WHERE $2 IN (x.from_place, x.to_place) ORDER BY x.id DESC LIMIT 50))
			ORDER BY m.id DESC`, scanMovement, trust, p, i)
		return err
	})
	return out, err
}

// SweepBalances removes a trust's balances of nothing, a few at a time, so that
// reading a shelf does not grow with the lots that it once held.
func (s *Store) SweepBalances(ctx context.Context, trust string) error {
	const some = 2000
	for {
		var n int64
		err := pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
			return pgtx.From(ctx).QueryRow(ctx, `SELECT sweep_balances($1)`, some).Scan(&n)
		})
		if err != nil || n < some {
			return err
		}
	}
}
