package mapping

import (
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// each repeats a block: for every segment that a name selects, for every
// repetition of a field, or for every element of a FHIR message. Without any
// of these it gives the scope itself.
type each struct {
	path *path
	// elements are those of a FHIR message.
	elements *fhir.Path
	when     *expression
}

// each compiles n's each and when. Relative paths are allowed afterwards if
// each names a field; the caller ends that with c.within = false.
func (c *compiler) each(n *node) *each {
	out := &each{when: c.condition(n.get("when"))}
	if e := n.get("each"); e.isSet() && c.format == formatFHIR {
		out.elements = c.elements(e)
	} else if e.isSet() {
		if p, err := parsePath(e.text); c.format == formatHL7 && e.kind == scalar && err == nil {
			out.path = &p
			c.within = p.field > 0
		} else {
			c.problems.add(e, "each_invalid", "%q is neither a segment, as AIP, nor a field that repeats, as PID-3.", e.text)
		}
	}
	return out
}

// in calls f for each of the parts in s.
func (e *each) in(s *scope, f func(*scope)) {
	switch {
	case e.elements != nil:
		s.elements(e.elements, func(int) {}, func(in *scope) { e.visit(in, f) })
	case e.path == nil:
		e.visit(s, f)
	case e.path.field > 0:
		var in scope
		s.each(e.path, false, func(v hl7v2.Value) bool {
			if v.State() == hl7v2.Present {
				if in.run == nil {
					in = *s
				}
				in.rep = v
				e.visit(&in, f)
			}
			return true
		})
	default:
		e.segments(s, f)
	}
}

func (e *each) visit(s *scope, f func(*scope)) {
	if e.when.keeps(s) {
		f(s)
	}
}

// segments calls f for each segment. Around it stand those before the first
// of its kind, and what is around them: never another of its kind, nor what
// belongs to one.
func (e *each) segments(s *scope, f func(*scope)) {
	for i := range s.depth {
		first := -1
		level := s.levels[i]
		for j := range level {
			if first < 0 && level[j].name == e.path.segment {
				first = j
			}
			if e.path.selects(&level[j]) {
				around := scope{run: s.run, depth: s.depth - i}
				copy(around.levels[:], s.levels[i:])
				in := around.into(level[j:j+1], level[:first], originOf(level[j:j+1]))
				e.visit(&in, f)
			}
		}
		if first >= 0 {
			return
		}
	}
}
