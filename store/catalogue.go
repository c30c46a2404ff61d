package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// LoadCatalogue adds and changes items, all of rows in one transaction but
// for those it rejects: a supplier that the trust does not have, a code that
// names another item already, an item told twice. rejected is by index.
func (s *Store) LoadCatalogue(ctx context.Context, trust string, rows []catalogue.Row) (added, changed, same int, rejected map[int]*fault.Error, err error) {
	rejected = map[int]*fault.Error{}
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, hash64("catalogue", trust)); err != nil {
			return err
		}
		good, err := screen(ctx, tx, trust, rows, rejected)
		if err != nil || len(good) == 0 {
			return err
		}
		added, changed, same, err = upsertItems(ctx, tx, trust, good)
		return err
	})
	return added, changed, same, rejected, err
}

// screen leaves out the rows that contradict what is there, or each other.
func screen(ctx context.Context, tx pgx.Tx, trust string, rows []catalogue.Row, rejected map[int]*fault.Error) ([]catalogue.Row, error) {
	suppliers, err := collect(ctx, tx, `SELECT code FROM supplier WHERE trust = $1`, pgx.RowTo[string], trust)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, x := range suppliers {
		known[x] = true
	}
	owner := map[catalogue.Code]string{}
	var kinds, values []string
	for _, r := range rows {
		for c := range r.Codes() {
			kinds, values = append(kinds, string(c.Kind)), append(values, c.Value)
		}
	}
	taken, err := tx.Query(ctx, `SELECT c.kind, c.value, i.code FROM unnest($2::text[], $3::text[]) u (kind, value)
		JOIN item_code c ON c.trust = $1 AND c.kind = u.kind AND c.value = u.value JOIN item i ON i.trust = c.trust AND i.id = c.item`, trust, kinds, values)
	if err != nil {
		return nil, err
	}
	var c catalogue.Code
	var item string
	if _, err := pgx.ForEachRow(taken, []any{&c.Kind, &c.Value, &item}, func() error { owner[c] = item; return nil }); err != nil {
		return nil, err
	}
	var good []catalogue.Row
	seen := map[string]bool{}
	for i, r := range rows {
		if e := contradicts(r, known, owner, seen); e != nil {
			rejected[i] = e
			continue
		}
		seen[r.Code] = true
		for c := range r.Codes() {
			owner[c] = r.Code
		}
		good = append(good, r)
	}
	return good, nil
}

func contradicts(r catalogue.Row, suppliers map[string]bool, owner map[catalogue.Code]string, seen map[string]bool) *fault.Error {
	if !suppliers[r.Supplier] {
		return fault.New(fault.Invalid, "supplier_unknown", "The trust has no such supplier. Add it under suppliers in trust.yaml and start the hub once, or correct the code.").At("supplier")
	}
	if seen[r.Code] {
		return fault.New(fault.Invalid, "item_twice", "An earlier line of the file tells of this item already. Keep one of them.").At("item")
	}
	for c := range r.Codes() {
		if o, ok := owner[c]; ok && o != r.Code {
			return fault.New(fault.Conflict, "code_taken", "This %s names item %s already. Decide which item it belongs to and correct the other.", c.Kind, o).At(string(c.Kind))
		}
	}
	return nil
}

type itemRow struct {
	Code         string `json:"code"`
	Description  string `json:"description"`
	BaseUnit     string `json:"base_unit"`
	PackSize     int64  `json:"pack_size"`
	Supplier     string `json:"supplier"`
	SupplierCode string `json:"supplier_code"`
	Manufacturer string `json:"manufacturer"`
	DeviceClass  string `json:"device_class"`
	Lot          bool   `json:"lot_tracked"`
	Serial       bool   `json:"serial_tracked"`
	Implantable  bool   `json:"implantable"`
	Reportable   bool   `json:"reportable"`
	Price        string `json:"price"`
	Currency     string `json:"currency"`
	Ceiling      *int64 `json:"case_ceiling"`
}

func upsertItems(ctx context.Context, tx pgx.Tx, trust string, rows []catalogue.Row) (added, changed, same int, err error) {
	items := make([]itemRow, len(rows))
	var codes, kinds, values []string
	var ratios []int64
	for i, r := range rows {
		items[i] = itemRow{r.Code, r.Description, r.BaseUnit, r.PackSize, r.Supplier, r.SupplierCode, r.Manufacturer, r.DeviceClass, r.LotTracked, r.SerialTracked, r.Implantable, r.Reportable, "", r.Currency, r.CaseCeiling}
		if !r.Price.IsZero() {
			items[i].Price = r.Price.String()
		}
		for c, ratio := range r.Codes() {
			codes, kinds, values, ratios = append(codes, r.Code), append(kinds, string(c.Kind)), append(values, c.Value), append(ratios, ratio)
		}
	}
	raw, err := json.Marshal(items)
	if err != nil {
		return 0, 0, 0, err
	}
	const given = `json_to_recordset($2) AS r (code text, description text, base_unit text, pack_size bigint, supplier text, supplier_code text, manufacturer text,
		device_class text, lot_tracked boolean, serial_tracked boolean, implantable boolean, reportable boolean, price text, currency text, case_ceiling bigint)`
	const upsert = `
		WITH up AS (
			INSERT INTO item AS i (trust, id, code, description, base_unit, pack_size, supplier, supplier_code, manufacturer, device_class, lot_tracked, serial_tracked, implantable, reportable, case_ceiling)
			SELECT $1, nextval('item_id'), r.code, description, base_unit, pack_size, supplier, supplier_code, manufacturer, device_class, lot_tracked, serial_tracked, implantable, reportable,
				coalesce(r.case_ceiling, (SELECT o.case_ceiling FROM item o WHERE o.trust = $1 AND o.code = r.code), 0) FROM ` + given + `
			ON CONFLICT (trust, code) DO UPDATE SET description = excluded.description, base_unit = excluded.base_unit, pack_size = excluded.pack_size, supplier = excluded.supplier,
				supplier_code = excluded.supplier_code, manufacturer = excluded.manufacturer, device_class = excluded.device_class, lot_tracked = excluded.lot_tracked,
				serial_tracked = excluded.serial_tracked, implantable = excluded.implantable, reportable = excluded.reportable, case_ceiling = excluded.case_ceiling, updated_at = now()
			WHERE (i.description, i.base_unit, i.pack_size, i.supplier, i.supplier_code, i.manufacturer, i.device_class, i.lot_tracked, i.serial_tracked, i.implantable, i.reportable, i.case_ceiling)
				IS DISTINCT FROM (excluded.description, excluded.base_unit, excluded.pack_size, excluded.supplier, excluded.supplier_code, excluded.manufacturer, excluded.device_class,
				excluded.lot_tracked, excluded.serial_tracked, excluded.implantable, excluded.reportable, excluded.case_ceiling)
			RETURNING i.code, xmax = 0 AS fresh)
		SELECT code, fresh FROM up`
	change := map[string]bool{} // code: fresh
	mark := func(fresh bool, code string) {
		change[code] = change[code] || fresh
	}
	if err := eachChange(ctx, tx, upsert, mark, trust, raw); err != nil {
		return 0, 0, 0, err
	}
	// A code may move to another pack of the same item; codes that the file
	// no longer tells are kept, for old messages still name them.
	const code = `INSERT INTO item_code AS c (trust, kind, value, item, ratio)
		SELECT $1, u.kind, u.value, i.id, u.ratio FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) u (code, kind, value, ratio)
		  JOIN item i ON i.trust = $1 AND i.code = u.code
		ON CONFLICT (trust, kind, value) DO UPDATE SET ratio = excluded.ratio WHERE c.item = excluded.item AND c.ratio <> excluded.ratio
		RETURNING (SELECT i.code FROM item i WHERE i.trust = c.trust AND i.id = c.item), false`
	if err := eachChange(ctx, tx, code, mark, trust, codes, kinds, values, ratios); err != nil {
		return 0, 0, 0, err
	}
	const price = `INSERT INTO item_price AS p (trust, item, valid_from, price, currency)
		SELECT $1, i.id, current_date, r.price::numeric, r.currency FROM ` + given + ` JOIN item i ON i.trust = $1 AND i.code = r.code
		  LEFT JOIN LATERAL (SELECT price, currency FROM item_price o WHERE o.trust = $1 AND o.item = i.id ORDER BY valid_from DESC LIMIT 1) o ON true
		 WHERE r.price <> '' AND (o.price, o.currency) IS DISTINCT FROM (r.price::numeric, r.currency)
		ON CONFLICT (trust, item, valid_from) DO UPDATE SET price = excluded.price, currency = excluded.currency
		RETURNING (SELECT i.code FROM item i WHERE i.trust = p.trust AND i.id = p.item), false`
	if err := eachChange(ctx, tx, price, mark, trust, raw); err != nil {
		return 0, 0, 0, err
	}
	for _, fresh := range change {
		if fresh {
			added++
		}
	}
	return added, len(change) - added, len(rows) - len(change), nil
}

func eachChange(ctx context.Context, tx pgx.Tx, sql string, mark func(fresh bool, code string), args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var code string
	var fresh bool
	_, err = pgx.ForEachRow(rows, []any{&code, &fresh}, func() error { mark(fresh, code); return nil })
	return err
}
