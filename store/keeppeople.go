package store

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
)

// keepPatients writes new patients with the places that stand for them, their
// identifiers and demographics, and merges.
func (b *Books) keepPatients(batch *pgx.Batch, c posting.Changes) error {
	if len(c.Patients) > 0 {
		ids, test := make([]int64, len(c.Patients)), make([]bool, len(c.Patients))
		for i, p := range c.Patients {
			ids[i], test[i] = int64(p.ID), p.Test
		}
		batch.Queue(`WITH new AS (SELECT * FROM unnest($2::bigint[], $3::boolean[]) u (id, test)),
			     p AS (INSERT INTO patient (trust, id, test) SELECT $1, id, test FROM new)
			INSERT INTO place (trust, id, kind, code, name) SELECT $1, id, 'patient', id::text, 'Patient' FROM new`, b.trust, ids, test).Exec(ignoreTag)
	}
	if err := b.keepIdentifiers(batch, c.Identifiers); err != nil {
		return err
	}
	if err := b.keepDemographics(batch, c.Demographics); err != nil {
		return err
	}
	for _, m := range c.Merges {
		batch.Queue(`UPDATE patient SET merged_into = $3 WHERE trust = $1 AND id = $2`, b.trust, m.Retired, m.Survivor).Exec(ignoreTag)
	}
	return nil
}

func (b *Books) keepIdentifiers(batch *pgx.Batch, all []posting.NewIdentifier) error {
	if len(all) == 0 {
		return nil
	}
	pseudonyms, patients, types, sealed := make([][]byte, len(all)), make([]int64, len(all)), make([]string, len(all)), make([][]byte, len(all))
	for i, x := range all {
		var err error
		if sealed[i], err = b.sealer.seal(x.Identifier); err != nil {
			return err
		}
		pseudonyms[i], patients[i], types[i] = x.Pseudonym[:], int64(x.Patient), x.Identifier.Type
	}
	batch.Queue(`INSERT INTO patient_identifier (trust, pseudonym, patient, type, ciphertext)
		SELECT $1, u.* FROM unnest($2::bytea[], $3::bigint[], $4::text[], $5::bytea[]) u`, b.trust, pseudonyms, patients, types, sealed).Exec(ignoreTag)
	return nil
}

// keepDemographics keeps the latest word of each patient.
func (b *Books) keepDemographics(batch *pgx.Batch, all []posting.Demographics) error {
	latest := map[int64]posting.Demographics{}
	for _, d := range all {
		if old, ok := latest[int64(d.Patient)]; !ok || !d.At.Before(old.At) {
			latest[int64(d.Patient)] = d
		}
	}
	if len(latest) == 0 {
		return nil
	}
	var patients, messages []int64
	var sealed [][]byte
	var at []time.Time
	for id, d := range latest {
		x, err := b.sealer.seal(d.Told)
		if err != nil {
			return err
		}
		patients, messages, sealed, at = append(patients, id), append(messages, d.Message), append(sealed, x), append(at, d.At)
	}
	batch.Queue(`INSERT INTO patient_demographics AS p (trust, patient, ciphertext, told_at, message_id)
		SELECT $1, u.* FROM unnest($2::bigint[], $3::bytea[], $4::timestamptz[], $5::bigint[]) u (patient, ciphertext, told_at, message_id) ORDER BY patient
		ON CONFLICT (trust, patient) DO UPDATE SET ciphertext = excluded.ciphertext, told_at = excluded.told_at, message_id = excluded.message_id
		WHERE p.told_at <= excluded.told_at`, b.trust, patients, sealed, at, messages).Exec(ignoreTag)
	return nil
}

type caseRow struct {
	ID        int64           `json:"id"`
	Name      string          `json:"name"`
	Patient   int64           `json:"patient"`
	Place     int64           `json:"place"`
	Booking   string          `json:"booking"`
	Told      json.RawMessage `json:"told"`
	Scheduled *time.Time      `json:"scheduled_at"`
	Used      *time.Time      `json:"first_used_at"`
	Message   int64           `json:"message_id"`
}

// keepCases writes cases as they now stand, and their new names.
func (b *Books) keepCases(batch *pgx.Batch, c posting.Changes) error {
	if len(c.Cases) > 0 {
		rows := make([]caseRow, len(c.Cases))
		for i, x := range c.Cases {
			told, err := json.Marshal(x.Told)
			if err != nil {
				return err
			}
			s := x.Settle()
			rows[i] = caseRow{int64(x.ID), x.Name, int64(s.Patient), int64(s.Place), s.Booking, told, nullTime(s.ScheduledAt), nullTime(s.UsedAt), x.Message}
		}
		raw, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		batch.Queue(`INSERT INTO theatre_case (trust, id, name, patient, place, booking, told, scheduled_at, first_used_at, message_id)
			SELECT $1, id, name, nullif(patient, 0), nullif(place, 0), booking, told, scheduled_at, first_used_at, message_id
			  FROM json_to_recordset($2) AS r (id bigint, name text, patient bigint, place bigint, booking text, told jsonb, scheduled_at timestamptz, first_used_at timestamptz, message_id bigint)
			ON CONFLICT (trust, id) DO UPDATE SET patient = excluded.patient, place = excluded.place, booking = excluded.booking, told = excluded.told,
				scheduled_at = excluded.scheduled_at, first_used_at = excluded.first_used_at`, b.trust, raw).Exec(ignoreTag)
	}
	if len(c.Aliases) > 0 {
		kinds, values, cases := make([]string, len(c.Aliases)), make([]string, len(c.Aliases)), make([]int64, len(c.Aliases))
		for i, a := range c.Aliases {
			kinds[i], values[i], cases[i] = a.Alias.Kind, a.Alias.Value, int64(a.Case)
		}
		batch.Queue(`INSERT INTO case_alias (trust, kind, value, case_id) SELECT $1, u.* FROM unnest($2::text[], $3::text[], $4::bigint[]) u`, b.trust, kinds, values, cases).Exec(ignoreTag)
	}
	return nil
}

type postingRow struct {
	Message   int64           `json:"message_id"`
	Attempt   int             `json:"attempt"`
	Type      string          `json:"type"`
	Connector string          `json:"connector"`
	Sender    string          `json:"sender"`
	ControlID string          `json:"control_id"`
	Profile   string          `json:"profile"`
	Outcome   string          `json:"outcome"`
	Summary   string          `json:"summary"`
	Findings  json.RawMessage `json:"findings"`
}

// keepPostings records that messages had their effect (laws 2 and 5).
func (b *Books) keepPostings(batch *pgx.Batch, ps []posting.Posting) error {
	if len(ps) == 0 {
		return nil
	}
	rows := make([]postingRow, len(ps))
	for i, p := range ps {
		findings := json.RawMessage("[]")
		if len(p.Findings) > 0 {
			var err error
			if findings, err = json.Marshal(p.Findings); err != nil {
				return err
			}
		}
		m := p.Message
		rows[i] = postingRow{m.ID, m.Attempt, m.Type, m.Connector, m.Sender, m.ControlID, m.Said.Profile, p.Outcome, p.Summary, findings}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	batch.Queue(`INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary, findings)
		SELECT $1, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary, findings
		  FROM json_to_recordset($2) AS r (message_id bigint, attempt smallint, type text, connector text, sender text, control_id text, profile text, outcome text, summary text, findings jsonb)`,
		b.trust, raw).Exec(ignoreTag)
	return nil
}
