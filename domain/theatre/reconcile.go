package theatre

import (
	"cmp"
	"strconv"
	"strings"
)

// Authority says whose word counts for use at a place.
type Authority struct {
	Rank Rank
	// Adds reports whether a source may tell of use that no other source
	// tells of; nil is yes for all. One that may not only corroborates.
	Adds func(source string) bool
}

func (a Authority) adds(source string) bool { return a.Adds == nil || a.Adds(source) }

// Reconcile looks at the lines of one case side by side. Of each thing the
// most authoritative source that told of it decides how many were used; the
// lines of others are kept, and corroborate it or open a difference, but they
// never add. No line is taken for another because it looks like it: the lines
// stay apart, and only their sums are compared. settled changes in place;
// accepted are the lines of which a person said that they count.
//
// who names the person of a patient's record: sources that tell of one thing
// and two people differ.
func Reconcile(settled map[string]Settled, a Authority, accepted map[string]bool, who func(Patient) Patient) {
	deciding := map[string]string{} // of a thing, the source
	for key, s := range settled {
		thing := s.thing()
		if s.Source == "" || thing == "" || accepted[key] {
			continue
		}
		if d, ok := deciding[thing]; !ok || a.before(s.Source, d) {
			deciding[thing] = s.Source
		}
	}
	sums := map[[2]string]map[toldOf]int64{}
	for key, s := range settled {
		if accepted[key] {
			continue // a use of its own
		}
		k := [2]string{s.thing(), s.Source}
		if sums[k] == nil {
			sums[k] = map[toldOf]int64{}
		}
		sums[k][toldOf{s.Lot, s.Serial, who(s.Patient), s.ToWaste}] += s.Base
		sums[k][toldOf{s.Lot, s.Serial, who(s.Patient), true}] += s.Waste
	}
	for key, s := range settled {
		thing := s.thing()
		if !s.Counts() || accepted[key] || thing == "" {
			continue
		}
		d := deciding[thing]
		switch {
		case s.Source == d && a.adds(d):
			continue
		case s.Source == d:
			s.State, s.Why = Waiting, "source_not_authoritative"
		case agree(sums[[2]string{thing, d}], sums[[2]string{thing, s.Source}]):
			s.State, s.Why = Recorded, "corroborates"
		default:
			s.State, s.Why = Waiting, "sources_differ"
		}
		s.Base, s.Waste, s.Held = 0, 0, 0
		settled[key] = s
	}
}

// ToldAgain is the doubt about a line that a person accepted.
const ToldAgain = "told_again"

// ToldSince casts doubt on lines that a person accepted as uses of their own,
// of which another source has told since: it may be one use, and both count.
// accepted is when each was: what was received before, the person could see.
// settled, which was reconciled, changes in place.
func ToldSince(settled map[string]Settled, accepted map[string]Sequence) {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	for key, at := range accepted {
		s := settled[key]
		for _, o := range settled {
			if s.Counts() && o.Counts() && o.Source != s.Source && o.thing() == s.thing() && at.Message < o.Sequence.Message && !differ(o.Lot, s.Lot) && !differ(o.Serial, s.Serial) {
				s.Doubt = ToldAgain
				settled[key] = s
			}
		}
	}
}

// before reports whether a source's word counts before another's.
func (a Authority) before(s, o string) bool {
	if x, y := a.adds(s), a.adds(o); x != y {
		return x
	}
	return cmp.Or(cmp.Compare(a.Rank(s), a.Rank(o)), cmp.Compare(s, o)) < 0
}

// thing is what a line tells of: the item, or the sender's words for one that
// is unknown; empty if the line names none.
func (s Settled) thing() string {
	if s.Item != 0 {
		return "item " + strconv.FormatInt(int64(s.Item), 10)
	}
	if len(s.Codes) > 0 {
		return "code " + strings.Join(s.Codes, ",")
	}
	return ""
}

// toldOf is of which lot and serial somebody told, for whom, and whether it
// went to waste.
type toldOf struct {
	lot, serial string
	patient     Patient
	waste       bool
}

// agree compares what two sources say of one thing: by lot and serial, unless
// one of them tells neither, by patient and by whether it went to waste.
func agree(a, b map[toldOf]int64) bool {
	if !named(a) || !named(b) {
		a, b = nameless(a), nameless(b)
	}
	for k, q := range a {
		if b[k] != q {
			return false
		}
	}
	for k, q := range b {
		if a[k] != q {
			return false
		}
	}
	return true
}

func named(sums map[toldOf]int64) bool {
	for k, q := range sums {
		if q != 0 && (k.lot != "" || k.serial != "") {
			return true
		}
	}
	return false
}

func nameless(sums map[toldOf]int64) map[toldOf]int64 {
	out := map[toldOf]int64{}
	for k, q := range sums {
		k.lot, k.serial = "", ""
		out[k] += q
	}
	return out
}
