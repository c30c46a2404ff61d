package store

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// ItemLoad is a file of a trust's own items on its way in. It has one
// connection to itself, whose temporary tables hold the file until it is
// published, in one transaction. One of a trust is under way at a time.
type ItemLoad struct {
	s        *Store
	conn     *pgxpool.Conn
	what     NewLoad
	id       int64
	out      []byte
	lastLine int64
	rows     int64
	planned  int64
}

// OpenItemLoad waits for its turn and makes ready. Waiting is told once there
// is a wait.
func (s *Store) OpenItemLoad(ctx context.Context, what NewLoad, waiting func()) (*ItemLoad, error) {
	conn, err := s.background.Acquire(ctx)
	if err != nil {
		return nil, Unreachable(err)
	}
	l := &ItemLoad{s: s, conn: conn, what: what}
	err = takeTurn(ctx, conn, hash64("items", what.Trust), waiting)
	if err == nil {
		l.id, err = beginLoad(ctx, conn, what)
	}
	if err == nil {
		_, err = conn.Exec(ctx, `SELECT stage_items()`)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// ID is the load's number.
func (l *ItemLoad) ID() int64 { return l.id }

// Add stages items, each with the line that told of it.
func (l *ItemLoad) Add(ctx context.Context, lines []int, rows []catalogue.Row) error {
	l.out = l.out[:0]
	for i := range rows {
		l.out = appendItem(l.out, lines[i], &rows[i])
		l.lastLine = int64(lines[i])
	}
	if len(rows) == 0 {
		return nil
	}
	l.rows += int64(len(rows))
	_, err := l.conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(l.out), `COPY stage_item (line, code, digest, description, base_unit, pack_size, supplier, supplier_code, manufacturer, device_class,
		lot_tracked, serial_tracked, expiry_tracked, implantable, reportable, case_ceiling, price_packs, prices, currency, tax, price_from, price_to, words, kinds, code_values, ratios) FROM STDIN`)
	return err
}

func appendItem(out []byte, line int, r *catalogue.Row) []byte {
	b := make([]byte, 0, 512)
	b = appendCell(append(b, '\t'), r.Description)
	b = appendCell(append(b, '\t'), r.BaseUnit)
	b = strconv.AppendInt(append(b, '\t'), r.PackSize, 10)
	for _, s := range [...]string{r.Supplier, r.SupplierCode, r.Manufacturer, r.DeviceClass} {
		b = appendCell(append(b, '\t'), s)
	}
	for _, f := range [...]bool{r.LotTracked, r.SerialTracked, r.ExpiryTracked, r.Implantable, r.Reportable} {
		b = appendBool(append(b, '\t'), f)
	}
	if b = append(b, '\t'); r.CaseCeiling == nil {
		b = append(b, `\N`...)
	} else {
		b = strconv.AppendInt(b, *r.CaseCeiling, 10)
	}
	b = append(appendPrices(b, &r.Prices), '\t')
	for i, w := range catalogue.Words(r.Description, r.Manufacturer, r.Code) {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, w...)
	}
	codes := r.CodeList()
	b = appendArray(append(b, '\t'), len(codes), func(b []byte, i int) []byte { return append(b, codes[i].Kind...) })
	b = appendArray(append(b, '\t'), len(codes), func(b []byte, i int) []byte { return appendElement(b, codes[i].Value) })
	b = appendArray(append(b, '\t'), len(codes), func(b []byte, i int) []byte { return strconv.AppendInt(b, codes[i].Ratio, 10) })
	out = strconv.AppendInt(out, int64(line), 10)
	out = appendCell(append(out, '\t'), r.Code)
	out = strconv.AppendInt(append(out, '\t'), shortDigest(b), 10)
	return append(append(out, b...), '\n')
}

// refusals find the rows that cannot be taken up, each looking at those that
// are left: $1 is the trust.
var refusals = []string{
	`INSERT INTO stage_refused SELECT s.line, 'supplier_unknown', 'supplier', '' FROM stage_item s WHERE NOT EXISTS (SELECT 1 FROM supplier p WHERE p.trust = $1 AND p.code = s.supplier)`,
	`INSERT INTO stage_refused SELECT s.line, 'item_twice', 'item', '' FROM stage_item s
		JOIN (SELECT code, min(line) AS first FROM stage_item s WHERE $1 <> '' AND NOT EXISTS (SELECT 1 FROM stage_refused r WHERE r.line = s.line) GROUP BY code HAVING count(*) > 1) d ON d.code = s.code AND s.line > d.first
		ON CONFLICT DO NOTHING`,
	`INSERT INTO stage_refused SELECT DISTINCT ON (s.line) s.line, 'code_taken', u.kind, i.code FROM stage_item s CROSS JOIN LATERAL unnest(s.kinds, s.code_values) u (kind, value)
		CROSS JOIN LATERAL (SELECT c.item FROM item_code c WHERE c.trust = $1 AND c.kind = u.kind AND c.value = u.value AND one_maker(c.maker, CASE WHEN u.kind = 'mpc' THEN maker_of(s.manufacturer) ELSE '' END) OFFSET 0) c
		JOIN item i ON i.trust = $1 AND i.id = c.item WHERE i.code <> s.code ORDER BY s.line, u.kind ON CONFLICT DO NOTHING`,
	`INSERT INTO stage_refused SELECT DISTINCT ON (s.line) s.line, 'code_taken', u.kind, d.item FROM stage_item s CROSS JOIN LATERAL unnest(s.kinds, s.code_values) u (kind, value)
		JOIN (SELECT u.kind, u.value, CASE WHEN u.kind = 'mpc' THEN maker_of(s.manufacturer) ELSE '' END AS maker, min(s.line) AS first, (array_agg(s.code ORDER BY s.line))[1] AS item FROM stage_item s CROSS JOIN LATERAL unnest(s.kinds, s.code_values) u (kind, value)
			WHERE $1 <> '' AND NOT EXISTS (SELECT 1 FROM stage_refused r WHERE r.line = s.line) GROUP BY 1, 2, 3 HAVING count(*) > 1 OR u.kind = 'mpc') d
			ON d.kind = u.kind AND d.value = u.value AND s.line > d.first AND d.item <> s.code AND one_maker(d.maker, CASE WHEN u.kind = 'mpc' THEN maker_of(s.manufacturer) ELSE '' END)
		ORDER BY s.line, u.kind ON CONFLICT DO NOTHING`,
}

// Judge compares what is staged with what is there, and says what a
// publication would do.
func (l *ItemLoad) Judge(ctx context.Context, pause func(context.Context) error) (catalogue.Verdict, []catalogue.Rejected, error) {
	var v catalogue.Verdict
	var rejected []catalogue.Rejected
	if _, err := l.conn.Exec(ctx, `SELECT stage_items_indexed()`); err != nil {
		return v, nil, err
	}
	err := pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		for _, sql := range refusals {
			if _, err := tx.Exec(ctx, sql, l.what.Trust); err != nil {
				return err
			}
		}
		var err error
		rejected, err = l.refused(ctx, tx)
		return err
	})
	if err != nil {
		return v, nil, err
	}
	for from := int64(0); from <= l.lastLine; from += planLines {
		if err := l.plan(ctx, from, from+planLines-1); err != nil {
			return v, nil, err
		}
		if err := pause(ctx); err != nil {
			return v, nil, err
		}
	}
	if _, err := l.conn.Exec(ctx, `SELECT stage_items_planned()`); err != nil {
		return v, nil, err
	}
	return v, rejected, l.count(ctx, &v, int64(len(rejected)))
}

// codeWords name systems of codes for people.
var codeWords = map[string]string{"gtin": "GTIN", "npc": "NPC", "mpc": "maker's number", "erp": "item code"}

func (l *ItemLoad) refused(ctx context.Context, tx pgx.Tx) ([]catalogue.Rejected, error) {
	rows, err := tx.Query(ctx, `SELECT line, problem, at, other FROM stage_refused ORDER BY line`)
	if err != nil {
		return nil, err
	}
	var out []catalogue.Rejected
	var line int64
	var problem, at, other string
	_, err = pgx.ForEachRow(rows, []any{&line, &problem, &at, &other}, func() error {
		e := fault.New(fault.Conflict, problem, "This %s names item %s already. Decide which item it belongs to: correct this row, or take the code from the other with `stockwell catalogue take-code`.", codeWords[at], other)
		switch problem {
		case "supplier_unknown":
			e = fault.New(fault.Invalid, problem, "The trust has no such supplier. Add it under suppliers in trust.yaml and start the hub once, or correct the code.")
		case "item_twice":
			e = fault.New(fault.Invalid, problem, "An earlier line of the file tells of this item already. Keep one of them.")
		}
		out = append(out, catalogue.Rejected{Line: line, Column: at, Err: e})
		return nil
	})
	return out, err
}

// plan notes the staged rows that may change something: those that say another
// thing than the row before.
func (l *ItemLoad) plan(ctx context.Context, from, to int64) error {
	return pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, `INSERT INTO stage_item_plan SELECT $4 + row_number() OVER (ORDER BY s.line), s.line, i.id FROM stage_item s LEFT JOIN item i ON i.trust = $1 AND i.code = s.code
			WHERE s.line BETWEEN $2 AND $3 AND i.digest IS DISTINCT FROM s.digest AND NOT EXISTS (SELECT 1 FROM stage_refused r WHERE r.line = s.line)`, l.what.Trust, from, to, l.planned)
		l.planned += tag.RowsAffected()
		return err
	})
}

// itemChanges gives what changes of the items that are planned from $2 to $3.
// A code that the file leaves out is kept, for old messages name it; so is a
// price or a ceiling that it does not tell.
const itemChanges = `SELECT s.code AS key, f.field, coalesce(f.before, '') AS before, coalesce(f.after, '') AS after
	FROM stage_item_plan p JOIN stage_item s ON s.line = p.line JOIN item i ON i.trust = $1 AND i.id = p.item
	LEFT JOIN LATERAL (SELECT price_words(1::bigint || o.band_packs, o.price || o.band_prices, o.currency, o.tax, o.units) AS price, o.valid_from, o.valid_to FROM item_price o WHERE o.trust = $1 AND o.item = i.id ORDER BY told DESC LIMIT 1) o ON true
	LEFT JOIN LATERAL (SELECT string_agg(c.kind || ' ' || c.value || ' of ' || c.ratio, ', ' ORDER BY c.kind, c.value) AS before, string_agg(u.kind || ' ' || u.value || ' of ' || u.ratio, ', ' ORDER BY u.kind, u.value) AS after
		FROM unnest(s.kinds, s.code_values, s.ratios) u (kind, value, ratio) LEFT JOIN item_code c ON c.trust = $1 AND c.kind = u.kind AND c.value = u.value AND c.item = i.id WHERE c.ratio IS DISTINCT FROM u.ratio) c ON true
	CROSS JOIN LATERAL (VALUES ('description', i.description, s.description), ('base_unit', i.base_unit, s.base_unit), ('pack_size', i.pack_size::text, s.pack_size::text), ('supplier', i.supplier, s.supplier),
		('supplier_code', i.supplier_code, s.supplier_code), ('manufacturer', i.manufacturer, s.manufacturer), ('device_class', i.device_class, s.device_class), ('lot_tracked', i.lot_tracked::text, s.lot_tracked::text),
		('serial_tracked', i.serial_tracked::text, s.serial_tracked::text), ('expiry_tracked', i.expiry_tracked::text, s.expiry_tracked::text), ('implantable', i.implantable::text, s.implantable::text), ('reportable', i.reportable::text, s.reportable::text),
		('case_ceiling', i.case_ceiling::text, coalesce(s.case_ceiling, i.case_ceiling)::text), ('price', o.price, coalesce(price_words(s.price_packs, s.prices, s.currency, s.tax, s.pack_size), o.price)),
		('price_from', CASE WHEN s.price_from IS NOT NULL AND s.prices <> '{}' THEN o.valid_from::text END, CASE WHEN s.prices <> '{}' THEN s.price_from::text END), ('price_to', o.valid_to::text, CASE WHEN s.prices <> '{}' THEN s.price_to ELSE o.valid_to END::text), ('codes', c.before, c.after)) f (field, before, after)
	WHERE p.n BETWEEN $2 AND $3 AND f.before IS DISTINCT FROM f.after`

func (l *ItemLoad) count(ctx context.Context, v *catalogue.Verdict, rejected int64) error {
	v.Fields = map[string]int64{}
	err := pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT (SELECT count(*) FROM item WHERE trust = $1), (SELECT count(*) FROM stage_item_plan WHERE item IS NULL)`, l.what.Trust).Scan(&v.Before, &v.Added)
	})
	if err != nil {
		return err
	}
	for from := int64(1); from <= l.planned; from += changeRows {
		err := pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
			tx := pgtx.From(ctx)
			rows, err := tx.Query(ctx, `SELECT f.field, count(*), count(DISTINCT f.key) FROM (`+itemChanges+`) f GROUP BY GROUPING SETS ((f.field), ())`, l.what.Trust, from, from+changeRows-1)
			if err != nil {
				return err
			}
			var field *string
			var n, items int64
			_, err = pgx.ForEachRow(rows, []any{&field, &n, &items}, func() error {
				if field == nil {
					v.Changed += items
				} else {
					v.Fields[*field] += n
				}
				return nil
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	v.Same = l.rows - rejected - v.Added - v.Changed
	return nil
}

// Changes gives the planned changes field by field, at most limit of them;
// 0 is all.
func (l *ItemLoad) Changes(ctx context.Context, limit int, each func(catalogue.FieldChange) error) error {
	given := 0
	for from := int64(1); from <= l.planned && (limit == 0 || given < limit); from += changeRows {
		err := pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
			rows, err := pgtx.From(ctx).Query(ctx, itemChanges+` ORDER BY p.n, f.field`, l.what.Trust, from, from+changeRows-1)
			if err != nil {
				return err
			}
			var c catalogue.FieldChange
			_, err = pgx.ForEachRow(rows, []any{&c.Key, &c.Field, &c.Before, &c.After}, func() error {
				if given++; limit > 0 && given > limit {
					return nil
				}
				return each(c)
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// publishItems writes the items that are planned from $2 to $3: $1 is the
// trust.
var publishItems = []string{
	`UPDATE item i SET description = s.description, base_unit = s.base_unit, pack_size = s.pack_size, supplier = s.supplier, supplier_code = s.supplier_code, manufacturer = s.manufacturer, device_class = s.device_class,
			lot_tracked = s.lot_tracked, serial_tracked = s.serial_tracked, expiry_tracked = s.expiry_tracked, implantable = s.implantable, reportable = s.reportable, case_ceiling = coalesce(s.case_ceiling, i.case_ceiling), digest = s.digest, words = s.words, updated_at = now()
		FROM stage_item_plan p JOIN stage_item s ON s.line = p.line WHERE p.n BETWEEN $2 AND $3 AND i.trust = $1 AND i.id = p.item`,
	`INSERT INTO item (trust, id, code, description, base_unit, pack_size, supplier, supplier_code, manufacturer, device_class, lot_tracked, serial_tracked, expiry_tracked, implantable, reportable, case_ceiling, digest, words)
		SELECT $1, nextval('item_id'), s.code, s.description, s.base_unit, s.pack_size, s.supplier, s.supplier_code, s.manufacturer, s.device_class, s.lot_tracked, s.serial_tracked, s.expiry_tracked, s.implantable, s.reportable, coalesce(s.case_ceiling, 0), s.digest, s.words
		  FROM stage_item_plan p JOIN stage_item s ON s.line = p.line WHERE p.n BETWEEN $2 AND $3 AND p.item IS NULL ORDER BY p.n`,
	// A code may move to another pack of the same item.
	`INSERT INTO item_code AS c (trust, kind, value, maker, item, ratio)
		SELECT $1, u.kind, u.value, CASE WHEN u.kind = 'mpc' THEN maker_of(s.manufacturer) ELSE '' END, i.id, u.ratio FROM stage_item_plan p JOIN stage_item s ON s.line = p.line JOIN item i ON i.trust = $1 AND i.code = s.code
		 CROSS JOIN LATERAL unnest(s.kinds, s.code_values, s.ratios) u (kind, value, ratio) WHERE p.n BETWEEN $2 AND $3
		ON CONFLICT (trust, kind, value, maker) DO UPDATE SET ratio = excluded.ratio WHERE c.item = excluded.item AND c.ratio <> excluded.ratio`,
	`INSERT INTO item_price (trust, item, valid_from, valid_to, price, band_packs, band_prices, currency, tax, units)
		SELECT $1, i.id, coalesce(s.price_from, current_date), s.price_to, s.prices[1], s.price_packs[2:], s.prices[2:], s.currency, s.tax, s.pack_size
		  FROM stage_item_plan p JOIN stage_item s ON s.line = p.line JOIN item i ON i.trust = $1 AND i.code = s.code
		  LEFT JOIN LATERAL (SELECT * FROM item_price o WHERE o.trust = $1 AND o.item = i.id ORDER BY told DESC LIMIT 1) o ON true
		 WHERE p.n BETWEEN $2 AND $3 AND s.prices <> '{}' AND ((o.price, o.band_packs, o.band_prices, o.currency, o.tax, o.units, o.valid_to) IS DISTINCT FROM (s.prices[1], s.price_packs[2:], s.prices[2:], s.currency, s.tax, s.pack_size, s.price_to)
		       OR s.price_from <> o.valid_from)`,
	`INSERT INTO item_word (trust, word) SELECT DISTINCT $1, w FROM stage_item_plan p JOIN stage_item s ON s.line = p.line CROSS JOIN LATERAL unnest(tsvector_to_array(s.words)) w
		 WHERE p.n BETWEEN $2 AND $3 AND length(w) BETWEEN 3 AND 40 AND w !~ '^[0-9]' ON CONFLICT DO NOTHING`,
}

// itemChunk is how many items one statement writes.
const itemChunk = 5000

// Publish writes what was judged in one transaction: posting reads a trust's
// items by one look-up each, which leaves no room for versions.
func (l *ItemLoad) Publish(ctx context.Context, v catalogue.Verdict, pause func(context.Context) error, done func(n, of int64)) error {
	return pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		for from := int64(1); from <= l.planned; from += itemChunk {
			if err := briefly(ctx, pause); err != nil {
				return err
			}
			for _, sql := range publishItems {
				if _, err := tx.Exec(ctx, sql, l.what.Trust, from, from+itemChunk-1); err != nil {
					return err
				}
			}
			done(min(from+itemChunk-1, l.planned), l.planned)
		}
		return endLoad(ctx, l.what.Trust, l.id, published(v))
	})
}

// briefly gives way to messages for a moment: inside a transaction nothing
// waits for long.
func briefly(ctx context.Context, pause func(context.Context) error) error {
	brief, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := pause(brief); err != nil && brief.Err() == nil {
		return err
	}
	return ctx.Err()
}

// Matched holds the trust's items against the national catalogue.
func (l *ItemLoad) Matched(ctx context.Context, pause func(context.Context) error) (opened, closed int64, err error) {
	return l.s.MatchItems(ctx, l.what.Trust, pause)
}

// Settle has nothing to do: PostgreSQL looks at a trust's tables by itself.
func (l *ItemLoad) Settle(context.Context) error { return nil }

// End notes how a load ended that was not published.
func (l *ItemLoad) End(ctx context.Context, how journal.Load) error {
	return pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error { return endLoad(ctx, l.what.Trust, l.id, how) })
}

// Close gives the connection back; what is staged is forgotten.
func (l *ItemLoad) Close() { giveBack(l.conn) }

func giveBack(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, `DISCARD TEMP; RESET synchronous_commit; SELECT pg_advisory_unlock_all()`); err != nil {
		_ = conn.Conn().Close(ctx) // and the lock with it
	}
	conn.Release()
}
