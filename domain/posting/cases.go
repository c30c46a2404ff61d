package posting

import (
	"strconv"
	"strings"

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
		known = d.stays(known)
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
	s.about(id)
	return d.k.Cases[id]
}

// stays is the case into which a person joined this one, or itself.
func (d *decider) stays(id theatre.CaseID) theatre.CaseID {
	for c := d.k.Cases[id]; c != nil && c.JoinedInto != 0; c = d.k.Cases[id] {
		id = c.JoinedInto
	}
	return id
}

func (d *decider) touchCase(id theatre.CaseID) {
	if !d.cases[id] {
		d.cases[id] = true
		d.out.Cases = append(d.out.Cases, d.k.Cases[id])
	}
}

// hearCase takes a word on a case and notes whether it changed anything.
func (d *decider) hearCase(s *saying, c *theatre.Case, source, part string, w theatre.CaseWord) (superseded bool) {
	before := d.readCase(c)
	superseded, replaced := c.Hear(source, part, w)
	if superseded {
		d.rememberCase(c, source, part, w, s.ID, true)
		return true
	}
	if replaced != nil {
		d.rememberCase(c, source, part, *replaced, s.ID, false)
	}
	d.changedCase(s, c, before)
	return false
}

// changedCase notes whether what a case was told changed anything.
func (d *decider) changedCase(s *saying, c *theatre.Case, before theatre.CaseState) {
	d.touchCase(c.ID)
	if after := d.readCase(c); !after.Same(d.asNow(before, after)) {
		s.changed = true
		if len(d.k.Lines[c.ID]) > 0 && !after.SameForLines(d.asNow(before, after)) {
			d.stale[c.ID] = true
		}
	}
}

// asNow is an earlier state in which another record of the same person is not
// told from the one that is named now.
func (d *decider) asNow(before, now theatre.CaseState) theatre.CaseState {
	if d.one(before.Patient, now.Patient) {
		before.Patient = now.Patient
	}
	if d.one(before.BookedFor, now.BookedFor) {
		before.BookedFor = now.BookedFor
	}
	return before
}

// review brings a case's lines in step with what the case as a whole has
// become, and says what a person must know of it.
func (d *decider) review(s *saying, c *theatre.Case) {
	if d.stale[c.ID] {
		d.settleCase(s, c, newHeard("", 0))
	}
	subject := "case:" + strconv.FormatInt(int64(c.ID), 10)
	d.settles(subject, d.began[c.ID])
	if c.Settle().Booking == "cancelled" && d.used(c.ID) {
		d.warn(Warning{Kind: "cancelled_case_used", Subject: subject, Severity: "warning", Message: s.ID,
			Text: "Case " + c.Name + " is cancelled, and things were used in it.", Action: "Ask the theatre which is right; a correction of either is taken up by itself."})
	}
	d.reviewSides(s, c)
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
	patient := theatre.Patient(d.patient(s, e.Patient))
	w := theatre.CaseWord{Action: e.Action, Patient: patient, Place: d.place(e.Place), ScheduledAt: e.ScheduledAt.At, Sequence: s.sequence()}
	c := d.caseOf(s, e.Case)
	d.toldOf(c, patient)
	d.sayAround(s, c, s.Connector, d.aroundOf(s, e.Encounter, theatre.StageBooking, e.Procedures, e.People))
	defer d.review(s, c)
	if d.hearCase(s, c, s.Connector, "booking", w) {
		s.superseded = true
		s.find(canonical.Info, "superseded", "SCH", "A later word on this booking was taken up before; this one changed nothing.")
		return
	}
	s.summary.note = "Case " + c.Name + " " + c.Settle().Booking + "."
}

func (d *decider) used(id theatre.CaseID) bool {
	for _, l := range d.k.Lines[id] {
		if l.Posted != nil || l.Wasted != nil {
			return true
		}
	}
	return false
}
