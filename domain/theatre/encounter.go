package theatre

import (
	"cmp"
	"maps"
	"slices"
)

// Encounter is a patient's visit to the hospital, of which theatre cases are
// part, under all the numbers by which it is known. Everything stands under
// the number under which it was told, so that the order in which numbers are
// merged does not matter.
type Encounter struct {
	// Visit names the visit: the first of its numbers.
	Visit string
	// Told is what was told, by number.
	Told map[string]VisitWords
}

// VisitWords is what was told under one number of a visit.
type VisitWords struct {
	Moves []Move `json:"moves,omitempty"`
	// Codings are procedures of the visit as a whole, by "source/stage".
	Codings map[string]VisitCoding `json:"codings,omitempty"`
}

// Move says that what was told of the visit for one patient is another's.
type Move struct {
	From     Patient  `json:"from"`
	To       Patient  `json:"to"`
	Source   string   `json:"source"`
	Sequence Sequence `json:"sequence"`
}

// VisitCoding is how one source coded the procedures of a visit at one stage.
type VisitCoding struct {
	Procedures []Procedure `json:"procedures"`
	Sequence   Sequence    `json:"sequence"`
}

// NewEncounter is a visit of which nothing was told yet.
func NewEncounter(number string) *Encounter {
	return &Encounter{Visit: number, Told: map[string]VisitWords{number: {}}}
}

// Move takes up that a visit was moved from one patient to another. All moves
// stand, for each concerns what was told before it; one that is told again
// changes nothing.
func (e *Encounter) Move(number string, m Move) (changed bool) {
	w := e.Told[number]
	for _, o := range w.Moves {
		again := o.Sequence.Message == m.Sequence.Message || !o.Sequence.SentAt.IsZero() && o.Sequence.SentAt.Equal(m.Sequence.SentAt)
		if o.From == m.From && o.To == m.To && o.Source == m.Source && again {
			return false
		}
	}
	w.Moves = append(w.Moves, m)
	e.Told[number] = w
	return true
}

// Moved is the patient to whom a word now belongs that was told of p: a visit
// that was moved takes along all that was told of it for the patient before.
// A word counts as told before unless both times are certain and it was sent
// later: receipt says nothing between two senders. e may be nil. one tells
// whether two patients are one person.
func (e *Encounter) Moved(p Patient, at Sequence, one func(a, b Patient) bool) Patient {
	if e == nil || p == 0 {
		return p
	}
	for _, m := range e.moves() {
		later := !at.SentAt.IsZero() && !m.Sequence.SentAt.IsZero() && at.SentAt.After(m.Sequence.SentAt)
		if !later && one(p, m.From) {
			p = m.To
		}
	}
	return p
}

// moves lists the moves under all numbers in the order in which they were
// sent; of two that were sent at one time, or whose time is uncertain, by
// source.
func (e *Encounter) moves() []Move {
	var out []Move
	for _, number := range slices.Sorted(maps.Keys(e.Told)) {
		out = append(out, e.Told[number].Moves...)
	}
	slices.SortStableFunc(out, func(a, b Move) int {
		return cmp.Or(a.Sequence.SentAt.Compare(b.Sequence.SentAt), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Sequence.Message, b.Sequence.Message))
	})
	return out
}

// Patients lists everybody from or to whom the visit was moved. e may be nil.
func (e *Encounter) Patients() (out []Patient) {
	if e == nil {
		return nil
	}
	for _, m := range e.moves() {
		out = append(out, m.From, m.To)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Read is the case with its words' patients as the visit's moves make them;
// the case itself if there are none. e may be nil.
func (e *Encounter) Read(c *Case, one func(a, b Patient) bool) *Case {
	if len(e.Patients()) == 0 {
		return c
	}
	moved := *c
	moved.Told = maps.Clone(c.Told)
	for k, w := range moved.Told {
		w.Patient = e.Moved(w.Patient, w.Sequence, one)
		moved.Told[k] = w
	}
	return &moved
}

// Code takes a source's word on the procedures of the visit.
func (e *Encounter) Code(number, source, stage string, w VisitCoding) (superseded bool) {
	told := e.Told[number]
	k := source + "/" + stage
	if old, ok := told.Codings[k]; ok && w.Sequence.Before(old.Sequence) {
		return true
	}
	told.Codings = maps.Clone(told.Codings)
	if told.Codings == nil {
		told.Codings = map[string]VisitCoding{}
	}
	told.Codings[k] = w
	e.Told[number] = told
	return false
}

// Merge takes up that another visit is this one.
func (e *Encounter) Merge(o *Encounter) {
	maps.Copy(e.Told, o.Told)
	e.Visit = min(e.Visit, o.Visit)
}

// Versions gives the codings of the visit that are a case's: procedures that
// tell their day, if the case is the only one of the visit that can have been
// on that day. days are the days of all cases of the visit, CCYY-MM-DD, empty
// where unknown. It is derived whenever somebody reads, for a further case
// makes it a guess, and nothing is guessed between two.
func (e *Encounter) Versions(of CaseID, days map[CaseID]string) (out []Version) {
	if e == nil || days[of] == "" {
		return nil
	}
	for id, day := range days {
		if id != of && (day == "" || day == days[of]) {
			return nil
		}
	}
	for _, number := range slices.Sorted(maps.Keys(e.Told)) {
		codings := e.Told[number].Codings
		for _, k := range slices.Sorted(maps.Keys(codings)) {
			v := Version{Sequence: codings[k].Sequence}
			v.Source, v.Stage = splitKey(k)
			for _, p := range codings[k].Procedures {
				if p.On == days[of] {
					v.Procedures = append(v.Procedures, p)
				}
			}
			if len(v.Procedures) > 0 {
				out = append(out, v)
			}
		}
	}
	return out
}
