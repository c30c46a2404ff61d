package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Setup is a trust as its configuration tells it.
type Setup struct {
	Trust       string
	Name        string
	Environment string // production or test
	Places      []inventory.Place
	Suppliers   []Supplier
	Policies    []Policy
	Feeds       []Feed
}

// Feed is a way in, with the codes of the places of whose use it tells; they
// are learned if there are none.
type Feed struct {
	Connector string
	Places    []string
}

// Supplier is somebody whom the trust orders from; Release is when orders
// leave: immediate, or HH:MM.
type Supplier struct{ Code, Name, Release string }

// Policy is a par level by codes.
type Policy struct {
	Place, Item             string
	ReorderPoint, OrderUpTo int64
}

// SetUp brings the database in step with a trust's configuration: places,
// suppliers and par levels are added or changed, never removed; a par level
// that is no longer configured is switched off. It gives the stock places by
// code, and the item codes of par levels that the catalogue does not have.
func (s *Store) SetUp(ctx context.Context, c Setup) (places map[string]inventory.PlaceID, unknown []string, err error) {
	places = map[string]inventory.PlaceID{}
	err = pgtx.Run(ctx, s.background, c.Trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, hash64("setup", c.Trust)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO trust (trust, name, environment) VALUES ($1, $2, $3)
			ON CONFLICT (trust) DO UPDATE SET name = excluded.name, environment = excluded.environment, updated_at = now()`, c.Trust, c.Name, c.Environment); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO purchasing (trust) VALUES ($1) ON CONFLICT DO NOTHING`, c.Trust); err != nil {
			return err
		}
		if err := setUpPlaces(ctx, tx, c); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT code, id FROM place WHERE trust = $1 AND kind = 'stock'`, c.Trust)
		if err != nil {
			return err
		}
		var code string
		var id inventory.PlaceID
		if _, err := pgx.ForEachRow(rows, []any{&code, &id}, func() error { places[code] = id; return nil }); err != nil {
			return err
		}
		for _, x := range c.Suppliers {
			if _, err := tx.Exec(ctx, `INSERT INTO supplier (trust, code, name, release) VALUES ($1, $2, $3, $4)
				ON CONFLICT (trust, code) DO UPDATE SET name = excluded.name, release = excluded.release`, c.Trust, x.Code, x.Name, x.Release); err != nil {
				return err
			}
		}
		if err := setUpFeeds(ctx, tx, c); err != nil {
			return err
		}
		unknown, err = setUpPolicies(ctx, tx, c)
		return err
	})
	return places, unknown, err
}

func setUpPlaces(ctx context.Context, tx pgx.Tx, c Setup) error {
	all := append([]inventory.Place{
		{Kind: inventory.Unidentified, Code: "world", Name: "Not yet identified"},
		{Kind: inventory.Waste, Code: "world", Name: "Wasted"},
		{Kind: inventory.Supplier, Code: "world", Name: "Suppliers"},
		{Kind: inventory.Variance, Code: "world", Name: "Count difference"},
		{Kind: inventory.PatientPlace, Code: "world", Name: "Patient not yet known"},
	}, c.Places...)
	for _, p := range all {
		if p.Kind == "" {
			p.Kind = inventory.Stock
		}
		// A place keeps its number for ever; a new one takes the first of a
		// fresh block.
		if _, err := tx.Exec(ctx, `UPDATE place SET name = $4, site = $5 WHERE trust = $1 AND kind = $2 AND code = $3`, c.Trust, p.Kind, p.Code, p.Name, p.Site); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO place (trust, id, kind, code, name, site) SELECT $1, nextval('entity_id'), $2, $3, $4, $5
			WHERE NOT EXISTS (SELECT 1 FROM place WHERE trust = $1 AND kind = $2 AND code = $3)`, c.Trust, p.Kind, p.Code, p.Name, p.Site); err != nil {
			return err
		}
	}
	return nil
}

// setUpFeeds keeps the places that are declared, and forgets those of feeds
// that are gone.
func setUpFeeds(ctx context.Context, tx pgx.Tx, c Setup) error {
	var all, feeds, places []string
	for _, f := range c.Feeds {
		all = append(all, f.Connector)
		for _, p := range f.Places {
			feeds, places = append(feeds, f.Connector), append(places, p)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM feed_place WHERE trust = $1 AND (declared OR connector <> ALL (coalesce($2::text[], '{}')) OR connector = ANY (coalesce($3::text[], '{}')))`, c.Trust, all, feeds); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO feed_place (trust, place, connector, declared)
		SELECT DISTINCT $1, p.id, u.connector, true FROM unnest($2::text[], $3::text[]) u (connector, place) JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = u.place`, c.Trust, feeds, places)
	return err
}

func setUpPolicies(ctx context.Context, tx pgx.Tx, c Setup) ([]string, error) {
	places, items := make([]string, len(c.Policies)), make([]string, len(c.Policies))
	points, levels := make([]int64, len(c.Policies)), make([]int64, len(c.Policies))
	for i, p := range c.Policies {
		places[i], items[i], points[i], levels[i] = p.Place, p.Item, p.ReorderPoint, p.OrderUpTo
	}
	const given = `unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) u (place, item, reorder_point, order_up_to)`
	if _, err := tx.Exec(ctx, `INSERT INTO policy (trust, place, item, reorder_point, order_up_to)
		SELECT $1, p.id, i.id, u.reorder_point, u.order_up_to FROM `+given+`
		  JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = u.place
		  JOIN item i ON i.trust = $1 AND i.code = u.item
		ON CONFLICT (trust, place, item) DO UPDATE SET reorder_point = excluded.reorder_point, order_up_to = excluded.order_up_to, active = true`,
		c.Trust, places, items, points, levels); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `UPDATE policy y SET active = false WHERE y.trust = $1 AND y.active AND NOT EXISTS (
		SELECT 1 FROM `+given+` JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = u.place JOIN item i ON i.trust = $1 AND i.code = u.item
		 WHERE p.id = y.place AND i.id = y.item)`, c.Trust, places, items, points, levels); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM policy_due d USING policy y WHERE d.trust = $1 AND y.trust = $1 AND y.place = d.place AND y.item = d.item AND NOT y.active`, c.Trust); err != nil {
		return nil, err
	}
	if err := markShort(ctx, tx, c.Trust); err != nil {
		return nil, err
	}
	return collect(ctx, tx, `SELECT DISTINCT u.item FROM `+given+` WHERE NOT EXISTS (SELECT 1 FROM item i WHERE i.trust = $1 AND i.code = u.item) ORDER BY 1`,
		pgx.RowTo[string], c.Trust, places, items, points, levels)
}

// markShort makes every policy due whose shelf holds less that is fit for use
// and not held than its reorder point, and nothing says so yet: a level may have been
// raised, a lot may have expired, or a hub may have died before it planned.
func markShort(ctx context.Context, tx pgx.Tx, trust string) error {
	_, err := tx.Exec(ctx, `INSERT INTO policy_due (trust, place, item)
		SELECT y.trust, y.place, y.item FROM policy y
		 WHERE y.trust = $1 AND y.active
		   AND y.reorder_point > greatest((SELECT coalesce(sum(b.quantity - greatest(least(h.held, b.quantity), 0)) FILTER (WHERE b.quantity < 0 OR l.expiry IS NULL OR l.expiry >= current_date), 0)
		         FROM (SELECT lot, sum(quantity) AS quantity FROM balance b WHERE b.trust = y.trust AND b.place = y.place AND b.item = y.item GROUP BY lot) b
		         LEFT JOIN lot l ON l.trust = y.trust AND l.item = y.item AND l.lot = b.lot
		         CROSS JOIN LATERAL (SELECT coalesce(sum(h.quantity), 0) AS held FROM stock_hold h WHERE h.trust = y.trust AND h.place = y.place AND h.item = y.item AND h.lot = b.lot AND h.released_at IS NULL) h), 0)
		   AND EXISTS (SELECT 1 FROM movement m WHERE m.trust = y.trust AND m.item = y.item AND y.place IN (m.from_place, m.to_place))
		 ORDER BY y.place, y.item
		ON CONFLICT DO NOTHING`, trust)
	return err
}

// MarkShort looks over a trust's par levels; see markShort.
func (s *Store) MarkShort(ctx context.Context, trust string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error { return markShort(ctx, pgtx.From(ctx), trust) })
}
