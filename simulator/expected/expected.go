// Package expected says what the hub should come to: from what the hospital's
// systems told, by plain rules of the field, and from nothing that the hub
// itself does. It is written without a look at the hub's own rules, so that it
// does not repeat their mistakes: of each thing the latest word of whoever
// decides counts, whatever the order in which words arrived.
//
// Reading the running hub, and comparing, do not belong here.
package expected

import (
	"cmp"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/feeds"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

// State is what the hub should say.
type State struct {
	// People names, for each local number, the person: the first number of all
	// that are theirs.
	People map[string]string
	// NHS is a valid NHS Number of each person of whom one was told.
	NHS   map[string]string
	Cases map[string]*Case
	// Visits are the procedures that were coded for good, by visit.
	Visits map[string][]string
	Stock  map[Slot]int64
	Given  map[Given]int64
	// Stopped are the control IDs of messages that wait for a person.
	Stopped []string
	// Warnings are those that should be open, of the kinds that Kinds lists.
	Warnings []Warning
}

// Slot is one lot or serial number of an item on a shelf.
type Slot struct{ Place, Item, Lot, Serial string }

// Given is an item that was used on a person.
type Given struct{ Person, Item string }

// Case is a theatre case.
type Case struct {
	Number  string
	Person  string
	Booking string // none, booked, cancelled
	Planned []string
	Done    []string // procedures as the theatre told them
	Lines   []*Line

	lines map[string]*words
	visit string
}

// Line is one line of use.
type Line struct {
	Case, Key  string // Key is empty for one that has none
	State      string // posted, unidentified, waiting, withdrawn, recorded
	Item       string // the trust's code; empty where it is unknown
	Lot        string
	Serial     string
	Place      string
	Person     string
	Fate       hospital.Fate
	Patient    int64 // units that went to the patient
	Waste      int64 // units that went to waste
	Held       int64 // units that are back, and held until somebody checks them
	Disagree   bool  // another source says otherwise of the line itself
	Differs    bool  // it waits, for it differs from the source that decides
	Unclear    bool  // somebody must say what was meant last
	WasWrong   bool  // it was told of the wrong patient at some time
	Source     string
	toldOfItem string
}

// Warning is one that should be open.
type Warning struct {
	Kind string
	Case string // its number, if it is about one
	Key  string // of the line
	Item string
	At   string // shelf
}

// Compute says what follows from the messages that were heard.
func Compute(p *feeds.Plan, heard []Heard) *State {
	s := &State{People: map[string]string{}, NHS: map[string]string{}, Cases: map[string]*Case{}, Visits: map[string][]string{}, Stock: map[Slot]int64{}, Given: map[Given]int64{}}
	heard = slices.Clone(heard)
	slices.SortStableFunc(heard, func(a, b Heard) int {
		return cmp.Or(a.SentAt.Compare(b.SentAt), cmp.Compare(a.Sender.Name, b.Sender.Name), cmp.Compare(a.Number, b.Number))
	})
	w := &world{State: s, links: map[[2]string]bool{}}
	for _, h := range heard {
		w.people(h)
	}
	w.join()
	for _, h := range heard {
		if p := h.Patient; p != nil && p.NHS != "" && h.Sender.Dialect != feeds.Cabinet && (p.NHS == p.Patient.NHS || p.NHS == p.Changed) {
			s.NHS[s.People[p.Number]] = p.NHS
		}
		w.hear(h)
	}
	for _, o := range p.Opening {
		s.Stock[Slot{o.Place.Code, o.Item.Code, o.Lot, o.Serial}] += int64(o.Quantity)
	}
	w.settle()
	return s
}

// Heard is a message that the hub acknowledged, with who said it.
type Heard struct {
	*told.Message
	Sender *told.Sender
}

// world is the state while it is gathered.
type world struct {
	*State
	links map[[2]string]bool // of two numbers, whether they were joined last
	moves []move
}

type move struct {
	told.Move
	at time.Time
}

// people takes up who is who.
func (w *world) people(h Heard) {
	if h.Patient != nil {
		w.People[h.Patient.Number] = h.Patient.Number
	}
	switch {
	case h.Merge != nil:
		w.People[h.Merge.Survivor], w.People[h.Merge.Retired] = h.Merge.Survivor, h.Merge.Retired
		w.links[[2]string{h.Merge.Survivor, h.Merge.Retired}] = !h.Merge.Undone
	case h.Move != nil:
		w.People[h.Move.From] = h.Move.From
		w.moves = append(w.moves, move{*h.Move, h.SentAt})
	}
}

// join makes one person of the numbers whose latest word says so.
func (w *world) join() {
	for again := true; again; {
		again = false
		for pair, joined := range w.links {
			a, b := w.People[pair[0]], w.People[pair[1]]
			if !joined || a == b {
				continue
			}
			again = true
			first := min(a, b)
			for n, who := range w.People {
				if who == a || who == b {
					w.People[n] = first
				}
			}
		}
	}
}

// person is who a number names, on a visit that may have been moved since.
func (w *world) person(number, visit string, at time.Time) string {
	for _, m := range w.moves {
		if m.Visit == visit && !at.After(m.at) && w.People[number] == w.People[m.From] {
			number = m.To
		}
	}
	return w.People[number]
}

// hear takes up one message.
func (w *world) hear(h Heard) {
	switch {
	case h.Odd:
		w.Stopped = append(w.Stopped, h.Control)
	case h.Booking != nil:
		c := w.theCase(h.Booking.Case)
		w.names(c, h)
		c.Booking = "booked"
		if slices.Contains([]string{"cancel", "discontinue", "delete", "no_show"}, h.Booking.Action) {
			c.Booking = "cancelled"
		}
		if h.Sender.Dialect != feeds.Snapshot {
			c.Planned = []string{h.Booking.Case.Procedure.Code}
		}
	case h.Usage != nil:
		c := w.theCase(h.Usage.Case)
		w.names(c, h)
		if h.Type != "ORU^R01" && h.Sender.Dialect != feeds.Cabinet {
			c.Done = []string{h.Usage.Case.Procedure.Code}
		}
		w.usage(c, h)
	case h.Coding != nil:
		w.Visits[h.Coding.Visit] = h.Coding.Codes
	}
}

func (w *world) theCase(x *hospital.Case) *Case {
	c := w.Cases[x.Number]
	if c == nil {
		c = &Case{Number: x.Number, Booking: "none", visit: x.Visit, lines: map[string]*words{}}
		w.Cases[x.Number] = c
	}
	return c
}

// names takes up whom a message names as the case's patient: the last one
// counts.
func (w *world) names(c *Case, h Heard) {
	c.Person = w.person(h.Patient.Number, c.visit, h.SentAt)
}
