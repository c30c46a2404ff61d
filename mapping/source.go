package mapping

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// reader compiles a path to a closure. With own it reads in the group itself
// only.
func (c *compiler) reader(n *node, text string, own bool) func(*scope) (string, hl7v2.State) {
	none := func(*scope) (string, hl7v2.State) { return "", hl7v2.Absent }
	if c.format == formatCSV {
		if !slices.Contains(c.fields, text) {
			c.problems.add(n, "field_unknown", "The layout has no field %q.%s", text, nearest(text, c.fields))
			return none
		}
		return func(s *scope) (string, hl7v2.State) {
			cell, ok := s.row[text]
			switch {
			case !ok:
				return "", hl7v2.Absent
			case cell == "":
				return "", hl7v2.Empty
			}
			return cell, hl7v2.Present
		}
	}
	if c.format == formatFHIR {
		return c.element(n, text)
	}
	if strings.HasPrefix(text, ".") {
		p, err := parseWithin(text)
		if err == nil && !c.within {
			err = fmt.Errorf("is a part of a repetition; it may stand only under an `each` that names a field, as PID-3")
		}
		if err != nil {
			c.problems.add(n, "path_invalid", "%q %s.", text, err)
			return none
		}
		return func(s *scope) (string, hl7v2.State) {
			v := p.within(s.rep)
			return textOf(v), v.State()
		}
	}
	p, ok := c.path(n, text)
	if !ok {
		return none
	}
	return func(s *scope) (string, hl7v2.State) {
		v := s.first(p, own)
		return textOf(v), v.State()
	}
}

// path compiles an absolute path to a field or a part of one.
func (c *compiler) path(n *node, text string) (*path, bool) {
	p, err := parsePath(text)
	if err == nil && p.field == 0 {
		err = fmt.Errorf("names a whole segment. Add the field, as %s-1", text)
	}
	if err != nil {
		c.problems.add(n, "path_invalid", "%q %s.", text, err)
		return nil, false
	}
	return &p, true
}

// segment compiles the name of a segment, with or without a condition.
func (c *compiler) segment(n *node) (*path, bool) {
	p, err := parsePath(n.text)
	if c.format != formatHL7 || n.kind != scalar || err != nil || p.field != 0 || p.place > 0 {
		c.problems.add(n, "segment_invalid", "%q is not a segment. Write its name, as FT1, or choose it by a field, as OBX[3.1=UDI].", n.text)
		return nil, false
	}
	return &p, true
}

// sources compiles a path, or a list of sources.
func (c *compiler) sources(n *node, own bool) (out []source) {
	if n.kind == scalar {
		read := c.reader
		if c.timed {
			read = c.moment
		}
		return []source{{label: n.text, read: read(n, n.text, own)}}
	}
	for _, item := range n.items {
		switch {
		case item.kind == dict && c.known(item, "source"):
			out = append(out, c.blockSources(item, own)...)
		case item.kind == scalar:
			out = append(out, c.sources(item, own)...)
		}
	}
	return out
}

// blockSources compiles from, const or expr of a block.
func (c *compiler) blockSources(n *node, own bool) (out []source) {
	from, constant, expression := n.get("from"), n.get("const"), n.get("expr")
	set := 0
	for _, s := range []*node{from, constant, expression} {
		if s.isSet() {
			set++
		}
	}
	if set > 1 {
		c.problems.add(n, "source_twice", "A rule has one of from, const and expr. For alternatives, list them under from.")
	}
	prefix := n.get("prefix")
	if prefix.isSet() && (!from.isSet() || from.kind != scalar || c.format != formatHL7) {
		c.problems.add(prefix, "prefix_misplaced", "prefix goes with a single HL7 path in from.")
		return nil
	}
	switch {
	case from.isSet() && prefix.isSet():
		return c.prefixed(from, prefix.text, own)
	case from.isSet():
		return c.sources(from, own)
	case constant.isSet():
		text := constant.text
		return []source{{label: "const", read: func(*scope) (string, hl7v2.State) { return text, hl7v2.Present }}}
	case expression.isSet():
		e := c.expression(expression, reflect.String)
		return []source{{label: e.text, read: func(s *scope) (string, hl7v2.State) {
			out, _ := e.run(s)
			text, _ := out.(string)
			return text, hl7v2.Present
		}}}
	}
	return nil
}

// prefixed reads the value that begins with prefix, in any case of letters,
// without it. Two that differ are none: which product it was is not guessed.
func (c *compiler) prefixed(from *node, prefix string, own bool) []source {
	p, ok := c.path(from, from.text)
	if !ok {
		return nil
	}
	return []source{{label: from.text, read: func(s *scope) (text string, state hl7v2.State) {
		twice := false
		s.each(p, own, func(v hl7v2.Value) bool {
			all := strings.TrimSpace(textOf(v))
			if len(all) <= len(prefix) || !strings.EqualFold(all[:len(prefix)], prefix) {
				return true
			}
			all = strings.TrimSpace(all[len(prefix):])
			twice = state == hl7v2.Present && all != text
			text, state = all, hl7v2.Present
			return !twice
		})
		if twice {
			s.find(canonical.Error, "value_ambiguous", p.text, "Two different values stand here where there can be one, so neither was taken.")
			return "", hl7v2.Absent
		}
		return text, state
	}}}
}
