package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// How much of a case is given at once; what is cut short is named in More.
const (
	usualLines  = 50
	mostLines   = 500
	mostOfCase  = 100 // of each list but the lines
	mostOfLine  = 20  // of each list of a line
	personsName = "person"
)

// caseReader gathers a case. ids are its own number and those of the cases
// that were joined into it.
type caseReader struct {
	tx     pgx.Tx
	trust  string
	zone   string
	ids    []int64
	c      theatre.Case
	visit  string
	items  map[int64]string
	places map[int64]string
	d      *journal.CaseDetail
}

// Case gives a case as a person would tell it, with a part of its lines. Of a
// case that was joined into another it gives the other.
func (s *Store) Case(ctx context.Context, trust string, q journal.CaseQuery) (d journal.CaseDetail, err error) {
	if q.From < 1 {
		q.From = 1
	}
	if q.Lines <= 0 {
		q.Lines = usualLines
	}
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		r := caseReader{tx: pgtx.From(ctx), trust: trust, zone: zoneName(q.Zone), items: map[int64]string{}, places: map[int64]string{}, d: &d}
		id, err := findCase(ctx, r.tx, trust, q.Case)
		if err != nil {
			return err
		}
		for _, read := range []func(context.Context) error{
			func(ctx context.Context) error { return r.head(ctx, id) }, r.names, r.story, r.procedures,
			func(ctx context.Context) error { return r.lines(ctx, q) },
			r.sets, r.submissions, r.decisions, r.alerts, func(ctx context.Context) error { return r.messages(ctx, s) }, r.resembles,
		} {
			if err := read(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return d, err
}

// head reads what the case comes to, and which cases were joined into it.
func (r *caseReader) head(ctx context.Context, id int64) error {
	found, err := collect(ctx, r.tx, `SELECT `+caseColumns+` WHERE c.trust = $1 AND c.id = $2`, scanCase, r.trust, id)
	if err != nil {
		return err
	}
	r.d.CaseSummary = found[0]
	var told []byte
	r.c.ID = theatre.CaseID(id)
	if err := r.tx.QueryRow(ctx, `SELECT told, encounter, message_id FROM theatre_case WHERE trust = $1 AND id = $2`, r.trust, id).Scan(&told, &r.visit, &r.c.Message); err != nil {
		return err
	}
	r.d.Encounter = r.visit
	r.ids = []int64{id}
	if r.d.Joined, err = collect(ctx, r.tx, `SELECT c.id, c.name, (SELECT json_agg(json_build_object('kind', a.kind, 'value', a.value) ORDER BY a.kind, a.value) FROM case_alias a WHERE a.trust = c.trust AND a.case_id = c.id), `+caseTime+`
		FROM theatre_case c WHERE c.trust = $1 AND c.joined_into = $2 ORDER BY c.id`, pgx.RowToStructByPos[journal.CaseRef], r.trust, id); err != nil {
		return err
	}
	for _, j := range r.d.Joined {
		r.ids = append(r.ids, j.ID)
	}
	return json.Unmarshal(told, &r.c.Told)
}

func (r *caseReader) names(ctx context.Context) (err error) {
	r.d.Names, err = collect(ctx, r.tx, `SELECT kind, value FROM case_alias WHERE trust = $1 AND case_id = ANY ($2) ORDER BY kind, value`, pgx.RowToStructByPos[journal.CaseName], r.trust, r.ids)
	return err
}

// sets tells which reusable and loan sets the case's lines name.
func (r *caseReader) sets(ctx context.Context) (err error) {
	r.d.Sets, err = collect(ctx, r.tx, selectSets+` WHERE l.trust = $1 AND l.case_id = ANY ($2) AND l.set_id <> '' AND l.same_as = '' ORDER BY l.set_id, l.set_cycle, l.id LIMIT $3`, pgx.RowToStructByPos[journal.SetUse], r.trust, r.ids, mostOfCase+1)
	r.d.Sets = cut(r.d.Sets, mostOfCase, "sets", &r.d.More)
	return err
}

// submissions tells where the case's uses stand with the registry.
func (r *caseReader) submissions(ctx context.Context) (err error) {
	r.d.Submissions, err = collect(ctx, r.tx, selectSubmissions+` WHERE u.trust = $1 AND u.line IN (SELECT id FROM usage_line WHERE trust = $1 AND case_id = ANY ($2)) ORDER BY u.line LIMIT $3`, scanSubmission, r.trust, r.ids, mostOfCase+1)
	r.d.Submissions = cut(r.d.Submissions, mostOfCase, "submissions", &r.d.More)
	return err
}

// selectSets are the lines that tell of a set.
const selectSets = `SELECT l.set_id, l.set_cycle, c.id, c.name, coalesce(q.merged_into, l.patient, 0), l.id, l.key, l.state, coalesce(i.code, ''), l.text, l.disposition, coalesce(p.code, ''), ` + caseTime + `, l.message_id
	FROM usage_line l JOIN theatre_case o ON o.trust = l.trust AND o.id = l.case_id JOIN theatre_case c ON c.trust = l.trust AND c.id = coalesce(o.joined_into, o.id)
	LEFT JOIN patient q ON q.trust = l.trust AND q.id = l.patient
	LEFT JOIN item i ON i.trust = l.trust AND i.id = l.item LEFT JOIN place p ON p.trust = l.trust AND p.id = l.place`

// Sets tells in which cases, and on whom, a set was used, the latest first;
// cycle, if it is not empty, keeps one sterilisation cycle.
func (s *Store) Sets(ctx context.Context, trust, set, cycle string, before int64, limit int) (out []journal.SetUse, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), selectSets+` WHERE l.trust = $1 AND l.set_id = $2 AND l.set_id <> '' AND ($3 = '' OR l.set_cycle = $3) AND l.same_as = '' AND ($4 = 0 OR l.id < $4) ORDER BY l.id DESC LIMIT $5`,
			pgx.RowToStructByPos[journal.SetUse], trust, set, cycle, before, limit)
		return err
	})
	return out, err
}

// decisions tells what persons decided and recorded of the case: their
// messages are named for it.
func (r *caseReader) decisions(ctx context.Context) (err error) {
	var about []string
	for _, id := range r.ids {
		about = append(about, DecisionAbout(fmt.Sprint(id)))
	}
	for _, n := range r.d.Names {
		about = append(about, DecisionAbout(n.Kind+":"+n.Value))
	}
	r.d.Decisions, err = collect(ctx, r.tx, `
		SELECT p.message_id, p.type, p.posted_at, p.sender, p.summary, coalesce((SELECT f ->> 'text' FROM jsonb_array_elements(p.findings) f WHERE f ->> 'code' = 'decided' LIMIT 1), '')
		  FROM message_key k JOIN posting p ON p.trust = k.trust AND p.message_id = k.message_id AND p.attempt = 1
		 WHERE k.trust = $1 AND k.connector = $2 AND EXISTS (SELECT 1 FROM unnest($3::text[]) a WHERE starts_with(k.control_id, a)) ORDER BY p.message_id DESC LIMIT $4`,
		pgx.RowToStructByPos[journal.CaseDecision], r.trust, personsName, about, mostOfCase+1)
	r.d.Decisions = cut(r.d.Decisions, mostOfCase, "decisions", &r.d.More)
	return err
}

func (r *caseReader) alerts(ctx context.Context) (err error) {
	r.d.Alerts, err = collect(ctx, r.tx, selectWarnings+` WHERE w.trust = $1 AND w.case_id = ANY ($2)
		ORDER BY w.closed_at IS NOT NULL, array_position(ARRAY['danger', 'warning', 'notice'], w.severity), w.id DESC LIMIT $3`, scanWarning, r.trust, r.ids, mostOfCase+1)
	r.d.Alerts = cut(r.d.Alerts, mostOfCase, "alerts", &r.d.More)
	return err
}

// messages names those that told of the case and of its lines.
func (r *caseReader) messages(ctx context.Context, s *Store) error {
	var decided []int64
	for _, d := range r.d.Decisions {
		decided = append(decided, d.Message)
	}
	ids, err := collect(ctx, r.tx, `
		SELECT message_id FROM theatre_case WHERE trust = $1 AND id = ANY ($2)
		UNION SELECT (w.value -> 'sequence' ->> 'message')::bigint FROM theatre_case c CROSS JOIN LATERAL jsonb_each(c.told) w WHERE c.trust = $1 AND c.id = ANY ($2)
		UNION SELECT (w.value -> 'sequence' ->> 'message')::bigint FROM usage_line l CROSS JOIN LATERAL json_each(l.told) w WHERE l.trust = $1 AND l.case_id = ANY ($2)
		UNION SELECT l.message_id FROM usage_line l WHERE l.trust = $1 AND l.case_id = ANY ($2)
		UNION SELECT m.message_id FROM usage_line l JOIN movement m ON m.trust = l.trust AND m.usage_line = l.id WHERE l.trust = $1 AND l.case_id = ANY ($2)
		UNION SELECT told FROM told_before WHERE trust = $1 AND case_id = ANY ($2) UNION SELECT replaced FROM told_before WHERE trust = $1 AND case_id = ANY ($2)
		UNION SELECT unnest($4::bigint[])
		ORDER BY 1 DESC LIMIT $3`, pgx.RowTo[int64], r.trust, r.ids, mostOfCase+1, decided)
	if err != nil {
		return err
	}
	ids = cut(ids, mostOfCase, "messages", &r.d.More)
	found, err := s.messagesOf(ctx, r.trust, ids)
	for i := len(found) - 1; i >= 0; i-- {
		r.d.Messages = append(r.d.Messages, found[i])
	}
	if r.d.Messages == nil {
		r.d.Messages = []journal.Message{}
	}
	return err
}

func (r *caseReader) resembles(ctx context.Context) error {
	like, err := resembling(ctx, r.tx, r.trust, r.ids[0], r.zone)
	r.d.Resembles = append([]journal.CaseRef{}, like...)
	return err
}

// cut shortens a list that was read one longer than it may be.
func cut[T any](list []T, most int, name string, more *[]string) []T {
	if list == nil {
		list = []T{}
	}
	if len(list) <= most {
		return list
	}
	*more = append(*more, name)
	return list[:most]
}

// sent is a sender's own time, if it is certain.
func sent(q theatre.Sequence) *time.Time { return nullTime(q.SentAt) }
