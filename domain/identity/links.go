package identity

import (
	"cmp"
	"maps"
	"slices"
)

// Pair is two records of patients, the lower number first. Which of them was
// retired is part of what was told: a sender that takes a merge back may name
// them either way round.
type Pair struct{ Low, High Patient }

// PairOf is the pair of two records.
func PairOf(a, b Patient) Pair { return Pair{min(a, b), max(a, b)} }

// Link is what one source said last of a pair: that both records are one
// person, or that they are two.
type Link struct {
	Source string
	Joined bool
	// Survivor is the record that stays, of two that are joined.
	Survivor Patient
	Said
}

// Links are the words on all pairs, and who is one person by them: whoever is
// joined by words that stand, over however many records. What stands on a pair
// does not depend on the order in which words came: a word taken back before
// it was heard stays taken back, and a record that was merged into two others
// is joined to both. The zero Links, and nil, join nobody.
type Links struct {
	told map[Pair][]Link // one of each source
	next map[Patient][]Patient
	// of is whom a record is read as, for records that are not read as
	// themselves.
	of map[Patient]Patient
}

// NewLinks gives Links that join nobody yet.
func NewLinks() *Links {
	return &Links{told: map[Pair][]Link{}, next: map[Patient][]Patient{}, of: map[Patient]Patient{}}
}

// Clone gives Links of its own. Only the maps are copied, for a trust may have
// a hundred thousand links: a slice in them is never changed, but replaced.
func (l *Links) Clone() *Links {
	if l == nil {
		return NewLinks()
	}
	return &Links{told: maps.Clone(l.told), next: maps.Clone(l.next), of: maps.Clone(l.of)}
}

// Restore takes a word as it was kept, without asking who is one person now:
// Join does that for all of them.
func (l *Links) Restore(p Pair, w Link) {
	if len(l.told[p]) == 0 {
		l.next[p.Low], l.next[p.High] = append(slices.Clip(l.next[p.Low]), p.High), append(slices.Clip(l.next[p.High]), p.Low)
	}
	l.told[p] = append(slices.Clip(l.told[p]), w)
}

// Join says who is one person after words were restored.
func (l *Links) Join() {
	seen := map[Patient]bool{}
	for p := range l.next {
		if !seen[p] {
			for _, q := range l.join(p) {
				seen[q] = true
			}
		}
	}
}

// Hear takes a word on a pair. An older word of the same source than the one
// that stands is superseded and changes nothing. changed reports whether the
// pair was joined, parted, or has another survivor now.
func (l *Links) Hear(p Pair, w Link) (superseded, changed bool) {
	ws := l.told[p]
	before, was := l.Standing(p)
	i := slices.IndexFunc(ws, func(o Link) bool { return o.Source == w.Source })
	switch {
	case i < 0:
		l.Restore(p, w)
	case w.Before(ws[i].Said):
		return true, false
	default:
		ws = slices.Clone(ws)
		ws[i], l.told[p] = w, ws
	}
	l.join(p.Low)
	l.join(p.High)
	after, _ := l.Standing(p)
	return false, !was || before.Joined != after.Joined || after.Joined && before.Survivor != after.Survivor
}

// Standing is the word that stands on a pair: of several sources the one that
// was sent last. Of two that were sent at one time, or whose time is
// uncertain, the source that is later by name decides.
func (l *Links) Standing(p Pair) (_ Link, told bool) {
	if l == nil || len(l.told[p]) == 0 {
		return Link{}, false
	}
	return slices.MaxFunc(l.told[p], func(a, b Link) int {
		return cmp.Or(a.SentAt.Compare(b.SentAt), cmp.Compare(a.Source, b.Source))
	}), true
}

// Survivor is the record as which p is read: of all that are one person the
// one that no standing word retires, or the oldest of such.
func (l *Links) Survivor(p Patient) Patient {
	if l != nil {
		if s, ok := l.of[p]; ok {
			return s
		}
	}
	return p
}

// Person lists the records that are one person with any of ps, lowest first.
func (l *Links) Person(ps ...Patient) []Patient {
	var out []Patient
	seen := map[Patient]bool{}
	for _, p := range ps {
		if !seen[p] {
			out = l.reach(p, seen, out)
		}
	}
	slices.Sort(out)
	return out
}

// Pairs lists the pairs among ps of which anything was told, lowest first.
func (l *Links) Pairs(ps ...Patient) (out []Pair) {
	for _, p := range ps {
		for _, n := range l.next[p] {
			if p < n && slices.Contains(ps, n) {
				out = append(out, Pair{p, n})
			}
		}
	}
	slices.SortFunc(out, func(a, b Pair) int { return cmp.Or(cmp.Compare(a.Low, b.Low), cmp.Compare(a.High, b.High)) })
	return out
}

func (l *Links) reach(p Patient, seen map[Patient]bool, out []Patient) []Patient {
	seen[p] = true
	out = append(out, p)
	if l == nil {
		return out
	}
	for i := len(out) - 1; i < len(out); i++ {
		for _, n := range l.next[out[i]] {
			if w, _ := l.Standing(PairOf(out[i], n)); w.Joined && !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// join says anew as whom the records of p's person are read, and lists them.
func (l *Links) join(p Patient) []Patient {
	person := l.Person(p)
	retired := map[Patient]bool{}
	for _, q := range person {
		for _, n := range l.next[q] {
			if w, _ := l.Standing(PairOf(q, n)); w.Joined && w.Survivor != q {
				retired[q] = true
			}
		}
	}
	survivor := person[0]
	if i := slices.IndexFunc(person, func(q Patient) bool { return !retired[q] }); i >= 0 {
		survivor = person[i]
	}
	for _, q := range person {
		if l.of[q] = survivor; q == survivor {
			delete(l.of, q)
		}
	}
	return person
}
