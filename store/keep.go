package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
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
	if err := b.keepVisits(batch, c.Visits); err != nil {
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
	b.keepHolds(batch, c.Holds)
	b.keepReplaced(batch, c.Replaced)
	b.keepJoined(batch, c.Joined)
	b.keepOrders(batch, c.Orders)
	b.keepReceipts(batch, c.Receipts)
	if batch.Len() == 0 {
		return nil
	}
	return ledgerFault(pgtx.From(ctx).SendBatch(ctx, batch).Close())
}

// ledgerFault names what the ledger's own rules refuse.
func ledgerFault(err error) error {
	switch pgtx.State(err) {
	case "SW002", "SW003", "SW005":
		return fault.Wrap(err, fault.Internal, "ledger_rule", "The ledger refused a movement or a line that does not fit its case, places, item or original.")
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

// lineColumns are usage lines as PostgreSQL takes them in one parameter a
// column, which is what it reads fastest.
type lineColumns struct {
	id, cases, item, place, patient, movement, message []int64
	waste                                              []int64
	setID, setCycle, sameAs, source                    []string
	key, state, why, text, lot, serial, disposition    []string
	told, quantity, origin, profile                    []string
	expiry                                             []*time.Time
}

func (c *lineColumns) grow(n int) {
	for _, ints := range []*[]int64{&c.id, &c.cases, &c.item, &c.place, &c.patient, &c.movement, &c.message, &c.waste} {
		*ints = slices.Grow(*ints, n)
	}
	for _, texts := range []*[]string{&c.key, &c.state, &c.why, &c.text, &c.lot, &c.serial, &c.disposition, &c.told, &c.quantity, &c.origin, &c.profile, &c.setID, &c.setCycle, &c.sameAs, &c.source} {
		*texts = slices.Grow(*texts, n)
	}
	c.expiry = slices.Grow(c.expiry, n)
}

func (c *lineColumns) add(l posting.LineState) error {
	s := l.Settled
	told, err := json.Marshal(l.Line.Told)
	if err != nil {
		return err
	}
	quantity, movement, waste := s.Net, int64(0), int64(0)
	if _, err := decimal.Parse(quantity); err != nil {
		quantity = "0"
	}
	if l.Line.Posted != nil {
		movement = int64(l.Line.Posted.ID)
	}
	if l.Line.Wasted != nil {
		waste = int64(l.Line.Wasted.ID)
	}
	var expiry *time.Time
	if day := nullDate(s.Expiry); day != nil && day.Year() > 0 {
		expiry = day
	}
	c.id, c.cases, c.key = append(c.id, int64(l.Line.ID)), append(c.cases, int64(l.Line.Case)), append(c.key, l.Line.Key)
	c.told, c.state, c.why = append(c.told, string(told)), append(c.state, string(s.State)), append(c.why, s.Why)
	c.item, c.text, c.lot, c.serial = append(c.item, int64(s.Item)), append(c.text, s.Text), append(c.lot, s.Lot), append(c.serial, s.Serial)
	c.expiry, c.quantity, c.disposition = append(c.expiry, expiry), append(c.quantity, quantity), append(c.disposition, string(s.Disposition))
	c.place, c.patient, c.movement = append(c.place, int64(s.Place)), append(c.patient, int64(l.Patient)), append(c.movement, movement)
	c.waste, c.setID, c.setCycle, c.sameAs = append(c.waste, waste), append(c.setID, s.Set.ID), append(c.setCycle, s.Set.Cycle), append(c.sameAs, l.Line.SameAs)
	c.source = append(c.source, s.Source)
	c.message, c.origin, c.profile = append(c.message, l.Cause.Message), append(c.origin, l.Cause.Origin), append(c.profile, l.Cause.Profile)
	return nil
}

// lineRows gives the columns back as rows.
const lineRows = `unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::date[],
	$13::text[], $14::text[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::text[], $20::text[], $21::bigint[], $22::text[], $23::text[], $24::text[], $25::text[])
	AS r (id, case_id, key, told, state, why, item, text, lot, serial, expiry, quantity, disposition, place, patient, movement, message_id, origin, profile, waste, set_id, set_cycle, same_as, source)`

// queue runs sql on every line. One that it passes over must not be lost.
func (c *lineColumns) queue(batch *pgx.Batch, sql, trust string) {
	if len(c.id) > 0 {
		batch.Queue(sql, trust, c.id, c.cases, c.key, c.told, c.state, c.why, c.item, c.text, c.lot, c.serial, c.expiry,
			c.quantity, c.disposition, c.place, c.patient, c.movement, c.message, c.origin, c.profile, c.waste, c.setID, c.setCycle, c.sameAs, c.source).Exec(func(tag pgconn.CommandTag) error {
			if kept := tag.RowsAffected(); kept != int64(len(c.id)) {
				return fault.New(fault.Internal, "line_lost", "The database kept %d of %d usage lines, so nothing was kept. It is a defect of the hub: report it, then replay.", kept, len(c.id))
			}
			return nil
		})
	}
}

// keepLines writes lines as they now stand. Those that are there are found one
// by one by their key, as casesNamed tells, and then by their place in the
// table, which nobody can change meanwhile: their case is locked.
func (b *Books) keepLines(batch *pgx.Batch, ls []posting.LineState) error {
	var fresh, changed lineColumns
	fresh.grow(len(ls))
	for _, l := range ls {
		to := &changed
		if l.New {
			to = &fresh
		}
		if err := to.add(l); err != nil {
			return err
		}
	}
	fresh.queue(batch, `INSERT INTO usage_line (trust, id, case_id, key, told, state, why, item, text, lot, serial, expiry, quantity, disposition, place, patient, movement, message_id, origin, profile, waste_movement, set_id, set_cycle, same_as, source)
		SELECT $1, id, case_id, key, told::json, state, why, nullif(item, 0), text, lot, serial, expiry, quantity::numeric, disposition, nullif(place, 0), nullif(patient, 0), nullif(movement, 0), message_id, origin, profile,
			nullif(waste, 0), set_id, set_cycle, same_as, source
		  FROM `+lineRows, b.trust)
	changed.queue(batch, `UPDATE usage_line l SET told = r.told::json, state = r.state, why = r.why, item = nullif(r.item, 0), text = r.text, lot = r.lot, serial = r.serial, expiry = r.expiry,
			quantity = r.quantity::numeric, disposition = r.disposition, place = nullif(r.place, 0), patient = nullif(r.patient, 0), movement = nullif(r.movement, 0),
			message_id = r.message_id, origin = r.origin, profile = r.profile, waste_movement = nullif(r.waste, 0), set_id = r.set_id, set_cycle = r.set_cycle, same_as = r.same_as, source = r.source, updated_at = now()
		  FROM `+lineRows+`
		 CROSS JOIN LATERAL (SELECT k.ctid AS at FROM usage_line k WHERE k.trust = $1 AND k.id = r.id AND k.case_id = r.case_id AND k.key = r.key OFFSET 0) k
		 WHERE l.ctid = k.at`, b.trust)
	return nil
}

func (b *Books) keepMovements(batch *pgx.Batch, ms []inventory.Movement) {
	if len(ms) == 0 {
		return
	}
	n := len(ms)
	id, item, from, to, quantity := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	reverses, line, message := make([]int64, n), make([]int64, n), make([]int64, n)
	kind, lot, serial, owner, origin, profile := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	occurred, accounted := make([]time.Time, n), make([]time.Time, n)
	for i, m := range ms {
		id[i], item[i], from[i], to[i], quantity[i] = int64(m.ID), int64(m.Item), int64(m.From), int64(m.To), m.Quantity
		reverses[i], line[i], message[i] = int64(m.Reverses), m.UsageLine, m.Cause.Message
		kind[i], lot[i], serial[i], owner[i], origin[i], profile[i] = string(m.Kind), m.Lot, m.Serial, m.Owner, m.Cause.Origin, m.Cause.Profile
		occurred[i], accounted[i] = m.OccurredAt, m.AccountedOn
	}
	batch.Queue(`INSERT INTO movement (trust, id, kind, item, lot, serial, owner, from_place, to_place, quantity, occurred_at, accounted_on, reverses, usage_line, message_id, origin, profile)
		SELECT $1, id, kind, nullif(item, 0), lot, serial, owner, f, t, quantity, occurred, accounted, nullif(reverses, 0), nullif(line, 0), message, origin, profile
		  FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::date[],
			$13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[])
			AS u (id, kind, item, lot, serial, owner, f, t, quantity, occurred, accounted, reverses, line, message, origin, profile)`,
		b.trust, id, kind, item, lot, serial, owner, from, to, quantity, occurred, accounted, reverses, line, message, origin, profile).Exec(ignoreTag)
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
