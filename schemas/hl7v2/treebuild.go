package hl7v2

import "strconv"

// builder fits the segments of a message into a grammar. It never fails: what
// does not fit is kept where it does least harm, with a finding.
type builder struct {
	m        *Message
	r        release
	root     *Node
	open     []frame // from the root to the innermost group
	findings []Finding
}

// frame is a group that has been begun.
type frame struct {
	node *Node
	e    *element
	at   int    // the part that took the last segment, -1 at first
	had  []int  // how often each part was begun
	lead string // the segment that began the group, if it should not have
}

func (b *builder) push(n *Node, e *element, lead string) {
	n.element = e
	b.open = append(b.open, frame{node: n, e: e, at: -1, had: make([]int, len(e.parts)), lead: lead})
}

// pop closes the groups from depth on, innermost first, and notes what they
// lack.
func (b *builder) pop(depth int) {
	for i := len(b.open) - 1; i >= depth; i-- {
		f := b.open[i]
		if last := len(f.node.Nodes) - 1; last >= 0 && i > 0 {
			f.node.to = f.node.Nodes[last].to
		}
		for k, p := range f.e.parts {
			if p.required && !p.empty() && f.had[k] == 0 {
				b.missing(f.node, p)
			}
		}
	}
	b.open = b.open[:depth]
}

// place puts s where the grammar has it.
func (b *builder) place(s Segment) {
	name := s.Name()
	d, k, code := b.find(name)
	if d < 0 {
		b.stray(s, name)
		return
	}
	b.pop(d + 1)
	f := &b.open[d]
	f.at = k
	f.had[k]++
	e := f.e.parts[k]
	since := e.since
	for e.group() {
		n := &Node{Group: e.name, from: s.index, to: s.index}
		f.node.Nodes = append(f.node.Nodes, n)
		lead := ""
		if !e.first[name] {
			lead = name
		}
		b.push(n, e, lead)
		f = &b.open[len(b.open)-1]
		f.at = f.e.entry(name)
		f.had[f.at]++
		e = e.parts[f.at]
		since = max(since, e.since)
	}
	f.node.Nodes = append(f.node.Nodes, &Node{Segment: s, from: s.index, to: s.index + 1})
	switch {
	case code != "":
		b.note(Warning, code, s, name, orderTexts[code])
	case since > b.r && b.r > 0:
		b.note(Warning, "segment_not_in_version", s, name, "The version in MSH-12 does not have this segment here. It was read as later versions have it.")
	}
}

var orderTexts = map[string]string{
	"segment_order":    "This segment stands later in the message than the standard has it.",
	"segment_repeated": "This segment occurs more often than the standard allows. Each occurrence was kept.",
}

// entry gives the part of a group that a segment goes to.
func (e *element) entry(name string) int {
	inside := 0
	for k, p := range e.parts {
		if p.begins(name) {
			return k
		}
		if inside == 0 && p.holds(name) {
			inside = k
		}
	}
	return inside
}

// find gives the open group and the part of it that a segment goes to; d is
// negative if there is none. First by the grammar's word, then with required
// segments missing, then out of order, then more often than allowed.
func (b *builder) find(name string) (d, k int, code string) {
	for d = len(b.open) - 1; d >= 0; d-- {
		if k = b.open[d].next(name); k >= 0 {
			return d, k, ""
		}
	}
	if follows(name) {
		return -1, 0, ""
	}
	for d = len(b.open) - 1; d >= 0; d-- {
		f := &b.open[d]
		if k = f.ahead(name); k >= 0 {
			return d, k, ""
		}
		if d+1 < len(b.open) && b.open[d+1].lead == name && f.e.parts[f.at].many {
			return d, f.at, ""
		}
		if k = f.back(name); k >= 0 {
			return d, k, "segment_order"
		}
	}
	for d = len(b.open) - 1; d >= 0; d-- {
		f := &b.open[d]
		for k = 0; k <= f.at; k++ {
			if p := f.e.parts[k]; p.begins(name) {
				return d, k, "segment_repeated"
			}
		}
	}
	return -1, 0, ""
}

// next gives the part that takes a segment by the grammar's word: the same
// again, or the next without passing over a required one.
func (f *frame) next(name string) int {
	if f.at >= 0 {
		if p := f.e.parts[f.at]; p.many && p.begins(name) {
			return f.at
		}
	}
	for k := f.at + 1; k < len(f.e.parts); k++ {
		p := f.e.parts[k]
		if p.begins(name) {
			return k
		}
		if p.required && !p.empty() && f.had[k] == 0 {
			break
		}
	}
	return -1
}

// ahead gives a later part that takes a segment though required ones are
// missing before it.
func (f *frame) ahead(name string) int {
	inside := -1
	for k := f.at + 1; k < len(f.e.parts); k++ {
		p := f.e.parts[k]
		if p.begins(name) {
			return k
		}
		if inside < 0 && p.holds(name) {
			inside = k
		}
	}
	return inside
}

// follows reports whether a segment always belongs to the one before it, so
// that it is never moved to where the grammar would have it.
func follows(name string) bool { return name == "NTE" || name == "PRT" || name == "DEV" }

// back gives an earlier part that still has room for a segment. The segment
// that begins a group does not count: another one means another group.
func (f *frame) back(name string) int {
	least := 1
	if f.e.root {
		least = 0
	}
	for k := least; k <= f.at; k++ {
		if p := f.e.parts[k]; p.begins(name) && (p.many || f.had[k] == 0) {
			return k
		}
	}
	return -1
}

// stray keeps a segment that the grammar does not have with the one before it.
func (b *builder) stray(s Segment, name string) {
	f := &b.open[len(b.open)-1]
	f.node.Nodes = append(f.node.Nodes, &Node{Segment: s, from: s.index, to: s.index + 1, stray: true})
	switch _, known := LookupSegment(name); {
	case !isName([]byte(name)): // noted when the message was read
	case name[0] == 'Z':
		b.note(Info, "segment_local", s, name, "The standard leaves segments whose names begin with Z to the sender. It was kept with the segment before it.")
	case !known:
		b.note(Warning, "segment_unknown", s, name, "The tables here have no segment of this name. It was kept with the segment before it.")
	default:
		b.note(Warning, "segment_unexpected", s, name, "The standard does not have this segment in this message. It was kept with the segment before it.")
	}
}

// missing notes that a group lacks a required part.
func (b *builder) missing(n *Node, p *element) {
	if len(b.findings) >= maxFindings {
		return
	}
	path := p.lead()
	text := "The message lacks a segment that the standard requires."
	if n != b.root && n.to > n.from {
		first := b.m.Segment(n.from)
		path = first.Name() + "[" + strconv.Itoa(b.m.nth(first)) + "]/" + path
		text = "A group of segments lacks one that the standard requires. The path names the segment that begins the group."
	}
	b.add(Finding{Code: "segment_missing", Path: path, Text: text, Severity: Warning})
}

func (b *builder) note(severity, code string, s Segment, name, text string) {
	if len(b.findings) >= maxFindings {
		return
	}
	b.add(Finding{Code: code, Path: name + "[" + strconv.Itoa(b.m.nth(s)) + "]", Text: text, Severity: severity})
}

func (b *builder) add(f Finding) { b.findings = append(b.findings, f) }

// maxFindings bounds what one validation reports.
const maxFindings = 500

// nth is the segment's place among those of its name, from 1.
func (m *Message) nth(s Segment) int {
	name, n := s.Name(), 0
	for i := 0; i <= s.index; i++ {
		if m.Segment(i).is(name) {
			n++
		}
	}
	return n
}
