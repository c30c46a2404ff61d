package hl7v2

// Group is a part of a message: segments that stand together, or that were
// gathered. The zero Group is empty.
type Group struct {
	m        *Message
	from, to int
	// picked are the segments if they do not stand together; then from and to
	// count within it.
	picked []int32
}

// All gives the whole message as one group.
func (m *Message) All() Group { return Group{m: m, to: len(m.segs)} }

// Groups splits the message at each segment named lead; see Group.Groups.
func (m *Message) Groups(lead string) (before Group, groups []Group) {
	return m.All().Groups(lead)
}

// Len is the number of segments in the group.
func (g Group) Len() int { return g.to - g.from }

// Segment gives segment i of the group, from 0; the zero Segment if there is
// none.
func (g Group) Segment(i int) Segment {
	if i < 0 || i >= g.Len() {
		return Segment{}
	}
	return g.at(g.from + i)
}

// at gives the segment at a place between from and to.
func (g Group) at(i int) Segment {
	if g.picked != nil {
		i = int(g.picked[i])
	}
	return g.m.Segment(i)
}

// Message gives the message that the group is a part of; nil for the zero
// Group.
func (g Group) Message() *Message { return g.m }

// Groups splits the group at each segment named lead: a group runs from one
// lead until the next. Before holds the segments that precede the first lead,
// all of them if there is none.
func (g Group) Groups(lead string) (before Group, groups []Group) {
	before = g
	for i := g.from; i < g.to; i++ {
		if !g.at(i).is(lead) {
			continue
		}
		if len(groups) == 0 {
			before.to = i
		} else {
			groups[len(groups)-1].to = i
		}
		groups = append(groups, Group{m: g.m, from: i, to: g.to, picked: g.picked})
	}
	return before, groups
}

// indices are the places of the group's segments in the message.
func (g Group) indices() []int32 {
	list := make([]int32, 0, g.Len())
	for i := g.from; i < g.to; i++ {
		list = append(list, int32(g.at(i).index))
	}
	return list
}
