package hl7v2

// Group is a run of segments that stand together in a message. The zero Group
// is empty.
type Group struct {
	m        *Message
	from, to int
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
	return g.m.Segment(g.from + i)
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
		if !g.m.Segment(i).is(lead) {
			continue
		}
		if len(groups) == 0 {
			before.to = i
		} else {
			groups[len(groups)-1].to = i
		}
		groups = append(groups, Group{m: g.m, from: i, to: g.to})
	}
	return before, groups
}
