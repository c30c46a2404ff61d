package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// DueTrusts names the trusts that have policies to plan.
func (s *Store) DueTrusts(ctx context.Context) ([]string, error) {
	return collect(ctx, s.background, `SELECT trusts_due()`, pgx.RowTo[string])
}

// NextWant takes the next due policy of the trust of ctx's transaction, under
// the lock that lets only one planner of a trust decide at a time, with the
// need that waits in doubt for its shelf. ok is false when none is left. since
// is when the trust's day began.
func (s *Store) NextWant(ctx context.Context, trust string, since time.Time) (w purchasing.Want, ok bool, err error) {
	tx := pgtx.From(ctx)
	if _, err := tx.Exec(ctx, `SELECT 1 FROM purchasing WHERE trust = $1 FOR UPDATE`, trust); err != nil {
		return w, false, err
	}
	var movement int64
	// MATERIALIZED, or PostgreSQL may ask for the next one once for each row it
	// compares with, and take them all away at once.
	err = tx.QueryRow(ctx, `WITH n AS MATERIALIZED (
			SELECT x.place, x.item FROM policy_due x JOIN policy y ON y.trust = x.trust AND y.place = x.place AND y.item = x.item AND y.active
			 WHERE x.trust = $1 ORDER BY x.due_at LIMIT 1 FOR UPDATE OF x SKIP LOCKED)
		DELETE FROM policy_due d USING n WHERE d.trust = $1 AND d.place = n.place AND d.item = n.item RETURNING d.place, d.item, coalesce(d.movement, 0)`, trust).
		Scan(&w.Policy.Place, &w.Policy.Item, &movement)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, false, nil
	}
	if err != nil {
		return w, false, err
	}
	w.Movement = inventory.MovementID(movement)
	// Locked before anything is counted, so that it is not approved meanwhile.
	err = tx.QueryRow(ctx, `SELECT id, cycle, release_at FROM suggestion WHERE trust = $1 AND place = $2 AND item = $3 AND state = 'waits' AND doubted <> '{}' ORDER BY cycle LIMIT 1 FOR UPDATE`,
		trust, w.Policy.Place, w.Policy.Item).Scan(&w.Open.ID, &w.Open.Cycle, &w.Open.ReleaseAt)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return w, false, err
	}
	return w, true, s.loadWant(ctx, tx, trust, since, &w)
}

func (s *Store) loadWant(ctx context.Context, tx pgx.Tx, trust string, since time.Time, w *purchasing.Want) error {
	var spent string
	var price *string // of one pack; nil: none that an order may be written by
	var packs []int64
	var prices []string
	var lots []byte
	err := tx.QueryRow(ctx, `
		SELECT y.reorder_point, y.order_up_to, y.cycle, i.id, i.code, i.description, i.base_unit, i.pack_size, i.supplier, u.release,
		       p.price::text, p.band_packs, p.band_prices::text[], coalesce(p.currency, 'GBP'),
		       (SELECT coalesce(json_agg(json_build_array(x.lot, x.quantity, l.expiry,
		                (SELECT coalesce(sum(h.quantity), 0) FROM stock_hold h WHERE h.trust = $1 AND h.place = $2 AND h.item = $3 AND h.lot = x.lot AND h.released_at IS NULL))), '[]')
		          FROM (SELECT b.lot, sum(b.quantity) AS quantity FROM balance b WHERE b.trust = $1 AND b.place = $2 AND b.item = $3 AND b.quantity <> 0 GROUP BY b.lot) x
		          LEFT JOIN lot l ON l.trust = $1 AND l.item = $3 AND l.lot = x.lot),
		       (SELECT coalesce(sum(on_order(l)), 0) FROM purchase_order_line l WHERE l.trust = $1 AND l.place = $2 AND l.item = $3)::bigint
		         + (SELECT coalesce(sum(g.packs * g.pack_size), 0) FROM suggestion g WHERE g.trust = $1 AND g.place = $2 AND g.item = $3 AND g.state IN ('waits', 'approved') AND g.id <> $5)::bigint,
		       (SELECT count(*) FROM purchase_order_line l JOIN purchase_order o ON o.trust = l.trust AND o.id = l.order_id
		         WHERE l.trust = $1 AND l.place = $2 AND l.item = $3 AND o.created_at >= now() - interval '12 months'),
		       (SELECT coalesce(max(l.packs * l.pack_size), 0) FROM purchase_order_line l JOIN purchase_order o ON o.trust = l.trust AND o.id = l.order_id
		         WHERE l.trust = $1 AND l.place = $2 AND l.item = $3 AND o.created_at >= now() - interval '12 months'),
		       coalesce((SELECT l.state = 'rejected' OR l.state = 'closed' AND NOT o.imported OR l.substituted > 0 FROM purchase_order_line l JOIN purchase_order o ON o.trust = l.trust AND o.id = l.order_id
		         WHERE l.trust = $1 AND l.place = $2 AND l.item = $3 ORDER BY o.created_at DESC, o.id DESC LIMIT 1), false),
		       (SELECT coalesce(sum(round(g.packs * g.unit_price, 2)), 0) FROM suggestion g LEFT JOIN purchase_order o ON o.trust = g.trust AND o.id = g.order_id
		         WHERE g.trust = $1 AND g.decided_by = 'planner' AND (g.state = 'approved' OR g.state = 'ordered' AND o.created_at >= $4))::text
		  FROM policy y
		  JOIN item i ON i.trust = y.trust AND i.id = y.item
		  JOIN supplier u ON u.trust = i.trust AND u.code = i.supplier
		  LEFT JOIN LATERAL item_price_on(i.trust, i.id, current_date) p ON p.units = i.pack_size AND p.tax <> 'inclusive'
		 WHERE y.trust = $1 AND y.place = $2 AND y.item = $3`, trust, w.Policy.Place, w.Policy.Item, since, w.Open.ID).
		Scan(&w.Policy.ReorderPoint, &w.Policy.OrderUpTo, &w.Policy.Cycle, &w.Item.ID, &w.Item.Code, &w.Item.Description, &w.Item.BaseUnit, &w.Item.PackSize, &w.Item.Supplier, &w.Release,
			&price, &packs, &prices, &w.Prices.Currency, &lots, &w.OnOrder, &w.History.Orders, &w.History.Largest, &w.History.Rejected, &spent)
	if err != nil {
		return err
	}
	if price != nil {
		if w.Prices.Bands, err = bandsOf(*price, packs, prices); err != nil {
			return err
		}
	}
	if w.Spent, err = decimal.Parse(spent); err != nil {
		return err
	}
	if w.Stock, err = position(posting.Shelf{Place: w.Policy.Place, Item: w.Policy.Item}, lots); err != nil {
		return err
	}
	// Law 5: the movement that brought it about, else the latest that touched
	// the shelf. The feed that told of it is one of the place's, known or not.
	var doubts []byte
	err = tx.QueryRow(ctx, `
		SELECT m.id, m.message_id, m.origin, m.profile, (
			SELECT coalesce(json_agg(json_build_object('kind', w.kind, 'feed', w.subject, 'since', coalesce(CASE w.kind WHEN 'feed_silent' THEN f.last_at END, w.opened_at)) ORDER BY w.subject, w.kind), '[]')
			  FROM warning w LEFT JOIN feed f ON f.trust = w.trust AND f.connector = w.subject
			 WHERE w.trust = $1 AND w.closed_at IS NULL AND (w.kind = 'above_ceiling' AND w.subject LIKE 'ceiling:' || $3::bigint || ':%'
				OR w.kind IN ('feed_silent', 'feed_behind', 'feed_held') AND w.subject = ANY (ARRAY(
				SELECT p.connector FROM feed_place p WHERE p.trust = $1 AND p.place = $4
				UNION SELECT p.connector FROM posting p WHERE p.trust = $1 AND p.message_id = m.message_id AND m.kind IN ('use', 'use_reversal')
					AND NOT EXISTS (SELECT 1 FROM feed_place d WHERE d.trust = $1 AND d.connector = p.connector AND d.declared)))))
		  FROM (SELECT id, kind, message_id, origin, profile FROM movement WHERE trust = $1 AND id = $2
		        UNION ALL (SELECT id, kind, message_id, origin, profile FROM (SELECT * FROM movement WHERE $2 = 0 AND trust = $1 AND item = $3 OFFSET 0) x WHERE $4 IN (from_place, to_place) ORDER BY id DESC LIMIT 1)) m`, trust, int64(w.Movement), w.Policy.Item, w.Policy.Place).
		Scan(&w.Movement, &w.Cause.Message, &w.Cause.Origin, &w.Cause.Profile, &doubts)
	if err != nil {
		return err
	}
	return json.Unmarshal(doubts, &w.Doubts)
}

// KeepSuggestion records a need's decision and moves the policy to its cycle;
// of an open need that was decided anew it keeps who and what opened it.
func (s *Store) KeepSuggestion(ctx context.Context, trust string, g purchasing.Suggestion) error {
	tx := pgtx.From(ctx)
	inputs, err := json.Marshal(g.Inputs)
	if err != nil {
		return err
	}
	doubted := make([]string, len(g.Inputs.Doubts))
	for i, d := range g.Inputs.Doubts {
		doubted[i] = d.Feed
	}
	switch {
	case g.ID != 0 && g.State == purchasing.Declined:
		_, err = tx.Exec(ctx, `UPDATE suggestion SET state = $3, why = $4, decided_by = $5, decided_at = clock_timestamp() WHERE trust = $1 AND id = $2`, trust, g.ID, string(g.State), g.Why, g.DecidedBy)
		return err
	case g.ID != 0:
		_, err = tx.Exec(ctx, `UPDATE suggestion SET packs = $3, pack_size = $4, unit_price = $5::text::numeric, currency = $6, position = $7, inputs = $8, state = $9, why = $10, release_at = $11,
				decided_by = $12, decided_at = clock_timestamp(), doubted = $13 WHERE trust = $1 AND id = $2`,
			trust, g.ID, g.Packs, g.PackSize, g.UnitPrice.String(), g.Currency, g.Position, inputs, string(g.State), g.Why, g.ReleaseAt, g.DecidedBy, doubted)
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE policy SET cycle = $4 WHERE trust = $1 AND place = $2 AND item = $3`, trust, g.Place, g.Item, g.Cycle); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO suggestion (trust, place, item, cycle, id, packs, pack_size, unit_price, currency, position, inputs, state, why, release_at, decided_by, movement, message_id, origin, profile, doubted)
		VALUES ($1, $2, $3, $4, nextval('suggestion_id'), $5, $6, $7::text::numeric, $8, $9, $10, $11, $12, $13, $14, nullif($15::bigint, 0), $16, $17, $18, $19)`,
		trust, g.Place, g.Item, g.Cycle, g.Packs, g.PackSize, g.UnitPrice.String(), g.Currency, g.Position, inputs, string(g.State), g.Why, g.ReleaseAt, g.DecidedBy,
		int64(g.Movement), g.Cause.Message, g.Cause.Origin, g.Cause.Profile, doubted)
	return err
}

// Releasable gives the approved suggestions whose time has come, unless
// purchasing is paused, under the planner's lock.
func (s *Store) Releasable(ctx context.Context, trust string, now time.Time) ([]purchasing.Suggestion, error) {
	tx := pgtx.From(ctx)
	var paused bool
	err := tx.QueryRow(ctx, `SELECT paused_at IS NOT NULL FROM purchasing WHERE trust = $1 FOR UPDATE`, trust).Scan(&paused)
	if err != nil || paused {
		return nil, err
	}
	return collect(ctx, tx, `SELECT g.id, g.place, g.item, g.cycle, i.supplier, g.packs, g.pack_size, g.unit_price::text, g.currency, g.decided_by, coalesce(g.movement, 0), g.message_id, g.origin, g.profile
		FROM suggestion g JOIN item i ON i.trust = g.trust AND i.id = g.item
		WHERE g.trust = $1 AND g.state = 'approved' AND g.release_at <= $2 ORDER BY g.id FOR UPDATE OF g`,
		func(row pgx.CollectableRow) (g purchasing.Suggestion, err error) {
			var price string
			err = row.Scan(&g.ID, &g.Place, &g.Item, &g.Cycle, &g.Supplier, &g.Packs, &g.PackSize, &price, &g.Currency, &g.DecidedBy, &g.Movement, &g.Cause.Message, &g.Cause.Origin, &g.Cause.Profile)
			if err == nil {
				g.UnitPrice, err = decimal.Parse(price)
			}
			return g, err
		}, trust, now)
}

// HoldSuggestion makes a suggestion wait for a person.
func (s *Store) HoldSuggestion(ctx context.Context, trust string, g purchasing.Suggestion) error {
	_, err := pgtx.From(ctx).Exec(ctx, `UPDATE suggestion SET state = 'waits', why = $3 WHERE trust = $1 AND id = $2`, trust, g.ID, g.Why)
	return err
}

// KeepOrder gives an order its number and keeps it with the suggestions that
// it meets. The line's key makes a second order for one need impossible
// (law 6).
func (s *Store) KeepOrder(ctx context.Context, trust string, o purchasing.Order, suggestions []int64, number func(n int64) string) (purchasing.Order, error) {
	tx := pgtx.From(ctx)
	var n int64
	err := tx.QueryRow(ctx, `UPDATE purchasing SET next_number = next_number + 1 WHERE trust = $1 RETURNING next_number - 1, nextval('order_id')`, trust).Scan(&n, &o.ID)
	if err != nil {
		return o, err
	}
	o.Number = number(n)
	if _, err = tx.Exec(ctx, `INSERT INTO purchase_order (trust, id, number, supplier, deliver_to, state, value, currency, automatic) VALUES ($1, $2, $3, $4, $5, 'ready', $6::text::numeric, $7, $8)`,
		trust, o.ID, o.Number, o.Supplier, o.DeliverTo, o.Value.String(), o.Currency, o.Automatic); err != nil {
		return o, err
	}
	for _, l := range o.Lines {
		if _, err = tx.Exec(ctx, `INSERT INTO purchase_order_line (trust, order_id, line, place, item, cycle, packs, pack_size, unit_price, value, open_packs, movement, message_id, origin, profile)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::numeric, $10::text::numeric, $7, nullif($11::bigint, 0), $12, $13, $14)`,
			trust, o.ID, l.Line, l.Place, l.Item, l.Cycle, l.Packs, l.PackSize, l.UnitPrice.String(), l.Value.String(), int64(l.Movement), l.Cause.Message, l.Cause.Origin, l.Cause.Profile); err != nil {
			return o, err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE suggestion SET state = 'ordered', order_id = $3 WHERE trust = $1 AND id = ANY ($2)`, trust, suggestions, o.ID)
	return o, err
}

// position reads [lot, quantity, expiry, held] for each lot.
func position(s posting.Shelf, lots []byte) (inventory.Position, error) {
	p := inventory.Position{Item: s.Item, Place: s.Place, Lots: map[string]int64{}, Expiry: map[string]time.Time{}, Held: map[string]int64{}}
	var all [][4]any
	if err := json.Unmarshal(lots, &all); err != nil {
		return p, err
	}
	for _, t := range all {
		lot, _ := t[0].(string)
		n, _ := t[1].(float64)
		held, _ := t[3].(float64)
		p.Lots[lot], p.Held[lot] = int64(n), int64(held)
		if day, ok := t[2].(string); ok {
			if at, err := time.Parse(time.DateOnly, day); err == nil {
				p.Expiry[lot] = at
			}
		}
	}
	return p, nil
}
