package hl7v2

import "strings"

// First gives the first value in g that the path names; absent if there is
// none. A value that is there but empty or null counts.
func (p Path) First(g Group) Value {
	var found Value
	p.each(g, func(v Value) bool {
		found = v
		return false
	})
	return found
}

// All gives every value in g that the path names, in the message's order:
// empty and null ones too, absent ones not.
func (p Path) All(g Group) []Value {
	var all []Value
	p.each(g, func(v Value) bool {
		all = append(all, v)
		return true
	})
	return all
}

// FirstIn gives the first value in one segment that the path names, whatever
// the path says of groups and of the segment's place; absent if the segment is
// another or its filters do not let it through.
func (p Path) FirstIn(s Segment) Value {
	var found Value
	p.eachIn(s, func(v Value) bool {
		found = v
		return false
	})
	return found
}

// AllIn gives every value in one segment that the path names; see FirstIn.
func (p Path) AllIn(s Segment) []Value {
	var all []Value
	p.eachIn(s, func(v Value) bool {
		all = append(all, v)
		return true
	})
	return all
}

func (p Path) eachIn(s Segment, yield func(Value) bool) {
	if s.is(p.segment) && p.segments.admits(s) {
		p.within(s, yield)
	}
}

// each calls yield for each value until it returns false.
func (p Path) each(g Group, yield func(Value) bool) {
	if len(p.groups) > 0 {
		p.descend(g, p.groups, yield)
		return
	}
	p.segmentsOf(g, yield)
}

// descend reads in the groups that steps lead to.
func (p Path) descend(g Group, steps []groupStep, yield func(Value) bool) bool {
	if len(steps) == 0 {
		return p.segmentsOf(g, yield)
	}
	seen := 0
	for _, in := range g.GroupsOf(steps[0].name) {
		if !steps[0].admitsGroup(in) {
			continue
		}
		seen++
		if n := steps[0].index; n > 0 && seen != n {
			continue
		}
		if !p.descend(in, steps[1:], yield) {
			return false
		}
	}
	return true
}

// admitsGroup reports whether every filter lets the group through.
func (s selector) admitsGroup(g Group) bool {
	for _, f := range s.filters {
		one := selector{filters: []filter{f}}
		name, named := strings.CutSuffix(f.prefix, "-")
		admitted := named && f.not || !named && one.admits(g.Segment(0))
		for i := 0; named && i < g.Len(); i++ {
			if in := g.Segment(i); in.is(name) {
				admitted = one.admits(in)
				if admitted != f.not {
					break // one that has the value settles it
				}
			}
		}
		if !admitted {
			return false
		}
	}
	return true
}

// segmentsOf reads in the segments of a group.
func (p Path) segmentsOf(g Group, yield func(Value) bool) bool {
	seen := 0
	for i := g.from; i < g.to; i++ {
		s := Segment{m: g.m, index: i}
		if g.picked == nil {
			s.at = g.m.segs[i]
		} else {
			s = g.at(i)
		}
		if !s.is(p.segment) || !p.segments.admits(s) {
			continue
		}
		seen++
		if p.segments.index > 0 && seen < p.segments.index {
			continue
		}
		if !p.within(s, yield) {
			return false
		}
		if p.segments.index > 0 {
			break
		}
	}
	return true
}

// within yields the values of one segment; false if yield wants no more.
func (p Path) within(s Segment, yield func(Value) bool) bool {
	if p.field == 0 {
		return yield(Value{m: s.m, from: s.at.from, to: s.at.to, level: verbatim})
	}
	f := s.Field(p.field)
	if f.m == nil {
		return true
	}
	seen := 0
	for rest, more := f, true; more; {
		var r Value
		r, rest, more = rest.nextRepetition()
		if !p.fields.passes(r) {
			continue
		}
		if seen++; p.fields.index > 0 && seen < p.fields.index {
			continue
		}
		if v := p.inside(r); v.m != nil && !yield(v) {
			return false
		}
		if p.fields.index > 0 {
			return true
		}
	}
	return true
}

// nextRepetition takes the first repetition off a field.
func (v Value) nextRepetition() (first, rest Value, more bool) {
	if v.level != field {
		return v, Value{}, false
	}
	first = v.part(v.delim(repetition), 1, repetition)
	if first.to == v.to {
		return first, Value{}, false
	}
	rest = v
	rest.from = first.to + 1
	return first, rest, true
}

// inside descends from a repetition to what the path names in it.
func (p Path) inside(v Value) Value {
	if p.component > 0 {
		v = v.Component(p.component)
	}
	if p.sub > 0 {
		v = v.Subcomponent(p.sub)
	}
	return v
}

// admits reports whether every filter lets the segment through: for =, one
// repetition of the field has the value; for !=, none has.
func (s selector) admits(seg Segment) bool {
	for _, f := range s.filters {
		has := false
		for rest, more := seg.Field(f.field), true; more && !has; {
			var r Value
			r, rest, more = rest.nextRepetition()
			has = f.equal(r)
		}
		if has == f.not {
			return false
		}
	}
	return true
}

// passes reports whether every filter lets the repetition through.
func (s selector) passes(r Value) bool {
	for _, f := range s.filters {
		if f.equal(r) == f.not {
			return false
		}
	}
	return true
}

func (f filter) equal(v Value) bool {
	if f.component > 0 {
		v = v.Component(f.component)
	}
	if f.sub > 0 {
		v = v.Subcomponent(f.sub)
	}
	return v.String() == f.value
}
