package posting_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// The NHS Numbers of the patients of histories, and those that they have
// later; one that is none may come with any of them.
var (
	numbers      = map[string]string{"A": "9990000018", "B": "9990000026", "C": "9990000034"}
	laterNumbers = map[string]string{"A": "9990000042", "B": "9990000050", "C": "9990000069"}
)

const invalidNumber = "9990000019"

func nhsNumber(value, status string) canonical.Identifier {
	return canonical.Identifier{Type: "NH", Authority: "NHS", Value: value, Status: status}
}

func drawPatient(t *rapid.T, who ...string) canonical.Patient {
	p := pat(rapid.SampledFrom(who).Draw(t, "patient"))
	if len(p.Identifiers) == 0 {
		return p
	}
	switch rapid.IntRange(0, 7).Draw(t, "with NHS Number") {
	case 0, 1, 2:
		p.Identifiers = append(p.Identifiers, nhsNumber(numbers[p.Identifiers[0].Value], rapid.SampledFrom([]string{"", "01", "03"}).Draw(t, "status")))
	case 3:
		p.Identifiers = append(p.Identifiers, nhsNumber(invalidNumber, "02"))
	}
	return p
}

func drawVisit(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "V1", "V2"}).Draw(t, "visit")
}

func drawProcedures(t *rapid.T) (out []canonical.Procedure) {
	for _, code := range rapid.SampledFrom([][]string{nil, nil, {"W371", "Z942"}, {"W371", "Z943"}, {"W381", "Z941", "Y032"}, {"W371"}, {"Z944"}}).Draw(t, "procedures") {
		out = append(out, canonical.Procedure{Code: code, System: "OPCS4", On: "2026-03-02"})
	}
	return out
}

// drawIdentityEvent draws what says who is one person, whose a visit is, and
// what was coded.
func drawIdentityEvent(t *rapid.T) canonical.Event {
	one, other := drawPatient(t, "A", "B", "C"), drawPatient(t, "A", "B", "C")
	switch rapid.IntRange(0, 8).Draw(t, "identity event") {
	case 0, 1, 2:
		return canonical.PatientUnmerge{Survivor: one, Retired: other}
	case 3, 4:
		return canonical.VisitMove{Encounter: rapid.SampledFrom([]string{"V1", "V2", "V3"}).Draw(t, "visit"), From: one, To: other}
	case 5:
		return canonical.VisitMerge{Survivor: rapid.SampledFrom([]string{"V1", "V2", "V3"}).Draw(t, "visit"), Retired: rapid.SampledFrom([]string{"V1", "V2", "V3"}).Draw(t, "other visit")}
	case 6, 7:
		e := canonical.Coding{Patient: one, Encounter: drawVisit(t), Stage: rapid.SampledFrom([]string{"theatre", "final"}).Draw(t, "stage"), Procedures: drawProcedures(t)}
		if rapid.Bool().Draw(t, "of a case") {
			e.Case = drawCase(t)
		}
		return e
	default:
		return canonical.PatientMerge{Survivor: one, Retired: other}
	}
}

// drawNewNumber draws that a patient has another NHS Number now.
func drawNewNumber(t *rapid.T) canonical.Event {
	p := pat(rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "patient"))
	p.Identifiers = append(p.Identifiers, nhsNumber(laterNumbers[p.Identifiers[0].Value], "01"))
	return canonical.PatientUpdate{Patient: p}
}

// visitOf is the visit of a case, if anything was told of it.
func (h *hub) visitOf(id theatre.CaseID) *theatre.Encounter {
	return h.known.Encounters[h.known.Cases[id].Settle().Encounter]
}

// stateOf is what a case's words come to, for the patients whose they are now.
func (h *hub) stateOf(id theatre.CaseID) theatre.CaseState {
	return h.visitOf(id).Read(h.known.Cases[id], h.one).Settle()
}

// toldNow is a line's words, for the patients whose they are now.
func (h *hub) toldNow(l *theatre.Line) map[string]theatre.Word {
	out := maps.Clone(l.Told)
	for k, w := range out {
		if w.Patient = h.visitOf(l.Case).Moved(w.Patient, w.Sequence, h.one); w.Patient == 0 {
			w.Patient = h.stateOf(l.Case).Patient
		}
		out[k] = w
	}
	return out
}

// peoplePicture tells of records, visits and codings in terms that no order of
// arrival changes, and names what warnings are about.
func (h *hub) peoplePicture(add func(format string, args ...any), names map[string]string) {
	record := map[identity.Patient]string{}
	for _, local := range []string{"A", "B", "C"} {
		p := h.recordOf(local)
		record[p] = local
		names[fmt.Sprintf("patient:%d", p)] = "record " + local
		for _, n := range h.known.NHS[p] {
			if p != 0 {
				add("record %s: an NHS Number of status %q", local, n.Status())
			}
		}
	}
	for a, x := range record {
		for b, y := range record {
			if a < b {
				names[fmt.Sprintf("link:%d:%d", a, b)] = "records " + min(x, y) + " and " + max(x, y)
			}
		}
	}
	for id, c := range h.known.Cases {
		s := h.stateOf(id)
		names[fmt.Sprintf("sides:%d", id)] = "sides of case " + c.Name
		for _, v := range c.Versions() {
			add("case %s coded by %s at %s: %v", c.Name, v.Source, v.Stage, v.Procedures)
		}
		add("case %s of visit %s: %v", c.Name, s.Encounter, s.Procedures)
		for _, v := range h.visitOf(id).Versions(id, map[theatre.CaseID]string{id: "2026-03-02"}) {
			add("case %s coded with its visit by %s at %s: %v", c.Name, v.Source, v.Stage, v.Procedures)
		}
	}
	for number, v := range h.known.Encounters {
		var moved []string
		for _, p := range v.Patients() {
			moved = append(moved, record[identity.Patient(p)])
		}
		slices.Sort(moved)
		add("visit %s is %s, of numbers %v, moved among %s", number, v.Visit, slices.Sorted(maps.Keys(v.Told)), strings.Join(moved, ","))
	}
}

// recordOf is the record of a local number itself, whoever it is read as.
func (h *hub) recordOf(local string) identity.Patient {
	return h.known.Patients[h.trust.Vault.Pseudonym(identity.Identifier{Type: "MR", Authority: "T", Value: local})]
}

// around tells a use or a booking with its visit, procedures and people.
func around(t *rapid.T) (visit string, ps []canonical.Procedure, people []canonical.Person) {
	people = rapid.SampledFrom([][]canonical.Person{nil, nil, {{Role: "operator", Code: "1234567", Authority: "GMC"}}, {{Role: "operator", Code: "BANK7"}}}).Draw(t, "people")
	return drawVisit(t), drawProcedures(t), people
}
