package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// KeepOutcomes keeps what was decided of uses: where each stands, and the
// version that is now ready. A use that never was reportable leaves no trace.
func (b *Books) KeepOutcomes(ctx context.Context, all []registry.Looked) error {
	batch := &pgx.Batch{}
	for _, l := range all {
		if err := b.keepOutcome(batch, l); err != nil {
			return err
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	return pgtx.From(ctx).SendBatch(ctx, batch).Close()
}

func (b *Books) keepOutcome(batch *pgx.Batch, l registry.Looked) error {
	u, told := l.Subject.Use, l.Subject.Told
	if l.Standing == registry.NotNeeded && len(told) == 0 {
		batch.Queue(`UPDATE registry_use SET state = 'not_needed', why = $3, missing = '[]', remarks = '[]', behind = false, since = CASE WHEN state = 'not_needed' THEN since ELSE clock_timestamp() END
			WHERE trust = $1 AND line = $2`, b.trust, u.Line, l.Why).Exec(ignoreTag)
		return nil
	}
	missing, remarks := l.Missing, l.Remarks
	if missing == nil {
		missing = []registry.Missing{}
	}
	if remarks == nil {
		remarks = []registry.Missing{}
	}
	lacks, err := json.Marshal(missing)
	if err != nil {
		return err
	}
	says, err := json.Marshal(remarks)
	if err != nil {
		return err
	}
	batch.Queue(`INSERT INTO registry_use AS r (trust, line, case_id, item, occurred_on, state, why, missing, remarks, record, behind)
		VALUES ($1, $2, $3, nullif($4::bigint, 0), $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (trust, line) DO UPDATE SET case_id = excluded.case_id, item = excluded.item, occurred_on = excluded.occurred_on, state = excluded.state, why = excluded.why, missing = excluded.missing,
			remarks = excluded.remarks, record = excluded.record, behind = excluded.behind, since = CASE WHEN r.state = excluded.state THEN r.since ELSE clock_timestamp() END
		WHERE (r.case_id, r.item, r.occurred_on, r.state, r.why, r.missing, r.remarks, r.record, r.behind)
			IS DISTINCT FROM (excluded.case_id, excluded.item, excluded.occurred_on, excluded.state, excluded.why, excluded.missing, excluded.remarks, excluded.record, excluded.behind)`,
		b.trust, u.Line, u.CaseID, u.Item.ID, nullDate(l.Day), string(l.Standing), l.Why, lacks, says, l.Outcome.Name, l.Behind).Exec(ignoreTag)
	return b.keepVersion(batch, u.Line, told, l.Put)
}

// keepVersion makes put the version that is ready, and drops the one that was.
func (b *Books) keepVersion(batch *pgx.Batch, line int64, told []registry.Version, put *registry.Version) error {
	var ready *registry.Version
	if n := len(told); n > 0 && told[n-1].State == registry.Ready {
		ready = &told[n-1]
	}
	if ready != nil && (put == nil || put.Record != ready.Record || put.Number != ready.Number) {
		batch.Queue(`DELETE FROM submission WHERE trust = $1 AND record = $2 AND version = $3`, b.trust, ready.Record, ready.Number).Exec(ignoreTag)
		ready = nil
	}
	if put == nil || ready != nil && *put == *ready {
		return nil
	}
	sealed, err := b.sealer.seal(put.Content)
	if err != nil {
		return err
	}
	batch.Queue(`INSERT INTO submission (trust, record, version, line, action, state, content, patient, message_id, origin, profile) VALUES ($1, $2, $3, $4, $5, 'ready', $6, $7, $8, $9, $10)
		ON CONFLICT (trust, record, version) DO UPDATE SET action = excluded.action, content = excluded.content, patient = excluded.patient,
			message_id = excluded.message_id, origin = excluded.origin, profile = excluded.profile`,
		b.trust, put.Record, put.Number, line, string(put.Action), sealed, put.Patient, put.Cause.Message, put.Cause.Origin, put.Cause.Profile).Exec(ignoreTag)
	return nil
}
