package hl7v2

import (
	"bytes"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// step is one level of nesting on the way to a place: part n at sep.
type step struct {
	sep byte
	n   int
}

// put replaces what stands at path with value, which is already encoded.
func (e *Editor) put(path string, value []byte) error {
	p, err := ParsePath(path)
	if err != nil {
		return err
	}
	if p.Many() || len(p.groups) > 0 || len(p.segments.filters)+len(p.fields.filters) > 0 || p.field == 0 {
		return fault.New(fault.Invalid, "hl7_path", "A path to write to names one place, as PID-3[2].1, without a group, a filter or a star.").At(path)
	}
	s := e.find(p.segment, max(p.segments.index, 1))
	if s == nil {
		return fault.New(fault.NotFound, "hl7_no_segment", "The message has no such segment to write to. Append it first.").At(path)
	}
	d := e.m.delims
	field := p.field
	if p.segment == "MSH" || p.segment == "FHS" || p.segment == "BHS" {
		if field < 3 {
			return fault.New(fault.Invalid, "hl7_delimiters", "The delimiters of a message that exists cannot be changed.").At(path)
		}
		field--
	}
	steps := []step{{d.field, field + 1}, {d.repetition, max(p.fields.index, 1)}}
	if p.component > 0 {
		steps = append(steps, step{d.component, p.component})
	}
	if p.sub > 0 {
		steps = append(steps, step{d.sub, p.sub})
	}
	size := len(s.line) + len(value)
	for _, st := range steps {
		if st.sep == 0 && st.n > 1 {
			return fault.New(fault.Invalid, "hl7_delimiters", "MSH-2 names no delimiter for a place as deep as this one.").At(path)
		}
		size += st.n
	}
	if size > e.m.options.MaxBytes {
		return fault.New(fault.Invalid, "hl7_too_large", "The message would exceed %d bytes.", e.m.options.MaxBytes).At(path)
	}
	s.line = replace(s.line, steps, value)
	if p.segment == "MSH" && p.field == 18 {
		return e.declare()
	}
	return nil
}

// find gives the nth segment of this name.
func (e *Editor) find(name string, n int) *edited {
	for i := range e.segs {
		line := e.segs[i].line
		if len(line) < len(name) || !sameName(line[:len(name)], name) || len(line) > len(name) && line[len(name)] != e.m.delims.field {
			continue
		}
		if n--; n == 0 {
			return &e.segs[i]
		}
	}
	return nil
}

// declare takes over the charset that MSH-18 now names, for the texts that
// follow.
func (e *Editor) declare() error {
	line := append(bytes.Clone(e.segs[0].line), '\r')
	opts := e.m.options
	opts.Strictness = Tolerant // of a header alone
	m, err := Parse(line, opts)
	if err != nil {
		return err
	}
	m.options = e.m.options
	e.m = m
	return nil
}

// replace gives b with the part that steps lead to replaced by value. Parts
// that are missing before it are made, empty.
func replace(b []byte, steps []step, value []byte) []byte {
	if len(steps) == 0 {
		return value
	}
	sep, n := steps[0].sep, steps[0].n
	from, end := 0, len(b)
	missing := 0
	for i := 1; i < n; i++ {
		k := bytes.IndexByte(b[from:], sep)
		if k < 0 {
			missing = n - i
			from = len(b)
			break
		}
		from += k + 1
	}
	if missing == 0 && sep != 0 {
		if k := bytes.IndexByte(b[from:], sep); k >= 0 {
			end = from + k
		}
	}
	inner := replace(b[from:end], steps[1:], value)
	out := make([]byte, 0, len(b)+missing+len(inner))
	out = append(out, b[:from]...)
	for range missing {
		out = append(out, sep)
	}
	return append(append(out, inner...), b[end:]...)
}
