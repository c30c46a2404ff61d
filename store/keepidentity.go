package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/posting"
)

// keepEvents notes what happened to records, once for each message however
// often that is read.
func (b *Books) keepEvents(batch *pgx.Batch, all []posting.IdentityEvent) {
	if len(all) == 0 {
		return
	}
	kinds, patients, others, messages := make([]string, len(all)), make([]int64, len(all)), make([]int64, len(all)), make([]int64, len(all))
	for i, e := range all {
		kinds[i], patients[i], others[i], messages[i] = e.Kind, int64(e.Patient), int64(e.Other), e.Message
	}
	batch.Queue(`INSERT INTO identity_event (trust, kind, patient, other, message_id)
		SELECT $1, u.* FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) u ON CONFLICT DO NOTHING`, b.trust, kinds, patients, others, messages).Exec(ignoreTag)
}

// keepStatuses writes how far NHS Numbers were traced.
func (b *Books) keepStatuses(batch *pgx.Batch, all []*identity.NHSNumber) error {
	if len(all) == 0 {
		return nil
	}
	all = slices.SortedFunc(slices.Values(all), func(x, y *identity.NHSNumber) int { return slices.Compare(x.Pseudonym[:], y.Pseudonym[:]) })
	pseudonyms, status, told := make([][]byte, len(all)), make([]string, len(all)), make([]string, len(all))
	for i, n := range all {
		raw, err := json.Marshal(n.Told)
		if err != nil {
			return err
		}
		pseudonyms[i], status[i], told[i] = n.Pseudonym[:], n.Status(), string(raw)
	}
	batch.Queue(`UPDATE patient_identifier i SET status = u.status, told = u.told::json FROM unnest($2::bytea[], $3::text[], $4::text[]) u (pseudonym, status, told)
		 WHERE i.trust = $1 AND i.pseudonym = u.pseudonym`, b.trust, pseudonyms, status, told).Exec(ignoreTag)
	return nil
}

// keepDemographics keeps the latest word of each connector on a patient, in
// passing or about them, and of each set of fields.
func (b *Books) keepDemographics(batch *pgx.Batch, all []posting.Demographics) error {
	type key struct {
		patient           identity.Patient
		connector, fields string
		about             bool
	}
	latest := map[key]posting.Demographics{}
	for _, d := range all {
		k := key{d.Patient, d.Connector, fieldsOf(d.Told), d.About}
		if old, ok := latest[k]; !ok || !d.Said.Before(old.Said) {
			latest[k] = d
		}
	}
	if len(latest) == 0 {
		return nil
	}
	keys := make([]key, 0, len(latest))
	for k := range latest {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y key) int {
		return cmp.Or(cmp.Compare(x.patient, y.patient), cmp.Compare(x.connector, y.connector), cmp.Compare(x.fields, y.fields))
	})
	var patients, messages []int64
	var connectors, fields []string
	var abouts []bool
	var sealed [][]byte
	var sent []*time.Time
	for _, k := range keys {
		d := latest[k]
		d.Told.Identifiers = nil // they have rows of their own
		x, err := b.sealer.seal(d.Told)
		if err != nil {
			return err
		}
		patients, connectors, abouts, fields = append(patients, int64(k.patient)), append(connectors, k.connector), append(abouts, k.about), append(fields, k.fields)
		sealed, sent, messages = append(sealed, x), append(sent, nullTime(d.SentAt)), append(messages, d.Message)
	}
	batch.Queue(`INSERT INTO patient_demographics AS p (trust, patient, connector, about, fields, ciphertext, sent_at, message_id)
		SELECT $1, u.* FROM unnest($2::bigint[], $3::text[], $4::boolean[], $5::text[], $6::bytea[], $7::timestamptz[], $8::bigint[]) u
		ON CONFLICT (trust, patient, connector, about, fields) DO UPDATE SET ciphertext = excluded.ciphertext, sent_at = excluded.sent_at, message_id = excluded.message_id
		WHERE CASE WHEN p.sent_at <> excluded.sent_at THEN p.sent_at < excluded.sent_at ELSE p.message_id <= excluded.message_id END`,
		b.trust, patients, connectors, abouts, fields, sealed, sent, messages).Exec(ignoreTag)
	return nil
}
