package mapping

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// joinRule gives a line what stands elsewhere and names it by a value.
type joinRule struct {
	lead   string
	where  *path // in what is joined
	equals *path // in the line
}

// outside is what the joins of a line take out of a message.
type outside struct {
	part map[int]int // of a segment's place in the message
	keys []joinKey   // of a part
}

// joinKey is the value that a line must have for one of its joins.
type joinKey struct {
	rule int
	text string
}

func (c *compiler) joins(n *node) (out []joinRule) {
	for _, item := range c.items(n) {
		if !c.known(item, "join") {
			continue
		}
		var r joinRule
		for _, key := range keys["join"] {
			k := item.get(key)
			if !k.isSet() {
				c.problems.add(item, "key_missing", "The key %q is missing here: a join names the segment in each, a field of it in where, and in equals the field of the line that has the same value.", key)
				continue
			}
			switch key {
			case "each":
				if p, ok := c.segment(k); ok && p.chosen == nil {
					r.lead = p.segment
				} else if ok {
					c.problems.add(k, "segment_invalid", "A join takes every %s that has a value in where. Write the segment's name alone.", p.segment)
				}
			case "where":
				r.where, _ = c.path(k, k.text)
			case "equals":
				r.equals, _ = c.path(k, k.text)
			}
		}
		if r.lead != "" && r.where != nil && r.equals != nil {
			out = append(out, r)
		}
	}
	return out
}

// outside finds what the joins of r take, once for each message. A segment
// without the value that a join asks for stays where it stands.
func (r *linesRule) outside(run *run) outside {
	if out, known := run.outside[r]; known {
		return out
	}
	out := outside{part: map[int]int{}}
	for i := range r.joins {
		for _, g := range run.message.GroupsOf(r.joins[i].lead) {
			from := g.Segment(0).Index()
			segs := run.segs[from : from+g.Len()]
			if end := slices.IndexFunc(segs[1:], func(in seg) bool { return in.name == r.lead.segment }); end >= 0 {
				segs = segs[:end+1]
			}
			key := run.key(segs, r.joins[i].where)
			if _, taken := out.part[from]; taken || key == "" {
				continue
			}
			for j := range segs {
				out.part[from+j] = len(out.keys)
			}
			out.keys = append(out.keys, joinKey{i, key})
		}
	}
	if run.outside == nil {
		run.outside, run.joined = map[*linesRule]outside{}, map[int]bool{}
	}
	run.outside[r] = out
	return out
}

// takeOut gives s without what the joins of r take, and that by its key.
func (r *linesRule) takeOut(s *scope) (*scope, map[joinKey][]seg) {
	if len(r.joins) == 0 {
		return s, nil
	}
	from := r.outside(s.run)
	rest, taken := *s, map[joinKey][]seg{}
	for i := range s.depth {
		rest.levels[i] = nil
		for _, in := range s.levels[i] {
			part, is := from.part[in.Index()]
			if !is {
				rest.levels[i] = append(rest.levels[i], in)
				continue
			}
			s.run.joined[in.Index()] = s.run.joined[in.Index()]
			taken[from.keys[part]] = append(taken[from.keys[part]], in)
		}
	}
	return &rest, taken
}

// join adds to a line's group what names it.
func (r *linesRule) join(run *run, g []seg, taken map[joinKey][]seg) []seg {
	line := g
	for i := range r.joins {
		for _, in := range taken[joinKey{i, run.key(line, r.joins[i].equals)}] {
			run.joined[in.Index()] = true
			g = append(g[:len(g):len(g)], in)
		}
	}
	return g
}

// key gives the text at p in segs, without outer blanks.
func (r *run) key(segs []seg, p *path) string {
	s := scope{run: r, depth: 1}
	s.levels[0] = segs
	return strings.TrimSpace(textOf(s.first(p, true)))
}

// unjoined tells of what names no line.
func (r *run) unjoined() {
	for at := range r.segs {
		if fits, taken := r.joined[at]; taken && !fits {
			r.find(canonical.Warning, "join_unmatched", originOf(r.segs[at:]),
				"The mapping joins this segment to the line that has the same value, and no line has it. It was not read. Ask the sender which line is meant, or mend the join in the mapping.")
		}
	}
}
