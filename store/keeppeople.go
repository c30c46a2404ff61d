package store

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// keepPatients writes new patients with the places that stand for them, their
// identifiers and demographics, and who is one person.
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
	if err := b.keepStatuses(batch, c.Statuses); err != nil {
		return err
	}
	b.keepLinks(batch, c)
	b.keepEvents(batch, c.Events)
	return nil
}

func (b *Books) keepIdentifiers(batch *pgx.Batch, all []posting.NewIdentifier) error {
	if len(all) == 0 {
		return nil
	}
	pseudonyms, patients, types, kinds, sealed := make([][]byte, len(all)), make([]int64, len(all)), make([]string, len(all)), make([]string, len(all)), make([][]byte, len(all))
	for i, x := range all {
		var err error
		if sealed[i], err = b.sealer.seal(x.Identifier); err != nil {
			return err
		}
		pseudonyms[i], patients[i], types[i], kinds[i] = x.Pseudonym[:], int64(x.Patient), x.Identifier.Type, x.Kind
	}
	// One that identifies nobody may be kept already; any other must be new.
	batch.Queue(`INSERT INTO patient_identifier (trust, pseudonym, patient, type, ciphertext, kind)
		SELECT $1, u.* FROM unnest($2::bytea[], $3::bigint[], $4::text[], $5::bytea[], $6::text[]) u (pseudonym, patient, type, ciphertext, kind)
		 WHERE u.kind <> 'invalid' OR NOT EXISTS (SELECT 1 FROM patient_identifier i WHERE i.trust = $1 AND i.pseudonym = u.pseudonym)`,
		b.trust, pseudonyms, patients, types, sealed, kinds).Exec(ignoreTag)
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
	Encounter string          `json:"encounter"`
}

// keepCases writes cases as they now stand, their new names, and of whom they
// were told.
func (b *Books) keepCases(batch *pgx.Batch, c posting.Changes) error {
	if len(c.Cases) > 0 {
		rows := make([]caseRow, len(c.Cases))
		for i, x := range c.Cases {
			told, err := json.Marshal(x.Told)
			if err != nil {
				return err
			}
			s := c.States[i]
			rows[i] = caseRow{int64(x.ID), x.Name, int64(s.Patient), int64(s.Place), s.Booking, told, nullTime(s.ScheduledAt), nullTime(s.UsedAt), x.Message, s.Encounter}
		}
		raw, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		batch.Queue(`INSERT INTO theatre_case (trust, id, name, patient, place, booking, told, scheduled_at, first_used_at, message_id, encounter)
			SELECT $1, id, name, nullif(patient, 0), nullif(place, 0), booking, told, scheduled_at, first_used_at, message_id, encounter
			  FROM json_to_recordset($2) AS r (id bigint, name text, patient bigint, place bigint, booking text, told jsonb, scheduled_at timestamptz, first_used_at timestamptz, message_id bigint, encounter text)
			ON CONFLICT (trust, id) DO UPDATE SET patient = excluded.patient, place = excluded.place, booking = excluded.booking, told = excluded.told,
				scheduled_at = excluded.scheduled_at, first_used_at = excluded.first_used_at, encounter = excluded.encounter`, b.trust, raw).Exec(ignoreTag)
	}
	if len(c.Aliases) > 0 {
		kinds, values, cases := make([]string, len(c.Aliases)), make([]string, len(c.Aliases)), make([]int64, len(c.Aliases))
		for i, a := range c.Aliases {
			kinds[i], values[i], cases[i] = a.Alias.Kind, a.Alias.Value, int64(a.Case)
		}
		batch.Queue(`INSERT INTO case_alias (trust, kind, value, case_id) SELECT $1, u.* FROM unnest($2::text[], $3::text[], $4::bigint[]) u`, b.trust, kinds, values, cases).Exec(ignoreTag)
	}
	b.keepCasePatients(batch, c.CasePatients)
	return nil
}

// fieldsOf names the demographic fields that a message tells.
func fieldsOf(p canonical.Patient) string {
	var out []string
	for _, f := range []struct{ name, value string }{{"family_name", p.FamilyName}, {"given_names", p.GivenNames}, {"birth_date", p.BirthDate}, {"gender", p.Gender}, {"nhs_status", p.NHSStatus}} {
		if f.value != "" {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, ",")
}

type postingRow struct {
	Message   int64            `json:"message_id"`
	Attempt   int              `json:"attempt"`
	Type      string           `json:"type"`
	Connector string           `json:"connector"`
	Sender    string           `json:"sender"`
	ControlID string           `json:"control_id"`
	Profile   string           `json:"profile"`
	Outcome   string           `json:"outcome"`
	Summary   string           `json:"summary"`
	Findings  json.RawMessage  `json:"findings"`
	Cases     []theatre.CaseID `json:"cases"`
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
		rows[i] = postingRow{m.ID, m.Attempt, m.Type, m.Connector, m.Sender, m.ControlID, m.Said.Profile, p.Outcome, p.Summary, findings, p.Cases}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	batch.Queue(`INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary, findings, cases)
		SELECT $1, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary, findings, coalesce(cases, '{}')
		  FROM json_to_recordset($2) AS r (message_id bigint, attempt smallint, type text, connector text, sender text, control_id text, profile text, outcome text, summary text, findings jsonb, cases bigint[])`,
		b.trust, raw).Exec(ignoreTag)
	return nil
}
