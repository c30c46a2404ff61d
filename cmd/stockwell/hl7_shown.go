package main

import (
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// shownNode is a group or a segment of the tree.
type shownNode struct {
	Group string      `json:"group,omitempty"`
	Nodes []shownNode `json:"nodes,omitempty"`

	Segment string       `json:"segment,omitempty"`
	Name    string       `json:"name,omitempty"`
	Path    string       `json:"path,omitempty"`
	Fields  []shownValue `json:"fields,omitempty"`
	// Unreadable is set for a line that is no segment; Text is the line.
	Unreadable bool   `json:"unreadable,omitempty"`
	Text       string `json:"text,omitempty"`
}

// shownValue is a field, a repetition, a component or a subcomponent.
type shownValue struct {
	Path  string       `json:"path"`
	Name  string       `json:"name,omitempty"`
	Type  string       `json:"type,omitempty"`
	State string       `json:"state"`
	Text  string       `json:"text,omitempty"` // of what has no parts
	Parts []shownValue `json:"parts,omitempty"`
	// More is how many parts follow that are not listed, the first of them at
	// MoreAt.
	More   int    `json:"more,omitempty"`
	MoreAt string `json:"more_at,omitempty"`
}

const (
	// mostParts bounds the repetitions of a field that are listed, and the
	// parts of each, where not all is asked for.
	mostParts = 500
	// mostText is how much of a value is shown where not all is asked for.
	mostText = 200
)

// shower makes the tree of one message.
type shower struct {
	version string
	all     bool
	count   map[string]int // segments of a name
	seen    map[string]int
}

func newShower(m *hl7v2.Message, all bool) *shower {
	s := &shower{version: m.Header().Version, all: all, count: map[string]int{}, seen: map[string]int{}}
	for i := range m.Len() {
		s.count[m.Segment(i).Name()]++
	}
	return s
}

func (s *shower) nodes(n *hl7v2.Node) []shownNode {
	var list []shownNode
	for _, c := range n.Nodes {
		if c.IsGroup() {
			list = append(list, shownNode{Group: c.Group, Nodes: s.nodes(c)})
			continue
		}
		list = append(list, s.segment(c.Segment))
	}
	return list
}

func (s *shower) segment(seg hl7v2.Segment) shownNode {
	name := seg.Name()
	if !isSegmentName(name) {
		return shownNode{Unreadable: true, Text: s.text(strings.ToValidUTF8(string(seg.Raw()), "\uFFFD"))}
	}
	s.seen[name]++
	n := shownNode{Segment: name, Name: hl7v2.SegmentName(name), Path: name}
	if s.count[name] > 1 {
		n.Path += "[" + strconv.Itoa(s.seen[name]) + "]"
	}
	for i := 1; i <= seg.Fields(); i++ {
		v := seg.Field(i)
		if v.State() == hl7v2.Empty && !s.all {
			continue
		}
		def, _ := hl7v2.LookupField(name, i)
		kind := def.DataType(s.version)
		if kind == "varies" && name == "OBX" {
			kind = seg.Field(2).Component(1).String()
		}
		n.Fields = append(n.Fields, s.field(v, n.Path+"-"+strconv.Itoa(i), def.Name, kind))
	}
	return n
}

// field shows a field: each repetition by itself if there are several.
func (s *shower) field(v hl7v2.Value, path, name, kind string) shownValue {
	out := shownValue{Path: path, Name: name, Type: kind, State: v.State().String()}
	n := v.Repetitions()
	if n < 2 {
		return s.parts(out, v.Repetition(1), kind, 0)
	}
	for i, r := range v.Parts() {
		if i > mostParts && !s.all {
			out.More, out.MoreAt = n-mostParts, path+"["+strconv.Itoa(i)+"]"
			break
		}
		if r.State() == hl7v2.Empty && !s.all {
			continue
		}
		out.Parts = append(out.Parts, s.parts(shownValue{Path: path + "[" + strconv.Itoa(i) + "]", State: r.State().String()}, r, kind, 0))
	}
	return out
}

// parts adds to out what v, which is of the type kind, consists of: the
// components of a repetition, or at depth 1 the subcomponents of a component.
func (s *shower) parts(out shownValue, v hl7v2.Value, kind string, depth int) shownValue {
	n := v.Components()
	if depth == 1 {
		n = v.Subcomponents()
	}
	if n < 2 && (depth == 1 || v.Component(1).Subcomponents() < 2) {
		out.Text = s.text(v.String())
		return out
	}
	def, _ := hl7v2.LookupType(kind)
	for i, p := range v.Parts() {
		if i > mostParts && !s.all {
			out.More, out.MoreAt = n-mostParts, out.Path+"."+strconv.Itoa(i)
			break
		}
		if p.State() == hl7v2.Empty && !s.all {
			continue
		}
		var c hl7v2.ComponentDef
		if i <= len(def.Components) {
			c = def.Components[i-1]
		}
		x := shownValue{Path: out.Path + "." + strconv.Itoa(i), Name: c.Name, Type: c.Type, State: p.State().String()}
		if depth == 0 {
			x = s.parts(x, p, c.Type, 1)
		} else {
			x.Text = s.text(p.String())
		}
		out.Parts = append(out.Parts, x)
	}
	return out
}

func (s *shower) text(text string) string {
	if s.all {
		return text
	}
	return shortened(text, mostText)
}

// isSegmentName reports whether a line that begins so is a segment.
func isSegmentName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !('A' <= c && c <= 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(name) == 3
}
