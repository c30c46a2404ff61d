package store

import (
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// visits loads what was told of the visits $5 and of those of the cases that
// the batch names, under all their numbers.
func (l loader) visits(numbers, kinds, values []string, also []int64) {
	told := map[string]*theatre.Encounter{}
	l.each(`SELECT e.number, e.visit, e.told FROM (
			SELECT DISTINCT x.visit FROM (
				SELECT unnest($5::text[]) UNION
				SELECT c.encounter FROM `+casesNamed+` CROSS JOIN LATERAL (SELECT c.encounter FROM theatre_case c WHERE c.trust = $1 AND c.id = n.id AND c.encounter <> '' OFFSET 0) c) w (number)
			CROSS JOIN LATERAL (SELECT x.visit FROM encounter x WHERE x.trust = $1 AND x.number = w.number OFFSET 0) x) v
		CROSS JOIN LATERAL (SELECT * FROM encounter e WHERE e.trust = $1 AND e.visit = v.visit OFFSET 0) e`, func(row pgx.CollectableRow) error {
		var number, visit string
		var raw []byte
		if err := row.Scan(&number, &visit, &raw); err != nil {
			return err
		}
		var words theatre.VisitWords
		if err := json.Unmarshal(raw, &words); err != nil {
			return err
		}
		if told[visit] == nil {
			told[visit] = &theatre.Encounter{Visit: visit, Told: map[string]theatre.VisitWords{}}
		}
		told[visit].Told[number], l.k.Encounters[number] = words, told[visit]
		return nil
	}, l.b.trust, kinds, values, also, numbers)
}

// keepVisits writes what was told of visits.
func (b *Books) keepVisits(batch *pgx.Batch, all []posting.VisitNumber) error {
	if len(all) == 0 {
		return nil
	}
	numbers, visits, told := make([]string, len(all)), make([]string, len(all)), make([]string, len(all))
	for i, v := range all {
		raw, err := json.Marshal(v.Visit.Told[v.Number])
		if err != nil {
			return err
		}
		numbers[i], visits[i], told[i] = v.Number, v.Visit.Visit, string(raw)
	}
	batch.Queue(`INSERT INTO encounter (trust, number, visit, told)
		SELECT $1, u.number, u.visit, u.told::json FROM unnest($2::text[], $3::text[], $4::text[]) u (number, visit, told) ORDER BY u.number
		ON CONFLICT (trust, number) DO UPDATE SET visit = excluded.visit, told = excluded.told`, b.trust, numbers, visits, told).Exec(ignoreTag)
	return nil
}

// keepCasePatients notes of which records cases were told.
func (b *Books) keepCasePatients(batch *pgx.Batch, all []posting.CasePatient) {
	if len(all) == 0 {
		return
	}
	patients, cases := make([]int64, len(all)), make([]int64, len(all))
	for i, x := range all {
		patients[i], cases[i] = int64(x.Patient), int64(x.Case)
	}
	batch.Queue(`INSERT INTO case_patient (trust, patient, case_id) SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[]) u (patient, case_id) ORDER BY patient, case_id ON CONFLICT DO NOTHING`,
		b.trust, patients, cases).Exec(ignoreTag)
}
