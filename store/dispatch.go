package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// OrderDocument reads an order as the fields of its file, and notes that it
// is about to be sent, so that an uncertain outcome can be seen afterwards.
func (s *Store) OrderDocument(ctx context.Context, trust string, id int64, zone *time.Location) (doc purchasing.Document, err error) {
	tx := pgtx.From(ctx)
	var created time.Time
	var supplierName, place, placeName, value string
	err = tx.QueryRow(ctx, `UPDATE purchase_order o SET tried_at = clock_timestamp() FROM supplier u, place p
		WHERE o.trust = $1 AND o.id = $2 AND u.trust = o.trust AND u.code = o.supplier AND p.trust = o.trust AND p.id = o.deliver_to
		RETURNING o.number, o.state, o.created_at, o.supplier, u.name, p.code, p.name, o.value::text, o.currency`, trust, id).
		Scan(&doc.Number, &doc.State, &created, &doc.Supplier, &supplierName, &place, &placeName, &value, &doc.Currency)
	if errors.Is(err, pgx.ErrNoRows) {
		return doc, fault.New(fault.NotFound, "order_not_found", "There is no order with the internal number %d. It cannot be sent.", id)
	}
	if err != nil {
		return doc, err
	}
	doc.Fields = map[string]string{
		"order_number": doc.Number, "order_date": created.In(zone).Format(time.DateOnly), "supplier": doc.Supplier, "supplier_name": supplierName,
		"deliver_to": place, "deliver_to_name": placeName, "order_value": value, "currency": doc.Currency, "trust": trust,
	}
	doc.Lines, err = collect(ctx, tx, `
		SELECT l.line, i.supplier_code, i.code, i.description, i.base_unit, i.manufacturer, l.packs, l.pack_size, l.unit_price::text, l.value::text, l.message_id, l.origin,
		       coalesce((SELECT min(c.value) FROM item_code c WHERE c.trust = l.trust AND c.item = l.item AND c.kind = 'gtin' AND c.ratio = l.pack_size), ''),
		       coalesce((SELECT min(c.value) FROM item_code c WHERE c.trust = l.trust AND c.item = l.item AND c.kind = 'npc'), ''),
		       coalesce((SELECT min(c.value) FROM item_code c WHERE c.trust = l.trust AND c.item = l.item AND c.kind = 'mpc'), '')
		  FROM purchase_order_line l JOIN item i ON i.trust = l.trust AND i.id = l.item
		 WHERE l.trust = $1 AND l.order_id = $2 ORDER BY l.line`, func(row pgx.CollectableRow) (map[string]string, error) {
		var line int
		var packs, size, message int64
		var supplierCode, code, description, unit, manufacturer, price, value, origin, gtin, npc, mpc string
		err := row.Scan(&line, &supplierCode, &code, &description, &unit, &manufacturer, &packs, &size, &price, &value, &message, &origin, &gtin, &npc, &mpc)
		doc.Causes = append(doc.Causes, message)
		orderUnit := unit
		if size > 1 {
			orderUnit = "pack of " + strconv.FormatInt(size, 10)
		}
		return map[string]string{
			"line": strconv.Itoa(line), "supplier_code": supplierCode, "item": code, "description": description, "manufacturer": manufacturer,
			"quantity": strconv.FormatInt(packs, 10), "unit": orderUnit, "pack_size": strconv.FormatInt(size, 10), "base_quantity": strconv.FormatInt(packs*size, 10),
			"unit_price": price, "line_value": value, "gtin": gtin, "npc": npc, "mpc": mpc,
			"cause": cause(message, origin), "local_reference": doc.Number + "/" + strconv.Itoa(line),
		}, err
	}, trust, id)
	return doc, err
}

// MarkSent records that an order's file stands at the ERP under its final
// name. Sent twice is recorded once. What came of it before, as after a restore,
// decides its state.
func (s *Store) MarkSent(ctx context.Context, trust string, id int64, file string, digest []byte) error {
	_, err := pgtx.From(ctx).Exec(ctx, `UPDATE purchase_order SET sent_at = clock_timestamp(), file_name = $3, file_digest = $4, state = (
			SELECT CASE WHEN coalesce(sum(l.received + l.substituted), 0) = 0 THEN 'sent' WHEN sum(l.open_packs) > 0 THEN 'part_received' ELSE 'received' END
			  FROM purchase_order_line l WHERE l.trust = $1 AND l.order_id = $2)
		WHERE trust = $1 AND id = $2 AND state = 'ready'`, trust, id, file, digest)
	return err
}

// cause is the reference on an order line that leads back to what brought it
// about. Order files have 40 characters for it; the message's number is first,
// and by it the rest is found.
func cause(message int64, origin string) string {
	text := []rune("message " + strconv.FormatInt(message, 10) + " " + origin)
	return strings.TrimSpace(string(text[:min(len(text), 40)]))
}
