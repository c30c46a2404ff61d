package posting

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// Parts of a case on which a source tells in passing; a message that does not
// tell of them changes nothing.
const (
	partVisit  = "visit"
	partPeople = "people"
)

func visitNumber(text string) string { return plain(strings.TrimSpace(text)) }

// encounterOf is the visit of which the case is part, by the number that was
// told last, if anything was told of the visit itself; nil otherwise.
func (d *decider) encounterOf(c *theatre.Case) *theatre.Encounter {
	if len(d.k.Encounters) == 0 {
		return nil
	}
	return d.k.Encounters[c.Settle().Encounter]
}

// visit is the visit of this number, made if nothing was told of it yet.
func (d *decider) visit(number string) *theatre.Encounter {
	e := d.k.Encounters[number]
	if e == nil {
		e = theatre.NewEncounter(number)
		d.k.Encounters[number] = e
	}
	return e
}

func (d *decider) keepVisit(e *theatre.Encounter, numbers ...string) {
	for _, n := range numbers {
		if !slices.ContainsFunc(d.out.Visits, func(v VisitNumber) bool { return v.Number == n }) {
			d.out.Visits = append(d.out.Visits, VisitNumber{n, e})
		}
	}
}

// visitMove takes up that a visit was recorded for the wrong patient. What was
// told of its cases before stays as it was told, and is read as the other's.
func (d *decider) visitMove(s *saying, e canonical.VisitMove) {
	number, from, to := visitNumber(e.Encounter), d.named(s, e.From, correcting), d.named(s, e.To, about)
	if number == "" || from == 0 || to == 0 {
		s.find(canonical.Error, "visit_move_incomplete", "MRG-5", "Moving a visit needs its number and both patients. Nothing was moved.")
		return
	}
	s.summary.note = "The visit's cases are read as the other patient's."
	if from == to {
		s.summary.note = "The visit is that patient's already."
		return
	}
	v := d.visit(number)
	if !v.Move(number, theatre.Move{From: theatre.Patient(from), To: theatre.Patient(to), Source: s.Connector, Sequence: s.sequence()}) {
		return
	}
	s.changed = true
	d.keepVisit(v, number)
	d.identityEvent(s, "visit_moved", from, to)
	d.reviewVisit(s, v)
}

// visitMerge takes up that two numbers name one visit.
func (d *decider) visitMerge(s *saying, e canonical.VisitMerge) {
	survivor, retired := visitNumber(e.Survivor), visitNumber(e.Retired)
	if survivor == "" || retired == "" {
		s.find(canonical.Error, "visit_merge_incomplete", "MRG-5", "Merging visits needs both numbers. Nothing was merged.")
		return
	}
	s.summary.note = "Both numbers name one visit."
	v, o := d.visit(survivor), d.visit(retired)
	if v == o {
		return
	}
	s.changed = true
	v.Merge(o)
	for number := range o.Told {
		d.k.Encounters[number] = v
	}
	d.keepVisit(v, slices.Sorted(maps.Keys(v.Told))...)
	d.reviewVisit(s, v)
}

// reviewVisit looks again at the known cases of a visit.
func (d *decider) reviewVisit(s *saying, v *theatre.Encounter) {
	for _, id := range sortedIDs(d.k.Cases) {
		if c := d.k.Cases[id]; d.encounterOf(c) == v {
			d.toldOf(c, v.Patients()...)
			d.touchCase(id)
			d.stale[id] = true
			d.review(s, c)
		}
	}
}

// toldOf notes that a case was told of a patient's record: a merge that
// concerns two of a case's records finds the case by it.
func (d *decider) toldOf(c *theatre.Case, ps ...theatre.Patient) {
	for _, p := range ps {
		x := CasePatient{Case: c.ID, Patient: identity.Patient(p)}
		if p != 0 && !d.casePatients[x] {
			d.casePatients[x] = true
			d.out.CasePatients = append(d.out.CasePatients, x)
		}
	}
}

// toldOfAll notes the records of all that is told of a case, and of those from
// and to whom its visit was moved.
func (d *decider) toldOfAll(c *theatre.Case) {
	for _, w := range c.Told {
		d.toldOf(c, w.Patient)
	}
	for _, l := range d.k.Lines[c.ID] {
		for _, w := range l.Told {
			d.toldOf(c, w.Patient)
		}
	}
	d.toldOf(c, d.encounterOf(c).Patients()...)
}

// concerns reports whether a case tells of any of the records, or has
// something in the ledger that is theirs.
func (d *decider) concerns(c *theatre.Case, who []identity.Patient) bool {
	is := func(p theatre.Patient) bool { _, ok := slices.BinarySearch(who, identity.Patient(p)); return ok }
	for _, w := range c.Told {
		if is(w.Patient) {
			return true
		}
	}
	for _, l := range d.k.Lines[c.ID] {
		if l.Posted != nil && is(theatre.Patient(l.Posted.To)) {
			return true
		}
		for _, w := range l.Told {
			if is(w.Patient) {
				return true
			}
		}
	}
	return slices.ContainsFunc(d.encounterOf(c).Patients(), is)
}

// readCase is what a case's words come to, each read for the patient to whom
// it belongs now; the records themselves, whoever they are read as.
func (d *decider) readCase(c *theatre.Case) theatre.CaseState {
	return d.encounterOf(c).Read(c, d.one).Settle()
}

func sortedIDs[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
