package store

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// DueUses takes the next uses that the registry may have to be told of anew,
// with all that is known of them, inside the transaction that ctx carries and
// under the registrar's lock. more tells whether there are others. What it
// gives is personal data, for the moment.
func (b *Books) DueUses(ctx context.Context, zone *time.Location) (all []registry.Subject, more bool, err error) {
	cases, more, err := b.dueCasesOf(ctx)
	if err != nil || len(cases) == 0 {
		return nil, more, err
	}
	f := &facts{b: b, tx: pgtx.From(ctx), zone: zone, cases: map[int64]*factsOfCase{}, people: map[int64]int64{}}
	for _, read := range []func(context.Context) error{
		func(ctx context.Context) error { return f.readCases(ctx, cases) }, f.readLines, f.readPatients, f.readTold, f.readCauses,
	} {
		if err := read(ctx); err != nil {
			return nil, false, err
		}
	}
	return f.subjects, more, nil
}

// facts gathers what is known of the uses of some cases.
type facts struct {
	b        *Books
	tx       pgx.Tx
	zone     *time.Location
	cases    map[int64]*factsOfCase
	subjects []registry.Subject
	latest   []latestCause   // of each subject, what changed it last
	people   map[int64]int64 // as whom records are read
}

// latestCause is the latest message of several that told of a use.
type latestCause struct {
	message int64
	origin  string
	profile string // empty: it is the message's own
}

func (c *latestCause) by(message int64, origin, profile string) {
	if message > c.message {
		*c = latestCause{message, origin, profile}
	}
}

// factsOfCase is what a case as a whole tells of its uses.
type factsOfCase struct {
	theatre.Case
	booking string
	codings []theatre.Version
	people  []theatre.Person
	cause   latestCause
}

func (f *facts) readCases(ctx context.Context, ids []int64) error {
	visits := map[int64]string{}
	rows, err := f.tx.Query(ctx, `SELECT c.id, c.name, c.booking, c.told, c.encounter, c.message_id FROM theatre_case c WHERE c.trust = $1 AND c.id = ANY ($2)`, f.b.trust, ids)
	if err != nil {
		return err
	}
	var id, message int64
	var name, booking, visit string
	var told []byte
	if _, err := pgx.ForEachRow(rows, []any{&id, &name, &booking, &told, &visit, &message}, func() error {
		c := &factsOfCase{booking: booking}
		c.ID, c.Name, c.Message = theatre.CaseID(id), name, message
		f.cases[id], visits[id] = c, visit
		return json.Unmarshal(told, &c.Told)
	}); err != nil {
		return err
	}
	for id, c := range f.cases {
		c.codings = c.Versions()
		if visits[id] != "" {
			r := caseReader{tx: f.tx, trust: f.b.trust, zone: zoneName(f.zone), visit: visits[id]}
			e, days, err := r.encounter(ctx)
			if err != nil {
				return err
			}
			c.codings = append(c.codings, e.Versions(c.ID, days)...)
		}
		c.read()
	}
	return nil
}

// read finds the case's people, and what was told of it last.
func (c *factsOfCase) read() {
	for _, k := range slices.Sorted(maps.Keys(c.Told)) {
		w := c.Told[k]
		switch _, part := sourceAndPart(k); part {
		case "people":
			c.people = append(c.people, w.People...)
			c.cause.by(w.Sequence.Message, "people", "")
		case "booking":
			c.cause.by(w.Sequence.Message, "booking", "")
		}
	}
	for _, v := range c.codings {
		c.cause.by(v.Sequence.Message, "procedures", "")
	}
}

// readLines reads the cases' lines, those of cases that were joined into them
// included.
func (f *facts) readLines(ctx context.Context) error {
	rows, err := f.tx.Query(ctx, `SELECT l.id, coalesce(c.joined_into, c.id), coalesce((SELECT min(a.kind) FROM case_alias a WHERE a.trust = c.trust AND a.case_id = c.id AND a.value = c.name), '') || ':' || c.name, l.key, l.state, l.why, l.disposition, l.text, l.lot, l.serial, coalesce(l.expiry::text, ''), l.told, l.source, l.same_as, coalesce(l.patient, 0),
			l.message_id, l.origin, l.profile, coalesce(m.quantity, 0), coalesce(w.quantity, 0), l.quantity::text, coalesce(p.code, ''), coalesce(p.site, ''),
			coalesce(i.id, 0), coalesce(i.code, ''), coalesce(i.description, ''), coalesce(i.manufacturer, ''), coalesce(i.supplier_code, ''), coalesce(i.device_class, ''),
			coalesce(i.implantable, false), coalesce(i.reportable, false), coalesce(i.lot_tracked, false), coalesce(i.serial_tracked, false),
			coalesce((SELECT min(x.value) FROM item_code x WHERE x.trust = l.trust AND x.item = l.item AND x.kind = 'gtin' AND x.ratio = 1), ''),
			coalesce((SELECT min(x.value) FROM item_code x WHERE x.trust = l.trust AND x.item = l.item AND x.kind = 'mpc'), '')
		  FROM theatre_case c
		  CROSS JOIN LATERAL (SELECT * FROM usage_line l WHERE l.trust = $1 AND l.case_id = c.id OFFSET 0) l
		  LEFT JOIN LATERAL (SELECT m.quantity FROM movement m WHERE m.trust = $1 AND m.id = l.movement OFFSET 0) m ON true
		  LEFT JOIN LATERAL (SELECT m.quantity FROM movement m WHERE m.trust = $1 AND m.id = l.waste_movement OFFSET 0) w ON l.waste_movement IS NOT NULL
		  LEFT JOIN place p ON p.trust = $1 AND p.id = l.place
		  LEFT JOIN item i ON i.trust = $1 AND i.id = l.item
		 WHERE c.trust = $1 AND c.id = ANY (ARRAY(SELECT id FROM theatre_case WHERE trust = $1 AND id = ANY ($2) UNION SELECT id FROM theatre_case WHERE trust = $1 AND joined_into = ANY ($2)))
		 ORDER BY l.id`, f.b.trust, slices.Collect(maps.Keys(f.cases)))
	if err != nil {
		return err
	}
	var u registry.Use
	var told []byte
	var text, source, sameAs, supplierCode, mpc, quantity string
	var by inventory.Cause
	i := &u.Item
	_, err = pgx.ForEachRow(rows, []any{&u.Line, &u.CaseID, &u.Alias, &u.Key, &u.State, &u.Why, &u.Disposition, &text, &u.Lot, &u.Serial, &u.Expiry, &told, &source, &sameAs, &u.Patient.Record,
		&by.Message, &by.Origin, &by.Profile, &u.Quantity, &u.Wasted, &quantity, &u.Place, &u.Site,
		&i.ID, &i.Code, &i.Description, &i.Manufacturer, &supplierCode, &i.Class, &i.Implantable, &i.Reportable, &i.LotTracked, &i.SerialTracked, &i.GTIN, &mpc}, func() error {
		words := map[string]theatre.Word{}
		if err := json.Unmarshal(told, &words); err != nil {
			return err
		}
		s := registry.Subject{Use: u}
		f.line(&s.Use, words, source, sameAs, quantity)
		s.Use.Item.Known, s.Use.Item.CatalogueNumber = u.Item.ID != 0, cmp.Or(mpc, supplierCode)
		f.subjects = append(f.subjects, s)
		c := latestCause{by.Message, by.Origin, by.Profile}
		if k := f.cases[u.CaseID]; k != nil {
			c.by(k.cause.message, k.cause.origin, k.cause.profile)
		}
		f.latest = append(f.latest, c)
		return nil
	})
	return err
}

// line fills in what only the word tells that decides of a line, and what the
// case tells of all of them.
func (f *facts) line(u *registry.Use, words map[string]theatre.Word, source, sameAs, quantity string) {
	if c := f.cases[u.CaseID]; c != nil {
		u.Case, u.Codings, u.People, u.Cancelled = c.Name, c.codings, c.people, c.booking == "cancelled"
	}
	if sameAs != "" {
		u.State, u.Why = theatre.Recorded, "same_use"
	}
	for _, part := range []string{"use", "credit", "unknown"} {
		if w, ok := words[source+"/"+part]; ok {
			u.UDI, u.Codes, u.Side, u.OccurredAt, u.LinePeople = w.UDI, w.Codes, w.Side, w.OccurredAt, w.People
			break
		}
	}
	if u.State == theatre.Recorded && u.Quantity == 0 { // an explant moves nothing
		if n, err := json.Number(quantity).Int64(); err == nil {
			u.Quantity = n
		}
	}
}

// readTold reads what the registry was told of the lines.
func (f *facts) readTold(ctx context.Context) error {
	at := map[int64]int{}
	lines := make([]int64, len(f.subjects))
	for i, s := range f.subjects {
		at[s.Use.Line], lines[i] = i, s.Use.Line
	}
	rows, err := f.tx.Query(ctx, `SELECT s.line, s.record, s.version, s.action, s.state, s.content, s.patient, coalesce(p.merged_into, p.id), s.again_by IS NOT NULL, s.message_id, s.origin, s.profile
		  FROM submission s JOIN patient p ON p.trust = s.trust AND p.id = s.patient WHERE s.trust = $1 AND s.line = ANY ($2) ORDER BY s.line, s.made`, f.b.trust, lines)
	if err != nil {
		return err
	}
	var line int64
	var v registry.Version
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&line, &v.Record, &v.Number, &v.Action, &v.State, &sealed, &v.Patient, &v.Person, &v.Again, &v.Cause.Message, &v.Cause.Origin, &v.Cause.Profile}, func() error {
		v.Content = registry.Record{}
		if err := f.b.sealer.open(sealed, &v.Content); err != nil {
			return err
		}
		s := &f.subjects[at[line]]
		s.Told = append(s.Told, v)
		return nil
	})
	return err
}

// readCauses names the mapping that read the latest message of each use.
func (f *facts) readCauses(ctx context.Context) error {
	var messages []int64
	for _, c := range f.latest {
		if c.profile == "" {
			messages = append(messages, c.message)
		}
	}
	profiles := map[int64]string{}
	rows, err := f.tx.Query(ctx, `SELECT DISTINCT ON (message_id) message_id, profile FROM posting WHERE trust = $1 AND message_id = ANY ($2) ORDER BY message_id, attempt DESC`, f.b.trust, messages)
	if err != nil {
		return err
	}
	var message int64
	var profile string
	if _, err := pgx.ForEachRow(rows, []any{&message, &profile}, func() error { profiles[message] = profile; return nil }); err != nil {
		return err
	}
	for i, c := range f.latest {
		f.subjects[i].Use.Cause = inventory.Cause{Message: c.message, Origin: cmp.Or(c.origin, "message"), Profile: cmp.Or(c.profile, profiles[c.message], "unknown")}
	}
	return nil
}
