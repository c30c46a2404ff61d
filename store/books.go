package store

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Books loads what a batch must know and keeps what it decides, inside the
// transaction that ctx carries. One Books serves one trust.
type Books struct {
	store  *Store
	trust  string
	sealer Sealer
	world  world

	mu       sync.Mutex
	next, to int64
}

// world is the places outside the shelves that every trust has.
type world struct{ unidentified, waste, supplier, variance, nobody inventory.PlaceID }

// Books opens a trust's books. SetUp must have run for the trust before.
func (s *Store) Books(ctx context.Context, trust string, sealer Sealer) (*Books, error) {
	b := &Books{store: s, trust: trust, sealer: sealer}
	err := pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		const query = `SELECT id, kind FROM place WHERE trust = $1 AND code = 'world'`
		rows, err := pgtx.From(ctx).Query(ctx, query, trust)
		if err != nil {
			return err
		}
		var id inventory.PlaceID
		var kind inventory.PlaceKind
		_, err = pgx.ForEachRow(rows, []any{&id, &kind}, func() error {
			switch kind {
			case inventory.Unidentified:
				b.world.unidentified = id
			case inventory.Waste:
				b.world.waste = id
			case inventory.Supplier:
				b.world.supplier = id
			case inventory.Variance:
				b.world.variance = id
			case inventory.PatientPlace:
				b.world.nobody = id
			}
			return nil
		})
		return err
	})
	return b, err
}

// IDs gives new entity numbers, one a call. It reserves n; should more be
// needed, and the database then fail, it gives zero, and the transaction can
// no longer commit.
func (b *Books) IDs(ctx context.Context, n int) (func() int64, error) {
	ids, err := b.reserve(ctx, n)
	return func() int64 {
		if len(ids) == 0 {
			if ids, _ = b.reserve(ctx, 64); len(ids) == 0 {
				return 0
			}
		}
		id := ids[0]
		ids = ids[1:]
		return id
	}, err
}

func (b *Books) reserve(ctx context.Context, n int) ([]int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]int64, 0, n)
	for len(ids) < n {
		if b.next == b.to {
			var first int64
			if err := pgtx.From(ctx).QueryRow(ctx, `SELECT nextval('entity_id')`).Scan(&first); err != nil {
				return nil, err
			}
			b.next, b.to = first, first+1024
		}
		ids = append(ids, b.next)
		b.next++
	}
	return ids, nil
}

// lockKeys are the names that two batches must not decide about at once.
func (b *Books) lockKeys(n posting.Need) []int64 {
	var keys []int64
	for _, p := range n.Pseudonyms {
		keys = append(keys, hash64("patient", b.trust, string(p[:])))
	}
	for _, a := range n.Aliases {
		keys = append(keys, hash64("case", b.trust, a.Kind, a.Value))
	}
	for _, o := range n.Orders {
		keys = append(keys, hash64("order", b.trust, o))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Known locks the patients, cases and orders that a batch names, in one
// order for all, and then loads them with their lines and items. Posted says
// which of the messages had their effect before.
func (b *Books) Known(ctx context.Context, n posting.Need, messages []int64) (k *posting.Known, posted map[int64]int, locked time.Time, err error) {
	k, posted = posting.NewKnown(), map[int64]int{}
	k.Unidentified, k.Waste, k.Nobody = b.world.unidentified, b.world.waste, b.world.nobody
	l := loader{b: b, k: k, batch: &pgx.Batch{}}
	// A merge is decided alone; all others side by side.
	turn := `SELECT pg_advisory_xact_lock_shared($1)`
	if n.Merges {
		turn = `SELECT pg_advisory_xact_lock($1)`
	}
	l.batch.Queue(turn, hash64("merge", b.trust)).Exec(ignoreTag)
	l.batch.Queue(`SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) WITH ORDINALITY AS u (k, o) ORDER BY o`, b.lockKeys(n)).Exec(ignoreTag)
	l.patients(n.Pseudonyms)
	l.cases(n)
	l.items(n.Codes)
	if len(n.Orders) > 0 {
		l.orders(n.Orders)
	}
	l.each(`SELECT message_id, max(attempt) FROM posting WHERE trust = $1 AND message_id = ANY ($2) GROUP BY 1`, func(row pgx.CollectableRow) error {
		var id int64
		var attempt int
		err := row.Scan(&id, &attempt)
		posted[id] = attempt
		return err
	}, b.trust, messages)
	l.batch.Queue(`SELECT coalesce(locked_through, '-infinity') = '-infinity', coalesce(locked_through, '1970-01-01') FROM trust WHERE trust = $1`, b.trust).QueryRow(func(row pgx.Row) error {
		var open bool
		var day time.Time
		if err := row.Scan(&open, &day); err != nil {
			return err
		}
		if !open {
			locked = day
		}
		return nil
	})
	err = pgtx.From(ctx).SendBatch(ctx, l.batch).Close()
	return k, posted, locked, err
}

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

func (l loader) cases(n posting.Need) {
	kinds, values := make([]string, len(n.Aliases)), make([]string, len(n.Aliases))
	for i, a := range n.Aliases {
		kinds[i], values[i] = a.Kind, a.Value
	}
	var merged [][]byte
	if n.Merges {
		merged = rawPseudonyms(n.Pseudonyms)
	}
	l.each(`SELECT a.kind, a.value, a.case_id FROM unnest($2::text[], $3::text[]) u (kind, value)
		JOIN case_alias a ON a.trust = $1 AND a.kind = u.kind AND a.value = u.value`, func(row pgx.CollectableRow) error {
		var a theatre.Alias
		var id theatre.CaseID
		if err := row.Scan(&a.Kind, &a.Value, &id); err != nil {
			return err
		}
		l.k.Aliases[a] = id
		return nil
	}, l.b.trust, kinds, values)
	// A case is locked as such too, for it has several names.
	l.each(`SELECT c.id, c.name, c.told, c.message_id FROM theatre_case c WHERE c.trust = $1 AND c.id IN (`+casesNamed+`) ORDER BY c.id FOR UPDATE OF c`,
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
		}, l.b.trust, kinds, values, merged)
	l.lines(kinds, values, merged)
}

// casesNamed selects the cases that have the aliases $2, $3 and, when patients
// $4 are merged, those with a line of theirs of which a warning says that its
// patient is unclear.
const casesNamed = `SELECT a.case_id FROM unnest($2::text[], $3::text[]) u (kind, value) JOIN case_alias a ON a.trust = $1 AND a.kind = u.kind AND a.value = u.value
	UNION (WITH RECURSIVE named AS (
		SELECT i.patient AS id FROM patient_identifier i WHERE i.trust = $1 AND i.pseudonym = ANY ($4::bytea[])
		UNION SELECT p.merged_into FROM named n JOIN patient p ON p.trust = $1 AND p.id = n.id AND p.merged_into IS NOT NULL
	), unclear AS (
		SELECT x.case_id, x.patient AS id FROM warning w JOIN usage_line x ON x.trust = w.trust AND x.id = CASE WHEN w.subject LIKE 'line:%' THEN substr(w.subject, 6)::bigint END
		 WHERE $4::bytea[] IS NOT NULL AND w.trust = $1 AND w.closed_at IS NULL AND w.kind IN ('case_patient_differs', 'sources_disagree')
		UNION SELECT u.case_id, p.merged_into FROM unclear u JOIN patient p ON p.trust = $1 AND p.id = u.id AND p.merged_into IS NOT NULL
	) SELECT u.case_id FROM unclear u JOIN named USING (id))`

// lines loads the cases' lines with the movement that stands for each, and
// the merges of every patient who may be met.
func (l loader) lines(kinds, values []string, merged [][]byte) {
	l.each(`SELECT l.id, l.case_id, l.key, l.told, m.id, m.kind, coalesce(m.item, 0), m.lot, m.serial, m.owner, m.from_place, m.to_place, m.quantity, m.occurred_at, m.accounted_on
		FROM usage_line l LEFT JOIN movement m ON m.trust = l.trust AND m.id = l.movement
		WHERE l.trust = $1 AND l.case_id IN (`+casesNamed+`)`,
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
		}, l.b.trust, kinds, values, merged)
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
		JOIN item_code c ON c.trust = $1 AND c.kind = u.kind AND c.value = u.value`, func(row pgx.CollectableRow) error {
		var c catalogue.Code
		var m catalogue.Meaning
		if err := row.Scan(&c.Kind, &c.Value, &m.Item, &m.Ratio); err != nil {
			return err
		}
		l.k.Codes[c] = m
		return nil
	}, l.b.trust, kinds, values)
}
