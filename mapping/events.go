package mapping

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// messageRule is what the mapping does with one kind of message.
type messageRule struct {
	name   string
	at     string
	layout *flatfile.Layout // of the files that it reads
	when   *expression
	once   []string
	events []eventRule
}

// eventRule makes events of one kind, one for each group.
type eventRule struct {
	leads  []string // of the groups; none is the whole message
	each   string   // of a FHIR message: the type of which each resource is one event
	by     *path    // the value that gathers groups
	column string   // of a file: the field whose value gathers rows
	when   *expression
	make   func(s *scope) canonical.Event // nil if the group says nothing
}

func (c *compiler) message(name string, n *node) *messageRule {
	r := &messageRule{name: name, at: n.at(), when: c.condition(n.get("when")), once: c.texts(n.get("once"))}
	if c.format == formatFHIR {
		c.misplaced(n, "once")
	}
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
		c.problems.add(n, "key_missing", "An event is a block with a kind: one of %s.", strings.Join(eventKinds, ", "))
		return e, false
	}
	if !slices.Contains(eventKinds, kind.text) {
		c.problems.add(kind, "choice_unknown", "The kind of an event is one of %s.%s", strings.Join(eventKinds, ", "), nearest(kind.text, eventKinds))
		return e, false
	}
	c.known(n, kind.text)
	e.when = c.condition(n.get("when"))
	if c.format == formatFHIR {
		e.each = c.resourceType(n)
		c.misplaced(n, "by")
	} else {
		for _, lead := range c.items(n.get("each")) {
			if p, ok := c.segment(lead); ok {
				e.leads = append(e.leads, p.segment)
			}
		}
	}
	if by := n.get("by"); by.isSet() && c.format == formatCSV {
		c.reader(by, by.text, false)
		e.column = by.text
	} else if by.isSet() && c.format == formatHL7 {
		e.by, _ = c.path(by, by.text)
	}
	if slices.Contains(fileKinds, kind.text) != (c.format == formatCSV) {
		c.problems.add(kind, "event_misplaced", "Files (format: csv) tell of %s; HL7 and FHIR messages of all other events.", strings.Join(fileKinds, " and "))
		return e, false
	}
	e.make = map[string]func(*node) func(*scope) canonical.Event{
		"usage": c.usage, "booking": c.booking, "coding": c.coding,
		"patient_update": c.patientUpdate, "patient_merge": c.patientMerge, "patient_unmerge": c.patientUnmerge,
		"visit_move": c.visitMove, "visit_merge": c.visitMerge, "order_answer": c.orderAnswer, "goods_received": c.goodsReceived,
	}[kind.text](n)
	return e, true
}
