package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// kept are a trust's links as they were last read. Batches share them, and
// none may change them.
type kept struct {
	version int64
	links   *identity.Links
}

// links gives who is one person, as of a version that the transaction has
// read: no merge is decided meanwhile, so it is read again only after one was.
func (b *Books) links(ctx context.Context, version int64) (*identity.Links, error) {
	if k := b.linked.Load(); k != nil && k.version == version {
		return k.links, nil
	}
	links := identity.NewLinks()
	rows, err := pgtx.From(ctx).Query(ctx, `SELECT low, high, source, joined, survivor, sent_at, message_id FROM patient_link WHERE trust = $1`, b.trust)
	if err != nil {
		return nil, err
	}
	var p identity.Pair
	var l identity.Link
	var sent *time.Time
	_, err = pgx.ForEachRow(rows, []any{&p.Low, &p.High, &l.Source, &l.Joined, &l.Survivor, &sent, &l.Message}, func() error {
		if l.SentAt = (time.Time{}); sent != nil {
			l.SentAt = *sent
		}
		links.Restore(p, l)
		return nil
	})
	if err != nil {
		return nil, err
	}
	links.Join()
	b.linked.Store(&kept{version, links})
	return links, nil
}

// alone waits for the turn of a batch that says who is one person, or whose a
// visit is, and gives its own copy of the links, and the cases that may change
// by it: those that were told of two records of the people concerned, before
// or after, and those of the visits. A case of which one record alone was ever
// told stays as it is, whoever that record is read as; so a record of ten
// thousand cases brings in none of them by itself.
func (b *Books) alone(ctx context.Context, n posting.Need) (*identity.Links, []int64, error) {
	tx := pgtx.From(ctx)
	var version int64
	var named []identity.Patient
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_advisory_xact_lock($1)`, hash64("merge", b.trust)).Exec(ignoreTag)
	batch.Queue(`SELECT links_version FROM trust WHERE trust = $1`, b.trust).QueryRow(func(row pgx.Row) error { return row.Scan(&version) })
	batch.Queue(`SELECT DISTINCT i.patient FROM unnest($2::bytea[]) u (p)
		CROSS JOIN LATERAL (SELECT i.patient FROM patient_identifier i WHERE i.trust = $1 AND i.pseudonym = u.p OFFSET 0) i`, b.trust, rawPseudonyms(n.Pseudonyms)).
		Query(func(rows pgx.Rows) (err error) {
			named, err = pgx.CollectRows(rows, pgx.RowTo[identity.Patient])
			return err
		})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, nil, err
	}
	links, err := b.links(ctx, version)
	if err != nil {
		return nil, nil, err
	}
	cases, err := collect(ctx, tx, `
		SELECT p.case_id FROM unnest($2::bigint[]) u (patient) CROSS JOIN LATERAL (SELECT p.case_id FROM case_patient p WHERE p.trust = $1 AND p.patient = u.patient OFFSET 0) p
		 GROUP BY p.case_id HAVING count(*) > 1
		UNION SELECT c.id FROM (SELECT unnest($3::text[]) UNION
			SELECT o.number FROM encounter e JOIN encounter o ON o.trust = e.trust AND o.visit = e.visit WHERE e.trust = $1 AND e.number = ANY ($3)) v (number)
		 CROSS JOIN LATERAL (SELECT c.id FROM theatre_case c WHERE c.trust = $1 AND c.encounter = v.number AND c.encounter <> '' OFFSET 0) c`,
		pgx.RowTo[int64], b.trust, links.Person(named...), n.Visits)
	return links.Clone(), cases, err
}

// keepLinks writes words on who is one person, as whom each record is read by
// them, and a new version.
func (b *Books) keepLinks(batch *pgx.Batch, c posting.Changes) {
	if len(c.Links) == 0 {
		return
	}
	type key struct {
		identity.Pair
		source string
	}
	at := map[key]int{}
	var low, high, survivor, message []int64
	var source []string
	var joined []bool
	var sent []*time.Time
	for _, l := range c.Links {
		k := key{l.Pair, l.Source}
		i, ok := at[k]
		if !ok {
			i = len(low)
			at[k] = i
			low, high, survivor, message = append(low, int64(l.Pair.Low)), append(high, int64(l.Pair.High)), append(survivor, 0), append(message, 0)
			source, joined, sent = append(source, l.Source), append(joined, false), append(sent, nil)
		}
		survivor[i], message[i], joined[i], sent[i] = int64(l.Survivor), l.Message, l.Joined, nullTime(l.SentAt)
	}
	batch.Queue(`INSERT INTO patient_link (trust, low, high, source, joined, survivor, sent_at, message_id)
		SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::boolean[], $6::bigint[], $7::timestamptz[], $8::bigint[]) u
		ON CONFLICT (trust, low, high, source) DO UPDATE SET joined = excluded.joined, survivor = excluded.survivor, sent_at = excluded.sent_at, message_id = excluded.message_id`,
		b.trust, low, high, source, joined, survivor, sent, message).Exec(ignoreTag)
	var records, as []int64
	for p, s := range c.Survivors {
		records, as = append(records, int64(p)), append(as, int64(s))
	}
	batch.Queue(`UPDATE patient p SET merged_into = nullif(u.survivor, p.id) FROM unnest($2::bigint[], $3::bigint[]) u (id, survivor)
		 WHERE p.trust = $1 AND p.id = u.id AND p.merged_into IS DISTINCT FROM nullif(u.survivor, p.id)`, b.trust, records, as).Exec(ignoreTag)
	batch.Queue(`UPDATE trust SET links_version = nextval('link_version') WHERE trust = $1 RETURNING links_version`, b.trust).QueryRow(func(row pgx.Row) error {
		now := &kept{links: c.Merges}
		if err := row.Scan(&now.version); err != nil {
			return err
		}
		b.linked.Store(now) // should it not be committed, no transaction ever reads this version
		return nil
	})
}
