package posting

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// sayAround takes up what a message tells of a case beside its matter: the
// visit, the procedures as they stand at a stage, and the people.
func (d *decider) sayAround(s *saying, c *theatre.Case, source string, a around) {
	before, seq, told := d.readCase(c), s.sequence(), false
	hear := func(part string, w theatre.CaseWord) {
		told, w.Sequence = true, seq
		if superseded, replaced := c.Hear(source, part, w); superseded {
			d.rememberCase(c, source, part, w, s.ID, true)
		} else if replaced != nil {
			d.rememberCase(c, source, part, *replaced, s.ID, false)
		}
	}
	if a.encounter != "" {
		hear(partVisit, theatre.CaseWord{Encounter: a.encounter})
	}
	if len(a.procedures) > 0 {
		hear(a.stage, theatre.CaseWord{Procedures: a.procedures})
	}
	if len(a.people) > 0 {
		hear(partPeople, theatre.CaseWord{People: a.people})
	}
	if told {
		d.changedCase(s, c, before)
		d.toldOf(c, d.encounterOf(c).Patients()...)
	}
}

// around is what a message tells of a case beside its matter.
type around struct {
	encounter  string
	stage      string
	procedures []theatre.Procedure
	people     []theatre.Person
}

// aroundOf reads what a message tells of a case beside its matter.
func (d *decider) aroundOf(s *saying, encounter, stage string, ps []canonical.Procedure, people []canonical.Person) around {
	return around{visitNumber(encounter), stage, d.procedures(s, ps), d.people(s, people)}
}

// and adds what a further part of the same message tells. Parts that repeat
// what belongs to the whole message add nothing.
func (a around) and(o around) around {
	same := func(x, y theatre.Procedure) bool { return reflect.DeepEqual(x, y) }
	if !slices.EqualFunc(a.procedures, o.procedures, same) {
		a.procedures = append(a.procedures, o.procedures...)
	}
	for _, p := range o.people {
		if !slices.Contains(a.people, p) {
			a.people = append(a.people, p)
		}
	}
	a.encounter, a.stage = cmp.Or(o.encounter, a.encounter), cmp.Or(o.stage, a.stage)
	return a
}

// coding takes up how a case's procedures, or a whole visit's, were coded. It
// changes no stock.
func (d *decider) coding(s *saying, e canonical.Coding) {
	patient, stage := d.patient(s, e.Patient), theatre.StageTheatre
	if e.Stage == theatre.StageFinal {
		stage = theatre.StageFinal
	}
	a := d.aroundOf(s, e.Encounter, stage, e.Procedures, nil)
	switch {
	case hasName(e.Case):
		c := d.caseOf(s, e.Case)
		d.codedCase(s, c, a, theatre.Patient(patient))
	case a.encounter != "":
		d.codedVisit(s, a)
	default:
		s.find(canonical.Error, "coding_of_nothing", "", "The coding names neither a case nor a visit. Nothing was coded.")
	}
}

func (d *decider) codedCase(s *saying, c *theatre.Case, a around, patient theatre.Patient) {
	if of := d.readCase(c).Patient; of != 0 && patient != 0 && !d.one(of, patient) {
		s.find(canonical.Warning, "coding_patient_differs", "PID-3", "The coding names another patient than its case. The procedures were taken up; check both.")
	}
	d.sayAround(s, c, s.Connector, a)
	d.review(s, c)
	s.summary.note = "Case " + c.Name + ": procedures coded; no stock changes."
}

func (d *decider) codedVisit(s *saying, a around) {
	v, w := d.visit(a.encounter), theatre.VisitCoding{Procedures: a.procedures, Sequence: s.sequence()}
	before, coded := v.Told[a.encounter].Codings[s.Connector+"/"+a.stage]
	if v.Code(a.encounter, s.Connector, a.stage, w) {
		s.superseded = true
		s.find(canonical.Info, "superseded", "PR1", "A later coding of this visit was taken up before; this one changed nothing.")
		return
	}
	s.changed = s.changed || !coded || !reflect.DeepEqual(before.Procedures, w.Procedures)
	d.keepVisit(v, a.encounter)
	s.summary.note = "A visit's procedures coded; no stock changes."
}

func hasName(c canonical.Case) bool {
	return slices.ContainsFunc(c.Aliases, func(a canonical.Alias) bool { return plain(a.Value) != "" })
}

// oddities are what is told of procedures that are odd.
var oddities = map[string]string{
	theatre.OddCode:      "A procedure's code is not one of OPCS-4. It was kept as it came.",
	theatre.OddQualifier: "A code of chapter Y or Z comes before any procedure, so it qualifies none.",
	theatre.OddSide:      "One procedure is told for two sides. Its side counts as unknown; have it corrected at its source.",
}

// procedures reads procedures in the hub's terms.
func (d *decider) procedures(s *saying, told []canonical.Procedure) []theatre.Procedure {
	var ps []theatre.Procedure
	for _, p := range told {
		ps = append(ps, theatre.Procedure{Code: plain(p.Code), System: plain(p.System), Text: plain(p.Text), Side: plain(p.Side), On: plain(p.On)})
	}
	ps, odd := theatre.Coded(ps)
	for _, code := range odd {
		s.once(canonical.Warning, code, "PR1-3", oddities[code])
	}
	return ps
}

// people reads people as they came: nobody is looked for by name, and nobody
// stands in for one whom the code does not identify.
func (d *decider) people(s *saying, told []canonical.Person) []theatre.Person {
	ps := people(told)
	if slices.ContainsFunc(ps, func(p theatre.Person) bool { return !theatre.Identified(p) }) {
		s.once(canonical.Info, "person_unidentified", "", "Somebody is named by a code that no professional register gives out. It is kept as it came.")
	}
	return ps
}

// reviewSides alerts people when what was coded says another side than what
// was planned, or than the theatre said.
func (d *decider) reviewSides(s *saying, c *theatre.Case) {
	subject := "sides:" + strconv.FormatInt(int64(c.ID), 10)
	d.settles(subject, d.began[c.ID])
	if c.SidesMoved() {
		d.warn(Warning{Kind: "procedure_sides_differ", Subject: subject, Severity: "danger", Message: s.ID,
			Text: "Case " + c.Name + ": its procedures are told for different sides.", Action: "Check at once which side was planned, and which was treated; have the wrong coding corrected at its source."})
	}
}
