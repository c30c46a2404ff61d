package hl7v2

import (
	"bytes"
	"strings"
)

// Segment is one line of a message. The zero Segment has no name and only
// absent fields.
type Segment struct {
	m     *Message
	at    span
	index int
}

// Segment gives the segment with index i, from 0; the zero Segment if there
// is none.
func (m *Message) Segment(i int) Segment {
	if i < 0 || i >= len(m.segs) {
		return Segment{}
	}
	return Segment{m: m, at: m.segs[i], index: i}
}

// Name is what stands before the first field separator, normally three
// characters. It is in upper case, however it was sent.
func (s Segment) Name() string {
	if s.m == nil {
		return ""
	}
	line := s.Raw()
	if n := bytes.IndexByte(line, s.m.delims.field); n >= 0 {
		line = line[:n]
	}
	if s.m.lower && isName(line) {
		return strings.ToUpper(string(line))
	}
	if s.m.text != "" {
		return s.m.text[s.at.from : int(s.at.from)+len(line)]
	}
	return string(line)
}

// is compares the name without allocating.
func (s Segment) is(name string) bool {
	line := s.Raw()
	if len(line) < len(name) || len(line) > len(name) && line[len(name)] != s.m.delims.field {
		return false
	}
	return string(line[:len(name)]) == name || s.m.lower && sameName(line[:len(name)], name)
}

// sameName compares a segment's name without regard to case. What is no name,
// as bytes that are no letters, is only the same if every byte is.
func sameName(line []byte, name string) bool {
	return string(line) == name || isName(line) && strings.EqualFold(string(line), name)
}

// Index is the segment's place in the message, from 0.
func (s Segment) Index() int { return s.index }

// Raw gives the segment's bytes without its line end.
func (s Segment) Raw() []byte {
	if s.m == nil {
		return nil
	}
	return s.m.raw[s.at.from:s.at.to:s.at.to]
}

// Field gives field n, counted from 1 as HL7 does: MSH-1 is the field
// separator itself, MSH-2 the encoding characters.
func (s Segment) Field(n int) Value {
	if s.m == nil || n < 1 {
		return Value{}
	}
	if s.header() {
		if n == 1 {
			return Value{m: s.m, from: s.at.from + 3, to: s.at.from + 4, level: verbatim}
		}
		n--
	}
	sep := s.m.delims.field
	from, end := int(s.at.from), int(s.at.to)
	raw := s.m.raw
	for ; n > 0; n-- {
		i := bytes.IndexByte(raw[from:end], sep)
		if i < 0 {
			return Value{}
		}
		from += i + 1
	}
	v := Value{m: s.m, from: int32(from), to: int32(end), level: field}
	if i := bytes.IndexByte(raw[from:end], sep); i >= 0 {
		v.to = int32(from + i)
	}
	if s.header() && from == int(s.at.from)+4 {
		v.level = verbatim
	}
	return v
}

// Fields is the number of the last field that the segment has, trailing empty
// ones included.
func (s Segment) Fields() int {
	if s.m == nil {
		return 0
	}
	n := bytes.Count(s.Raw(), []byte{s.m.delims.field})
	if s.header() {
		n++
	}
	return n
}

// header reports whether the segment's first field is the separator itself.
func (s Segment) header() bool {
	line := s.Raw()
	if len(line) < 4 || line[3] != s.m.delims.field {
		return false
	}
	switch line[0] {
	case 'M', 'm':
		return foldedName(line, "MSH")
	case 'F', 'f':
		return foldedName(line, "FHS")
	case 'B', 'b':
		return foldedName(line, "BHS")
	}
	return false
}
