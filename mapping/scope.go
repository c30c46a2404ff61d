package mapping

import (
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// scope is where paths read: a part of a message, and what stands before it.
type scope struct {
	run *run
	// levels are from the innermost group outwards: the group itself, then
	// the segments that are of no group of its kind, and so on. A path reads
	// in the first that has its segment, so never in a sibling.
	levels [4][]seg
	depth  int
	// rep is the repetition that relative paths read.
	rep hl7v2.Value
	// row is the row of a file, by field.
	row map[string]string
	// rows are the rows of the event.
	rows []flatfile.Row
	// here is the place in a FHIR message from which paths read.
	here *fhir.Value
	// origin names the part of the message, as "FT1[2]".
	origin string
}

// into gives the scope of a group within s; before are the segments of s that
// are of no group.
func (s *scope) into(group, before []seg, origin string) scope {
	in := scope{run: s.run, origin: origin, row: s.row, depth: 2}
	in.levels[0], in.levels[1] = group, before
	for i := 1; i < s.depth && in.depth < len(in.levels); i++ {
		in.levels[in.depth] = s.levels[i]
		in.depth++
	}
	return in
}

// first gives the first value of p that holds something; a later segment is
// asked only where the earlier ones have nothing. With own, only the group
// itself is read.
func (s *scope) first(p *path, own bool) (found hl7v2.Value) {
	for i := 0; i < s.depth && (i == 0 || !own); i++ {
		there := false
		level := s.levels[i]
		for j := range level {
			if level[j].name != p.segment {
				continue
			}
			there = true
			if (p.chosen != nil || p.place > 0) && !p.selects(&level[j]) {
				continue
			}
			v := p.in(&level[j])
			if v.State() >= hl7v2.Null {
				if p.odd&s.run.version != 0 {
					s.run.date(p)
				}
				return v
			}
			if v.State() > found.State() {
				found = v
			}
		}
		if there {
			break
		}
	}
	return found
}

// each calls f with every value of p where it reads.
func (s *scope) each(p *path, own bool, f func(hl7v2.Value) (more bool)) {
	for i := 0; i < s.depth && (i == 0 || !own); i++ {
		there := false
		level := s.levels[i]
		for j := range level {
			if level[j].name != p.segment {
				continue
			}
			there = true
			if p.selects(&level[j]) && !s.repetitions(p, &level[j], f) {
				return
			}
		}
		if there {
			return
		}
	}
}

// repetitions calls f with each repetition that p means.
func (s *scope) repetitions(p *path, at *seg, f func(hl7v2.Value) (more bool)) bool {
	if p.picks {
		for _, v := range p.codec.AllIn(at.Segment) {
			if p.odd&s.run.version != 0 && v.State() >= hl7v2.Null {
				s.run.date(p)
			}
			if !f(v) {
				return false
			}
		}
		return true
	}
	field := at.Field(p.field)
	if p.odd&s.run.version != 0 && field.State() >= hl7v2.Null {
		s.run.date(p)
	}
	for i := 1; i <= field.Repetitions(); i++ {
		if !f(p.within(field.Repetition(i))) {
			return false
		}
	}
	return true
}

// has reports whether the group itself has a segment that p selects.
func (s *scope) has(p *path) bool {
	for j := range s.levels[0] {
		if p.selects(&s.levels[0][j]) {
			return true
		}
	}
	return false
}

// find records a finding at path, which is made to name its part of the message.
func (s *scope) find(severity canonical.Severity, code, path, text string) {
	switch {
	case s.origin == "" || path == "":
		path += s.origin
	case s.here != nil:
		path = s.origin + "." + path
	case strings.HasPrefix(path, s.origin[:min(3, len(s.origin))]+"-"):
		path = s.origin + path[3:] // FT1-10 in FT1[2] is FT1[2]-10
	case strings.HasPrefix(path, s.origin):
	default:
		path = s.origin + "/" + path
	}
	s.run.find(severity, code, path, text)
}

// groups splits segs at each of leads. A group runs from its first lead to
// the next group; a lead that is listed later, as OBR after ORC, belongs to
// the group that an earlier one began, unless the group already has one.
func groups(segs []seg, leads []string) (before []seg, out [][]seg) {
	start, last := -1, -1
	out = make([][]seg, 0, 16)
	for i := range segs {
		rank := -1
		for r, lead := range leads {
			if segs[i].name == lead {
				rank = r
			}
		}
		if rank < 0 {
			continue
		}
		if start < 0 || rank <= last {
			if start < 0 {
				before = segs[:i]
			} else {
				out = append(out, segs[start:i])
			}
			start = i
		}
		last = rank
	}
	if start < 0 {
		return segs, nil
	}
	return before, append(out, segs[start:])
}

// originOf names a group by its first segment.
func originOf(group []seg) string {
	if len(group) == 0 {
		return ""
	}
	return group[0].name + "[" + strconv.Itoa(group[0].nth) + "]"
}

// gather joins groups that have the same value at p, in the order in which
// the values first appear.
func (s *scope) gather(all [][]seg, p *path) [][]seg {
	at := map[string]int{}
	of, sizes := make([]int, len(all)), make([]int, 0, 8)
	for i, g := range all {
		key := s.run.key(g, p)
		n, known := at[key]
		if !known {
			n = len(sizes)
			at[key], sizes = n, append(sizes, 0)
		}
		of[i] = n
		sizes[n] += len(g)
	}
	out := make([][]seg, len(sizes))
	for i, g := range all {
		if n := of[i]; out[n] == nil {
			out[n] = append(make([]seg, 0, sizes[n]), g...)
		} else {
			out[n] = append(out[n], g...)
		}
	}
	return out
}
