package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Keep writes a batch's changes but for its warnings, in sets and in the
// order that constraints ask for. The ledger's trigger locks balances in
// primary-key order; policies that are due are locked after them, as Finish
// does, so that no two batches wait for each other.
func (b *Books) Keep(ctx context.Context, c posting.Changes) error {
	batch := &pgx.Batch{}
	if err := b.keepPatients(batch, c); err != nil {
		return err
	}
	if err := b.keepCases(batch, c); err != nil {
		return err
	}
	b.keepLots(batch, c.Lots)
	if err := b.keepLines(batch, c.Lines); err != nil {
		return err
	}
	if err := b.keepPostings(batch, c.Postings); err != nil {
		return err
	}
	b.keepMovements(batch, c.Movements)
	b.keepOrders(batch, c.Orders)
	if batch.Len() == 0 {
		return nil
	}
	return ledgerFault(pgtx.From(ctx).SendBatch(ctx, batch).Close())
}

// ledgerFault names what the ledger's own rules refuse.
func ledgerFault(err error) error {
	switch pgtx.State(err) {
	case "SW002", "SW003":
		return fault.Wrap(err, fault.Internal, "ledger_rule", "The ledger refused a movement that does not fit its places, item or original.")
	case "SW004":
		return fault.Wrap(err, fault.Conflict, "stock_short", "The stock does not suffice, so nothing was taken. Count the shelf or correct the quantity.")
	}
	return err
}

// keepLots passes over what is known, for an upsert would lock every lot that
// is in use until the batch is committed.
func (b *Books) keepLots(batch *pgx.Batch, lots []posting.Lot) {
	if len(lots) == 0 {
		return
	}
	items, names, expiry := make([]int64, len(lots)), make([]string, len(lots)), make([]*time.Time, len(lots))
	for i, l := range lots {
		items[i], names[i], expiry[i] = int64(l.Item), l.Lot, nullTime(l.Expiry)
	}
	batch.Queue(`INSERT INTO lot AS l (trust, item, lot, expiry)
		SELECT $1, item, lot, max(expiry) FROM unnest($2::bigint[], $3::text[], $4::date[]) u (item, lot, expiry)
		 WHERE NOT EXISTS (SELECT 1 FROM lot k WHERE k.trust = $1 AND k.item = u.item AND k.lot = u.lot AND (k.expiry IS NOT NULL OR u.expiry IS NULL) OFFSET 0)
		 GROUP BY item, lot ORDER BY item, lot
		ON CONFLICT (trust, item, lot) DO UPDATE SET expiry = excluded.expiry WHERE l.expiry IS NULL AND excluded.expiry IS NOT NULL`,
		b.trust, items, names, expiry).Exec(ignoreTag)
}

func (b *Books) keepLines(batch *pgx.Batch, ls []posting.LineState) error {
	if len(ls) == 0 {
		return nil
	}
	rows := make([]lineRow, len(ls))
	for i, l := range ls {
		rows[i] = newLineRow(l)
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	batch.Queue(`INSERT INTO usage_line (trust, id, case_id, key, told, state, why, item, text, lot, serial, expiry, quantity, disposition, place, patient, movement, message_id, origin, profile)
		SELECT $1, id, case_id, key, told, state, why, nullif(item, 0), text, lot, serial, expiry, quantity, disposition, nullif(place, 0), nullif(patient, 0), nullif(movement, 0), message_id, origin, profile
		  FROM json_to_recordset($2) AS r (id bigint, case_id bigint, key text, told jsonb, state text, why text, item bigint, text text, lot text, serial text,
			expiry date, quantity numeric, disposition text, place bigint, patient bigint, movement bigint, message_id bigint, origin text, profile text)
		ON CONFLICT (trust, id) DO UPDATE SET told = excluded.told, state = excluded.state, why = excluded.why, item = excluded.item, text = excluded.text,
			lot = excluded.lot, serial = excluded.serial, expiry = excluded.expiry, quantity = excluded.quantity, disposition = excluded.disposition,
			place = excluded.place, patient = excluded.patient, movement = excluded.movement, message_id = excluded.message_id, origin = excluded.origin,
			profile = excluded.profile, updated_at = now()`, b.trust, raw).Exec(ignoreTag)
	return nil
}

type lineRow struct {
	ID          int64                   `json:"id"`
	Case        int64                   `json:"case_id"`
	Key         string                  `json:"key"`
	Told        map[string]theatre.Word `json:"told"`
	State       string                  `json:"state"`
	Why         string                  `json:"why"`
	Item        int64                   `json:"item"`
	Text        string                  `json:"text"`
	Lot         string                  `json:"lot"`
	Serial      string                  `json:"serial"`
	Expiry      *string                 `json:"expiry"`
	Quantity    string                  `json:"quantity"`
	Disposition string                  `json:"disposition"`
	Place       int64                   `json:"place"`
	Patient     int64                   `json:"patient"`
	Movement    int64                   `json:"movement"`
	Message     int64                   `json:"message_id"`
	Origin      string                  `json:"origin"`
	Profile     string                  `json:"profile"`
}

func newLineRow(l posting.LineState) lineRow {
	s := l.Settled
	r := lineRow{
		ID: int64(l.Line.ID), Case: int64(l.Line.Case), Key: l.Line.Key, Told: l.Line.Told, State: string(s.State), Why: s.Why,
		Item: int64(s.Item), Text: s.Text, Lot: s.Lot, Serial: s.Serial, Quantity: s.Net, Disposition: string(s.Disposition),
		Place: int64(s.Place), Patient: int64(l.Patient), Message: l.Cause.Message, Origin: l.Cause.Origin, Profile: l.Cause.Profile,
	}
	if day, err := time.Parse(time.DateOnly, s.Expiry); err == nil && day.Year() > 0 {
		r.Expiry = &s.Expiry
	}
	if _, err := decimal.Parse(r.Quantity); err != nil {
		r.Quantity = "0"
	}
	if l.Line.Posted != nil {
		r.Movement = int64(l.Line.Posted.ID)
	}
	return r
}

func (b *Books) keepMovements(batch *pgx.Batch, ms []inventory.Movement) {
	if len(ms) == 0 {
		return
	}
	type columns struct {
		id, item, from, to, quantity, reverses, line, message []int64
		kind, lot, serial, owner, origin, profile             []string
		occurred, accounted                                   []time.Time
	}
	var c columns
	for _, m := range ms {
		c.id, c.item, c.from, c.to = append(c.id, int64(m.ID)), append(c.item, int64(m.Item)), append(c.from, int64(m.From)), append(c.to, int64(m.To))
		c.quantity, c.reverses, c.line = append(c.quantity, m.Quantity), append(c.reverses, int64(m.Reverses)), append(c.line, m.UsageLine)
		c.message, c.kind, c.lot = append(c.message, m.Cause.Message), append(c.kind, string(m.Kind)), append(c.lot, m.Lot)
		c.serial, c.owner = append(c.serial, m.Serial), append(c.owner, m.Owner)
		c.origin, c.profile = append(c.origin, m.Cause.Origin), append(c.profile, m.Cause.Profile)
		c.occurred, c.accounted = append(c.occurred, m.OccurredAt), append(c.accounted, m.AccountedOn)
	}
	batch.Queue(`INSERT INTO movement (trust, id, kind, item, lot, serial, owner, from_place, to_place, quantity, occurred_at, accounted_on, reverses, usage_line, message_id, origin, profile)
		SELECT $1, id, kind, nullif(item, 0), lot, serial, owner, f, t, quantity, occurred, accounted, nullif(reverses, 0), nullif(line, 0), message, origin, profile
		  FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::date[],
			$13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[])
			AS u (id, kind, item, lot, serial, owner, f, t, quantity, occurred, accounted, reverses, line, message, origin, profile)`,
		b.trust, c.id, c.kind, c.item, c.lot, c.serial, c.owner, c.from, c.to, c.quantity, c.occurred, c.accounted, c.reverses, c.line, c.message, c.origin, c.profile).Exec(ignoreTag)
}

func (b *Books) keepOrders(batch *pgx.Batch, os []*purchasing.Order) {
	var places, items []int64
	for _, o := range os {
		b.keepOrder(batch, o)
		for _, l := range o.Lines {
			if l.State == "rejected" || l.State == "changed" {
				places, items = append(places, int64(l.Place)), append(items, int64(l.Item))
			}
		}
	}
	if len(places) > 0 {
		batch.Queue(`INSERT INTO policy_due (trust, place, item)
			SELECT DISTINCT y.trust, y.place, y.item FROM unnest($2::bigint[], $3::bigint[]) u (place, item) JOIN policy y ON y.trust = $1 AND y.place = u.place AND y.item = u.item AND y.active
			 ORDER BY 1, 2, 3 ON CONFLICT (trust, place, item) DO UPDATE SET due_at = excluded.due_at`, b.trust, places, items).Exec(ignoreTag)
	}
}

func (b *Books) keepOrder(batch *pgx.Batch, o *purchasing.Order) {
	batch.Queue(`UPDATE purchase_order SET state = $3, answered_at = clock_timestamp(), answered_by = $4 WHERE trust = $1 AND id = $2`, b.trust, o.ID, string(o.State), o.AnsweredBy).Exec(ignoreTag)
	for _, l := range o.Lines {
		batch.Queue(`UPDATE purchase_order_line SET state = $4, open_packs = $5, expected_on = $6, reason = $7 WHERE trust = $1 AND order_id = $2 AND line = $3`,
			b.trust, o.ID, l.Line, l.State, l.OpenPacks, nullDate(l.Expected), l.Reason).Exec(ignoreTag)
	}
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func nullDate(s string) *time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil
	}
	return &t
}
