package hl7v2

import (
	"bytes"
	"iter"
)

// State says how a value is there. Absent, Empty and Null are three things:
// only Null asks the receiver to delete.
type State uint8

const (
	// Absent: the segment ends before the value, or there is no segment.
	Absent State = iota
	// Empty: its place is there, with nothing in it.
	Empty
	// Null: two double quotes, "delete what you have".
	Null
	// Present: there is a text.
	Present
)

// String gives the state's stable snake_case name.
func (s State) String() string {
	return [...]string{"absent", "empty", "null", "present"}[s&3]
}

// level is where a value stands in the nesting.
type level uint8

const (
	field level = iota
	repetition
	component
	subcomponent
	// verbatim values are never split or decoded: MSH-1, MSH-2 and segments.
	verbatim
)

// Value is one field, repetition, component or subcomponent, undecoded until
// it is asked. The zero Value is absent.
type Value struct {
	m        *Message
	from, to int32
	level    level
}

// State says whether the value is absent, empty, null or present.
func (v Value) State() State {
	switch {
	case v.m == nil:
		return Absent
	case v.from == v.to:
		return Empty
	case v.to-v.from == 2 && v.m.raw[v.from] == '"' && v.m.raw[v.from+1] == '"':
		return Null
	}
	return Present
}

// Raw gives the sender's bytes, nil if absent. The caller does not change
// them.
func (v Value) Raw() []byte {
	if v.m == nil {
		return nil
	}
	return v.m.raw[v.from:v.to:v.to]
}

// String gives the text in UTF-8 with its escapes decoded; "" if the value is
// absent, empty or null. Delimiters below the value's own level stay as they
// are, so a field with components gives them all: ask for a component.
func (v Value) String() string {
	if v.State() != Present {
		return ""
	}
	if v.m.text != "" && v.m.utf8 && v.m.charset.plain && (!v.m.escapes || v.level == verbatim) {
		return v.m.text[v.from:v.to]
	}
	return v.decode()
}

// Repetitions is the number of repetitions of a field; 0 if it is absent.
func (v Value) Repetitions() int {
	switch {
	case v.m == nil:
		return 0
	case v.level != field || v.m.delims.repetition == 0:
		return 1
	}
	return bytes.Count(v.Raw(), []byte{v.m.delims.repetition}) + 1
}

// Repetition gives repetition n of a field, from 1.
func (v Value) Repetition(n int) Value {
	if v.level != field {
		return v.only(n)
	}
	return v.part(v.delim(repetition), n, repetition)
}

// Component gives component n, from 1: of a field's first repetition, or of a
// repetition. A value without components is its own first.
func (v Value) Component(n int) Value {
	switch {
	case v.m == nil:
		return Value{}
	case v.level == field:
		return v.Repetition(1).Component(n)
	case v.level == repetition:
		return v.part(v.delim(component), n, component)
	}
	return v.only(n)
}

// Components is the number of components of a field's first repetition, or of
// a repetition; 0 if it is absent.
func (v Value) Components() int {
	if v.level == field {
		v = v.Repetition(1)
	}
	return v.count(repetition, v.delim(component))
}

// Subcomponent gives subcomponent n, from 1. A value without subcomponents is
// its own first.
func (v Value) Subcomponent(n int) Value {
	switch {
	case v.m == nil:
		return Value{}
	case v.level < component:
		return v.Component(1).Subcomponent(n)
	case v.level == component:
		return v.part(v.delim(subcomponent), n, subcomponent)
	}
	return v.only(n)
}

// Subcomponents is the number of subcomponents of a component; 0 if absent.
func (v Value) Subcomponents() int {
	if v.m != nil && v.level < component {
		v = v.Component(1)
	}
	return v.count(component, v.delim(subcomponent))
}

// Parts gives what a value consists of one level down, counted from 1: the
// repetitions of a field, the components of a repetition, the subcomponents of
// a component. What cannot be split is its own only part; an absent value has
// none.
func (v Value) Parts() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		below, sep := v.level, byte(0)
		if v.level < subcomponent {
			below = v.level + 1
			sep = v.delim(below)
		}
		for n, rest := 1, v; rest.m != nil; n++ {
			var part Value
			if part, rest = rest.cut(sep, below); !yield(n, part) {
				return
			}
		}
	}
}

func (v Value) count(at level, sep byte) int {
	switch {
	case v.m == nil:
		return 0
	case v.level != at || sep == 0:
		return 1
	}
	return bytes.Count(v.Raw(), []byte{sep}) + 1
}

// delim is the character that separates values of level l.
func (v Value) delim(l level) byte {
	if v.m == nil {
		return 0
	}
	return [...]byte{v.m.delims.field, v.m.delims.repetition, v.m.delims.component, v.m.delims.sub, 0}[l]
}

// only answers for a value that cannot be split further.
func (v Value) only(n int) Value {
	if n == 1 {
		return v
	}
	return Value{}
}

// part cuts the nth part of v at sep.
func (v Value) part(sep byte, n int, l level) Value {
	if v.m == nil || n < 1 {
		return Value{}
	}
	from, end := int(v.from), int(v.to)
	raw := v.m.raw
	stop := end
	for {
		i := -1
		if sep != 0 {
			i = bytes.IndexByte(raw[from:end], sep)
		}
		if i >= 0 {
			stop = from + i
		} else {
			stop = end
		}
		if n--; n == 0 {
			return Value{m: v.m, from: int32(from), to: int32(stop), level: l}
		}
		if i < 0 {
			return Value{}
		}
		from = stop + 1
	}
}
