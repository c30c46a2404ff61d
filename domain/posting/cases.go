package posting

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// aliasesOf gives the names of a message's case; a case without a name is
// known by its message alone.
func aliasesOf(m Message, c canonical.Case) []theatre.Alias {
	var out []theatre.Alias
	for _, a := range c.Aliases {
		if v := plain(a.Value); v != "" {
			out = append(out, theatre.Alias{Kind: a.Kind, Value: v})
		}
	}
	if len(out) == 0 {
		out = append(out, theatre.Alias{Kind: "message", Value: strconv.FormatInt(m.ID, 10)})
	}
	return out
}

// caseOf finds the case by the first alias that is known, or makes one, and
// adds the aliases that are new.
func (d *decider) caseOf(s *saying, c canonical.Case) *theatre.Case {
	aliases := aliasesOf(s.Message, c)
	var id theatre.CaseID
	for _, a := range aliases {
		known, ok := d.k.Aliases[a]
		switch {
		case !ok:
		case id == 0:
			id = known
		case id != known:
			s.find(canonical.Warning, "case_aliases_disagree", "", "The message's case numbers belong to two cases. The first one was taken.")
		}
	}
	if id == 0 {
		id = theatre.CaseID(d.ids())
		d.k.Cases[id] = &theatre.Case{ID: id, Name: aliases[0].Value, Message: s.ID}
		d.k.Lines[id] = map[string]*theatre.Line{}
		d.began[id] = true
		d.touchCase(id)
		s.changed = true
		if aliases[0].Kind == "message" {
			s.find(canonical.Warning, "no_case", "", "The message names no theatre case. Its lines stand in a case of their own.")
		}
	}
	for _, a := range aliases {
		if _, ok := d.k.Aliases[a]; !ok {
			d.k.Aliases[a] = id
			d.out.Aliases = append(d.out.Aliases, NewAlias{a, id})
		}
	}
	return d.k.Cases[id]
}

func (d *decider) touchCase(id theatre.CaseID) {
	if !d.cases[id] {
		d.cases[id] = true
		d.out.Cases = append(d.out.Cases, d.k.Cases[id])
	}
}

// hearCase takes a word on a case and notes whether it changed anything.
func (d *decider) hearCase(s *saying, c *theatre.Case, part string, w theatre.CaseWord) (superseded bool) {
	before := d.stateOf(c)
	if c.Hear(s.Connector, part, w) {
		return true
	}
	d.touchCase(c.ID)
	if after := d.stateOf(c); after != before {
		s.changed = true
		if len(d.k.Lines[c.ID]) > 0 && (after.Patient != before.Patient || after.BookedFor != before.BookedFor) {
			d.stale[c.ID] = true
		}
	}
	return false
}

// stateOf is what a case's words come to, with a retired patient read as the
// survivor.
func (d *decider) stateOf(c *theatre.Case) theatre.CaseState {
	s := c.Settle()
	s.Patient = theatre.Patient(d.k.Merges.Survivor(identity.Patient(s.Patient)))
	s.BookedFor = theatre.Patient(d.k.Merges.Survivor(identity.Patient(s.BookedFor)))
	return s
}

// review brings a case's lines in step with what the case as a whole has
// become, and says what a person must know of it.
func (d *decider) review(s *saying, c *theatre.Case) {
	if d.stale[c.ID] {
		delete(d.stale, c.ID)
		for _, key := range sortedKeys(d.k.Lines[c.ID]) {
			d.settle(s, c, d.k.Lines[c.ID][key], nil)
		}
	}
	subject := "case:" + strconv.FormatInt(int64(c.ID), 10)
	d.settles(subject, d.began[c.ID])
	if c.Settle().Booking == "cancelled" && d.used(c.ID) {
		d.warn(Warning{Kind: "cancelled_case_used", Subject: subject, Severity: "warning", Message: s.ID,
			Text: "Case " + c.Name + " is cancelled, and things were used in it.", Action: "Ask the theatre which is right; a correction of either is taken up by itself."})
	}
}

// reviewPatient looks again at the known cases that tell of a patient into
// whom another was merged: a doubt about who it was may be over.
func (d *decider) reviewPatient(s *saying, p identity.Patient) {
	for _, id := range slices.Sorted(maps.Keys(d.k.Cases)) {
		if d.tellsOf(d.k.Cases[id], p) {
			d.stale[id] = true
			d.review(s, d.k.Cases[id])
		}
	}
}

func (d *decider) tellsOf(c *theatre.Case, p identity.Patient) bool {
	is := func(x theatre.Patient) bool { return d.k.Merges.Survivor(identity.Patient(x)) == p }
	for _, w := range c.Told {
		if is(w.Patient) {
			return true
		}
	}
	for _, l := range d.k.Lines[c.ID] {
		for _, w := range l.Told {
			if is(w.Patient) {
				return true
			}
		}
	}
	return false
}

// place finds the shelf that a sender's code or text names.
func (d *decider) place(p canonical.Place) inventory.PlaceID {
	for _, name := range []string{p.Code, p.Text} {
		if id, ok := d.t.Places[strings.ToUpper(strings.TrimSpace(name))]; ok && name != "" {
			return id
		}
	}
	return 0
}

func (d *decider) booking(s *saying, e canonical.Booking) {
	w := theatre.CaseWord{Action: e.Action, Patient: theatre.Patient(d.patient(s, e.Patient)), Place: d.place(e.Place), ScheduledAt: e.ScheduledAt.At, Sequence: s.sequence()}
	c := d.caseOf(s, e.Case)
	if d.hearCase(s, c, "booking", w) {
		s.superseded = true
		s.find(canonical.Info, "superseded", "SCH", "A later word on this booking was taken up before; this one changed nothing.")
		return
	}
	s.summary.note = "Case " + c.Name + " " + c.Settle().Booking + "."
	d.review(s, c)
}

func (d *decider) used(id theatre.CaseID) bool {
	for _, l := range d.k.Lines[id] {
		if l.Posted != nil {
			return true
		}
	}
	return false
}
