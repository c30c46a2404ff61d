package mapping

import (
	"slices"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// skip is the effect of a line that is not final: it is left out.
const skip canonical.Effect = "skip"

var effects = []string{
	string(canonical.Use), string(canonical.Credit), string(canonical.Delete),
	string(canonical.NoValue), string(canonical.WrongPatient), string(canonical.Unknown), string(skip),
}

var dispositions = []string{
	canonical.UsedUnspecified, canonical.Implanted, canonical.Explanted, canonical.ImplantedThenRemoved,
	canonical.OpenedNotUsed, canonical.Contaminated, canonical.ReturnedUnopened,
	canonical.SupplierLiable, canonical.Reusable,
}

var creditReasons = []string{string(canonical.NeverOpened), string(canonical.Wasted), string(canonical.ChargingError)}

var sides = []string{"left", "right", "bilateral", "unknown"}

// linesRule reads the lines of a usage.
type linesRule struct {
	lead      *path
	leads     []string   // its segment
	elements  *fhir.Path // of a FHIR message: each is a line
	by        *path
	joins     []joinRule
	distinct  *path
	hasAny    []*path
	when      *expression
	key       *value
	effect    *value
	effectAt  *path  // read in every occurrence, with by
	action    *value // with mode: actions
	actionAt  *path
	negative  map[canonical.Effect]canonical.Effect
	deletedBy []*path
	item      itemRule

	quantity, unit, disposition, side *value
	creditFor, setID, setCycle        *value
	place                             *placeRule
	occurred                          *value
	people                            []personRule
}

func (c *compiler) lines(n *node, mode canonical.Mode) *linesRule {
	if !n.isSet() {
		return nil
	}
	if !c.known(n, "usage lines") {
		return nil
	}
	r := &linesRule{when: c.condition(n.get("when")), negative: map[canonical.Effect]canonical.Effect{}}
	if lead := n.get("each"); lead.isSet() && c.format == formatFHIR {
		r.elements = c.elements(lead)
		c.misplaced(n, "by", "join", "distinct", "has_any", "deleted_by")
	} else if lead.isSet() {
		if r.lead, _ = c.segment(lead); r.lead != nil {
			r.leads = []string{r.lead.segment}
		}
	} else {
		c.problems.add(n, "key_missing", "The key %q is missing here: it names the segment with which each line begins, as FT1, or in FHIR the elements that are lines, as focalDevice.", "each")
	}
	if c.format != formatFHIR {
		c.gathered(n, r)
	}
	r.key = c.required(n, "key", "lines.key", true)
	c.effects(n, r)
	r.action = c.actionOf(n, mode)
	r.actionAt = r.everywhere(r.action)
	r.creditFor = c.among(n.get("credit_for"), c.value(n.get("credit_for"), "lines.credit_for", true), creditReasons...)
	r.item = c.item(n)
	r.quantity = c.required(n, "quantity", "lines.quantity", true)
	r.unit = c.among(n.get("unit"), c.value(n.get("unit"), "lines.unit", true), "each", "pack", "scanned")
	r.disposition = c.among(n.get("disposition"), c.value(n.get("disposition"), "lines.disposition", true), dispositions...)
	r.side = c.among(n.get("side"), c.value(n.get("side"), "lines.side", true), sides...)
	if set := n.get("set"); set.isSet() && c.known(set, "set") {
		r.setID = c.required(set, "id", "lines.set.id", true)
		r.setCycle = c.value(set.get("cycle"), "lines.set.cycle", true)
	}
	r.place = c.place(n.get("place"), "lines.place")
	r.occurred = c.time(n.get("occurred_at"), "lines.occurred_at", false)
	r.people = c.people(n.get("people"), "lines.people")
	return r
}

// gathered compiles how segments make one line.
func (c *compiler) gathered(n *node, r *linesRule) {
	for key, to := range map[string]**path{"by": &r.by, "distinct": &r.distinct} {
		if k := n.get(key); k.isSet() {
			*to, _ = c.path(k, k.text)
		}
	}
	r.joins = c.joins(n.get("join"))
	for _, item := range c.items(n.get("has_any")) {
		if p, ok := c.segment(item); ok {
			r.hasAny = append(r.hasAny, p)
		}
	}
	for _, item := range c.items(n.get("deleted_by")) {
		if p, ok := c.path(item, item.text); ok {
			r.deletedBy = append(r.deletedBy, p)
		}
	}
}

// effects compiles what law 11 asks of a profile: the table of signs, and
// what a negative quantity means.
func (c *compiler) effects(n *node, r *linesRule) {
	r.effect = c.required(n, "effect", "lines.effect", true)
	if r.effect != nil {
		if r.effect.table != nil {
			r.effect.unlisted.note = note{severity: canonical.Error, code: "sign_unlisted",
				text: "What this line does is not in the table " + r.effect.table.name + ". It is not taken for a use and waits for a person. Add a row for its code."}
		} else if n.get("effect").get("const") == nil {
			c.problems.add(n.get("effect"), "table_missing", "The effect of a line comes from a table of signs, or is a const.")
		}
		r.effectAt = r.everywhere(r.effect)
	}
	c.among(n.get("effect"), r.effect, effects...)
	if neg := n.get("negative"); neg.isSet() && neg.kind == dict {
		for _, k := range neg.keys {
			if !slices.Contains(effects, k) {
				c.problems.add(neg.value[k], "effect_unknown", "%q is not an effect of a line.%s", k, nearest(k, effects))
			}
			r.negative[canonical.Effect(k)] = canonical.Effect(c.oneOf(neg.value[k], "an effect", effects...))
		}
	} else if neg.isSet() {
		c.problems.add(neg, "block_expected", "negative says for an effect what a negative quantity turns it into, as {use: credit}.")
	}
}

// everywhere gives the path of a code that every segment of a gathered line
// has, so that they can be compared; nil if there is none.
func (r *linesRule) everywhere(code *value) *path {
	if r.by == nil || code == nil || len(code.sources) != 1 {
		return nil
	}
	if p, err := parsePath(code.sources[0].label); err == nil && p.field > 0 {
		return &p
	}
	return nil
}

// read gives the lines of an event, and how many the message has: those that
// the mapping leaves out are findings.
func (r *linesRule) read(s *scope) (lines []canonical.UsageLine, told int) {
	var last map[string]int // of a key, its last line
	r.parts(s, func(n int) { lines, last = make([]canonical.UsageLine, 0, n), make(map[string]int, n) }, func(in *scope) {
		told++
		if !r.wanted(in) {
			in.find(canonical.Info, "not_a_use", "", "The mapping does not take this part of the message for a use.")
			return
		}
		line, ok := r.line(in)
		if !ok {
			return
		}
		if i, twice := last[line.Key]; twice && line.Key != "" && line.Effect == canonical.Use && lines[i].Effect == canonical.Use {
			in.find(canonical.Error, "business_key_repeated", "", "Two lines of this message carry the same key, so it tells neither from the other. Both go to reconciliation. Mend the key in the mapping or at the sender.")
			lines[i].Key, line.Key = "", ""
		} else if line.Key != "" {
			last[line.Key] = len(lines)
		}
		lines = append(lines, line)
	})
	return lines, told
}

// parts calls f for each part of an event that is a line, and before that most
// with how many there are at most.
func (r *linesRule) parts(s *scope, most func(n int), f func(in *scope)) {
	if r.elements != nil {
		s.elements(r.elements, most, f)
		return
	}
	s, taken := r.takeOut(s)
	before, all := s.split(s.levels[0], r.leads)
	if r.by != nil {
		all = s.gather(all, r.by)
	}
	most(len(all))
	var in scope
	for _, g := range all {
		if r.lead.selects(&g[0]) {
			in = s.into(r.join(s.run, g, taken), before, originOf(g))
			f(&in)
		}
	}
}

func (r *linesRule) wanted(s *scope) bool {
	fits := len(r.hasAny) == 0
	for _, p := range r.hasAny {
		fits = fits || s.has(p)
	}
	return fits && r.when.keeps(s)
}
