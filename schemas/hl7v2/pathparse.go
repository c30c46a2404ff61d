package hl7v2

import (
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// maxPath and maxNumber bound what ParsePath reads.
const (
	maxPath   = 500
	maxNumber = 99_999
)

// ParsePath reads a path; see Path for the language. An error is
// fault.Invalid with the code "hl7_path" and names the character at which
// reading stopped, counted from 1.
func ParsePath(s string) (Path, error) {
	tooLong := fault.New(fault.Invalid, "hl7_path", "The path has more than %d characters, its values written in quotes.", maxPath)
	if len(s) > maxPath {
		return Path{}, tooLong
	}
	r := &pathReader{text: s}
	p := r.path()
	if r.err != nil {
		return Path{}, r.err
	}
	if len(p.String()) > maxPath { // so that what String writes is read again
		return Path{}, tooLong
	}
	return p, nil
}

// pathReader reads from text until the first error.
type pathReader struct {
	text string
	at   int
	err  error
}

func (r *pathReader) fail(want string) {
	if r.err == nil {
		r.err = fault.New(fault.Invalid, "hl7_path", "Path %q, character %d: %s.", r.text, r.at+1, want)
	}
}

// peek is the next byte, 0 at the end or after an error.
func (r *pathReader) peek() byte {
	if r.err != nil || r.at >= len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *pathReader) take(c byte) bool {
	if r.peek() != c || c == 0 {
		return false
	}
	r.at++
	return true
}

func (r *pathReader) path() (p Path) {
	for {
		from := r.at
		name := r.name()
		sel := r.selectors(true)
		if r.take('/') {
			p.groups = append(p.groups, groupStep{name, sel})
			continue
		}
		if r.err == nil && !isName([]byte(name)) {
			r.at = from
			r.fail("a path begins with a segment's name of three characters, as in PID-3.1, or with a group's and a slash")
		}
		p.segment, p.segments = name, sel
		break
	}
	if r.take('-') || r.take('.') {
		p.field = r.number()
		p.fields = r.selectors(false)
		if r.take('.') || r.take('-') {
			p.component = r.number()
			if r.take('.') || r.take('-') {
				p.sub = r.number()
			}
		}
	}
	if r.err == nil && r.at < len(r.text) {
		r.fail("this does not belong here; a path is SEGMENT-field.component.subcomponent, with [..] or * after the segment or the field, and groups and slashes before it")
	}
	return p
}

// name reads a segment's or a group's name; they are in upper case.
func (r *pathReader) name() string {
	from := r.at
	for c := r.peek(); c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || r.at > from && (c >= '0' && c <= '9' || c == '_'); c = r.peek() {
		r.at++
	}
	if r.at == from {
		r.fail("a path begins with a segment's name of three characters, as in PID-3.1")
	}
	return strings.ToUpper(r.text[from:r.at])
}

// selectors reads any number of [..] and one star.
func (r *pathReader) selectors(segment bool) (s selector) {
	for r.err == nil {
		switch {
		case r.take('*'):
			s.star = true
		case r.take('['):
			switch {
			case r.take('*'):
				s.star = true
			case r.plainNumber():
				if s.index > 0 {
					r.fail("only one index may be given")
				}
				s.index = r.number()
			default:
				s.filters = append(s.filters, r.filter(segment))
			}
			if !r.take(']') {
				r.fail("a ] is missing")
			}
		default:
			if s.star && s.index > 0 {
				r.fail("a star and an index contradict each other")
			}
			return s
		}
	}
	return s
}

// plainNumber reports whether digits up to ] follow.
func (r *pathReader) plainNumber() bool {
	rest := r.text[r.at:]
	n := strings.IndexByte(rest, ']')
	return n > 0 && strings.Trim(rest[:n], "0123456789") == ""
}

func (r *pathReader) number() int {
	from, n := r.at, 0
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		n = n*10 + int(c-'0')
		if n > maxNumber {
			r.fail("the number is too large")
			return 0
		}
		r.at++
	}
	if r.at == from || n == 0 {
		r.at = from
		r.fail("a number from 1 is expected")
	}
	return n
}

// filter reads [CX.5=NH], [5.1!="a b"] or, for segments, [OBX-3.1=UDI].
func (r *pathReader) filter(segment bool) (f filter) {
	from := r.at
	for c := r.peek(); c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || r.at > from && c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	if r.at > from && !r.take('.') && !(segment && r.take('-')) {
		r.fail("after a type's name a dot and a component are expected, as in [CX.5=NH]")
	}
	f.prefix = r.text[from:r.at]
	parts := []*int{&f.component, &f.sub}
	if segment {
		parts = []*int{&f.field, &f.component, &f.sub}
	}
	*parts[0] = r.number()
	for _, part := range parts[1:] {
		if !r.take('.') {
			break
		}
		*part = r.number()
	}
	f.not = r.take('!')
	if !r.take('=') {
		r.fail("= or != and a value are expected, as in [CX.5=NH]")
	}
	f.value = r.value()
	return f
}

// value reads text up to ], or text in double quotes, where "" is one quote.
func (r *pathReader) value() string {
	if !r.take('"') {
		from := r.at
		for c := r.peek(); c != 0 && c != ']'; c = r.peek() {
			r.at++
		}
		return r.text[from:r.at]
	}
	var b strings.Builder
	for r.err == nil {
		switch {
		case r.at >= len(r.text):
			r.fail("the quoted value is not closed")
		case !r.take('"'):
			b.WriteByte(r.text[r.at])
			r.at++
		case !r.take('"'):
			return b.String()
		default:
			b.WriteByte('"')
		}
	}
	return ""
}
