package store

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// loader queues the queries that fill what a batch must know.
type loader struct {
	b     *Books
	k     *posting.Known
	batch *pgx.Batch
}

func (l loader) each(sql string, fn func(pgx.CollectableRow) error, args ...any) {
	l.batch.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			if err := fn(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func rawPseudonyms(ps []identity.Pseudonym) [][]byte {
	raw := make([][]byte, len(ps))
	for i := range ps {
		raw[i] = ps[i][:]
	}
	return raw
}

// patients finds records by any of their identifiers, and loads the others of
// each: one of them may be an NHS Number that another one comes with now.
func (l loader) patients(ps []identity.Pseudonym) {
	l.each(`SELECT i.pseudonym, i.patient, i.kind, i.told FROM (
			SELECT DISTINCT x.patient FROM unnest($2::bytea[]) u (pseudonym)
			CROSS JOIN LATERAL (SELECT i.patient FROM patient_identifier i WHERE i.trust = $1 AND i.pseudonym = u.pseudonym OFFSET 0) x) r
		CROSS JOIN LATERAL (SELECT * FROM patient_identifier i WHERE i.trust = $1 AND i.patient = r.patient AND i.kind <> 'invalid' OFFSET 0) i`, func(row pgx.CollectableRow) error {
		var p, told []byte
		var id identity.Patient
		var kind string
		if err := row.Scan(&p, &id, &kind, &told); err != nil {
			return err
		}
		l.k.Patients[identity.Pseudonym(p)] = id
		if kind != posting.NHSNumber {
			return nil
		}
		n := &identity.NHSNumber{Pseudonym: identity.Pseudonym(p)}
		l.k.NHS[id] = append(l.k.NHS[id], n)
		return json.Unmarshal(told, &n.Told)
	}, l.b.trust, rawPseudonyms(ps))
}

func (l loader) cases(as []theatre.Alias, also []int64, visits []string) {
	kinds, values := make([]string, len(as)), make([]string, len(as))
	for i, a := range as {
		kinds[i], values[i] = a.Kind, a.Value
	}
	l.each(`SELECT a.kind, a.value, a.case_id FROM unnest($2::text[], $3::text[]) u (kind, value)
		CROSS JOIN LATERAL (SELECT a.kind, a.value, a.case_id FROM case_alias a WHERE a.trust = $1 AND a.kind = u.kind AND a.value = u.value OFFSET 0) a`, func(row pgx.CollectableRow) error {
		var a theatre.Alias
		var id theatre.CaseID
		if err := row.Scan(&a.Kind, &a.Value, &id); err != nil {
			return err
		}
		l.k.Aliases[a] = id
		return nil
	}, l.b.trust, kinds, values)
	// A case is locked as such too, for it has several names.
	l.each(`SELECT c.id, c.name, c.told, c.message_id, coalesce(c.joined_into, 0) FROM theatre_case c WHERE c.trust = $1 AND c.id = ANY (ARRAY(SELECT n.id FROM `+casesNamed+`)) ORDER BY c.id FOR UPDATE OF c`,
		func(row pgx.CollectableRow) error {
			c := &theatre.Case{}
			var told []byte
			if err := row.Scan(&c.ID, &c.Name, &told, &c.Message, &c.JoinedInto); err != nil {
				return err
			}
			l.k.Cases[c.ID] = c
			if l.k.Lines[c.ID] == nil {
				l.k.Lines[c.ID] = map[string]*theatre.Line{}
			}
			return json.Unmarshal(told, &c.Told)
		}, l.b.trust, kinds, values, also)
	l.lines(kinds, values, also)
	l.visits(visits, kinds, values, also)
}

// casesNamed gives the cases n that have the aliases $2, $3, and the cases $4,
// and those into which a person joined any of them.
//
// Here and wherever a batch is posted, rows are looked up by LATERAL with an
// OFFSET 0, which keeps PostgreSQL from joining in another order: a plan that
// was made while the tables were empty would read the whole of a trust when
// they have grown.
const casesNamed = `(SELECT a.case_id FROM unnest($2::text[], $3::text[]) u (kind, value)
		CROSS JOIN LATERAL (SELECT a.case_id FROM case_alias a WHERE a.trust = $1 AND a.kind = u.kind AND a.value = u.value OFFSET 0) a
	UNION SELECT c.joined_into FROM unnest($2::text[], $3::text[]) u (kind, value)
		CROSS JOIN LATERAL (SELECT a.case_id FROM case_alias a WHERE a.trust = $1 AND a.kind = u.kind AND a.value = u.value OFFSET 0) a
		CROSS JOIN LATERAL (SELECT c.joined_into FROM theatre_case c WHERE c.trust = $1 AND c.id = a.case_id AND c.joined_into IS NOT NULL OFFSET 0) c
	UNION SELECT unnest($4::bigint[])
	UNION SELECT c.joined_into FROM unnest($4::bigint[]) u (id)
		CROSS JOIN LATERAL (SELECT c.joined_into FROM theatre_case c WHERE c.trust = $1 AND c.id = u.id AND c.joined_into IS NOT NULL OFFSET 0) c) n (id)`

// lines loads the cases' lines with the movements that stand for each.
func (l loader) lines(kinds, values []string, also []int64) {
	l.each(`SELECT l.id, l.case_id, l.key, l.told, m.id, m.kind, coalesce(m.item, 0), m.lot, m.serial, m.owner, m.from_place, m.to_place, m.quantity, m.occurred_at, m.accounted_on,
		       l.same_as, l.state, l.why, l.source, coalesce(l.patient, 0), w.id, w.kind, coalesce(w.item, 0), w.lot, w.serial, w.owner, w.from_place, w.to_place, w.quantity, w.occurred_at, w.accounted_on
		FROM `+casesNamed+`
		CROSS JOIN LATERAL (SELECT * FROM usage_line l WHERE l.trust = $1 AND l.case_id = n.id ORDER BY l.key OFFSET 0) l
		LEFT JOIN LATERAL (SELECT * FROM movement m WHERE m.trust = $1 AND m.id = l.movement OFFSET 0) m ON true
		LEFT JOIN LATERAL (SELECT * FROM movement m WHERE m.trust = $1 AND m.id = l.waste_movement OFFSET 0) w ON l.waste_movement IS NOT NULL`,
		func(row pgx.CollectableRow) error {
			line := &theatre.Line{}
			var told []byte
			var m, w nullMovement
			if err := row.Scan(&line.ID, &line.Case, &line.Key, &told, &m.id, &m.kind, &m.item, &m.lot, &m.serial, &m.owner, &m.from, &m.to, &m.quantity, &m.occurred, &m.accounted,
				&line.SameAs, &line.Stands.State, &line.Stands.Why, &line.Stands.Source, &line.Stands.Patient, &w.id, &w.kind, &w.item, &w.lot, &w.serial, &w.owner, &w.from, &w.to, &w.quantity, &w.occurred, &w.accounted); err != nil {
				return err
			}
			line.Posted, line.Wasted = m.movement(line.ID), w.movement(line.ID)
			if l.k.Lines[line.Case] == nil {
				l.k.Lines[line.Case] = map[string]*theatre.Line{}
			}
			l.k.Lines[line.Case][line.Key] = line
			return json.Unmarshal(told, &line.Told)
		}, l.b.trust, kinds, values, also)
}

type nullMovement struct {
	id                  *int64
	kind                *string
	item                int64
	lot, serial, owner  *string
	from, to, quantity  *int64
	occurred, accounted *time.Time
}

func (m nullMovement) movement(line theatre.LineID) *inventory.Movement {
	if m.id == nil {
		return nil
	}
	return &inventory.Movement{
		ID: inventory.MovementID(*m.id), Kind: inventory.Kind(*m.kind), Item: catalogue.ItemID(m.item), Lot: *m.lot, Serial: *m.serial, Owner: *m.owner,
		From: inventory.PlaceID(*m.from), To: inventory.PlaceID(*m.to), Quantity: *m.quantity, OccurredAt: *m.occurred, AccountedOn: *m.accounted, UsageLine: int64(line),
	}
}

// items loads what codes mean. A maker's number that two items have, each with
// its own maker, means neither: the use is unidentified, and a person says which.
func (l loader) items(cs []catalogue.Code) {
	several := map[catalogue.Code]bool{}
	kinds, values := make([]string, len(cs)), make([]string, len(cs))
	for i, c := range cs {
		kinds[i], values[i] = string(c.Kind), c.Value
	}
	l.each(`SELECT c.kind, c.value, c.item, c.ratio, i.pack_size, i.case_ceiling FROM unnest($2::text[], $3::text[]) u (kind, value)
		CROSS JOIN LATERAL (SELECT * FROM item_code c WHERE c.trust = $1 AND c.kind = u.kind AND c.value = u.value OFFSET 0) c
		CROSS JOIN LATERAL (SELECT i.pack_size, i.case_ceiling FROM item i WHERE i.trust = $1 AND i.id = c.item OFFSET 0) i`, func(row pgx.CollectableRow) error {
		var c catalogue.Code
		var m catalogue.Meaning
		if err := row.Scan(&c.Kind, &c.Value, &m.Item, &m.Ratio, &m.Pack, &m.Ceiling); err != nil {
			return err
		}
		if o, known := l.k.Codes[c]; known && o.Item != m.Item {
			several[c] = true
			delete(l.k.Codes, c)
		}
		if !several[c] {
			l.k.Codes[c] = m
		}
		return nil
	}, l.b.trust, kinds, values)
}
