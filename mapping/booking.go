package mapping

import "github.com/stockwell-hub/stockwell/schemas/canonical"

var (
	actions = []string{"book", "reschedule", "modify", "cancel", "discontinue", "delete", "no_show"}
	stages  = []string{"theatre", "final"}
)

func (c *compiler) booking(n *node) func(*scope) canonical.Event {
	aliases := c.caseOf(n.get("case"))
	encounter := c.value(n.get("encounter"), "encounter", false)
	patient := c.patient(n.get("patient"), "patient")
	place := c.place(n.get("place"), "place")
	scheduled := c.time(n.get("scheduled_at"), "scheduled_at", false)
	action := c.among(n.get("action"), c.required(n, "action", "action", false), actions...)
	procedures := c.procedures(n.get("procedures"))
	people := c.people(n.get("people"), "people")
	return func(s *scope) canonical.Event {
		b := canonical.Booking{Case: readCase(aliases, s), Encounter: encounter.text(s), Patient: patient.read(s), Place: place.read(s)}
		s.needPatient(b.Patient)
		b.ScheduledAt, b.Action = scheduled.instant(s), action.text(s)
		b.Procedures, b.People = readProcedures(procedures, s), readPeople(people, s)
		return b
	}
}

// coding compiles a coding of procedures, of a case or of a whole visit.
func (c *compiler) coding(n *node) func(*scope) canonical.Event {
	aliases := c.caseOf(n.get("case"))
	encounter := c.value(n.get("encounter"), "encounter", false)
	patient := c.patient(n.get("patient"), "patient")
	procedures := c.procedures(n.get("procedures"))
	stage := ""
	if k := n.get("stage"); k.isSet() {
		stage = c.oneOf(k, "stage", stages...)
	} else {
		c.problems.add(n, "key_missing", "The key %q is missing here: theatre for what was coded where it was done, final for what the coders settled.", "stage")
	}
	for _, key := range []string{"patient", "procedures"} {
		if !n.get(key).isSet() {
			c.problems.add(n, "key_missing", "The key %q is missing here.", key)
		}
	}
	return func(s *scope) canonical.Event {
		e := canonical.Coding{Case: aliasesIn(aliases, s), Encounter: encounter.text(s), Patient: patient.read(s), Stage: stage}
		if e.Procedures = readProcedures(procedures, s); len(e.Procedures) == 0 {
			s.find(canonical.Info, "no_procedures", "", "The message codes no procedure that counts, so no coding changed.")
			return nil
		}
		if len(e.Case.Aliases) == 0 && e.Encounter == "" {
			s.find(canonical.Error, "coding_of_nothing", "", "The message names neither a case nor a visit, so nobody can tell what it codes, and it had no effect. Ask the sender for the visit's number.")
			return nil
		}
		s.needPatient(e.Patient)
		return e
	}
}
