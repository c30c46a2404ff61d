package mapping

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// split divides segs into groups that begin with one of leads. A group runs
// to the next; what the grammar of the message has outside of it, as a DG1
// behind the last FT1, belongs to no group and goes with what stands before
// the first.
func (s *scope) split(segs []seg, leads []string) (before []seg, out [][]seg) {
	before, out = groups(segs, leads)
	if s.run.runsToNext(leads) {
		return before, out
	}
	var loose []seg
	for i, g := range out {
		end := s.run.end(g)
		out[i], loose = g[:end:end], append(loose, g[end:]...)
	}
	if loose != nil {
		before = slices.Concat(before, loose)
	}
	return before, out
}

// end gives how many segments of g the grammar has in the group that the first
// begins; those that it does not have stay with what they follow. A group that
// begins with a Z segment, which no grammar has, runs to the next.
func (r *run) end(g []seg) int {
	name := g[0].name
	if name[0] == 'Z' {
		return len(g)
	}
	of, known := r.grouped[name]
	if !known {
		of = r.message.GroupsOf(name)
		if r.grouped == nil {
			r.grouped = map[string][]hl7v2.Group{}
		}
		r.grouped[name] = of
	}
	at, found := slices.BinarySearchFunc(of, g[0].Index(), func(by hl7v2.Group, from int) int { return by.Segment(0).Index() - from })
	if !found {
		return len(g)
	}
	last, n := of[at].Segment(of[at].Len()-1).Index(), 1
	for n < len(g) && g[n].Index() <= last {
		n++
	}
	return n
}

// shapes remembers of messages whose segments follow each other alike whether
// every group runs to the next, so that most need not be fitted into the
// grammar. It is bounded: senders choose what stands in a shape.
var shapes = struct {
	sync.RWMutex
	runsToNext map[string]bool
}{runsToNext: map[string]bool{}}

const (
	maxShapes = 4096
	maxShape  = 512 // bytes
)

// asked is an answer of runsToNext for one message.
type asked struct {
	leads *string
	yes   bool
}

// runsToNext reports whether in this message every group that begins with one
// of leads, which a rule owns, runs to the next by the grammar too.
func (r *run) runsToNext(leads []string) (yes bool) {
	if len(leads) == 0 {
		return true
	}
	for i := range r.asked {
		if r.asked[i].leads == &leads[0] {
			return r.asked[i].yes
		}
	}
	var buffer [maxShape]byte
	shape := r.shape(buffer[:0], leads)
	shapes.RLock()
	yes, known := shapes.runsToNext[string(shape)]
	full := len(shapes.runsToNext) >= maxShapes
	shapes.RUnlock()
	if !known || shape == nil {
		yes = true
		_, all := groups(r.segs, leads)
		for _, g := range all {
			yes = yes && r.end(g) == len(g)
		}
		if shape != nil && !full {
			shapes.Lock()
			shapes.runsToNext[string(shape)] = yes
			shapes.Unlock()
		}
	}
	copy(r.asked[1:], r.asked[:])
	r.asked[0] = asked{&leads[0], yes}
	return yes
}

// kindOf gives what of a message's header decides its grammar.
func kindOf(h hl7v2.Header) [4]string { return [...]string{h.Code, h.Trigger, h.Structure, h.Version} }

// shape writes into b what decides how the grammar groups the message: its
// kind and the names of its segments. Of four and more groups in a row with
// the same names three stand for all: the fourth finds the grammar where the
// third did. It is nil if the shape is not to be remembered.
func (r *run) shape(b []byte, leads []string) []byte {
	for i, part := range r.kind {
		if i == 1 && part == "" || len(part) > 20 || strings.IndexByte(part, '\r') >= 0 {
			return nil // without an event in MSH-9 the one in EVN counts
		}
		b = append(append(b, part...), '\r')
	}
	for _, lead := range leads {
		b = append(append(b, lead...), '\r')
	}
	former, start, same := len(b), len(b), 0
	for i := range r.segs {
		name := r.segs[i].name
		if len(b)+len(name) >= maxShape {
			return nil
		}
		b = append(append(b, name...), '\r')
		if i+1 < len(r.segs) && !slices.Contains(leads, r.segs[i+1].name) {
			continue
		}
		if same++; !bytes.Equal(b[start:], b[former:start]) {
			former, start, same = start, len(b), 1
		} else if same <= 3 {
			former, start = start, len(b)
		} else {
			b = b[:start]
		}
	}
	return b
}
