package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// CatalogueEntry gives all that is known of what a code or a scan names, as it
// was on a day: the trust's items, what each source says of the product, what
// counts of each field, and what they disagree on. Sources are joined by exact
// codes alone.
func (s *Store) CatalogueEntry(ctx context.Context, trust, text string, on, now time.Time) (journal.CatalogueEntry, error) {
	out := journal.CatalogueEntry{Text: text, On: on.Format(time.DateOnly), Items: []journal.CatalogueItem{}, Products: []journal.Product{}, Answers: []journal.Answers{}, Open: []journal.CatalogueConflict{}}
	asked, err := ask(text, now)
	if err != nil {
		return out, err
	}
	err = pgtx.Run(ctx, s.pages, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		hits, err := hitsByCode(ctx, tx, trust, asked.Codes)
		if err != nil {
			return err
		}
		if len(hits) == 0 {
			return fault.New(fault.NotFound, "product_not_found", "Nothing in the catalogue has this code. `stockwell catalogue search` also finds words.")
		}
		if hits, err = withLinked(ctx, tx, trust, hits); err != nil {
			return err
		}
		for _, h := range hits {
			if h.Item != "" {
				item, err := itemEntry(ctx, tx, trust, h.Item, on)
				if err != nil {
					return err
				}
				out.Items = append(out.Items, item)
				continue
			}
			p, err := productEntry(ctx, tx, trust, h.Source, h.Key, on)
			if err != nil {
				return err
			}
			out.Products = append(out.Products, p)
		}
		return openOf(ctx, tx, trust, &out)
	})
	if err != nil {
		return out, err
	}
	// Conflicts between sources are no trust's.
	err = pgtx.Run(ctx, s.pages, "", func(ctx context.Context) error { return openOf(ctx, pgtx.From(ctx), "", &out) })
	out.Answers = answersOf(out.Items, out.Products, out.Open)
	return out, err
}

// How many things an entry tells of, and how far it follows codes from one to
// another: a code that is wrong may not draw in half of the catalogue.
const (
	mostLinked = 20
	mostHops   = 2
)

// withLinked adds what shares a code with what was found, and what shares one
// with that.
func withLinked(ctx context.Context, tx pgx.Tx, trust string, hits []journal.CatalogueHit) ([]journal.CatalogueHit, error) {
	fresh := hits
	for range mostHops {
		var codes []catalogue.Code
		makers := map[string]bool{}
		for _, h := range fresh {
			more, err := codesOfHit(ctx, tx, trust, h)
			if err != nil {
				return nil, err
			}
			for _, c := range more {
				if c.Kind == catalogue.MPC {
					makers[makerCode(h.Manufacturer, c.Value)] = true
				}
			}
			codes = append(codes, more...)
		}
		linked, err := hitsByCode(ctx, tx, trust, codes)
		if err != nil {
			return nil, err
		}
		known := len(hits)
		for _, l := range linked {
			number, byMaker := strings.CutPrefix(l.Matched, "mpc ")
			if byMaker && !makers[makerCode(l.Manufacturer, number)] || l.State == codeOver {
				continue
			}
			if !slices.ContainsFunc(hits, func(h journal.CatalogueHit) bool { return h.Item == l.Item && h.Source == l.Source && h.Key == l.Key }) {
				hits = append(hits, l)
			}
		}
		if fresh = hits[known:]; len(fresh) == 0 || len(hits) >= mostLinked {
			break
		}
	}
	return hits[:min(len(hits), mostLinked)], nil
}

// codeOver is the state of what was found by a code that it had before.
const codeOver = "code no longer valid"

// makerCode is a maker's number with the maker, for two of them may use one;
// without a maker it is nobody's.
func makerCode(maker, number string) string {
	if maker = catalogue.Maker(maker); maker == "" {
		return ""
	}
	return "mpc " + maker + " " + number
}

// codesOfHit gives the codes that an item or product may be linked by.
func codesOfHit(ctx context.Context, tx pgx.Tx, trust string, h journal.CatalogueHit) ([]catalogue.Code, error) {
	if h.Item != "" {
		return collect(ctx, tx, `SELECT c.kind, c.value FROM item i JOIN item_code c ON c.trust = i.trust AND c.item = i.id WHERE i.trust = $1 AND i.code = $2 AND c.kind IN ('gtin', 'npc', 'mpc')`,
			pgx.RowToStructByPos[catalogue.Code], trust, h.Item)
	}
	return collect(ctx, tx, `SELECT x.kind, x.value FROM product p JOIN product_body b ON b.id = p.body
		CROSS JOIN LATERAL (SELECT k.issuer AS kind, k.di AS value FROM product_pack k WHERE k.body = p.body AND k.di <> '' UNION ALL SELECT 'npc', CASE p.key_kind WHEN 'npc' THEN p.key ELSE b.npc END WHERE p.key_kind = 'npc' OR b.npc <> ''
			UNION ALL SELECT 'mpc', b.mpc WHERE b.mpc <> '') x
		WHERE p.key = $2 AND p.source_name = $1`, pgx.RowToStructByPos[catalogue.Code], h.Source, h.Key)
}

// productEntry reads what a source said of a product on a day: the version that
// was in force then, or the first one if it was told later.
func productEntry(ctx context.Context, tx pgx.Tx, trust, source, key string, on time.Time) (journal.Product, error) {
	p := journal.Product{Source: source, Key: key}
	var version, body int64
	var packs, codes, others []byte
	err := tx.QueryRow(ctx, `SELECT s.rank, v.id, v.body, v.removed, v.loaded_on::text, b.description, b.manufacturer, b.mpc, CASE s.key_kind WHEN 'npc' THEN v.key ELSE b.npc END, b.base_unit, b.order_units, b.supplier, b.supplier_code, b.route, b.eclass, b.gmdn, b.emdn, b.device_class,
			b.implantable, b.reportable, b.lot_tracked, b.serial_tracked, b.expiry_tracked, b.suspended, b.suspended_why, coalesce(b.suspended_from::text, ''), coalesce(b.suspended_until::text, ''), b.discontinued, coalesce(b.discontinued_on::text, ''),
			coalesce((SELECT json_agg(json_build_object('unit', k.unit, 'ratio', k.ratio, 'issuer', k.issuer, 'di', k.di) ORDER BY k.level) FROM product_pack k WHERE k.body = v.body), '[]'),
			coalesce((SELECT json_agg(json_build_object('kind', k.kind, 'value', k.value, 'from', k.valid_from, 'to', k.valid_to) ORDER BY k.kind, k.value) FROM product_code k WHERE k.body = v.body), '[]'),
			coalesce((SELECT json_agg(json_build_object('kind', a.kind, 'key', a.key, 'description', coalesce(o.description, ''), 'state', CASE WHEN o.removed THEN 'removed'
					WHEN o.discontinued AND coalesce(o.discontinued_on <= current_date, true) THEN 'discontinued' WHEN suspended_now(o.suspended, o.suspended_from, o.suspended_until) THEN 'suspended' ELSE '' END) ORDER BY a.kind, a.key)
				FROM product_alternative a LEFT JOIN LATERAL (SELECT q.removed, o.* FROM product q JOIN product_body o ON o.id = q.body WHERE q.key = a.key AND q.source = v.source) o ON true WHERE a.body = v.body), '[]')
		FROM product_version v JOIN catalogue_source s ON s.id = v.source AND s.name = $1 JOIN product_body b ON b.id = v.body
		WHERE v.key = $2 AND v.since <= s.generation
		ORDER BY v.loaded_on > $3, CASE WHEN v.loaded_on > $3 THEN -v.since ELSE v.since END DESC LIMIT 1`, source, key, on.Format(time.DateOnly)).
		Scan(&p.Rank, &version, &body, &p.Removed, &p.ToldOn, &p.Description, &p.Manufacturer, &p.MPC, &p.NPC, &p.BaseUnit, &p.OrderUnits, &p.Supplier, &p.SupplierCode, &p.Route, &p.EClass, &p.GMDN, &p.EMDN, &p.DeviceClass,
			&p.Implantable, &p.Reportable, &p.LotTracked, &p.Serial, &p.Expiry, &p.Suspended, &p.SuspendedWhy, &p.SuspendedFrom, &p.SuspendedTo, &p.Discontinued, &p.DiscontinuedOn, &packs, &codes, &others)
	if err != nil {
		return p, err
	}
	for raw, into := range map[*[]byte]any{&packs: &p.Packs, &codes: &p.Codes, &others: &p.Alternatives} {
		if err := json.Unmarshal(*raw, into); err != nil {
			return p, err
		}
	}
	if p.Price, err = priceOn(ctx, tx, source, key, on); err != nil {
		return p, err
	}
	var a journal.Approval
	switch err := tx.QueryRow(ctx, `SELECT approved, decided_by, reason, decided_at FROM product_approval WHERE trust = $1 AND source = $2 AND key = $3 ORDER BY id DESC LIMIT 1`, trust, source, key).Scan(&a.Approved, &a.By, &a.Reason, &a.At); err {
	case nil:
		p.Approved = &a
	case pgx.ErrNoRows:
	default:
		return p, err
	}
	return p, nil
}

// priceOn gives the price list that counted on a day: of those that hold on it
// the one that the source told last. A telling without a price ends the one
// before; a removal does not.
func priceOn(ctx context.Context, tx pgx.Tx, source, key string, on time.Time) (*journal.ProductPrice, error) {
	rows, err := tx.Query(ctx, `SELECT c.from_packs, trim_scale(c.price)::text, c.currency, c.tax, c.units, c.valid_from::text, coalesce(c.valid_to::text, ''), CASE WHEN v.loaded_on > c.valid_from THEN v.loaded_on::text ELSE '' END
		FROM (SELECT v.id, v.loaded_on FROM product_version v JOIN catalogue_source s ON s.id = v.source AND s.name = $1 LEFT JOIN product_price p ON p.version = v.id AND p.from_packs = 1
			 WHERE v.key = $2 AND v.since <= s.generation
			   AND CASE WHEN p.version IS NULL THEN NOT v.removed AND v.loaded_on <= $3 ELSE p.valid_from <= $3 AND (p.valid_to IS NULL OR p.valid_to >= $3) END
			 ORDER BY v.since DESC LIMIT 1) v JOIN product_price c ON c.version = v.id ORDER BY c.from_packs`, source, key, on.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	return priceOf(rows)
}

// pounds writes an amount with two decimals at least.
func pounds(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	return whole + "." + fraction + strings.Repeat("0", max(0, 2-len(fraction)))
}

// itemEntry reads a trust's item with its price on a day.
func itemEntry(ctx context.Context, tx pgx.Tx, trust, code string, on time.Time) (journal.CatalogueItem, error) {
	i := journal.CatalogueItem{Item: code}
	var codes, others []byte
	err := tx.QueryRow(ctx, `SELECT i.description, i.base_unit, i.pack_size, i.supplier, i.manufacturer, i.device_class, i.lot_tracked, i.serial_tracked, i.expiry_tracked, i.implantable, i.reportable,
			coalesce((SELECT json_agg(json_build_object('kind', c.kind, 'value', c.value, 'ratio', c.ratio, 'from', c.since, 'to', c.until) ORDER BY c.until NULLS FIRST, c.kind, c.ratio, c.value)
				FROM (SELECT kind, value, ratio, since, NULL::date AS until FROM item_code c WHERE c.trust = i.trust AND c.item = i.id
					UNION ALL SELECT kind, value, ratio, since, until FROM item_code_former c WHERE c.trust = i.trust AND c.item = i.id) c), '[]'),
			coalesce((SELECT json_agg(json_build_object('kind', a.kind, 'key', o.code, 'description', o.description, 'by', a.decided_by) ORDER BY a.kind, o.code)
				FROM item_alternative a JOIN item o ON o.trust = a.trust AND o.id = a.alternative WHERE a.trust = i.trust AND a.item = i.id AND a.ended_at IS NULL), '[]')
		FROM item i WHERE i.trust = $1 AND i.code = $2`, trust, code).
		Scan(&i.Description, &i.BaseUnit, &i.PackSize, &i.Supplier, &i.Manufacturer, &i.DeviceClass, &i.LotTracked, &i.Serial, &i.Expiry, &i.Implantable, &i.Reportable, &codes, &others)
	if err != nil {
		return i, err
	}
	if i.Price, err = itemPriceOn(ctx, tx, trust, code, on); err != nil {
		return i, err
	}
	if err := json.Unmarshal(codes, &i.Codes); err != nil {
		return i, err
	}
	return i, json.Unmarshal(others, &i.Alternatives)
}

// openOf adds the open conflicts of what an entry tells of.
func openOf(ctx context.Context, tx pgx.Tx, trust string, e *journal.CatalogueEntry) error {
	var names []string
	for _, i := range e.Items {
		names = append(names, itemName(i.Item))
	}
	for _, p := range e.Products {
		names = append(names, p.Source+" "+p.Key)
	}
	found, err := collect(ctx, tx, `SELECT id, trust, kind, code, a, b, text, opened_at, closed_at, closed_by, closed_why FROM catalogue_conflict
		WHERE trust = $1 AND closed_at IS NULL AND (a = ANY ($2) OR b = ANY ($2)) ORDER BY id LIMIT 50`, pgx.RowToStructByPos[journal.CatalogueConflict], trust, names)
	e.Open = append(e.Open, found...)
	return err
}

// itemName is how conflicts name a trust's item.
func itemName(code string) string { return "item " + code }
