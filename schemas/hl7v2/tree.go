package hl7v2

import "sort"

// Node is a segment of a message, or a group of segments as the message's
// grammar has it. Callers do not change it.
type Node struct {
	// Group is the group's name, as "FINANCIAL"; of the root the structure's,
	// as "DFT_P03", or "" if none is known. It is "" for a segment.
	Group string
	// Segment is the segment; the zero Segment for a group.
	Segment Segment
	// Nodes are the parts of a group, in the message's order.
	Nodes []*Node

	from, to int
	stray    bool // a segment where the grammar has none
	element  *element
}

// IsGroup reports whether the node is a group rather than a segment.
func (n *Node) IsGroup() bool { return n.Segment.m == nil }

// tree is what the grammar makes of a message.
type tree struct {
	root     *Node
	findings []Finding
}

// Tree gives the message as its grammar groups it: by the structure of its
// trigger event, or else the one that MSH-9.3 names, in the version of MSH-12.
// A segment that the grammar does not have stays with the segment before it.
// Where no structure is known the root holds every segment, ungrouped.
func (m *Message) Tree() *Node { return m.grouped().root }

// Structure names the message's structure as far as it is known, as "ADT_A01";
// else "".
func (m *Message) Structure() string { return m.Tree().Group }

// grouped builds the tree once.
func (m *Message) grouped() *tree {
	if t := m.tree.Load(); t != nil {
		return t
	}
	t := m.build()
	m.tree.Store(t)
	return t
}

func (m *Message) build() *tree {
	h := m.Header()
	name := m.structureOf(h)
	e := grammar(name, releaseOf(h.Version))
	if e == nil {
		root := &Node{to: len(m.segs)}
		for i := range m.segs {
			root.Nodes = append(root.Nodes, &Node{Segment: m.Segment(i), from: i, to: i + 1})
		}
		return &tree{root: root}
	}
	b := builder{m: m, r: releaseOf(h.Version), root: &Node{Group: name, to: len(m.segs)}}
	b.push(b.root, e, "")
	for i := range m.segs {
		b.place(m.Segment(i))
	}
	b.pop(0)
	return &tree{root: b.root, findings: b.findings}
}

// span gives the node as a Group.
func (n *Node) span(m *Message) Group { return Group{m: m, from: n.from, to: n.to} }

// instances appends the outermost groups between from and to that a name
// means: groups of the grammar with this name, or what begins with a segment
// of this name.
func (n *Node) instances(m *Message, name string, from, to int, out []Group) []Group {
	for i := n.after(from); i < len(n.Nodes) && n.Nodes[i].from < to; i++ {
		c := n.Nodes[i]
		inside := c.from >= from && c.to <= to
		switch {
		case !c.IsGroup():
			if !c.Segment.is(name) {
				continue
			}
			end := n.reach(i)
			if g := (Group{m: m, from: c.from, to: n.Nodes[end-1].to}); inside && g.to <= to {
				out = append(out, g)
			}
			i = end - 1
		case inside && (c.Group == name || m.Segment(c.from).is(name) && m.count(name, c.from, c.to) == 1):
			out = append(out, c.span(m))
		default:
			out = c.instances(m, name, from, to, out)
		}
	}
	return out
}

// after gives the first of the nodes that reaches beyond from.
func (n *Node) after(from int) int {
	return sort.Search(len(n.Nodes), func(i int) bool { return n.Nodes[i].to > from })
}

// reach gives the index after the last node that belongs to the segment at i:
// segments which the grammar does not have there; and of a segment that begins
// a group or that a group has only once, as OBR after ORC, the rest of the
// group until the next one.
func (n *Node) reach(i int) int {
	name := n.Nodes[i].Segment.Name()
	again := func(c *Node) bool { return !c.IsGroup() && c.Segment.is(name) }
	end := i + 1
	if n.element.once(name) {
		for end < len(n.Nodes) && !again(n.Nodes[end]) {
			end++
		}
		return end
	}
	for end < len(n.Nodes) && n.Nodes[end].stray && !again(n.Nodes[end]) {
		end++
	}
	return end
}

// count is how many segments of a name stand in a range, at most two.
func (m *Message) count(name string, from, to int) (n int) {
	for i := from; i < to && n < 2; i++ {
		if m.Segment(i).is(name) {
			n++
		}
	}
	return n
}
