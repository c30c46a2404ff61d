package udi

import (
	"slices"
	"strings"
	"time"
)

// route is the key of a Digital Link's path, and its qualifiers in their order.
type route struct {
	key   *ai
	order []string
}

// belongs reports whether the identifier is one that, beside the qualifiers
// that are there, belongs into the path.
func (r route) belongs(a *ai) bool {
	if r.key == nil {
		return false
	}
	for _, sequence := range r.key.qualifiers {
		if slices.Contains(sequence, a.code) && inOrder([][]string{sequence}, r.order) {
			return true
		}
	}
	return false
}

// formerKeys could begin a path until release 1.2 of the standard.
var formerKeys = map[string]bool{"410": true, "411": true, "412": true, "413": true, "416": true}

// linkPath reads the key and its qualifiers.
func (u *UDI) linkPath(segments []piece, now time.Time) (r route) {
	r.key = u.linkAI(segments[0])
	for i := 0; i+1 < len(segments) && !u.full(segments[i].from); i += 2 {
		p, value := segments[i], segments[i+1]
		a := u.linkAI(p)
		if a == nil {
			u.unknownAI(u.Raw[p.from:p.to], u.Raw[value.from:value.to], p.from, value.from)
			continue
		}
		u.linkElement(a, value, false, now)
		if i > 0 {
			r.order = append(r.order, a.code)
		}
	}
	switch {
	case !inOrder(r.key.qualifiers, r.order):
		u.fail(CodePathOrder, segments[0].to, "The parts of the path do not belong to this key, or are out of order.")
	case !r.key.primary:
		u.warn(CodePathOrder, segments[0].from, "Only early releases of the standard let this identifier begin the path. It is read all the same.")
	}
	return r
}

// linkPacked takes the elements of a compressed part.
func (u *UDI) linkPacked(packed []Element, from piece, now time.Time) {
	before := len(u.Findings)
	for _, e := range packed {
		u.element(lookup(e.AI), e.Value, from.from, elementContext{delimited: true, now: now})
	}
	for i := before; i < len(u.Findings); i++ {
		u.Findings[i].Position = from.from
	}
}

func (u *UDI) linkQuery(from, to int, r route, now time.Time) {
	for _, q := range split(u.Raw, from, to, '&') {
		if u.full(q.from) {
			return
		}
		eq := strings.IndexByte(u.Raw[q.from:q.to], '=')
		if eq < 0 {
			continue
		}
		name := u.Raw[q.from : q.from+eq]
		value := piece{q.from + eq + 1, q.to}
		if a := u.linkAI(piece{q.from, q.from + eq}); a != nil {
			u.linkElement(a, value, true, now)
			if a.pathOnly || r.belongs(a) {
				u.fail(CodePathOrder, q.from, "This identifier may not stand in the query of this Digital Link; it belongs into the path, after its key.")
			}
		} else if name != "" && allDigits(name) {
			u.unknownAI(name, u.Raw[value.from:value.to], q.from, value.from)
		}
	}
}
