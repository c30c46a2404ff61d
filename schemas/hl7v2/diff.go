package hl7v2

import (
	"bytes"
	"strconv"
)

// Difference is a place in which two messages differ.
type Difference struct {
	// Path names the place in the first message, as "PID-3[2].1"; what only
	// the second has is named as it stands there.
	Path string
	// A and B are the decoded texts; see InA and InB for a text that is "".
	A, B string
	// InA and InB are how the value is there: a segment or value that is only
	// in one message is Absent in the other.
	InA, InB State
}

// Diff lists the differences of two messages by field, in the first one's
// order. It compares what is read, so that delimiters, line ends, charsets and
// escapes that mean the same make no difference, nor does an empty place
// beside an absent one. Segments that were put in or left out are told from
// segments that changed.
func Diff(a, b *Message) []Difference {
	d := differ{a: a, b: b, placesA: a.places(), placesB: b.places()}
	for _, p := range align(a, b) {
		d.segments(p[0], p[1])
	}
	return d.out
}

type differ struct {
	a, b             *Message
	placesA, placesB []int
	out              []Difference
}

func (d *differ) add(path string, a, b Value) {
	d.out = append(d.out, Difference{Path: path, A: a.String(), B: b.String(), InA: a.State(), InB: b.State()})
}

// segments compares segment i of a with j of b; a negative one is not there.
func (d *differ) segments(i, j int) {
	a, b := d.a.Segment(i), d.b.Segment(j)
	if i < 0 {
		d.add(placed(b, d.placesB[j]), Value{}, b.whole())
		return
	}
	if j < 0 {
		d.add(placed(a, d.placesA[i]), a.whole(), Value{})
		return
	}
	if d.alike() && bytes.Equal(a.Raw(), b.Raw()) {
		return
	}
	path := placed(a, d.placesA[i])
	from := 1
	if a.header() && b.header() {
		from = 3 // delimiters are how, not what
	}
	restA, restB := a.from(from), b.from(from)
	for n := from; restA.m != nil || restB.m != nil; n++ {
		var x, y Value
		x, restA = restA.cut(restA.delim(field), field)
		y, restB = restB.cut(restB.delim(field), field)
		d.values(path+"-"+strconv.Itoa(n), x, y)
	}
}

// alike reports whether equal bytes read alike in both messages.
func (d *differ) alike() bool {
	return d.a.delims == d.b.delims && d.a.charset.table == d.b.charset.table
}

// from gives what stands from field n on, as one value.
func (s Segment) from(n int) Value {
	v := s.Field(n)
	if v.m != nil {
		v.to = s.at.to
	}
	return v
}

// cut takes the first part off a value.
func (v Value) cut(sep byte, l level) (first, rest Value) {
	if v.m == nil {
		return Value{}, Value{}
	}
	first = v.part(sep, 1, l)
	if first.to < v.to {
		rest = v
		rest.from = first.to + 1
	}
	return first, rest
}

func (s Segment) whole() Value {
	return Value{m: s.m, from: s.at.from, to: s.at.to, level: verbatim}
}

// values compares two values and what they consist of.
func (d *differ) values(path string, a, b Value) {
	if a.State() <= Empty && b.State() <= Empty || d.alike() && a.m != nil && b.m != nil && bytes.Equal(a.Raw(), b.Raw()) {
		return
	}
	next := max(a.level, b.level) + 1
	divided := func(l level) bool { return a.holds(l) || b.holds(l) }
	switch {
	case a.level == verbatim || b.level == verbatim || next > subcomponent:
		d.leaf(path, a, b)
		return
	case !divided(next):
		a.level, b.level = next, next
		if next == component && divided(subcomponent) {
			path += ".1" // the only component has parts
		}
		d.values(path, a, b)
		return
	}
	for n := 1; a.m != nil || b.m != nil; n++ {
		var x, y Value
		x, a = a.cut(a.delim(next), next)
		y, b = b.cut(b.delim(next), next)
		part := path + "." + strconv.Itoa(n)
		if next == repetition {
			part = path
			if n > 1 {
				part += "[" + strconv.Itoa(n) + "]"
			}
		}
		d.values(part, x, y)
	}
}

// holds reports whether the delimiter between values of level l stands in v.
func (v Value) holds(l level) bool {
	sep := v.delim(l)
	return sep != 0 && bytes.IndexByte(v.Raw(), sep) >= 0
}

func (d *differ) leaf(path string, a, b Value) {
	if a.State() == b.State() && a.String() == b.String() {
		return
	}
	d.add(path, a, b)
}

// placed names a segment by its place among those of its name.
func placed(s Segment, nth int) string {
	if nth > 1 {
		return s.Name() + "[" + strconv.Itoa(nth) + "]"
	}
	return s.Name()
}

// places gives each segment's place among those of its name, from 1.
func (m *Message) places() []int {
	seen := map[string]int{}
	list := make([]int, len(m.segs))
	for i := range m.segs {
		name := m.Segment(i).Name()
		seen[name]++
		list[i] = seen[name]
	}
	return list
}
