package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// replacedWord is a row of told_before.
type replacedWord struct {
	Line         int64
	Source, Part string
	Word         json.RawMessage
	Told, By     int64
	Late         bool
}

func (w replacedWord) said(q theatre.Sequence) journal.Said {
	s := journal.Said{Message: w.Told, SentAt: sent(q), Late: w.Late}
	if !w.Late {
		s.ReplacedBy = w.By
	}
	return s
}

// replaced reads words that do not stand, the latest first: of the lines, or
// of the case itself, up to most of each.
func (r *caseReader) replaced(ctx context.Context, lines []int64, most int) ([]replacedWord, error) {
	return collect(ctx, r.tx, `SELECT line, source, part, word, told, replaced, superseded FROM (
			SELECT coalesce(line, 0) AS line, source, part, word, told, replaced, superseded, id, row_number() OVER (PARTITION BY line ORDER BY id DESC) AS nth
			  FROM told_before WHERE trust = $1 AND case_id = ANY ($2) AND CASE WHEN $3::bigint[] IS NULL THEN line IS NULL ELSE line = ANY ($3) END) b
		WHERE nth <= $4 ORDER BY line, id DESC`, pgx.RowToStructByPos[replacedWord], r.trust, r.ids, lines, most+1)
}

// story tells what was said of the case itself, what was replaced among it, in
// the order of sending.
func (r *caseReader) story(ctx context.Context) error {
	before, err := r.replaced(ctx, nil, mostOfCase)
	if err != nil {
		return err
	}
	before = cut(before, mostOfCase, "story", &r.d.More)
	people := map[theatre.Person][]string{}
	words := map[string]theatre.CaseWord{}
	for k, w := range r.c.Told {
		source, part := sourceAndPart(k)
		switch part {
		case "booking", "use":
			words[k] = w
		case "people":
			for _, p := range w.People {
				people[p] = append(people[p], source)
			}
		}
	}
	all := slices.Collect(maps.Values(words))
	old := make([]theatre.CaseWord, len(before))
	for i, b := range before {
		if err := json.Unmarshal(b.Word, &old[i]); err != nil {
			return err
		}
		all = append(all, old[i])
	}
	if err := r.codes(ctx, nil, all); err != nil {
		return err
	}
	r.d.Story, r.d.Procedures = []journal.CaseWord{}, []journal.CaseProcedures{}
	for k, w := range words {
		source, part := sourceAndPart(k)
		r.d.Story = append(r.d.Story, r.caseWord(source, part, w, journal.Said{Message: w.Sequence.Message, SentAt: sent(w.Sequence)}))
	}
	for i, b := range before {
		switch w := old[i]; b.Part {
		case "booking", "use":
			r.d.Story = append(r.d.Story, r.caseWord(b.Source, b.Part, w, b.said(w.Sequence)))
		case theatre.StageBooking, theatre.StageTheatre, theatre.StageFinal:
			r.d.Procedures = append(r.d.Procedures, journal.CaseProcedures{Source: b.Source, Stage: b.Part, Procedures: procedures(w.Procedures), Said: b.said(w.Sequence)})
		}
	}
	slices.SortFunc(r.d.Story, func(a, b journal.CaseWord) int { return inOrder(a.Said, b.Said, a.Source+a.Part, b.Source+b.Part) })
	r.d.People = persons(people)
	return nil
}

// inOrder compares words by when they were sent, else by receipt.
func inOrder(a, b journal.Said, x, y string) int {
	if a.SentAt != nil && b.SentAt != nil && !a.SentAt.Equal(*b.SentAt) {
		return a.SentAt.Compare(*b.SentAt)
	}
	return cmp.Or(cmp.Compare(a.Message, b.Message), cmp.Compare(x, y))
}

func (r *caseReader) caseWord(source, part string, w theatre.CaseWord, said journal.Said) journal.CaseWord {
	return journal.CaseWord{Source: source, Part: part, Action: w.Action, Patient: int64(w.Patient), Place: r.places[int64(w.Place)],
		ScheduledAt: nullTime(w.ScheduledAt), UsedAt: nullTime(w.UsedAt), Encounter: w.Encounter, Said: said}
}

func persons(by map[theatre.Person][]string) []journal.CasePerson {
	out := []journal.CasePerson{}
	for p, sources := range by {
		slices.Sort(sources)
		out = append(out, journal.CasePerson{Role: p.Role, Code: p.Code, Authority: p.Authority, Registered: theatre.Identified(p), Sources: slices.Compact(sources)})
	}
	slices.SortFunc(out, func(a, b journal.CasePerson) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Authority, b.Authority), cmp.Compare(a.Code, b.Code))
	})
	return out
}

func procedures(ps []theatre.Procedure) []journal.Procedure {
	out := make([]journal.Procedure, len(ps))
	for i, p := range ps {
		out[i] = journal.Procedure(p)
	}
	return out
}

// procedures tells how the case was coded, by source and stage: for itself,
// and as part of its visit.
func (r *caseReader) procedures(ctx context.Context) error {
	e, days, err := r.encounter(ctx)
	if err != nil {
		return err
	}
	for _, v := range append(r.c.Versions(), e.Versions(r.c.ID, days)...) {
		r.d.Procedures = append(r.d.Procedures, journal.CaseProcedures{Source: v.Source, Stage: v.Stage, Procedures: procedures(v.Procedures), Said: journal.Said{Message: v.Sequence.Message, SentAt: sent(v.Sequence)}})
	}
	stages := []string{theatre.StageBooking, theatre.StageTheatre, theatre.StageFinal}
	slices.SortStableFunc(r.d.Procedures, func(a, b journal.CaseProcedures) int {
		return cmp.Or(slices.Index(stages, a.Stage)-slices.Index(stages, b.Stage), inOrder(a.Said, b.Said, a.Source, b.Source))
	})
	return nil
}

// encounter reads the visit of which the case is part, if anything was told of
// the visit itself, and the days of all of its cases.
func (r *caseReader) encounter(ctx context.Context) (*theatre.Encounter, map[theatre.CaseID]string, error) {
	if r.visit == "" {
		return nil, nil, nil
	}
	e := theatre.Encounter{Told: map[string]theatre.VisitWords{}}
	rows, err := r.tx.Query(ctx, `SELECT e.number, e.told FROM encounter e WHERE e.trust = $1 AND e.visit = (SELECT visit FROM encounter WHERE trust = $1 AND number = $2)`, r.trust, r.visit)
	if err != nil {
		return nil, nil, err
	}
	var number string
	var raw []byte
	if _, err := pgx.ForEachRow(rows, []any{&number, &raw}, func() error {
		var w theatre.VisitWords
		err := json.Unmarshal(raw, &w)
		e.Told[number] = w
		return err
	}); err != nil || len(e.Told) == 0 {
		return nil, nil, err
	}
	days := map[theatre.CaseID]string{}
	rows, err = r.tx.Query(ctx, `SELECT c.id, coalesce((`+caseTime+` AT TIME ZONE $3)::date::text, '') FROM theatre_case c WHERE c.trust = $1 AND c.encounter = ANY ($2) AND c.encounter <> '' AND c.joined_into IS NULL`,
		r.trust, slices.Collect(maps.Keys(e.Told)), r.zone)
	if err != nil {
		return nil, nil, err
	}
	var id theatre.CaseID
	var day string
	_, err = pgx.ForEachRow(rows, []any{&id, &day}, func() error { days[id] = day; return nil })
	return &e, days, err
}

// codes finds the codes of items and places that words name by number.
func (r *caseReader) codes(ctx context.Context, lines []theatre.Word, cases []theatre.CaseWord) error {
	var items, places []int64
	for _, w := range lines {
		items, places = append(items, int64(w.Item)), append(places, int64(w.Place))
	}
	for _, w := range cases {
		places = append(places, int64(w.Place))
	}
	for table, x := range map[string]struct {
		sql string
		ids []int64
		to  map[int64]string
	}{
		"item":  {`SELECT id, code FROM item WHERE trust = $1 AND id = ANY ($2)`, items, r.items},
		"place": {`SELECT id, code FROM place WHERE trust = $1 AND id = ANY ($2)`, places, r.places},
	} {
		rows, err := r.tx.Query(ctx, x.sql, r.trust, x.ids)
		if err != nil {
			return fmt.Errorf("read codes of %s: %w", table, err)
		}
		var id int64
		var code string
		if _, err := pgx.ForEachRow(rows, []any{&id, &code}, func() error { x.to[id] = code; return nil }); err != nil {
			return err
		}
	}
	return nil
}

// sourceAndPart takes apart the name under which a word stands.
func sourceAndPart(k string) (source, part string) {
	i := strings.LastIndexByte(k, '/')
	return k[:max(i, 0)], k[i+1:]
}
