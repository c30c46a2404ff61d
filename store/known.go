package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
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

func (l loader) patients(ps []identity.Pseudonym) {
	l.each(`SELECT pseudonym, patient FROM patient_identifier WHERE trust = $1 AND pseudonym = ANY ($2)`, func(row pgx.CollectableRow) error {
		var p []byte
		var id identity.Patient
		if err := row.Scan(&p, &id); err != nil {
			return err
		}
		l.k.Patients[identity.Pseudonym(p)] = id
		return nil
	}, l.b.trust, rawPseudonyms(ps))
}

func (l loader) cases(as []theatre.Alias, unclear []int64) {
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
	l.each(`SELECT c.id, c.name, c.told, c.message_id FROM theatre_case c WHERE c.trust = $1 AND c.id = ANY (ARRAY(SELECT n.id FROM `+casesNamed+`)) ORDER BY c.id FOR UPDATE OF c`,
		func(row pgx.CollectableRow) error {
			c := &theatre.Case{}
			var told []byte
			if err := row.Scan(&c.ID, &c.Name, &told, &c.Message); err != nil {
				return err
			}
			l.k.Cases[c.ID] = c
			if l.k.Lines[c.ID] == nil {
				l.k.Lines[c.ID] = map[string]*theatre.Line{}
			}
			return json.Unmarshal(told, &c.Told)
		}, l.b.trust, kinds, values, unclear)
	l.lines(kinds, values, unclear)
}

// casesNamed gives the cases n that have the aliases $2, $3, and the cases $4.
//
// Here and wherever a batch is posted, rows are looked up by LATERAL with an
// OFFSET 0, which keeps PostgreSQL from joining in another order: a plan that
// was made while the tables were empty would read the whole of a trust when
// they have grown.
const casesNamed = `(SELECT a.case_id FROM unnest($2::text[], $3::text[]) u (kind, value)
		CROSS JOIN LATERAL (SELECT a.case_id FROM case_alias a WHERE a.trust = $1 AND a.kind = u.kind AND a.value = u.value OFFSET 0) a
	UNION SELECT unnest($4::bigint[])) n (id)`

// unclear waits for the turn of a merge and gives the cases of the patients in
// it of which a warning says that their patient is unclear.
func (b *Books) unclear(ctx context.Context, ps []identity.Pseudonym) ([]int64, error) {
	tx := pgtx.From(ctx)
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, hash64("merge", b.trust)); err != nil {
		return nil, err
	}
	return collect(ctx, tx, `
		WITH RECURSIVE named AS (
			SELECT i.patient AS id FROM patient_identifier i WHERE i.trust = $1 AND i.pseudonym = ANY ($2)
			UNION SELECT p.merged_into FROM named n JOIN patient p ON p.trust = $1 AND p.id = n.id AND p.merged_into IS NOT NULL
		), unclear AS (
			SELECT x.case_id, x.patient AS id FROM usage_line x WHERE x.trust = $1 AND x.id = ANY (ARRAY(
				SELECT substr(w.subject, 6)::bigint FROM warning w WHERE w.trust = $1 AND w.closed_at IS NULL AND w.kind IN ('case_patient_differs', 'sources_disagree')))
			UNION SELECT u.case_id, p.merged_into FROM unclear u JOIN patient p ON p.trust = $1 AND p.id = u.id AND p.merged_into IS NOT NULL
		) SELECT DISTINCT u.case_id FROM unclear u JOIN named USING (id)`, pgx.RowTo[int64], b.trust, rawPseudonyms(ps))
}

// lines loads the cases' lines with the movement that stands for each, and
// the merges of every patient who may be met.
func (l loader) lines(kinds, values []string, unclear []int64) {
	l.each(`SELECT l.id, l.case_id, l.key, l.told, m.id, m.kind, coalesce(m.item, 0), m.lot, m.serial, m.owner, m.from_place, m.to_place, m.quantity, m.occurred_at, m.accounted_on
		FROM `+casesNamed+`
		CROSS JOIN LATERAL (SELECT * FROM usage_line l WHERE l.trust = $1 AND l.case_id = n.id OFFSET 0) l
		LEFT JOIN LATERAL (SELECT * FROM movement m WHERE m.trust = $1 AND m.id = l.movement OFFSET 0) m ON true`,
		func(row pgx.CollectableRow) error {
			line := &theatre.Line{}
			var told []byte
			var m nullMovement
			if err := row.Scan(&line.ID, &line.Case, &line.Key, &told, &m.id, &m.kind, &m.item, &m.lot, &m.serial, &m.owner, &m.from, &m.to, &m.quantity, &m.occurred, &m.accounted); err != nil {
				return err
			}
			line.Posted = m.movement(line.ID)
			if l.k.Lines[line.Case] == nil {
				l.k.Lines[line.Case] = map[string]*theatre.Line{}
			}
			l.k.Lines[line.Case][line.Key] = line
			return json.Unmarshal(told, &line.Told)
		}, l.b.trust, kinds, values, unclear)
	l.each(`SELECT id, merged_into FROM patient WHERE trust = $1 AND merged_into IS NOT NULL`, func(row pgx.CollectableRow) error {
		var from, into identity.Patient
		err := row.Scan(&from, &into)
		l.k.Merges[from] = into
		return err
	}, l.b.trust)
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

func (l loader) items(cs []catalogue.Code) {
	kinds, values := make([]string, len(cs)), make([]string, len(cs))
	for i, c := range cs {
		kinds[i], values[i] = string(c.Kind), c.Value
	}
	l.each(`SELECT c.kind, c.value, c.item, c.ratio FROM unnest($2::text[], $3::text[]) u (kind, value)
		CROSS JOIN LATERAL (SELECT * FROM item_code c WHERE c.trust = $1 AND c.kind = u.kind AND c.value = u.value OFFSET 0) c`, func(row pgx.CollectableRow) error {
		var c catalogue.Code
		var m catalogue.Meaning
		if err := row.Scan(&c.Kind, &c.Value, &m.Item, &m.Ratio); err != nil {
			return err
		}
		l.k.Codes[c] = m
		return nil
	}, l.b.trust, kinds, values)
}
