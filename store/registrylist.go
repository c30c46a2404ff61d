package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// submissionsShown is how many uses are listed unless somebody says otherwise.
const submissionsShown = 500

const selectSubmissions = `SELECT u.record, coalesce(v.version, 0), coalesce(v.action, ''), u.state, u.why, u.behind, c.id, c.name, l.id, l.key, coalesce(i.code, ''), l.lot, l.serial, l.quantity::text, l.disposition, coalesce(p.code, ''),
	coalesce(u.occurred_on::text, ''), u.since, u.missing, u.remarks, coalesce(b.name, ''), v.sent_at, v.answered_at, coalesce(v.answered_by, 0), coalesce(v.code, ''), coalesce(v.reason, ''),
	coalesce(v.message_id, l.message_id), coalesce(v.origin, l.origin), coalesce(v.profile, l.profile)
	FROM registry_use u
	JOIN usage_line l ON l.trust = u.trust AND l.id = u.line JOIN theatre_case c ON c.trust = u.trust AND c.id = u.case_id
	LEFT JOIN item i ON i.trust = l.trust AND i.id = l.item LEFT JOIN place p ON p.trust = l.trust AND p.id = l.place
	LEFT JOIN LATERAL (SELECT * FROM submission v WHERE v.trust = u.trust AND v.line = u.line ORDER BY v.made DESC LIMIT 1) v ON true
	LEFT JOIN registry_batch b ON b.trust = u.trust AND b.number = v.batch`

func scanSubmission(row pgx.CollectableRow) (s journal.Submission, err error) {
	var missing, remarks []byte
	err = row.Scan(&s.Record, &s.Version, &s.Action, &s.State, &s.Why, &s.Behind, &s.CaseID, &s.Case, &s.LineID, &s.Line, &s.Item, &s.Lot, &s.Serial, &s.Quantity, &s.Disposition, &s.Place,
		&s.OccurredOn, &s.Since, &missing, &remarks, &s.Batch, &s.SentAt, &s.AnsweredAt, &s.AnsweredBy, &s.Code, &s.Reason, &s.Message, &s.Origin, &s.Profile)
	if err == nil {
		err = json.Unmarshal(missing, &s.Missing)
	}
	if err == nil {
		err = json.Unmarshal(remarks, &s.Remarks)
	}
	return s, err
}

// Submissions lists where uses stand with the registry, the latest lines
// first.
func (s *Store) Submissions(ctx context.Context, trust string, f journal.SubmissionFilter) (out []journal.Submission, err error) {
	if f.Limit <= 0 {
		f.Limit = submissionsShown
	}
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), selectSubmissions+` WHERE u.trust = $1 AND ($2 = '' OR u.state = $2) AND (NOT $3 OR u.missing <> '[]') AND ($4 = '' OR u.missing @> jsonb_build_array(jsonb_build_object('who', $4::text)))
			AND ($5 = 0 OR u.case_id = $5) AND ($6 = 0 OR u.line = $6) AND ($7 = '' OR u.line IN (SELECT line FROM submission WHERE trust = $1 AND record = $7)) AND ($8 = 0 OR u.line < $8)
			ORDER BY u.line DESC LIMIT $9`, scanSubmission, trust, f.State, f.Missing, f.Who, f.Case, f.Line, f.Record, f.Before, f.Limit)
		return err
	})
	return out, err
}

// Submission gives a use by the name of one of its records, with all versions.
func (s *Store) Submission(ctx context.Context, trust, record string) (d journal.SubmissionDetail, err error) {
	found, err := s.Submissions(ctx, trust, journal.SubmissionFilter{Record: record})
	if err != nil {
		return d, err
	}
	if record == "" || len(found) == 0 {
		return d, fault.New(fault.NotFound, "record_not_found", "There is no record %s. `stockwell submissions list` shows those that there are.", record)
	}
	d.Submission = found[0]
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		d.Versions, err = collect(ctx, pgtx.From(ctx), `SELECT s.record, s.version, s.action, s.state, coalesce(p.merged_into, p.id), coalesce(b.name, ''), s.ready_at, s.sent_at, s.answered_at, coalesce(s.answered_by, 0), s.code, s.reason,
				coalesce(s.again_by, ''), coalesce(s.again_why, ''), s.message_id, s.origin, s.profile
			FROM submission s JOIN patient p ON p.trust = s.trust AND p.id = s.patient LEFT JOIN registry_batch b ON b.trust = s.trust AND b.number = s.batch
			WHERE s.trust = $1 AND s.line = $2 ORDER BY s.made`, pgx.RowToStructByPos[journal.SubmissionVersion], trust, d.LineID)
		return err
	})
	return d, err
}

// RegistryBatches lists the batches, the latest first.
func (s *Store) RegistryBatches(ctx context.Context, trust string, limit int) (out []journal.Batch, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `SELECT b.name, b.file, b.profile, b.records, n.accepted, n.rejected, b.created_at, b.sent_at,
				coalesce((SELECT h.reason FROM queue_held q JOIN queue_hold h USING (trust, queue, key) JOIN queue k ON k.id = q.queue AND k.topic = 'registry.submit' WHERE q.trust = b.trust AND q.subject = b.number LIMIT 1), ''),
				(SELECT json_build_object('step', s.step, 'code', s.code, 'path', s.path, 'text', s.text, 'stopped_at', s.stopped_at)
				   FROM queue_stopped s JOIN queue k ON k.id = s.queue AND k.topic = 'registry.submit' WHERE s.trust = b.trust AND s.subject = b.number LIMIT 1)
			FROM registry_batch b CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'accepted') AS accepted, count(*) FILTER (WHERE state = 'rejected') AS rejected FROM submission v WHERE v.trust = b.trust AND v.batch = b.number) n
			WHERE b.trust = $1 ORDER BY b.number DESC LIMIT $2`, func(row pgx.CollectableRow) (b journal.Batch, err error) {
			var stop []byte
			err = row.Scan(&b.Name, &b.File, &b.Profile, &b.Records, &b.Accepted, &b.Rejected, &b.CreatedAt, &b.SentAt, &b.Waiting, &stop)
			if err == nil && stop != nil {
				err = json.Unmarshal(stop, &b.Stop)
			}
			return b, err
		}, trust, limit)
		return err
	})
	return out, err
}

// Registry tells of a trust's reporting at a glance.
func (s *Store) Registry(ctx context.Context, trust string) (r journal.Registry, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) (err error) {
		r, err = registryAtAGlance(ctx, pgtx.From(ctx), trust)
		return err
	})
	return r, err
}

func registryAtAGlance(ctx context.Context, tx pgx.Tx, trust string) (r journal.Registry, err error) {
	r.States, r.Lacking = map[string]int64{"incomplete": 0, "ready": 0, "sent": 0, "accepted": 0, "rejected": 0, "withdrawn": 0, "not_needed": 0}, map[string]int64{}
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM registry WHERE trust = $1 AND rules <> ''),
			coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - min(sent_at)), 0) FROM submission WHERE trust = $1 AND state = 'sent'), 0)::float8,
			(SELECT count(*) FROM queue_stopped q JOIN queue k ON k.id = q.queue AND k.topic = 'registry.submit' WHERE q.trust = $1)`, trust).Scan(&r.Reports, &r.UnansweredSeconds, &r.Stopped); err != nil || !r.Reports {
		return r, err
	}
	count := func(to map[string]int64, sql string) error {
		rows, err := tx.Query(ctx, sql, trust)
		if err != nil {
			return err
		}
		var name string
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error { to[name] = n; return nil })
		return err
	}
	if err := count(r.States, `SELECT state, count(*) FROM registry_use WHERE trust = $1 GROUP BY 1`); err != nil {
		return r, err
	}
	for state, n := range r.States {
		if state != "withdrawn" && state != "not_needed" {
			r.Reportable += n
		}
	}
	r.Accepted = r.States["accepted"]
	err = count(r.Lacking, `SELECT m ->> 'who', count(DISTINCT u.line) FROM registry_use u CROSS JOIN LATERAL jsonb_array_elements(u.missing) m WHERE u.trust = $1 AND u.state = 'incomplete' GROUP BY 1`)
	return r, err
}
