package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/simulator/expected"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
)

// shown is a line as differences name it.
type shown struct{ number, key string }

// fates are the hub's words for what became of a thing.
var fates = map[simhospital.Fate]string{
	simhospital.Used: "used_unspecified", simhospital.Implanted: "implanted", simhospital.Removed: "implanted_then_removed", simhospital.Opened: "opened_not_used", simhospital.Contaminated: "contaminated",
	simhospital.Faulty: "supplier_liable", simhospital.Unopened: "returned_unopened", simhospital.Explanted: "explanted", simhospital.Reusable: "reusable",
}

// theCase compares one case and its lines.
func (v *verification) theCase(c journal.AccountCase, lines map[int64]shown) {
	shall := v.state.Cases[c.Number]
	if shall == nil {
		same(v, "there is one", "there is none", "case %s", c.Number)
		return
	}
	same(v, c.Booking, shall.Booking, "case %s: its booking", c.Number)
	same(v, v.who(c.Patient), shall.Person, "case %s: its patient", c.Number)
	same(v, codes(c.Planned), codes(shall.Planned), "case %s: procedures as booked", c.Number)
	same(v, codes(c.Done), codes(shall.Done), "case %s: procedures as the theatre told them", c.Number)
	left := map[string]*expected.Line{}
	var keyless []*expected.Line
	for _, l := range shall.Lines {
		if l.Key == "" {
			keyless = append(keyless, l)
		} else {
			left[l.Key] = l
		}
	}
	var extra []journal.AccountLine
	for _, l := range c.Lines {
		key := l.Key
		if strings.HasPrefix(key, "message:") {
			key = ""
		}
		lines[l.ID] = shown{c.Number, key}
		if x := left[key]; x != nil {
			delete(left, key)
			v.line(l, x)
			continue
		}
		extra = append(extra, l)
	}
	// Lines without a number are matched by what they say, in one order.
	slices.SortFunc(extra, func(a, b journal.AccountLine) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Lot, b.Lot), cmp.Compare(a.ToPatient, b.ToPatient))
	})
	slices.SortFunc(keyless, func(a, b *expected.Line) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Lot, b.Lot), cmp.Compare(a.Patient, b.Patient))
	})
	for _, l := range extra {
		if strings.HasPrefix(l.Key, "message:") && len(keyless) > 0 {
			v.line(l, keyless[0])
			keyless = keyless[1:]
			continue
		}
		same(v, "there is one", "there is none", "case %s: line %s of %s", c.Number, l.Key, orDash(l.Item))
	}
	for _, l := range keyless {
		left["@"+l.Item] = l
	}
	for _, key := range sortedKeys(left) {
		if left[key].State == "withdrawn" {
			continue // it was taken back before the hub heard of it
		}
		same(v, "there is none", "there is one", "case %s: %s of %s", c.Number, left[key].Name(), orDash(left[key].Item))
	}
}

// line compares one line.
func (v *verification) line(l journal.AccountLine, x *expected.Line) {
	of := fmt.Sprintf("case %s, %s: ", x.Case, x.Name())
	same(v, l.State, x.State, "%sits state", of)
	same(v, orDash(l.Item), orDash(x.Item), "%sits item", of)
	if x.State != "withdrawn" { // nothing stands any more, of no lot and for nobody
		same(v, orDash(l.Lot), orDash(x.Lot), "%sits lot", of)
		same(v, orDash(l.Serial), orDash(x.Serial), "%sits serial number", of)
		same(v, v.who(l.Patient), x.Person, "%sits patient", of)
	}
	same(v, orDash(l.Place), orDash(x.Place), "%sits shelf", of)
	if x.State != "withdrawn" && x.State != "waiting" { // what nobody understands says nothing of it
		same(v, l.Disposition, fates[x.Fate], "%swhat became of it", of)
	}
	same(v, l.ToPatient, x.Patient, "%sunits that went to the patient", of)
	same(v, l.ToWaste, x.Waste, "%sunits that went to waste", of)
	same(v, l.Held, x.Held, "%sunits that are back and held", of)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// warnings compares the warnings that are open, of the kinds that follow from
// what was told.
func (v *verification) warnings(all []journal.AccountWarning, lines map[int64]shown) {
	says, shall := map[string]int64{}, map[string]int64{}
	for _, w := range all {
		if !slices.Contains(expected.Kinds, w.Kind) {
			continue
		}
		name := warningName(w.Kind, v.cases[w.Case], lines[w.Line].key, w.Item, w.Place, w.Line != 0)
		if w.Kind == "wrong_patient" { // each message that says so has its own
			says[name] = 1
			continue
		}
		says[name]++
	}
	for _, w := range v.state.Warnings {
		shall[warningName(w.Kind, w.Case, w.Key, w.Item, w.At, w.Case != "" && w.Item == "" && w.Kind != "cancelled_case_used")]++
	}
	sums(v, says, shall)
}

func warningName(kind, number, key, item, place string, line bool) string {
	name := "open warnings " + kind
	if number != "" {
		name += " of case " + number
	}
	if line {
		name += ", line " + cmp.Or(key, "without a number")
	}
	if item != "" {
		name += ", " + item
	}
	if place != "" {
		name += " at " + place
	}
	return name
}
