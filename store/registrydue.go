package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Report has the trust's postings note what its registry must be told of
// anew. rules is a digest of all that a record rests on beside the facts: when
// it changed, every case is looked at again. every is how long complete
// records are gathered.
func (b *Books) Report(ctx context.Context, rules string, every time.Duration) error {
	b.reports = true
	return pgtx.Run(ctx, b.store.background, b.trust, func(ctx context.Context) error {
		_, err := pgtx.From(ctx).Exec(ctx, `INSERT INTO registry AS r (trust, rules, sweep, every) VALUES ($1, $2, 0, $3)
			ON CONFLICT (trust) DO UPDATE SET rules = excluded.rules, every = excluded.every, sweep = CASE WHEN r.rules = excluded.rules THEN r.sweep ELSE 0 END
			WHERE (r.rules, r.every) IS DISTINCT FROM (excluded.rules, excluded.every)`, b.trust, rules, every)
		return err
	})
}

// ReportNothing notes that the trust has no registry: should it get one, all
// is looked at from the beginning.
func (b *Books) ReportNothing(ctx context.Context) error {
	return pgtx.Run(ctx, b.store.background, b.trust, func(ctx context.Context) error {
		_, err := pgtx.From(ctx).Exec(ctx, `UPDATE registry SET rules = '' WHERE trust = $1 AND rules <> ''`, b.trust)
		return err
	})
}

// keepDue notes what a batch touched that a registry may have to be told of.
// What is said too often costs the registrar a look; what is not said is lost.
// Whatever cannot be known here, because another batch may be writing it, is
// noted by its name and looked up later.
func (b *Books) keepDue(batch *pgx.Batch, c posting.Changes) {
	if !b.reports {
		return
	}
	// A new line counts if its item may be reportable; a line that changed
	// may have been.
	var fresh, items, cases []int64
	for _, l := range c.Lines {
		if l.New {
			fresh, items = append(fresh, int64(l.Line.Case)), append(items, int64(l.Settled.Item))
		} else {
			cases = append(cases, int64(l.Line.Case))
		}
	}
	for _, j := range c.Joined {
		cases = append(cases, int64(j.Case), int64(j.Into))
	}
	if len(fresh) > 0 {
		batch.Queue(`INSERT INTO registry_due (trust, kind, subject)
			SELECT DISTINCT $1, 'case', u.c FROM unnest($2::bigint[], $3::bigint[]) u (c, item)
			 WHERE u.item = 0 OR EXISTS (SELECT 1 FROM item i WHERE i.trust = $1 AND i.id = u.item AND (i.reportable OR i.implantable) OFFSET 0)`, b.trust, fresh, items).Exec(ignoreTag)
	}
	// A case is locked by whoever tells of it, so its lines are known here.
	told := make([]int64, 0, len(c.Cases))
	for _, x := range c.Cases {
		told = append(told, int64(x.ID))
	}
	if len(told) > 0 {
		batch.Queue(`INSERT INTO registry_due (trust, kind, subject)
			SELECT $1, 'case', u.c FROM unnest($2::bigint[]) u (c) WHERE u.c <> ALL (coalesce($3::bigint[], '{}')) AND EXISTS (SELECT 1 FROM usage_line l WHERE l.trust = $1 AND l.case_id = u.c OFFSET 0)`,
			b.trust, told, fresh).Exec(ignoreTag)
	}
	for _, a := range c.Answers {
		cases = append(cases, a.Case)
	}
	b.due(batch, "case", cases)
	b.due(batch, "patient", b.patientsTold(c))
	if pseudonyms := numbersOf(c.Statuses); len(pseudonyms) > 0 {
		batch.Queue(`INSERT INTO registry_due (trust, kind, subject) SELECT DISTINCT $1, 'patient', i.patient FROM patient_identifier i WHERE i.trust = $1 AND i.pseudonym = ANY ($2)`, b.trust, pseudonyms).Exec(ignoreTag)
	}
	var visits []string
	for _, v := range c.Visits {
		visits = append(visits, v.Number)
		visits = slices.AppendSeq(visits, maps.Keys(v.Visit.Told))
	}
	if len(visits) > 0 {
		batch.Queue(`INSERT INTO registry_due (trust, kind, name) SELECT DISTINCT $1, 'visit', n FROM unnest($2::text[]) n`, b.trust, visits).Exec(ignoreTag)
	}
}

func (b *Books) due(batch *pgx.Batch, kind string, subjects []int64) {
	if len(subjects) > 0 {
		batch.Queue(`INSERT INTO registry_due (trust, kind, subject) SELECT DISTINCT $1, $2, s FROM unnest($3::bigint[]) s`, b.trust, kind, subjects).Exec(ignoreTag)
	}
}

// patientsTold are the records of which a batch told something that a record
// for the registry may rest on. A record that the batch began has no other
// uses than the batch's own.
func (b *Books) patientsTold(c posting.Changes) []int64 {
	began := make(map[identity.Patient]bool, len(c.Patients))
	for _, p := range c.Patients {
		began[p.ID] = true
	}
	var out []int64
	add := func(p identity.Patient) {
		if !began[p] {
			out = append(out, int64(p))
		}
	}
	for _, i := range c.Identifiers {
		add(i.Patient)
	}
	for _, d := range c.Demographics {
		add(d.Patient)
	}
	for p := range c.Survivors {
		out = append(out, int64(p))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func numbersOf(all []*identity.NHSNumber) [][]byte {
	out := make([][]byte, len(all))
	for i, n := range all {
		out[i] = n.Pseudonym[:]
	}
	return out
}
