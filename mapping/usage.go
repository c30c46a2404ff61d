package mapping

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// usageRule reads what was used in one case.
type usageRule struct {
	source              string
	mode                canonical.Mode
	aliases             []aliasRule
	patient             *patientRule
	place               *placeRule
	procedures          []procedureRule
	people              []personRule
	lines               *linesRule
	encounter, occurred *value
	scope, count        *value // of a snapshot
	complete            bool   // it tells of all that there is, without a count
}

var modes = []string{string(canonical.Increments), string(canonical.Snapshot), string(canonical.Actions)}

// voice is what a source may be called.
var voice = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (c *compiler) usage(n *node) func(*scope) canonical.Event {
	r := &usageRule{
		complete:   c.format == formatFHIR, // a resource is all of itself
		aliases:    c.caseOf(n.get("case")),
		patient:    c.patient(n.get("patient"), "patient"),
		place:      c.place(n.get("place"), "place"),
		procedures: c.procedures(n.get("procedures")),
		people:     c.people(n.get("people"), "people"),
		encounter:  c.value(n.get("encounter"), "encounter", false),
		occurred:   c.time(n.get("occurred_at"), "occurred_at", false),
		scope:      c.value(n.get("scope"), "scope", false),
		count:      c.value(n.get("count"), "count", false),
	}
	if v := n.get("source"); v.isSet() {
		if r.source = v.text; v.kind != scalar || !voice.MatchString(v.text) {
			c.problems.add(v, "source_invalid", "source is one word in small letters that names this voice of the sender, as implants.")
		}
		if !slices.Contains(c.sourcesListed, v.text) {
			c.problems.add(v, "source_unlisted", "The voice %q is not among the profile's sources: list them at the top, the one whose word counts first. sources: [%s]", v.text, v.text)
		}
	}
	if m := n.get("mode"); m.isSet() {
		r.mode = canonical.Mode(c.oneOf(m, "mode", modes...))
	} else {
		c.problems.add(n, "key_missing", "The key %q is missing here: increments where each line stands for itself, snapshot where a message tells all that was used, actions where each line says by a code whether it is added, updated or deleted.", "mode")
	}
	for _, key := range []string{"scope", "count"} {
		if k := n.get(key); k.isSet() && r.mode != canonical.Snapshot {
			c.problems.add(k, "key_misplaced", "%s goes with mode: snapshot. In another mode a line that is not told stays as it was.", key)
		}
	}
	if r.lines = c.lines(n.get("lines"), r.mode); r.lines == nil {
		c.problems.add(n, "key_missing", "The key %q is missing here.", "lines")
	}
	return r.read
}

func (r *usageRule) read(s *scope) canonical.Event {
	u := canonical.Usage{Source: r.source, Mode: r.mode}
	var told int
	u.Lines, told = r.lines.read(s)
	whole := r.complete && r.mode == canonical.Snapshot
	if r.count != nil {
		u.Mode, whole = r.counted(s, told)
	}
	if len(u.Lines) == 0 && !whole {
		s.find(canonical.Info, "no_lines", "", "The message tells of no use that counts.")
		return nil
	}
	u.Case, u.Encounter, u.Patient = readCase(r.aliases, s), r.encounter.text(s), r.patient.read(s)
	s.needPatient(u.Patient)
	u.Place, u.OccurredAt = r.place.read(s), r.occurred.instant(s)
	u.Scope = r.scope.text(s) // though lines are missing: they are of that list
	u.Procedures, u.People = readProcedures(r.procedures, s), readPeople(r.people, s)
	return u
}

// counted compares how many lines a snapshot says it has with those that
// stand there. One that has fewer is not all that there is: to take it for all
// would withdraw what was used. One that has as many is whole, and tells that
// nothing was used if none of them is a use; without a count no message does.
func (r *usageRule) counted(s *scope, told int) (mode canonical.Mode, whole bool) {
	c := r.count.eval(s)
	if c.text == "" {
		return r.mode, false
	}
	n, err := strconv.Atoi(c.text)
	if err != nil || n != told {
		s.find(canonical.Error, "lines_missing", c.path, "The message does not have as many lines as it says, so it is not taken for all that was used: what it tells is taken, and nothing is withdrawn. Ask the sender for the whole message.")
		return canonical.Increments, false
	}
	return r.mode, true
}
