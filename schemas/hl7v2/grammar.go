package hl7v2

import (
	"strings"
	"sync"
)

// element is a place in a message's grammar: a segment, a choice of segments,
// or a group of elements.
type element struct {
	name     string // of the segment or group; of a choice its first segment
	choice   []string
	parts    []*element // of a group
	required bool
	many     bool
	root     bool // the whole message
	since    release
	until    release
	first    map[string]bool // segments with which a group may begin
	within   map[string]bool // segments anywhere in a group
}

func (e *element) group() bool { return e.parts != nil }

// takes reports whether the element is a segment of this name.
func (e *element) takes(name string) bool {
	if e.group() {
		return false
	}
	if e.choice == nil {
		return e.name == name
	}
	for _, c := range e.choice {
		if c == name {
			return true
		}
	}
	return false
}

// begins reports whether the element is or may begin with a segment.
func (e *element) begins(name string) bool { return e.takes(name) || e.first[name] }

// holds reports whether the element is or contains a segment.
func (e *element) holds(name string) bool { return e.takes(name) || e.within[name] }

// lead names the segment that a group, or the element itself, begins with.
func (e *element) lead() string {
	for e.group() {
		e = e.parts[0]
	}
	return e.name
}

// structures holds the grammars by the name of the structure, and the
// structure's name by the type of message, as "ADT^A08", or by its code where
// that has only one structure, as "ORU".
type structures struct {
	grammars map[string]string
	types    map[string]string
}

var structureTable = sync.OnceValue(func() structures {
	t := structures{map[string]string{}, map[string]string{}}
	family := map[string][]string{}
	eachLine("structures", func(cells []string) {
		name := cells[0]
		t.grammars[name] = cells[2]
		code, _, _ := strings.Cut(name, "_")
		family[code] = append(family[code], name)
		for _, event := range strings.Fields(cells[1]) {
			t.types[code+"^"+event] = name
		}
	})
	for code, names := range family {
		if len(names) == 1 {
			t.types[code] = names[0]
		}
	}
	return t
})

// structureOf names the structure of a message: by its event, which before
// version 2.3 may stand in EVN alone, else by MSH-9.3, else by its code; "" if
// none is known.
func (m *Message) structureOf(h Header) string {
	t := structureTable()
	if h.Trigger == "" {
		for i := range min(len(m.segs), 3) {
			if s := m.Segment(i); s.is("EVN") {
				h.Trigger = trimBlanks(s.Field(1).Component(1).String())
			}
		}
	}
	if name := t.types[h.Code+"^"+h.Trigger]; name != "" {
		return name
	}
	for _, name := range []string{h.Structure, h.Code} {
		if _, ok := t.grammars[name]; ok {
			return name
		}
	}
	return t.types[h.Code]
}

// compiled keeps the grammars that have been asked for, by structure and
// release.
var compiled sync.Map

type grammarKey struct {
	name string
	r    release
}

// grammar gives the structure's grammar for a release, without what that
// release no longer has. What it does not have yet stays in: senders run ahead
// of the version they declare.
func grammar(name string, r release) *element {
	if r == 0 || r > releaseOf("2.9") {
		r = releaseOf("2.9")
	}
	for _, v := range releases {
		if r <= v { // so that odd versions cannot fill the memory
			r = v
			break
		}
	}
	key := grammarKey{name, r}
	if e, ok := compiled.Load(key); ok {
		return e.(*element)
	}
	text, ok := structureTable().grammars[name]
	if !ok {
		return nil
	}
	parts, _ := readElements(strings.Fields(text), r)
	e := &element{name: name, parts: parts, required: true, root: true}
	e.settle()
	compiled.Store(key, e)
	return e
}

// releases are the versions of the standard.
var releases = []release{20100, 20200, 20300, 20301, 20400, 20500, 20501, 20600, 20700, 20701, 20800, 20801, 20802, 20900}

// readElements reads tokens until the ) that closes them.
func readElements(tokens []string, r release) (list []*element, rest []string) {
	for len(tokens) > 0 {
		token := tokens[0]
		tokens = tokens[1:]
		if token == ")" {
			return list, tokens
		}
		e := &element{required: true, until: newest}
		body, opens := strings.CutSuffix(token, "(")
		body, versions, _ := strings.Cut(body, "@")
		if since, until, bounded := strings.Cut(versions, "-"); versions != "" {
			e.since = releaseOf(since)
			if bounded {
				e.until = releaseOf(until)
			}
		}
		e.name = strings.TrimRight(body, "?*+")
		switch body[len(e.name):] {
		case "?":
			e.required = false
		case "*":
			e.required, e.many = false, true
		case "+":
			e.many = true
		}
		if inner, ok := strings.CutPrefix(e.name, "<"); ok {
			e.choice = strings.Split(strings.TrimSuffix(inner, ">"), ",")
			e.name = e.choice[0]
		}
		if opens {
			e.parts, tokens = readElements(tokens, r)
		}
		if e.since > r {
			e.required = false
		}
		if r <= e.until {
			list = append(list, e)
		}
	}
	return list, nil
}

// settle finds what the groups of e may begin with and contain.
func (e *element) settle() {
	if !e.group() {
		return
	}
	e.first, e.within = map[string]bool{}, map[string]bool{}
	open := true
	for _, p := range e.parts {
		p.settle()
		for _, name := range p.names(false) {
			e.within[name] = true
		}
		if open {
			for _, name := range p.names(true) {
				e.first[name] = true
			}
			open = !p.required || p.empty()
		}
	}
}

// names lists the segments with which the element may begin, or which it
// contains.
func (e *element) names(first bool) (list []string) {
	switch {
	case e.choice != nil:
		return e.choice
	case !e.group():
		return []string{e.name}
	}
	set := e.within
	if first {
		set = e.first
	}
	for name := range set {
		list = append(list, name)
	}
	return list
}

// empty reports whether a group may have no segment at all.
func (e *element) empty() bool {
	for _, p := range e.parts {
		if p.required && !p.empty() {
			return false
		}
	}
	return e.group()
}

// once reports whether a group below the root begins with a segment, or has it
// just once.
func (e *element) once(name string) bool {
	if e.root {
		return false
	}
	for k, p := range e.parts {
		if p.takes(name) {
			return k == 0 || !p.many
		}
	}
	return false
}
