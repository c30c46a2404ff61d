package hl7v2

import (
	"strconv"
	"strings"
)

// Path names values in a message as analysts write them:
//
//	PID-3.1                component 1 of PID-3
//	PID-3[2].1             of its second repetition
//	PID-3[CX.5=NH].1       of the repetitions whose component 5 is NH
//	PID-3.4.2              subcomponent 2 of component 4
//	OBX[3]-5               of the third OBX of the group
//	OBX[3.1=UDI]-5         of the OBX segments whose OBX-3.1 is UDI
//	FT1*-7.1               of every FT1
//	FT1[2]/PR1*-3          of every PR1 in the group of the second FT1
//	ORDER[ORC-1=NW]/OBR-4  of the groups that have an ORC-1 of NW
//
// What stands before a slash is a group, by the name of the grammar or of the
// segment that begins it (see Message.GroupsOf); its filters look at its first
// segment, or at the one they name.
//
// Filters compare decoded text, take = or !=, may follow one another, and may
// put the value in double quotes. A number after filters counts what they let
// through. The type before the dot (CX.) is for the reader and is not checked.
// A path without an index means every match: First gives the first, All all.
type Path struct {
	groups    []groupStep
	segment   string
	segments  selector
	field     int // 0: the whole segment
	fields    selector
	component int // 0: the whole repetition
	sub       int // 0: the whole component
}

// groupStep chooses among the groups of a name.
type groupStep struct {
	name string
	selector
}

// selector chooses among segments of one name or repetitions of one field.
type selector struct {
	filters []filter
	index   int // from 1; 0 means all
	star    bool
}

// filter compares one value: in a segment field.component.sub, in a repetition
// component.sub.
type filter struct {
	prefix                string // with its dot or dash; only "ORC-" before a group's field counts
	field, component, sub int
	not                   bool
	value                 string
}

// Segment is the name of the segment that the path reads.
func (p Path) Segment() string { return p.segment }

// Many reports whether the path asks for several values in so many words: by
// a star, or by a filter without an index.
func (p Path) Many() bool {
	for _, g := range p.groups {
		if g.many() {
			return true
		}
	}
	return p.segments.many() || p.fields.many()
}

// Place gives the numbers of the field, component and subcomponent that the
// path names; 0 for those that it does not.
func (p Path) Place() (field, component, subcomponent int) { return p.field, p.component, p.sub }

func (s selector) many() bool { return s.index == 0 && (s.star || len(s.filters) > 0) }

// String writes the path so that ParsePath reads it as the same path.
func (p Path) String() string {
	var b strings.Builder
	for _, g := range p.groups {
		b.WriteString(g.name)
		g.write(&b)
		b.WriteByte('/')
	}
	b.WriteString(p.segment)
	p.segments.write(&b)
	if p.field > 0 {
		b.WriteByte('-')
		b.WriteString(strconv.Itoa(p.field))
		p.fields.write(&b)
	}
	for _, n := range []int{p.component, p.sub} {
		if n > 0 {
			b.WriteByte('.')
			b.WriteString(strconv.Itoa(n))
		}
	}
	return b.String()
}

func (s selector) write(b *strings.Builder) {
	if s.star {
		b.WriteByte('*')
	}
	for _, f := range s.filters {
		b.WriteByte('[')
		b.WriteString(f.prefix)
		sep := ""
		for _, n := range []int{f.field, f.component, f.sub} {
			if n > 0 {
				b.WriteString(sep)
				b.WriteString(strconv.Itoa(n))
				sep = "."
			}
		}
		if f.not {
			b.WriteByte('!')
		}
		b.WriteString(`="`)
		b.WriteString(strings.ReplaceAll(f.value, `"`, `""`))
		b.WriteString(`"]`)
	}
	if s.index > 0 {
		b.WriteByte('[')
		b.WriteString(strconv.Itoa(s.index))
		b.WriteByte(']')
	}
}
