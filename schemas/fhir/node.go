package fhir

import (
	"strconv"
	"strings"
)

// Kind is what a JSON value is.
type Kind uint8

// The kinds of a value.
const (
	Null Kind = iota
	Object
	Array
	String
	Number
	Bool
)

// Node is one value of a document, with where it stands in the bytes. It is
// never changed after Parse. A nil Node is a value that is not there.
type Node struct {
	kind       Kind
	text       string
	items      []*Node
	parent     *Node
	name       string // as a member of an object
	index      int    // within the parent
	start, end int
}

// Kind is what the value is; Null for one that is not there.
func (n *Node) Kind() Kind {
	if n == nil {
		return Null
	}
	return n.kind
}

// Get gives the member of an object with this name; nil if there is none.
func (n *Node) Get(name string) *Node {
	if n == nil || n.kind != Object {
		return nil
	}
	for _, in := range n.items {
		if in.name == name {
			return in
		}
	}
	return nil
}

// Items are the elements of an array; any other value counts as an array of
// itself, one that is not there as an empty one.
func (n *Node) Items() []*Node {
	switch n.Kind() {
	case Array:
		return n.items
	case Null:
		return nil
	}
	return []*Node{n}
}

// Text is a string decoded, a number as it was written, or true and false;
// empty for any other value.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	return n.text
}

// Span gives where the value stands in the bytes that were parsed.
func (n *Node) Span() (start, end int) { return n.start, n.end }

// Type is a resource's type; empty for what is no resource.
func (n *Node) Type() string {
	if t := n.Get("resourceType"); t.Kind() == String {
		return t.text
	}
	return ""
}

// around gives the nearest resource of a type of which n is a part, or n
// itself; nil if there is none.
func (n *Node) around(kind string) *Node {
	for ; n != nil; n = n.parent {
		if n.Type() == kind {
			return n
		}
	}
	return nil
}

// resource gives the outermost resource of which n is a part, below a Bundle.
func (n *Node) resource() *Node {
	var out *Node
	for ; n != nil; n = n.parent {
		if t := n.Type(); t != "" && (t != "Bundle" || out == nil) {
			out = n
		}
	}
	return out
}

// Path names the element as OperationOutcome.issue.expression does, from the
// whole document: Bundle.entry[0].resource.focalDevice[1]. Only elements of
// the document are named, never a value.
func (n *Node) Path() string {
	var parts []string
	for ; n != nil; n = n.parent {
		switch {
		case n.parent == nil:
			parts = append(parts, n.Type())
		case n.parent.kind == Array:
			parts = append(parts, "["+strconv.Itoa(n.index)+"]")
		default:
			parts = append(parts, "."+safeName(n.name))
		}
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString(parts[i])
	}
	return strings.TrimPrefix(b.String(), ".")
}

// Origin is a short Path within the message: entry[0].focalDevice[1], or
// focalDevice[1] in a message of one resource; empty for the message itself.
func (n *Node) Origin() string {
	path := strings.ReplaceAll(n.Path(), ".resource", "")
	_, path, _ = strings.Cut(path, ".")
	return path
}

// within is the Path from the resource of which n is a part: focalDevice[1];
// empty for a resource.
func (n *Node) within() string {
	if n == nil {
		return ""
	}
	r := n.parent
	for ; r != nil && r.Type() == ""; r = r.parent {
	}
	if r == nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimPrefix(n.Path(), r.Path()), ".")
}

// safeName gives an element's name; what FHIR would not have for one is the
// sender's text, which may be anything, and is not repeated.
func safeName(name string) string {
	if len(name) == 0 || len(name) > 64 {
		return "…"
	}
	for _, r := range name {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_') {
			return "…"
		}
	}
	return name
}
