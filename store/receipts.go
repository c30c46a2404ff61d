package store

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// receiptsTold gives the places n in the table of the lines of goods received
// that have the keys $2, $3, or of which one of the messages $4 told last.
// casesNamed says why it is written so. A line is read by its place because a
// plan that was made while the table was empty takes any index that begins with
// the trust for as good as that of its number, and reads all of them for each
// line of the first long files.
const receiptsTold = `(SELECT r.at FROM unnest($2::text[], $3::text[]) u (receipt, key)
		CROSS JOIN LATERAL (SELECT r.ctid AS at FROM receipt_line r WHERE r.trust = $1 AND r.receipt = u.receipt AND r.key = u.key OFFSET 0) r
	UNION SELECT r.at FROM unnest($4::bigint[]) u (message)
		CROSS JOIN LATERAL (SELECT r.ctid AS at FROM receipt_line r WHERE r.trust = $1 AND r.told_by = u.message OFFSET 0) r) n (at)`

// ordersNamed gives the numbers n of the orders $5, and of those for which the
// lines of receiptsTold count.
const ordersNamed = `(SELECT unnest($5::text[])
	UNION SELECT r.met_order FROM ` + receiptsTold + ` CROSS JOIN LATERAL (SELECT r.met_order FROM receipt_line r WHERE r.trust = $1 AND r.ctid = n.at OFFSET 0) r) n (number)`

// deliveries locks the orders that a batch answers or receives, in one order
// for all batches, and loads them with the lines of goods received. The rows
// themselves are locked: a file may name more orders than there is room for
// locks of any other kind. Receipts are decided one batch at a time; lockKeys
// sees to that.
func (l loader) deliveries(n posting.Need, messages []int64) {
	if len(n.Orders) == 0 && len(n.Receipts) == 0 {
		return
	}
	receipt, key := make([]string, len(n.Receipts)), make([]string, len(n.Receipts))
	for i, r := range n.Receipts {
		receipt[i], key[i] = r.Receipt, r.Line
	}
	if len(n.Receipts) == 0 {
		messages = nil
	}
	args := []any{l.b.trust, receipt, key, messages, n.Orders}
	l.batch.Queue(`SELECT 1 FROM purchase_order o WHERE o.trust = $1 AND o.number = ANY (ARRAY(SELECT n.number FROM `+ordersNamed+`)) ORDER BY o.id FOR UPDATE`, args...).Exec(ignoreTag)
	l.each(selectOrders+` WHERE o.trust = $1 AND o.number = ANY (ARRAY(SELECT n.number FROM `+ordersNamed+`))`, func(row pgx.CollectableRow) error {
		o, err := scanOrder(row)
		if err == nil {
			l.k.Orders[o.Number] = o
		}
		return err
	}, args...)
	if len(n.Receipts) > 0 {
		l.receipts(args[:4])
	}
}

// receipts loads lines of goods received with the movements that stand for
// them, and what their balances hold now.
func (l loader) receipts(args []any) {
	l.each(`SELECT r.id, r.receipt, r.key, r.state, r.why, r.received_on, r.order_number, r.order_line, coalesce(r.place, 0), r.place_text, coalesce(r.item, 0), r.codes, r.quantity, r.unit, r.units,
		       r.lot, r.serial, r.expiry, r.met_order, r.met_line, r.met_units, r.substitute, r.told_by, r.message_id, r.origin, r.profile,
		       m.id, m.kind, coalesce(m.item, 0), m.lot, m.serial, m.owner, m.from_place, m.to_place, m.quantity, m.occurred_at, m.accounted_on, coalesce(b.quantity, 0)
		FROM `+receiptsTold+`
		CROSS JOIN LATERAL (SELECT * FROM receipt_line r WHERE r.trust = $1 AND r.ctid = n.at OFFSET 0) r
		LEFT JOIN LATERAL (SELECT * FROM movement m WHERE m.trust = $1 AND m.id = r.movement OFFSET 0) m ON r.movement IS NOT NULL
		LEFT JOIN LATERAL (SELECT b.quantity FROM balance b WHERE b.trust = $1 AND b.place = m.to_place AND b.item = m.item AND b.lot = m.lot AND b.serial = m.serial AND b.owner = m.owner OFFSET 0) b
		       ON r.movement IS NOT NULL`,
		func(row pgx.CollectableRow) error {
			r := &purchasing.ReceiptLine{}
			var on, expiry *time.Time
			var m nullMovement
			var balance int64
			t := &r.Told
			if err := row.Scan(&r.ID, &r.Key.Receipt, &r.Key.Line, &r.State, &r.Why, &on, &t.OrderNumber, &t.OrderLine, &t.Place, &t.PlaceText, &t.Item, &t.Codes, &t.Quantity, &t.Unit, &t.Units,
				&t.Lot, &t.Serial, &expiry, &r.Met.Order, &r.Met.Line, &r.Met.Units, &r.Met.Other, &r.ToldBy, &r.Cause.Message, &r.Cause.Origin, &r.Cause.Profile,
				&m.id, &m.kind, &m.item, &m.lot, &m.serial, &m.owner, &m.from, &m.to, &m.quantity, &m.occurred, &m.accounted, &balance); err != nil {
				return err
			}
			t.On, t.Expiry = dayText(on), dayText(expiry)
			if r.Posted = m.movement(0); r.Posted != nil {
				p := r.Posted
				l.k.Balances[posting.Counted{Place: p.To, Item: p.Item, Lot: p.Lot, Serial: p.Serial, Owner: p.Owner}] = balance
			}
			l.k.Receipts[r.Key] = r
			return nil
		}, args...)
}

func dayText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// keepReceipts writes lines of goods received as they now stand.
func (b *Books) keepReceipts(batch *pgx.Batch, rs []*purchasing.ReceiptLine) {
	n := len(rs)
	if n == 0 {
		return
	}
	ints := func() []int64 { return make([]int64, n) }
	texts := func() []string { return make([]string, n) }
	id, place, item, quantity, units, metUnits, movement, toldBy, message := ints(), ints(), ints(), ints(), ints(), ints(), ints(), ints(), ints()
	receipt, key, state, why, order, placeText, codes, unit, lot, serial, met, origin, profile := texts(), texts(), texts(), texts(), texts(), texts(), texts(), texts(), texts(), texts(), texts(), texts(), texts()
	orderLine, metLine, other := make([]int32, n), make([]int32, n), make([]bool, n)
	on, expiry := make([]*time.Time, n), make([]*time.Time, n)
	for i, r := range rs {
		t := r.Told
		id[i], receipt[i], key[i], state[i], why[i] = r.ID, r.Key.Receipt, r.Key.Line, string(r.State), r.Why
		on[i], order[i], orderLine[i], place[i], placeText[i] = nullDate(t.On), t.OrderNumber, int32(t.OrderLine), int64(t.Place), t.PlaceText
		item[i], codes[i], quantity[i], unit[i], units[i] = int64(t.Item), t.Codes, t.Quantity, t.Unit, t.Units
		lot[i], serial[i], expiry[i] = t.Lot, t.Serial, nullDate(t.Expiry)
		met[i], metLine[i], metUnits[i], other[i] = r.Met.Order, int32(r.Met.Line), r.Met.Units, r.Met.Other
		toldBy[i], message[i], origin[i], profile[i] = r.ToldBy, r.Cause.Message, r.Cause.Origin, r.Cause.Profile
		if r.Posted != nil {
			movement[i] = int64(r.Posted.ID)
		}
	}
	batch.Queue(`INSERT INTO receipt_line AS l (trust, id, receipt, key, state, why, received_on, order_number, order_line, place, place_text, item, codes, quantity, unit, units, lot, serial, expiry,
			met_order, met_line, met_units, substitute, movement, told_by, message_id, origin, profile)
		SELECT $1, id, receipt, key, state, why, received_on, order_number, order_line, nullif(place, 0), place_text, nullif(item, 0), codes, quantity, unit, units, lot, serial, expiry,
			met_order, met_line, met_units, substitute, nullif(movement, 0), told_by, message_id, origin, profile
		  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[], $8::text[], $9::int[], $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::bigint[], $15::text[], $16::bigint[],
			$17::text[], $18::text[], $19::date[], $20::text[], $21::int[], $22::bigint[], $23::boolean[], $24::bigint[], $25::bigint[], $26::bigint[], $27::text[], $28::text[])
			AS u (id, receipt, key, state, why, received_on, order_number, order_line, place, place_text, item, codes, quantity, unit, units, lot, serial, expiry,
			met_order, met_line, met_units, substitute, movement, told_by, message_id, origin, profile)
		ON CONFLICT (trust, receipt, key) DO UPDATE SET state = excluded.state, why = excluded.why, received_on = excluded.received_on, order_number = excluded.order_number, order_line = excluded.order_line,
			place = excluded.place, place_text = excluded.place_text, item = excluded.item, codes = excluded.codes, quantity = excluded.quantity, unit = excluded.unit, units = excluded.units,
			lot = excluded.lot, serial = excluded.serial, expiry = excluded.expiry, met_order = excluded.met_order, met_line = excluded.met_line, met_units = excluded.met_units, substitute = excluded.substitute,
			movement = excluded.movement, told_by = excluded.told_by, message_id = excluded.message_id, origin = excluded.origin, profile = excluded.profile, updated_at = clock_timestamp()
		WHERE l.id = excluded.id`,
		b.trust, id, receipt, key, state, why, on, order, orderLine, place, placeText, item, codes, quantity, unit, units, lot, serial, expiry,
		met, metLine, metUnits, other, movement, toldBy, message, origin, profile).Exec(func(tag pgconn.CommandTag) error {
		if kept := tag.RowsAffected(); kept != int64(n) {
			return fault.New(fault.Internal, "line_lost", "The database kept %d of %d lines of goods received, so nothing was kept. It is a defect of the hub: report it, then replay.", kept, n)
		}
		return nil
	})
}

// keepOrders writes orders and their lines as they now stand, and has their
// par levels looked at again where less is to come, or something came.
func (b *Books) keepOrders(batch *pgx.Batch, os []*purchasing.Order) {
	if len(os) == 0 {
		return
	}
	var id, answered, order, line, confirmed, open, received, substituted, places, items []int64
	var state, lineState, reason []string
	var expected []*time.Time
	for _, o := range os {
		id, state, answered = append(id, o.ID), append(state, string(o.State)), append(answered, o.AnsweredBy)
		for _, l := range o.Lines {
			order, line, lineState, confirmed, open = append(order, o.ID), append(line, int64(l.Line)), append(lineState, l.State), append(confirmed, l.Confirmed), append(open, l.OpenPacks)
			received, substituted, expected, reason = append(received, l.Received), append(substituted, l.Substituted), append(expected, nullDate(l.Expected)), append(reason, l.Reason)
			if l.State == "rejected" || l.State == "changed" || l.State == "closed" || l.Received+l.Substituted > 0 {
				places, items = append(places, int64(l.Place)), append(items, int64(l.Item))
			}
		}
	}
	batch.Queue(`UPDATE purchase_order o SET state = u.state, answered_by = nullif(u.answered, 0),
			answered_at = CASE WHEN u.answered <> coalesce(o.answered_by, 0) THEN clock_timestamp() ELSE o.answered_at END
		  FROM unnest($2::bigint[], $3::text[], $4::bigint[]) u (id, state, answered) WHERE o.trust = $1 AND o.id = u.id`, b.trust, id, state, answered).Exec(ignoreTag)
	batch.Queue(`UPDATE purchase_order_line l SET state = u.state, confirmed_packs = u.confirmed, open_packs = u.open, received = u.received, substituted = u.substituted, expected_on = u.expected, reason = u.reason
		  FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::date[], $10::text[])
			u (id, line, state, confirmed, open, received, substituted, expected, reason) WHERE l.trust = $1 AND l.order_id = u.id AND l.line = u.line`,
		b.trust, order, line, lineState, confirmed, open, received, substituted, expected, reason).Exec(ignoreTag)
	if len(places) > 0 {
		batch.Queue(`INSERT INTO policy_due (trust, place, item)
			SELECT DISTINCT y.trust, y.place, y.item FROM unnest($2::bigint[], $3::bigint[]) u (place, item) JOIN policy y ON y.trust = $1 AND y.place = u.place AND y.item = u.item AND y.active
			 WHERE EXISTS (SELECT 1 FROM movement m WHERE m.trust = y.trust AND m.item = y.item AND y.place IN (m.from_place, m.to_place))
			 ORDER BY 1, 2, 3 ON CONFLICT (trust, place, item) DO UPDATE SET due_at = excluded.due_at`, b.trust, places, items).Exec(ignoreTag)
	}
}
