package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// KeepOutcomes keeps what was decided of uses, of which each line stands there
// once: where each stands, and the version that is now ready. A use that never
// was reportable leaves no trace.
func (b *Books) KeepOutcomes(ctx context.Context, all []registry.Looked) error {
	var o outcomes
	for _, l := range all {
		if err := o.add(b, l); err != nil {
			return err
		}
	}
	batch := &pgx.Batch{}
	o.queue(batch, b.trust)
	if batch.Len() == 0 {
		return nil
	}
	return pgtx.From(ctx).SendBatch(ctx, batch).Close()
}

// outcomes are what was decided of uses, as PostgreSQL takes it in one
// parameter a column.
type outcomes struct {
	// Uses that the registry need not know, and never did.
	unneeded    []int64
	unneededWhy []string

	line, cases, item                    []int64
	day                                  []*time.Time
	state, why, missing, remarks, record []string
	behind                               []bool
	dropped                              []string // records of which a version is no longer to be told
	droppedVersion                       []int64
	told, action, origin, profile        []string // the versions that are ready
	version, toldLine, patient, message  []int64
	content                              [][]byte
}

func (o *outcomes) add(b *Books, l registry.Looked) error {
	u := l.Subject.Use
	if l.Standing == registry.NotNeeded && len(l.Subject.Told) == 0 {
		o.unneeded, o.unneededWhy = append(o.unneeded, u.Line), append(o.unneededWhy, l.Why)
		return nil
	}
	missing, err := listed(l.Missing)
	if err != nil {
		return err
	}
	remarks, err := listed(l.Remarks)
	if err != nil {
		return err
	}
	o.line, o.cases, o.item, o.day = append(o.line, u.Line), append(o.cases, u.CaseID), append(o.item, u.Item.ID), append(o.day, nullDate(l.Day))
	o.state, o.why, o.record, o.behind = append(o.state, string(l.Standing)), append(o.why, l.Why), append(o.record, l.Outcome.Name), append(o.behind, l.Behind)
	o.missing, o.remarks = append(o.missing, missing), append(o.remarks, remarks)
	return o.addVersion(b, u.Line, l.Subject.Told, l.Put)
}

// addVersion makes put the version that is ready, and drops the one that was.
func (o *outcomes) addVersion(b *Books, line int64, told []registry.Version, put *registry.Version) error {
	var ready *registry.Version
	if n := len(told); n > 0 && told[n-1].State == registry.Ready {
		ready = &told[n-1]
	}
	if ready != nil && (put == nil || put.Record != ready.Record || put.Number != ready.Number) {
		o.dropped, o.droppedVersion = append(o.dropped, ready.Record), append(o.droppedVersion, int64(ready.Number))
		ready = nil
	}
	if put == nil || ready != nil && *put == *ready {
		return nil
	}
	sealed, err := b.sealer.seal(put.Content)
	if err != nil {
		return err
	}
	o.told, o.version, o.toldLine, o.action = append(o.told, put.Record), append(o.version, int64(put.Number)), append(o.toldLine, line), append(o.action, string(put.Action))
	o.content, o.patient = append(o.content, sealed), append(o.patient, put.Patient)
	o.message, o.origin, o.profile = append(o.message, put.Cause.Message), append(o.origin, put.Cause.Origin), append(o.profile, put.Cause.Profile)
	return nil
}

// listed writes what a record lacks, or what is worth knowing of it.
func listed(all []registry.Missing) (string, error) {
	if all == nil {
		all = []registry.Missing{}
	}
	raw, err := json.Marshal(all)
	return string(raw), err
}

// queue writes all of it. What is dropped goes first: of a line one version at
// most is unanswered.
func (o *outcomes) queue(batch *pgx.Batch, trust string) {
	if len(o.unneeded) > 0 {
		batch.Queue(`UPDATE registry_use r SET state = 'not_needed', why = u.why, missing = '[]', remarks = '[]', behind = false, since = CASE WHEN r.state = 'not_needed' THEN r.since ELSE clock_timestamp() END
			  FROM unnest($2::bigint[], $3::text[]) u (line, why) WHERE r.trust = $1 AND r.line = u.line`, trust, o.unneeded, o.unneededWhy).Exec(ignoreTag)
	}
	if len(o.line) > 0 {
		batch.Queue(`INSERT INTO registry_use AS r (trust, line, case_id, item, occurred_on, state, why, missing, remarks, record, behind)
			SELECT $1, line, case_id, nullif(item, 0), day, state, why, missing::jsonb, remarks::jsonb, record, behind
			  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::date[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[])
			       u (line, case_id, item, day, state, why, missing, remarks, record, behind) ORDER BY line
			ON CONFLICT (trust, line) DO UPDATE SET case_id = excluded.case_id, item = excluded.item, occurred_on = excluded.occurred_on, state = excluded.state, why = excluded.why, missing = excluded.missing,
				remarks = excluded.remarks, record = excluded.record, behind = excluded.behind, since = CASE WHEN r.state = excluded.state THEN r.since ELSE clock_timestamp() END
			WHERE (r.case_id, r.item, r.occurred_on, r.state, r.why, r.missing, r.remarks, r.record, r.behind)
				IS DISTINCT FROM (excluded.case_id, excluded.item, excluded.occurred_on, excluded.state, excluded.why, excluded.missing, excluded.remarks, excluded.record, excluded.behind)`,
			trust, o.line, o.cases, o.item, o.day, o.state, o.why, o.missing, o.remarks, o.record, o.behind).Exec(ignoreTag)
	}
	if len(o.dropped) > 0 {
		batch.Queue(`DELETE FROM submission s USING unnest($2::text[], $3::bigint[]) u (record, version) WHERE s.trust = $1 AND s.record = u.record AND s.version = u.version`,
			trust, o.dropped, o.droppedVersion).Exec(ignoreTag)
	}
	if len(o.told) > 0 {
		batch.Queue(`INSERT INTO submission (trust, record, version, line, action, state, content, patient, message_id, origin, profile)
			SELECT $1, record, version, line, action, 'ready', content, patient, message, origin, profile
			  FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bytea[], $7::bigint[], $8::bigint[], $9::text[], $10::text[])
			       u (record, version, line, action, content, patient, message, origin, profile) ORDER BY line
			ON CONFLICT (trust, record, version) DO UPDATE SET action = excluded.action, content = excluded.content, patient = excluded.patient,
				message_id = excluded.message_id, origin = excluded.origin, profile = excluded.profile`,
			trust, o.told, o.version, o.toldLine, o.action, o.content, o.patient, o.message, o.origin, o.profile).Exec(ignoreTag)
	}
}
