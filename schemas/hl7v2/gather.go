package hl7v2

import (
	"slices"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// GroupsOf gives the message's groups by a name: of a group in the message's
// grammar, as FINANCIAL, or of the segment that begins one, as FT1.
//
// Where the grammar is known a group is what the grammar makes of it: a PR1
// belongs to the FT1 before it, observations before the first FT1 and a DG1
// after the last one belong to none. Of a segment that repeats on its own, as
// AL1 in an ADT, each is a group with the segments behind it that the grammar
// does not have. Where the grammar is not known, or does not have the segment,
// as of every Z segment, a group runs until the next (see Groups), though
// never out of the group it began in.
func (m *Message) GroupsOf(name string) []Group { return m.All().GroupsOf(name) }

// GroupsOf is Message.GroupsOf within the group.
func (g Group) GroupsOf(name string) []Group {
	if g.m == nil {
		return nil
	}
	if g.picked != nil || g.m.Structure() == "" {
		_, groups := g.Groups(name)
		return groups
	}
	root := g.m.Tree()
	if e := root.element; e.holds(name) || e.named(name) {
		return root.instances(g.m, name, g.from, g.to, nil)
	}
	return root.until(g.m, name, g.from, g.to, nil)
}

// named reports whether the grammar has a group of this name.
func (e *element) named(name string) bool {
	for _, p := range e.parts {
		if p.group() && (p.name == name || p.named(name)) {
			return true
		}
	}
	return false
}

// until gives the runs between from and to that begin with a segment which the
// grammar does not have.
func (n *Node) until(m *Message, name string, from, to int, out []Group) []Group {
	open := false
	for i := n.after(from); i < len(n.Nodes) && n.Nodes[i].from < to; i++ {
		switch c := n.Nodes[i]; {
		case c.IsGroup():
			out = c.until(m, name, from, to, out)
			open = false
		case c.Segment.is(name):
			out = append(out, c.span(m))
			open = true
		case !c.stray:
			open = false
		case open:
			out[len(out)-1].to = c.to
		}
	}
	return out
}

// Without gives the group's segments that stand in none of these groups: the
// visit's own observations, for instance, without those of the FT1 groups.
func (g Group) Without(groups []Group) Group {
	skip := map[int32]bool{}
	for _, other := range groups {
		for _, i := range other.indices() {
			skip[i] = true
		}
	}
	rest := Group{m: g.m, picked: []int32{}}
	for _, i := range g.indices() {
		if !skip[i] {
			rest.picked = append(rest.picked, i)
		}
	}
	rest.to = len(rest.picked)
	return rest
}

// Keyed is a group that was gathered under a value.
type Keyed struct {
	Key   string
	Group Group
}

// GroupBy gathers groups in which key has the same text, as the OBX that share
// OBX-4, in the order of their first. A group without the value stays alone,
// under the key "": nothing says that two of them belong together.
func GroupBy(groups []Group, key Path) []Keyed {
	var out []Keyed
	var parts [][]Group
	at := map[string]int{}
	for _, g := range groups {
		text := trimBlanks(key.First(g).String())
		i, known := at[text]
		if text == "" || !known {
			at[text] = len(out)
			out, parts = append(out, Keyed{Key: text}), append(parts, []Group{g})
			continue
		}
		parts[i] = append(parts[i], g)
	}
	for i := range out {
		out[i].Group = union(parts[i])
	}
	return out
}

// maxJoined bounds the segments that Join gathers.
const maxJoined = 1 << 20

// Join adds to each left group the right ones whose text at with is the same
// as the left one's at on: the PR1 that an FT1 names in FT1-25, wherever it
// stands. A left group without the value, or without a match, stays as it is.
// It fails with fault.Invalid if a million segments would be gathered.
func Join(left []Group, on Path, right []Group, with Path) ([]Group, error) {
	by := map[string][]Group{}
	for _, g := range right {
		if key := trimBlanks(with.First(g).String()); key != "" {
			by[key] = append(by[key], g)
		}
	}
	out := make([]Group, len(left))
	size := 0
	for i, g := range left {
		parts := []Group{g}
		if key := trimBlanks(on.First(g).String()); key != "" {
			parts = append(parts, by[key]...)
		}
		for _, p := range parts {
			size += p.Len()
		}
		if size > maxJoined {
			return nil, fault.New(fault.Invalid, "hl7_join_too_large",
				"Joining the message's segments by this value would gather more than %d of them. Check that the value tells them apart.", maxJoined)
		}
		out[i] = union(parts)
	}
	return out, nil
}

// union gives the segments of all groups, once each, in the message's order.
func union(groups []Group) Group {
	if len(groups) == 1 {
		return groups[0]
	}
	u := Group{picked: []int32{}}
	for _, g := range groups {
		u.m = g.m
		u.picked = append(u.picked, g.indices()...)
	}
	slices.Sort(u.picked)
	u.picked = slices.Compact(u.picked)
	u.to = len(u.picked)
	return u
}
