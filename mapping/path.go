package mapping

import (
	"errors"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// seg is one segment with what is asked of it again and again.
type seg struct {
	hl7v2.Segment
	name string
	nth  int // which of its name in the message, from 1
}

// path is a place in an HL7 message, as PID-5.1, PID-3[5=NH].1,
// OBX[3.1=UDI]-5, or .1 within a repetition. What it takes is what
// hl7v2.ParsePath takes, less what a rule has no use for, with the same
// meaning; a test compares the two. It is read here because the lines of a
// result are gathered from segments that do not stand together, which an
// hl7v2.Group cannot hold.
type path struct {
	text      string
	segment   string // empty for a path within a repetition
	where     *match // which of the segments
	field     int    // 0 means the segment itself
	rep       int    // 0 means the first that fits pick
	pick      *match // which of the repetitions
	component int    // 0 means the whole
	sub       int
}

// match is a condition on a segment or a repetition: a part equals a text.
type match struct {
	field, component, sub int // field is 0 within a repetition
	text                  string
}

var errPath = errors.New("is not a path. Write a segment, field and component as PID-5.1; choose a repetition by a component as PID-3[5=NH].1; choose a segment by a field as OBX[3.1=UDI]-5")

// parsePath reads an absolute path; the field may be left out only where
// whole segments are meant.
func parsePath(s string) (path, error) {
	p := path{text: s}
	rest := s
	if len(rest) < 3 || !segmentName(rest[:3]) {
		return p, errPath
	}
	p.segment, rest = rest[:3], rest[3:]
	if strings.HasPrefix(rest, "[") {
		inner, after, ok := strings.Cut(rest[1:], "]")
		if !ok {
			return p, errPath
		}
		place, text, ok := strings.Cut(inner, "=")
		numbers, err := numbersOf(place, 3)
		if !ok || err != nil || text == "" {
			return p, errPath
		}
		p.where = &match{field: numbers[0], component: numbers[1], sub: numbers[2], text: text}
		rest = after
	}
	if rest == "" {
		return p, nil
	}
	if !strings.HasPrefix(rest, "-") {
		return p, errPath
	}
	return p.parts(rest[1:])
}

// parseWithin reads a path within a repetition, as .1 or .4.2.
func parseWithin(s string) (path, error) {
	p := path{text: s}
	numbers, err := numbersOf(strings.TrimPrefix(s, "."), 2)
	if !strings.HasPrefix(s, ".") || err != nil {
		return p, errors.New("is not a part of a repetition. Write its component as .1")
	}
	p.component, p.sub = numbers[0], numbers[1]
	return p, nil
}

// parts reads FIELD[PICK].COMPONENT.SUB.
func (p path) parts(rest string) (path, error) {
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	numbers, err := numbersOf(rest[:end], 1)
	if err != nil {
		return p, errPath
	}
	p.field, rest = numbers[0], rest[end:]
	if strings.HasPrefix(rest, "[") {
		inner, after, ok := strings.Cut(rest[1:], "]")
		if !ok {
			return p, errPath
		}
		if place, text, picked := strings.Cut(inner, "="); picked {
			// The name of the data type may stand before the component: CX.5.
			place = strings.TrimPrefix(strings.TrimLeft(place, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), ".")
			if numbers, err = numbersOf(place, 2); err != nil || text == "" {
				return p, errPath
			}
			p.pick = &match{component: numbers[0], sub: numbers[1], text: text}
		} else if numbers, err = numbersOf(inner, 1); err != nil {
			return p, errPath
		} else {
			p.rep = numbers[0]
		}
		rest = after
	}
	if rest == "" {
		return p, nil
	}
	if !strings.HasPrefix(rest, ".") {
		return p, errPath
	}
	if numbers, err = numbersOf(rest[1:], 2); err != nil {
		return p, errPath
	}
	p.component, p.sub = numbers[0], numbers[1]
	return p, nil
}

// numbersOf reads up to most numbers from 1 to 9999, joined by dots.
func numbersOf(s string, most int) (n [3]int, err error) {
	parts := strings.Split(s, ".")
	if len(parts) > most {
		return n, errPath
	}
	for i, part := range parts {
		if n[i], err = strconv.Atoi(part); err != nil || n[i] < 1 || n[i] > 9999 || part[0] == '+' {
			return n, errPath
		}
	}
	return n, nil
}

func segmentName(s string) bool {
	for i := range len(s) {
		upper := s[i] >= 'A' && s[i] <= 'Z'
		if !upper && (i == 0 || s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// selects reports whether p looks into s.
func (p *path) selects(s *seg) bool {
	if s.name != p.segment {
		return false
	}
	if p.where == nil {
		return true
	}
	f := s.Field(p.where.field)
	for i := 1; i <= f.Repetitions(); i++ {
		if p.where.holds(f.Repetition(i)) {
			return true
		}
	}
	return false
}

// in gives the value within one segment.
func (p *path) in(s *seg) hl7v2.Value {
	f := s.Field(p.field)
	switch {
	case p.rep > 0:
		f = f.Repetition(p.rep)
	case p.pick != nil:
		f = p.picked(f)
	}
	return p.within(f)
}

func (p *path) picked(f hl7v2.Value) hl7v2.Value {
	for i := 1; i <= f.Repetitions(); i++ {
		if r := f.Repetition(i); p.pick.holds(r) {
			return r
		}
	}
	return hl7v2.Value{}
}

// within goes from a field or repetition to the component.
func (p *path) within(v hl7v2.Value) hl7v2.Value {
	if p.component == 0 {
		return v
	}
	// `""` deletes the whole field, every component of it.
	if v.State() == hl7v2.Null {
		return v
	}
	return part(v, p.component, p.sub)
}

func (m *match) holds(v hl7v2.Value) bool { return part(v, m.component, m.sub).String() == m.text }

func part(v hl7v2.Value, component, sub int) hl7v2.Value {
	if component > 0 {
		v = v.Component(component)
	}
	if sub > 0 {
		v = v.Subcomponent(sub)
	}
	return v
}
