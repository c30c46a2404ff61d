package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// lines reads a part of the case's lines, by their numbers; those that tell of
// the same use as another come last.
func (r *caseReader) lines(ctx context.Context, q journal.CaseQuery) error {
	from, most := q.From, min(q.Lines, mostLines)
	if q.Line != 0 {
		nth, err := collect(ctx, r.tx, `SELECT nth FROM (SELECT l.id, row_number() OVER (ORDER BY l.same_as <> '', l.id) AS nth FROM usage_line l WHERE l.trust = $1 AND l.case_id = ANY ($2)) x WHERE id = $3`,
			pgx.RowTo[int], r.trust, r.ids, q.Line)
		if err != nil {
			return err
		}
		for _, n := range nth {
			from = n - (n-1)%most
		}
	}
	told := map[int64]map[string]theatre.Word{}
	items := map[int64]int64{}
	lines, err := collect(ctx, r.tx, `SELECT l.id, c.name, l.key, l.state, l.why, coalesce(i.code, ''), coalesce(i.description, ''), l.text, l.lot, l.serial, coalesce(l.expiry::text, ''), l.quantity::text,
			l.disposition, coalesce(p.code, ''), coalesce(q.merged_into, l.patient, 0), coalesce(l.movement, 0), l.message_id, l.origin, l.profile, l.told, l.set_id, l.set_cycle, l.same_as, l.source, coalesce(l.item, 0),
			count(*) OVER ()
		FROM usage_line l JOIN theatre_case c ON c.trust = l.trust AND c.id = l.case_id LEFT JOIN patient q ON q.trust = l.trust AND q.id = l.patient
		LEFT JOIN item i ON i.trust = l.trust AND i.id = l.item LEFT JOIN place p ON p.trust = l.trust AND p.id = l.place
		WHERE l.trust = $1 AND l.case_id = ANY ($2) ORDER BY l.same_as <> '', l.id OFFSET $3 LIMIT $4`, func(row pgx.CollectableRow) (l journal.CaseLine, err error) {
		var raw []byte
		var item int64
		err = row.Scan(&l.ID, &l.Case, &l.Key, &l.State, &l.Why, &l.Item, &l.Description, &l.Text, &l.Lot, &l.Serial, &l.Expiry, &l.Quantity, &l.Disposition, &l.Place, &l.Patient, &l.Movement, &l.Message, &l.Origin, &l.Profile,
			&raw, &l.Set, &l.Cycle, &l.SameAs, &l.Source, &item, &r.d.LineCount)
		if err != nil {
			return l, err
		}
		words := map[string]theatre.Word{}
		items[l.ID], told[l.ID] = item, words
		return l, json.Unmarshal(raw, &words)
	}, r.trust, r.ids, from-1, most)
	if err != nil {
		return err
	}
	r.d.Lines, r.d.From = lines, from
	if lines == nil {
		r.d.Lines = []journal.CaseLine{}
	}
	if len(lines) == 0 {
		return nil
	}
	ids := slices.Collect(maps.Keys(told))
	if err := r.words(ctx, ids, told, items); err != nil {
		return err
	}
	if err := r.moves(ctx, ids); err != nil {
		return err
	}
	return r.holds(ctx, ids)
}

// line finds a line that was read; nil if it was not.
func (r *caseReader) line(id int64) *journal.CaseLine {
	for i := range r.d.Lines {
		if r.d.Lines[i].ID == id {
			return &r.d.Lines[i]
		}
	}
	return nil
}

// words tells what each source says of the lines, and said before.
func (r *caseReader) words(ctx context.Context, ids []int64, told map[int64]map[string]theatre.Word, items map[int64]int64) error {
	before, err := r.replaced(ctx, ids, mostOfLine)
	if err != nil {
		return err
	}
	var all []theatre.Word
	for _, ws := range told {
		all = slices.AppendSeq(all, maps.Values(ws))
	}
	old := make([]theatre.Word, len(before))
	for i, b := range before {
		if err := json.Unmarshal(b.Word, &old[i]); err != nil {
			return err
		}
	}
	if err := r.codes(ctx, append(all, old...), nil); err != nil {
		return err
	}
	deciding, err := r.deciding(ctx)
	if err != nil {
		return err
	}
	for i, b := range before {
		l := r.line(b.Line)
		l.Before = append(l.Before, r.lineWord(b.Source, b.Part, old[i], b.said(old[i].Sequence)))
	}
	for i := range r.d.Lines {
		l := &r.d.Lines[i]
		l.Before, l.Words = cut(l.Before, mostOfLine, "before", &l.More), []journal.LineWord{}
		for _, k := range slices.Sorted(maps.Keys(told[l.ID])) {
			source, part := sourceAndPart(k)
			w := told[l.ID][k]
			l.Words = append(l.Words, r.lineWord(source, part, w, journal.Said{Message: w.Sequence.Message, SentAt: sent(w.Sequence)}))
		}
		r.decided(l, told[l.ID])
		others := slices.DeleteFunc(slices.Clone(deciding[items[l.ID]]), func(s string) bool { return s == l.Source })
		l.Says = journal.SayLine(l.State, l.Why, l.SameAs, others)
	}
	return nil
}

// decided fills in what only the word tells that decides of a line.
func (r *caseReader) decided(l *journal.CaseLine, told map[string]theatre.Word) {
	for _, part := range []string{"use", "credit", "unknown"} {
		if w, ok := told[l.Source+"/"+part]; ok {
			l.Unit, l.UDI, l.Codes, l.Side, l.OccurredAt = w.Unit, w.UDI, w.Codes, w.Side, nullTime(w.OccurredAt)
			return
		}
	}
}

// deciding gives the sources whose lines stand for each item of the case; nil
// if no line that was read is compared with another source's.
func (r *caseReader) deciding(ctx context.Context) (map[int64][]string, error) {
	if !slices.ContainsFunc(r.d.Lines, func(l journal.CaseLine) bool { return l.Why == "corroborates" || l.Why == "sources_differ" }) {
		return nil, nil
	}
	rows, err := r.tx.Query(ctx, `SELECT DISTINCT l.item, l.source FROM usage_line l
		WHERE l.trust = $1 AND l.case_id = ANY ($2) AND l.item IS NOT NULL AND l.source <> '' AND l.state IN ('posted', 'unidentified', 'withdrawn') ORDER BY 1, 2`, r.trust, r.ids)
	if err != nil {
		return nil, err
	}
	out := map[int64][]string{}
	var item int64
	var source string
	_, err = pgx.ForEachRow(rows, []any{&item, &source}, func() error { out[item] = append(out[item], source); return nil })
	return out, err
}

func (r *caseReader) lineWord(source, part string, w theatre.Word, said journal.Said) journal.LineWord {
	people := map[theatre.Person][]string{}
	for _, p := range w.People {
		people[p] = []string{source}
	}
	return journal.LineWord{
		Source: source, Part: part, Effect: string(w.Effect), Quantity: w.Quantity, Unit: w.Unit, Item: r.items[int64(w.Item)], Codes: w.Codes, Text: w.Text, UDI: w.UDI,
		Lot: w.Lot, Serial: w.Serial, Expiry: w.Expiry, CreditFor: string(w.CreditFor), Disposition: string(w.Disposition), Side: w.Side, Place: r.places[int64(w.Place)], PlaceText: w.PlaceText,
		Patient: int64(w.Patient), Set: w.Set.ID, Cycle: w.Set.Cycle, People: persons(people), OccurredAt: nullTime(w.OccurredAt), Origin: w.Origin, Profile: w.Profile, Said: said,
	}
}

// moves gives each line its movements, the latest of them, in the order in
// which they were made.
func (r *caseReader) moves(ctx context.Context, ids []int64) error {
	rows, err := r.tx.Query(ctx, `SELECT u.line, m.id FROM unnest($2::bigint[]) u (line)
		CROSS JOIN LATERAL (SELECT m.id FROM movement m WHERE m.trust = $1 AND m.usage_line = u.line ORDER BY m.recorded_at DESC, m.id DESC LIMIT $3) m`, r.trust, ids, mostOfLine+1)
	if err != nil {
		return err
	}
	of, n := map[int64]int64{}, map[int64]int{}
	var line, id int64
	if _, err := pgx.ForEachRow(rows, []any{&line, &id}, func() error {
		if n[line]++; n[line] <= mostOfLine {
			of[id] = line
		}
		return nil
	}); err != nil {
		return err
	}
	found, err := collect(ctx, r.tx, selectMovements+` WHERE m.trust = $1 AND m.id = ANY ($2) ORDER BY m.recorded_at, m.id`, scanMovement, r.trust, slices.Collect(maps.Keys(of)))
	for i := range r.d.Lines {
		r.d.Lines[i].Moves = []journal.Movement{}
		if l := &r.d.Lines[i]; n[l.ID] > mostOfLine {
			l.More = append(l.More, "movements")
		}
	}
	for _, m := range found {
		l := r.line(of[m.ID])
		l.Moves = append(l.Moves, m)
	}
	return err
}

// holds gives each line what it keeps, or kept, from being used.
func (r *caseReader) holds(ctx context.Context, ids []int64) error {
	found, err := collect(ctx, r.tx, selectHolds+` WHERE h.trust = $1 AND h.line = ANY ($2) ORDER BY h.id DESC LIMIT $3`, scanHold, r.trust, ids, mostLines)
	for i := range r.d.Lines {
		r.d.Lines[i].Holds = []journal.Hold{}
	}
	for _, h := range found {
		l := r.line(h.Line)
		l.Holds = append(l.Holds, h)
	}
	return err
}
