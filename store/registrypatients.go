package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// factsOfPerson is somebody as all records that are read as one tell of them.
type factsOfPerson struct {
	registry.Patient
	number      chosen   // how good a claim the NHS Number has
	own, others []string // local numbers: the surviving record's, and those of the rest
	cause       latestCause
	told        map[string]toldField
}

// chosen is why one NHS Number goes before another.
type chosen struct {
	own, traced bool
	message     int64
}

// toldField is where a demographic field came from.
type toldField struct {
	about   bool
	sent    time.Time
	message int64
}

// readPatients opens the vault for the people of the uses, and gives each use
// its own. Of one person's records the surviving one's identifiers go first.
func (f *facts) readPatients(ctx context.Context) error {
	records := make([]int64, len(f.subjects))
	for i, s := range f.subjects {
		records[i] = s.Use.Patient.Record
	}
	people := map[int64]*factsOfPerson{}
	rows, err := f.tx.Query(ctx, `SELECT o.id, coalesce(o.merged_into, o.id), o.test FROM patient o WHERE o.trust = $1 AND o.id = ANY ($2)`, f.b.trust, records)
	if err != nil {
		return err
	}
	var id, survivor int64
	var test bool
	if _, err := pgx.ForEachRow(rows, []any{&id, &survivor, &test}, func() error {
		f.people[id] = survivor
		if people[survivor] == nil {
			people[survivor] = &factsOfPerson{told: map[string]toldField{}}
			people[survivor].Person = survivor
		}
		people[survivor].Test = people[survivor].Test || test
		return nil
	}); err != nil {
		return err
	}
	survivors := make([]int64, 0, len(people))
	for s := range people {
		survivors = append(survivors, s)
	}
	for _, read := range []func(context.Context, []int64, map[int64]*factsOfPerson) error{f.identifiers, f.demographics, f.merges} {
		if err := read(ctx, survivors, people); err != nil {
			return err
		}
	}
	for i := range f.subjects {
		u := &f.subjects[i].Use
		p := people[f.people[u.Patient.Record]]
		if p == nil {
			continue
		}
		record := u.Patient.Record
		slices.Sort(p.own)
		slices.Sort(p.others)
		u.Patient = p.Patient
		u.Patient.Record, u.Patient.Local = record, append(slices.Clone(p.own), p.others...)
		f.latest[i].by(p.cause.message, p.cause.origin, p.cause.profile)
	}
	return nil
}

// recordsOf gives the records r of the people $2, with as whom each is read.
const recordsOf = `(SELECT g.id, g.id AS survivor FROM patient g WHERE g.trust = $1 AND g.id = ANY ($2) UNION ALL SELECT g.id, g.merged_into FROM patient g WHERE g.trust = $1 AND g.merged_into = ANY ($2)) r`

// identifiers reads the people's numbers. Of several NHS Numbers the surviving
// record's own goes first, then one that was traced, then the one of which
// something was told last, then the first by value: the choice is always the
// same.
func (f *facts) identifiers(ctx context.Context, survivors []int64, people map[int64]*factsOfPerson) error {
	rows, err := f.tx.Query(ctx, `SELECT r.survivor, r.id, i.kind, i.ciphertext, i.status, coalesce((SELECT max((x.value ->> 'message')::bigint) FROM json_each(i.told) x), 0)
		FROM `+recordsOf+` JOIN patient_identifier i ON i.trust = $1 AND i.patient = r.id WHERE i.kind <> 'invalid'`, f.b.trust, survivors)
	if err != nil {
		return err
	}
	var survivor, record, message int64
	var kind, status string
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&survivor, &record, &kind, &sealed, &status, &message}, func() error {
		var i canonical.Identifier
		if err := f.b.sealer.open(sealed, &i); err != nil {
			return err
		}
		p := people[survivor]
		switch {
		case kind != posting.NHSNumber && record == survivor:
			p.own = append(p.own, i.Value)
		case kind != posting.NHSNumber:
			p.others = append(p.others, i.Value)
		default:
			p.cause.by(message, "patient", "")
			number, claim := nhsDigits(i.Value), chosen{record == survivor, status == "01", message}
			better := cmp.Or(rank(claim.own, p.number.own), rank(claim.traced, p.number.traced), cmp.Compare(claim.message, p.number.message), cmp.Compare(p.NHSNumber, number))
			if p.NHSNumber == "" || better > 0 {
				p.NHSNumber, p.NHSStatus, p.number = number, status, claim
			}
		}
		return nil
	})
	return err
}

// rank compares two claims: more than zero if only the first holds.
func rank(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func nhsDigits(value string) string {
	out := make([]byte, 0, 10)
	for i := range len(value) {
		if value[i] >= '0' && value[i] <= '9' {
			out = append(out, value[i])
		}
	}
	return string(out)
}

// demographics takes each field from the latest message about the patient
// that has it, and only then from what was told in passing.
func (f *facts) demographics(ctx context.Context, survivors []int64, people map[int64]*factsOfPerson) error {
	rows, err := f.tx.Query(ctx, `SELECT r.survivor, d.ciphertext, d.about, coalesce(d.sent_at, '-infinity') = '-infinity', coalesce(d.sent_at, '1970-01-01'), d.message_id
		FROM `+recordsOf+` JOIN patient_demographics d ON d.trust = $1 AND d.patient = r.id`, f.b.trust, survivors)
	if err != nil {
		return err
	}
	var survivor, message int64
	var sealed []byte
	var about, uncertain bool
	var sent time.Time
	_, err = pgx.ForEachRow(rows, []any{&survivor, &sealed, &about, &uncertain, &sent, &message}, func() error {
		var d canonical.Patient
		if err := f.b.sealer.open(sealed, &d); err != nil {
			return err
		}
		p, said := people[survivor], toldField{about, sent, message}
		if uncertain {
			said.sent = time.Time{}
		}
		p.take("birth_date", &p.BirthDate, d.BirthDate, said)
		p.take("gender", &p.Gender, d.Gender, said)
		if p.NHSNumber == "" {
			p.take("nhs_status", &p.NHSStatus, d.NHSStatus, said)
		}
		return nil
	})
	return err
}

// take takes a field's value if it was said better than the one that is there.
// The latest word that changes nothing is no cause of a record.
func (p *factsOfPerson) take(field string, to *string, value string, said toldField) {
	if value == "" {
		return
	}
	old, there := p.told[field]
	better := cmp.Or(rank(said.about, old.about), said.sent.Compare(old.sent), cmp.Compare(said.message, old.message))
	if there && better <= 0 {
		return
	}
	p.told[field], *to = said, value
	p.cause.by(said.message, "patient", "")
}

// merges notes the message that last said of a person's records that they
// are one, or two.
func (f *facts) merges(ctx context.Context, survivors []int64, people map[int64]*factsOfPerson) error {
	rows, err := f.tx.Query(ctx, `SELECT r.survivor, max(l.message_id) FROM `+recordsOf+` JOIN patient_link l ON l.trust = $1 AND r.id IN (l.low, l.high) GROUP BY 1`, f.b.trust, survivors)
	if err != nil {
		return err
	}
	var survivor, message int64
	_, err = pgx.ForEachRow(rows, []any{&survivor, &message}, func() error {
		people[survivor].cause.by(message, "patient", "")
		return nil
	})
	return err
}
