package mapping

import (
	"slices"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// messageRule is what the mapping does with one kind of message.
type messageRule struct {
	name   string
	at     string
	when   *expression
	once   []string
	events []eventRule
}

// eventRule makes events of one kind, one for each group.
type eventRule struct {
	leads  []string // of the groups; none is the whole message
	by     *path    // the value that gathers groups
	column string   // of a file: the field whose value gathers rows
	when   *expression
	make   func(s *scope) canonical.Event // nil if the group says nothing
}

func (c *compiler) message(name string, n *node) *messageRule {
	r := &messageRule{name: name, at: n.at(), when: c.condition(n.get("when")), once: c.texts(n.get("once"))}
	events := n.get("events")
	if !events.isSet() || events.kind != dict {
		c.problems.add(n, "key_missing", "The message %q needs events: a block with a name for each event.", name)
		return r
	}
	for _, key := range events.keys {
		if e, ok := c.event(events.value[key]); ok {
			r.events = append(r.events, e)
		}
	}
	return r
}

func (c *compiler) event(n *node) (e eventRule, ok bool) {
	kind := n.get("kind")
	if n.kind != dict || !kind.isSet() {
		c.problems.add(n, "key_missing", "An event is a block with a kind: one of %s.", eventKinds)
		return e, false
	}
	if !slices.Contains(eventKinds, kind.text) {
		c.problems.add(kind, "choice_unknown", "The kind of an event is one of %s.%s", eventKinds, nearest(kind.text, eventKinds))
		return e, false
	}
	c.known(n, kind.text)
	e.when = c.condition(n.get("when"))
	for _, lead := range c.items(n.get("each")) {
		if p, ok := c.segment(lead); ok {
			e.leads = append(e.leads, p.segment)
		}
	}
	if by := n.get("by"); by.isSet() && c.format == formatCSV {
		c.reader(by, by.text, false)
		e.column = by.text
	} else if by.isSet() {
		e.by, _ = c.path(by, by.text)
	}
	if (kind.text == "order_answer") != (c.format == formatCSV) {
		c.problems.add(kind, "event_misplaced", "Files (format: csv) tell of order_answer; HL7 messages of all other events.")
		return e, false
	}
	e.make = map[string]func(*node) func(*scope) canonical.Event{
		"usage": c.usage, "booking": c.booking, "patient_update": c.patientUpdate,
		"patient_merge": c.patientMerge, "order_answer": c.orderAnswer,
	}[kind.text](n)
	return e, true
}

func (c *compiler) usage(n *node) func(*scope) canonical.Event {
	aliases := c.caseOf(n.get("case"))
	patient := c.patient(n.get("patient"), "patient")
	place := c.place(n.get("place"), "place")
	occurred := c.value(n.get("occurred_at"), "occurred_at", false)
	procedures := c.procedures(n.get("procedures"))
	var mode canonical.Mode
	if m := n.get("mode"); m.isSet() {
		mode = canonical.Mode(c.oneOf(m, "mode", "increments", "snapshot"))
	} else {
		c.problems.add(n, "key_missing", "The key %q is missing here: increments where each line stands for itself, snapshot where a message tells all that was used in the case.", "mode")
	}
	lines := c.lines(n.get("lines"))
	if lines == nil {
		c.problems.add(n, "key_missing", "The key %q is missing here.", "lines")
	}
	return func(s *scope) canonical.Event {
		u := canonical.Usage{Mode: mode}
		if u.Lines = lines.read(s); len(u.Lines) == 0 {
			s.find(canonical.Info, "no_lines", "", "The message tells of no use that counts.")
			return nil
		}
		u.Case, u.Patient = readCase(aliases, s), patient.read(s)
		s.needPatient(u.Patient)
		u.Place, u.OccurredAt = place.read(s), occurred.instant(s)
		u.Procedures = readProcedures(procedures, s)
		return u
	}
}

var actions = []string{"book", "reschedule", "modify", "cancel", "discontinue", "delete", "no_show"}

func (c *compiler) booking(n *node) func(*scope) canonical.Event {
	aliases := c.caseOf(n.get("case"))
	patient := c.patient(n.get("patient"), "patient")
	place := c.place(n.get("place"), "place")
	scheduled := c.value(n.get("scheduled_at"), "scheduled_at", false)
	action := c.among(n.get("action"), c.required(n, "action", "action", false), actions...)
	procedures := c.procedures(n.get("procedures"))
	people := c.people(n.get("people"), "people")
	return func(s *scope) canonical.Event {
		b := canonical.Booking{Case: readCase(aliases, s), Patient: patient.read(s), Place: place.read(s)}
		s.needPatient(b.Patient)
		b.ScheduledAt, b.Action = scheduled.instant(s), action.text(s)
		b.Procedures, b.People = readProcedures(procedures, s), readPeople(people, s)
		return b
	}
}

func (c *compiler) patientUpdate(n *node) func(*scope) canonical.Event {
	patient := c.patient(n.get("patient"), "patient")
	return func(s *scope) canonical.Event {
		u := canonical.PatientUpdate{Patient: patient.read(s)}
		if len(u.Patient.Identifiers) == 0 {
			s.needPatient(u.Patient)
			return nil
		}
		return u
	}
}

func (c *compiler) patientMerge(n *node) func(*scope) canonical.Event {
	survivor := c.patient(n.get("survivor"), "survivor")
	retired := c.patient(n.get("retired"), "retired")
	return func(s *scope) canonical.Event {
		m := canonical.PatientMerge{Survivor: survivor.read(s), Retired: retired.read(s)}
		if len(m.Survivor.Identifiers) == 0 || len(m.Retired.Identifiers) == 0 {
			s.find(canonical.Error, "merge_incomplete", "", "The message does not name both the surviving and the retired patient, so nothing was merged. Ask the sender for both.")
			return nil
		}
		return m
	}
}
