package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

const (
	// maxDepth bounds how deeply values may lie within each other; resources
	// as they are in use need about a dozen.
	maxDepth = 64
	// maxNodes bounds the values of one body, maxMembers those of one object;
	// R4's own have less than a hundred elements.
	maxNodes   = 200_000
	maxMembers = 1000
)

// Parse indexes a JSON document. It fails with fault.Invalid, whose path is
// the line and column: for what is no JSON, no UTF-8, has a name twice in one
// object, or is nested or split up beyond reason. Numbers keep their digits.
//
// The standard library says what is JSON; what it has passed is then walked
// through once, which takes a fraction of the time that its tokens do.
func Parse(raw []byte) (*Node, error) {
	if at := invalidUTF8(raw); at >= 0 {
		return nil, badJSON(raw, at, "The body is not UTF-8.")
	}
	if bytes.HasPrefix(raw, []byte("\ufeff")) {
		return nil, badJSON(raw, 0, "The body begins with a byte order mark, which JSON does not have.")
	}
	if !json.Valid(raw) {
		return nil, notJSON(raw)
	}
	p := parser{raw: string(raw)}
	return p.value(nil, 0)
}

// notJSON finds where the document departs from JSON.
func notJSON(raw []byte) error {
	var whole json.RawMessage
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(raw, &whole), &syntax) || syntax.Error() == "unexpected end of JSON input" {
		return badJSON(raw, len(raw), "The body ends before its JSON does.")
	}
	return badJSON(raw, max(int(syntax.Offset)-1, 0), "The body is not JSON.")
}

// parser walks through a document that is JSON.
type parser struct {
	raw   string
	at    int
	nodes int
	room  []Node  // for the next nodes
	open  []*Node // the parts, so far, of the objects and arrays that are being read
	list  []*Node // for the parts of those that are read next
}

// skip goes to the next byte that is neither blank nor between two values.
func (p *parser) skip() {
	for p.at < len(p.raw) {
		switch p.raw[p.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) bad(at int, text string) error { return badJSON([]byte(p.raw), at, text) }

func (p *parser) value(parent *Node, depth int) (*Node, error) {
	p.skip()
	if depth > maxDepth {
		return nil, p.bad(p.at, fmt.Sprintf("The body is nested more than %d deep.", maxDepth))
	}
	if p.nodes++; p.nodes > maxNodes {
		return nil, p.bad(p.at, fmt.Sprintf("The body has more than %d values. Send less in one request.", maxNodes))
	}
	if len(p.room) == 0 {
		p.room = make([]Node, min(64, 4+p.nodes))
	}
	n := &p.room[0]
	p.room = p.room[1:]
	n.start, n.parent = p.at, parent
	var err error
	switch p.raw[p.at] {
	case '{':
		err = p.object(n, depth)
	case '[':
		err = p.array(n, depth)
	case '"':
		n.kind, n.text = String, p.text()
	default:
		p.word(n)
	}
	n.end = p.at
	return n, err
}

func (p *parser) object(n *Node, depth int) error {
	n.kind = Object
	first := len(p.open)
	for p.at++; ; {
		p.skip()
		if p.raw[p.at] == '}' {
			p.at++
			break
		}
		at := p.at
		name := p.text()
		if slices.ContainsFunc(p.open[first:], func(in *Node) bool { return in.name == name }) {
			return p.bad(at, "An object has one name twice, so nobody can tell which value counts.")
		}
		if len(p.open)-first == maxMembers {
			return p.bad(at, fmt.Sprintf("An object has more than %d members.", maxMembers))
		}
		in, err := p.value(n, depth+1)
		if err != nil {
			return err
		}
		in.name = name
		p.open = append(p.open, in)
	}
	p.close(n, first)
	return nil
}

// close gives n its parts: those that are open from first on.
func (p *parser) close(n *Node, first int) {
	parts := p.open[first:]
	if len(p.list) < len(parts) {
		p.list = make([]*Node, max(64, len(parts)))
	}
	n.items = p.list[:len(parts):len(parts)]
	p.list = p.list[copy(n.items, parts):]
	p.open = p.open[:first]
}

func (p *parser) array(n *Node, depth int) error {
	n.kind = Array
	first := len(p.open)
	for p.at++; ; {
		p.skip()
		if p.raw[p.at] == ']' {
			p.at++
			break
		}
		in, err := p.value(n, depth+1)
		if err != nil {
			return err
		}
		in.index = len(p.open) - first
		p.open = append(p.open, in)
	}
	p.close(n, first)
	return nil
}

// text reads a string and gives it decoded.
func (p *parser) text() string {
	start, plain := p.at, true
	for p.at++; p.raw[p.at] != '"'; p.at++ {
		if p.raw[p.at] == '\\' {
			p.at++
			plain = false
		}
	}
	p.at++
	if plain {
		return p.raw[start+1 : p.at-1]
	}
	var out string
	_ = json.Unmarshal([]byte(p.raw[start:p.at]), &out) // it is a string of JSON
	return out
}

// word reads a number, true, false or null.
func (p *parser) word(n *Node) {
	start := p.at
	for p.at < len(p.raw) && strings.IndexByte(" \t\r\n,]}", p.raw[p.at]) < 0 {
		p.at++
	}
	switch text := p.raw[start:p.at]; text {
	case "null":
	case "true", "false":
		n.kind, n.text = Bool, text
	default:
		n.kind, n.text = Number, text
	}
}

func invalidUTF8(raw []byte) int {
	if utf8.Valid(raw) {
		return -1
	}
	for at := 0; at < len(raw); {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
	return -1
}

// badJSON says where in raw the fault lies. What stands there is not told: it
// may be a patient's.
func badJSON(raw []byte, at int, text string) error {
	before := raw[:min(at, len(raw))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fault.New(fault.Invalid, "json_invalid", "%s Nothing of it was taken. Mend it at line %d, column %d, and send it again.", text, line, column).
		At(fmt.Sprintf("line %d, column %d", line, column))
}
