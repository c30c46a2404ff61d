package store

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Account gives a trust's books, and as whom each of the identifiers is read.
func (s *Store) Account(ctx context.Context, trust string, people []identity.Pseudonym) (*journal.Account, error) {
	out := &journal.Account{}
	for _, read := range []func(ctx context.Context) error{
		func(ctx context.Context) (err error) { out.People, err = accountPeople(ctx, trust, people); return err },
		func(ctx context.Context) (err error) {
			out.Stock, err = collect(ctx, pgtx.From(ctx), `SELECT p.code, i.code, b.lot, b.serial, sum(b.quantity)::bigint FROM balance b
				JOIN place p ON p.trust = b.trust AND p.id = b.place JOIN item i ON i.trust = b.trust AND i.id = b.item
				WHERE b.trust = $1 GROUP BY 1, 2, 3, 4 HAVING sum(b.quantity) <> 0`, pgx.RowToStructByPos[journal.AccountStock], trust)
			return err
		},
		func(ctx context.Context) (err error) {
			out.Given, err = collect(ctx, pgtx.From(ctx), accountGiven, pgx.RowToStructByPos[journal.AccountGiven], trust)
			return err
		},
		func(ctx context.Context) (err error) { out.Visits, err = accountVisits(ctx, trust); return err },
		func(ctx context.Context) (err error) {
			out.Warnings, err = collect(ctx, pgtx.From(ctx), accountWarnings, pgx.RowToStructByPos[journal.AccountWarning], trust)
			return err
		},
		func(ctx context.Context) (err error) {
			out.Stopped, err = collect(ctx, pgtx.From(ctx), `SELECT k.control_id FROM queue_stopped q JOIN message_key k ON k.trust = q.trust AND k.message_id = q.subject
				WHERE q.trust = $1 AND q.queue = 1 ORDER BY 1`, pgx.RowTo[string], trust)
			return err
		},
		func(ctx context.Context) error {
			return pgtx.From(ctx).QueryRow(ctx, `SELECT count(*) FROM unbalanced WHERE trust = $1`, trust).Scan(&out.Unbalanced)
		},
		func(ctx context.Context) (err error) {
			out.Told, err = collect(ctx, pgtx.From(ctx), `SELECT s.record, s.version::bigint, s.action, s.state, x.name, encode(x.digest, 'hex'), coalesce(p.merged_into, p.id)
				FROM submission s JOIN registry_batch x ON x.trust = s.trust AND x.number = s.batch JOIN patient p ON p.trust = s.trust AND p.id = s.patient
				WHERE s.trust = $1`, pgx.RowToStructByPos[journal.AccountVersion], trust)
			return err
		},
		func(ctx context.Context) (err error) {
			out.Levels, err = collect(ctx, pgtx.From(ctx), accountLevels, pgx.RowToStructByPos[journal.AccountLevel], trust)
			return err
		},
	} {
		if err := s.reading(ctx, trust, read); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// accountGiven folds what went to patients, each as the person as whom they
// are read, what came back left out.
const accountGiven = `SELECT who, coalesce(i.code, ''), sum(n)::bigint FROM (
		SELECT coalesce(p.merged_into, p.id) AS who, m.item, m.quantity AS n FROM movement m JOIN patient p ON p.trust = m.trust AND p.id = m.to_place WHERE m.trust = $1
		UNION ALL
		SELECT coalesce(p.merged_into, p.id), m.item, -m.quantity FROM movement m JOIN patient p ON p.trust = m.trust AND p.id = m.from_place WHERE m.trust = $1) x
	LEFT JOIN item i ON i.trust = $1 AND i.id = x.item GROUP BY 1, 2 HAVING sum(n) <> 0`

const accountWarnings = `SELECT w.kind, coalesce(substring(w.subject FROM '^(?:case|sides):([0-9]+)')::bigint, substring(w.subject FROM '^ceiling:[0-9]+:([0-9]+)')::bigint, l.case_id, 0),
		coalesce(l.id, 0), coalesce(p.code, ''), coalesce(i.code, '')
	  FROM warning w
	  LEFT JOIN usage_line l ON l.trust = w.trust AND l.id = substring(w.subject FROM '^(?:line|wrong_patient):([0-9]+)')::bigint
	  LEFT JOIN place p ON p.trust = w.trust AND p.id = substring(w.subject FROM '^stock:([0-9]+)')::bigint
	  LEFT JOIN item i ON i.trust = w.trust AND i.id = coalesce(substring(w.subject FROM '^stock:[0-9]+:([0-9]+)'), substring(w.subject FROM '^ceiling:([0-9]+)'))::bigint
	 WHERE w.trust = $1 AND w.closed_at IS NULL`

// accountLevels gives each par level its stock, as the pages do, and what is on
// the way: ordered, suggested and approved, and waiting for a person.
var accountLevels = `SELECT s.place_code, s.item_code, s.reorder_point, s.order_up_to, s.available, s.ordered,
		coalesce(sum(g.packs * g.pack_size) FILTER (WHERE g.state = 'approved'), 0)::bigint, coalesce(sum(g.packs * g.pack_size) FILTER (WHERE g.state = 'waits'), 0)::bigint
	  FROM (SELECT x.* FROM (` + selectStock(``) + `) AS x (place_code, item_code, description, base_unit, quantity, reorder_point, order_up_to, ordered, available, held, below)) s
	  JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = s.place_code
	  JOIN item i ON i.trust = $1 AND i.code = s.item_code
	  LEFT JOIN suggestion g ON g.trust = $1 AND g.place = p.id AND g.item = i.id AND g.state IN ('approved', 'waits')
	 WHERE s.reorder_point IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6`

func accountPeople(ctx context.Context, trust string, people []identity.Pseudonym) ([]int64, error) {
	out := make([]int64, len(people))
	rows, err := pgtx.From(ctx).Query(ctx, `SELECT u.n, coalesce(p.merged_into, p.id) FROM unnest($2::bytea[]) WITH ORDINALITY AS u (pseudonym, n)
		JOIN patient_identifier i ON i.trust = $1 AND i.pseudonym = u.pseudonym JOIN patient p ON p.trust = i.trust AND p.id = i.patient`, trust, rawPseudonyms(people))
	if err != nil {
		return nil, err
	}
	var n, who int64
	_, err = pgx.ForEachRow(rows, []any{&n, &who}, func() error { out[n-1] = who; return nil })
	return out, err
}

// accountVisits reads the final coding of each visit.
func accountVisits(ctx context.Context, trust string) (out []journal.AccountVisit, err error) {
	rows, err := pgtx.From(ctx).Query(ctx, `SELECT number, c.value FROM encounter e CROSS JOIN LATERAL json_each(e.told -> 'codings') c WHERE e.trust = $1 AND c.key LIKE '%/final'`, trust)
	if err != nil {
		return nil, err
	}
	var number string
	var told []byte
	_, err = pgx.ForEachRow(rows, []any{&number, &told}, func() error {
		codes, err := codesOf(told)
		out = append(out, journal.AccountVisit{Number: number, Codes: codes})
		return err
	})
	return out, err
}

// codesOf lists the codes of a word's procedures, what qualifies them behind
// them.
func codesOf(told []byte) (codes []string, err error) {
	var w struct {
		Procedures []struct {
			Code       string   `json:"code"`
			Qualifiers []string `json:"qualifiers"`
		} `json:"procedures"`
	}
	err = json.Unmarshal(told, &w)
	for _, p := range w.Procedures {
		codes = append(append(codes, p.Code), p.Qualifiers...)
	}
	return codes, err
}

// accountChunk is how many cases are read at a time, for no transaction may
// be long.
const accountChunk = 500

// EachCase tells all cases of a trust that were not joined into others.
func (s *Store) EachCase(ctx context.Context, trust string, fn func(journal.AccountCase) error) error {
	for after := int64(0); after < math.MaxInt64; {
		var cases []journal.AccountCase
		err := s.reading(ctx, trust, func(ctx context.Context) (err error) {
			cases, err = accountCases(ctx, trust, after)
			return err
		})
		if err != nil {
			return err
		}
		for _, c := range cases {
			if err := fn(c); err != nil {
				return err
			}
			after = c.ID
		}
		if len(cases) < accountChunk {
			return nil
		}
	}
	return nil
}

func accountCases(ctx context.Context, trust string, after int64) ([]journal.AccountCase, error) {
	at := map[int64]int{}
	var ids []int64
	var told [][]byte
	cases, err := collect(ctx, pgtx.From(ctx), `SELECT c.id, coalesce((SELECT min(a.value) FROM case_alias a WHERE a.trust = c.trust AND a.case_id = c.id AND a.kind = 'case_number'), c.name),
			c.booking, coalesce(p.merged_into, p.id, 0), c.told
		  FROM theatre_case c LEFT JOIN patient p ON p.trust = c.trust AND p.id = c.patient WHERE c.trust = $1 AND c.id > $2 AND c.joined_into IS NULL ORDER BY c.id LIMIT $3`,
		func(row pgx.CollectableRow) (c journal.AccountCase, err error) {
			var words []byte
			err = row.Scan(&c.ID, &c.Number, &c.Booking, &c.Patient, &words)
			at[c.ID], ids, told = len(ids), append(ids, c.ID), append(told, words)
			return c, err
		}, trust, after, accountChunk)
	if err != nil {
		return nil, err
	}
	for i := range cases {
		if err := accountStages(&cases[i], told[i]); err != nil {
			return nil, err
		}
	}
	rows, err := pgtx.From(ctx).Query(ctx, accountLines, trust, ids)
	if err != nil {
		return nil, err
	}
	var of int64
	var l journal.AccountLine
	_, err = pgx.ForEachRow(rows, []any{&of, &l.ID, &l.Key, &l.State, &l.Why, &l.Item, &l.Lot, &l.Serial, &l.Disposition, &l.Place, &l.Patient, &l.ToPatient, &l.ToWaste, &l.Held}, func() error {
		c := &cases[at[of]]
		c.Lines = append(c.Lines, l)
		return nil
	})
	return cases, err
}

const accountLines = `SELECT l.case_id, l.id, l.key, l.state, l.why, coalesce(i.code, ''), l.lot, l.serial, l.disposition, coalesce(p.code, ''), coalesce(w.merged_into, w.id, 0),
		coalesce(m.patient, 0), coalesce(m.waste, 0), coalesce((SELECT sum(h.quantity) FROM stock_hold h WHERE h.trust = l.trust AND h.line = l.id AND h.released_at IS NULL), 0)::bigint
	  FROM usage_line l
	  LEFT JOIN item i ON i.trust = l.trust AND i.id = l.item
	  LEFT JOIN place p ON p.trust = l.trust AND p.id = l.place
	  LEFT JOIN patient w ON w.trust = l.trust AND w.id = l.patient
	  LEFT JOIN LATERAL (
		SELECT sum(CASE WHEN t.kind = 'patient' THEN m.quantity WHEN f.kind = 'patient' THEN -m.quantity END)::bigint AS patient,
		       sum(CASE WHEN t.kind = 'waste' THEN m.quantity WHEN f.kind = 'waste' THEN -m.quantity END)::bigint AS waste
		  FROM movement m JOIN place f ON f.trust = m.trust AND f.id = m.from_place JOIN place t ON t.trust = m.trust AND t.id = m.to_place
		 WHERE m.trust = l.trust AND m.usage_line = l.id) m ON true
	 WHERE l.trust = $1 AND l.case_id = ANY ($2) ORDER BY l.case_id, l.id`

// accountStages reads the procedures of a case's words: of several sources the
// last by name, which tell the same where all is well.
func accountStages(c *journal.AccountCase, told []byte) error {
	var words map[string]json.RawMessage
	if err := json.Unmarshal(told, &words); err != nil {
		return err
	}
	keys := make([]string, 0, len(words))
	for k := range words {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		codes, err := codesOf(words[k])
		if err != nil {
			return err
		}
		switch part := k[strings.LastIndexByte(k, '/')+1:]; {
		case len(codes) == 0:
		case part == "planned":
			c.Planned = codes
		case part == "theatre":
			c.Done = codes
		}
	}
	return nil
}

// Undone says what the hub has still to do for a trust, apart from what waits
// for a person; empty if nothing.
func (s *Store) Undone(ctx context.Context, trust string) (what string, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT concat_ws(', ',
			(SELECT count(*) || ' messages wait' FROM queue_message WHERE trust = $1 HAVING count(*) > 0),
			(SELECT count(*) || ' messages are held' FROM queue_held WHERE trust = $1 HAVING count(*) > 0),
			(SELECT count(*) || ' par levels are due' FROM policy_due d JOIN policy y USING (trust, place, item) WHERE d.trust = $1 AND y.active HAVING count(*) > 0),
			(SELECT count(*) || ' changes are not looked at for the registry' FROM registry_due WHERE trust = $1 AND EXISTS (SELECT 1 FROM registry r WHERE r.trust = $1 AND r.rules <> '') HAVING count(*) > 0),
			(SELECT count(*) || ' suggested orders go out' FROM suggestion WHERE trust = $1 AND state = 'approved' AND release_at <= now() HAVING count(*) > 0),
			(SELECT count(*) || ' orders are not sent' FROM purchase_order WHERE trust = $1 AND state = 'ready' HAVING count(*) > 0))`, trust).Scan(&what)
	})
	return what, err
}
