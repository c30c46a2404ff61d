package fhir

import (
	"encoding/base64"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Path names values in a resource, in the part of FHIRPath that docs/mapping.md
// tells of. The zero Path names nothing.
type Path struct {
	text   string
	chains []chain // of a union
}

// chain is steps that follow one another.
type chain []step

type stepKind uint8

const (
	stepName    stepKind = iota // a member, or a choice element with arg
	stepType                    // the resource of this type around the place at hand
	stepThis                    // $this
	stepOrigin                  // $origin
	stepGroup                   // a path in brackets
	stepResolve                 // resolve()
	stepOfType                  // ofType(T)
	stepWhere                   // where(condition)
	stepFirst
	stepLast
	stepCount
	stepExists
	stepExtension
	stepDecode
)

type step struct {
	kind  stepKind
	name  string
	arg   string // of a choice element its type, of a function its argument
	group *Path
	terms []term // of where, all of which must hold
}

// term is one comparison in a where; without an operator the path must give
// something other than false.
type term struct {
	path     Path
	operator string
	literal  string
}

// String gives the path as it was written.
func (p Path) String() string { return p.text }

// Value is one thing that a path names: a value of the document, or one that
// was made of it, as by count().
type Value struct {
	// Node is the value in the document; nil for one that was made.
	Node *Node
	// Made is the text of a value that was made.
	Made string
}

// Text is the value's text; ok is false for an object or array, which have
// none, and for an empty text.
func (v Value) Text() (text string, ok bool) {
	if text = v.Made; v.Node != nil {
		text = v.Node.Text()
	}
	return text, text != ""
}

const (
	// maxValues bounds what one step of a path may name.
	maxValues = 10_000
	// maxWork bounds how many values all paths may go through in one message:
	// conditions within conditions would multiply them. A Procedure with a
	// thousand devices takes less than half.
	maxWork = 10_000_000
)

// Exhausted reports whether paths gave up on the message: what they then gave
// is not what stands there.
func (m *Message) Exhausted() bool { return m.work > maxWork }

// In gives what p names from here, which is a place in m.
func (p Path) In(m *Message, here Value) []Value {
	var out []Value
	for _, c := range p.chains {
		out = append(out, c.in(m, here)...)
	}
	return out
}

func (c chain) in(m *Message, here Value) []Value {
	now := []Value{here}
	for i := range c {
		if m.work += 1 + len(now); m.work > maxWork || len(now) == 0 && c[i].kind != stepCount {
			return nil
		}
		now = c[i].of(m, now)
		now = now[:min(len(now), maxValues)]
	}
	return now
}

// of applies a step to each of the values before it.
func (s *step) of(m *Message, now []Value) (out []Value) {
	switch s.kind {
	case stepFirst:
		return now[:1]
	case stepLast:
		return now[len(now)-1:]
	case stepCount:
		return []Value{{Made: strconv.Itoa(len(now))}}
	case stepExists:
		return []Value{{Made: "true"}}
	case stepOrigin:
		return []Value{{Made: now[0].Node.within()}}
	case stepThis:
		return now
	case stepGroup:
		return s.group.In(m, now[0])
	case stepType:
		if n := now[0].Node.around(s.name); n != nil {
			return []Value{{Node: n}}
		}
		return nil
	}
	for _, v := range now {
		out = s.each(m, v, out)
		if len(out) >= maxValues {
			break
		}
	}
	return out
}

// each appends what a step gives for one value.
func (s *step) each(m *Message, v Value, out []Value) []Value {
	add := func(n *Node) {
		for _, in := range n.Items() {
			out = append(out, Value{Node: in})
		}
	}
	switch s.kind {
	case stepName:
		if id := m.idOf(v.Node); s.name == "id" && id != "" {
			return append(out, Value{Made: id})
		}
		if s.arg == "" {
			add(v.Node.Get(s.name))
			return out
		}
		add(v.Node.Get(s.name + upperFirst(s.arg)))
		for _, in := range v.Node.Get(s.name).Items() {
			if in.Type() == s.arg {
				add(in)
			}
		}
	case stepOfType:
		if v.Node.Type() == s.arg {
			add(v.Node)
		}
	case stepResolve:
		add(m.resolve(v.Node))
	case stepWhere:
		if s.holds(m, v) {
			out = append(out, v)
		}
	case stepExtension:
		for _, in := range v.Node.Get("extension").Items() {
			if in.Get("url").Text() == s.arg {
				add(in)
			}
		}
	case stepDecode:
		text, _ := v.Text()
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil && utf8.Valid(raw) && text != "" {
			out = append(out, Value{Made: string(raw)})
		}
	}
	return out
}

// holds reports whether every term of a where holds for v. As in FHIRPath a
// comparison with nothing does not hold, whichever it is.
func (s *step) holds(m *Message, v Value) bool {
	for i := range s.terms {
		t := &s.terms[i]
		found := t.path.In(m, v)
		equal := slices.ContainsFunc(found, func(x Value) bool { text, _ := x.Text(); return text == t.literal })
		if len(found) == 0 || t.operator == "=" && !equal || t.operator == "!=" && equal || t.operator == "" && found[0].Made == "false" {
			return false
		}
	}
	return true
}

func upperFirst(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
