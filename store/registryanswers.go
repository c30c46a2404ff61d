package store

import (
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
)

// told loads the versions of records by name.
func (l loader) told(records []string) {
	l.each(`SELECT s.record, s.version, u.case_id, s.state, coalesce(s.answered_by, 0) FROM submission s JOIN registry_use u ON u.trust = s.trust AND u.line = s.line
		WHERE s.trust = $1 AND s.record = ANY ($2) ORDER BY s.record, s.version`, func(row pgx.CollectableRow) error {
		t := &posting.Told{}
		err := row.Scan(&t.Record, &t.Version, &t.Case, &t.State, &t.AnsweredBy)
		l.k.Told[t.Record] = append(l.k.Told[t.Record], t)
		return err
	}, l.b.trust, records)
}

// keepAnswers keeps what the registry said of versions.
func (b *Books) keepAnswers(batch *pgx.Batch, all []posting.Answered) {
	n := len(all)
	if n == 0 {
		return
	}
	records, states, codes, reasons := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	versions, messages := make([]int64, n), make([]int64, n)
	for i, a := range all {
		records[i], versions[i], states[i], codes[i], reasons[i], messages[i] = a.Record, int64(a.Version), string(a.State), a.Code, a.Reason, a.Message
	}
	batch.Queue(`UPDATE submission s SET state = u.state, code = u.code, reason = u.reason, answered_at = clock_timestamp(), answered_by = u.message, again_by = NULL, again_why = NULL
		  FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[]) u (record, version, state, code, reason, message)
		 WHERE s.trust = $1 AND s.record = u.record AND s.version = u.version AND s.state IN ('sent', 'accepted', 'rejected')`, b.trust, records, versions, states, codes, reasons, messages).Exec(ignoreTag)
}
