package expected

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/feeds"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

// words is what was said of one line, by source.
type words struct {
	key   string
	part  string
	by    map[string]*word
	wrong bool // it was told of the wrong patient at some time
}

// word is the latest that one source says of a line.
type word struct {
	use    *said // a use, or that there was none
	credit *said
	odd    *said // of which nobody knows whether it was a use
}

type said struct {
	told.Line
	person string
	at     time.Time
}

// sources lists who tells of use, those that decide first.
var sources = []string{feeds.Theatre, feeds.Snapshot, feeds.Actions + ".implants", feeds.Actions + ".charges", feeds.Daybook, feeds.FHIR, feeds.Cabinet}

// usage takes up what a message says of a case's lines.
func (w *world) usage(c *Case, h Heard) {
	source := h.Sender.Connector
	if h.Usage.Voice != "" {
		source += "." + h.Usage.Voice
	}
	now := map[string]map[told.Effect]bool{}
	for i, l := range h.Usage.Lines {
		if l.Effect == told.Unchanged {
			continue
		}
		key := l.Key
		if key == "" { // it can never be told again
			key = fmt.Sprintf("@%s/%d/%d", h.Sender.Name, h.Number, i)
		}
		x := c.lines[key]
		if x == nil {
			x = &words{key: l.Key, part: l.Part, by: map[string]*word{}}
			c.lines[key] = x
		}
		v := x.by[source]
		if v == nil {
			v = &word{}
			x.by[source] = v
		}
		s := &said{l, w.person(h.Patient.Number, c.visit, h.SentAt), h.SentAt}
		switch l.Effect {
		case told.Credit:
			v.credit = s
		case told.Unknown:
			v.odd = s
		default:
			v.use = s
			x.wrong = x.wrong || l.Effect == told.WrongPatient
		}
		if now[key] == nil {
			now[key] = map[told.Effect]bool{}
		}
		now[key][l.Effect] = true
	}
	for name, p := range h.Usage.Parts {
		if p.Whole {
			w.leftOut(c, source, name, now)
		}
	}
}

// leftOut takes back what a list that tells all does not tell.
func (w *world) leftOut(c *Case, source, part string, now map[string]map[told.Effect]bool) {
	for key, x := range c.lines {
		v := x.by[source]
		if v == nil || x.part != part {
			continue
		}
		if v.credit != nil && !now[key][told.Credit] {
			v.credit = nil
		}
		if v.use != nil && !now[key][told.Use] {
			gone := *v.use
			gone.Effect = told.Delete
			v.use = &gone
		}
	}
}

// line is what one source's words on a line come to.
func (v *word) line(c *Case, x *words) *Line {
	s := v.use
	if s == nil {
		s = v.odd
	}
	if s == nil {
		s = v.credit
	}
	l := &Line{Case: c.Number, Key: x.key, Lot: s.Lot, Serial: s.Serial, Person: s.person, Fate: s.Fate, WasWrong: x.wrong}
	if s.Item != nil {
		l.Item, l.toldOfItem = s.Item.Code, "item "+s.Item.Code
	} else {
		l.toldOfItem = "code " + s.Code
	}
	if s.Shelf != nil {
		l.Place = s.Shelf.Code
	}
	switch {
	case v.use == nil: // a sign that nobody knows, or a credit of nothing
		l.State = "waiting"
	case v.use.Effect != told.Use: // told in error, or of the wrong patient
		l.State = "withdrawn"
	default:
		l.count(v)
	}
	// What was said last and is understood by nobody waits for a person, though
	// what was said before stands.
	l.Unclear = v.use != nil && v.odd != nil && !v.odd.at.Before(v.use.at) && (v.credit == nil || v.credit.at.Before(v.odd.at))
	return l
}

// count says how many units went where.
func (l *Line) count(v *word) {
	if slices.Contains([]hospital.Fate{hospital.Explanted, hospital.Unopened, hospital.Reusable}, l.Fate) { // however many, none of it was stock that left
		l.State = "recorded"
		return
	}
	units, err := strconv.ParseInt(v.use.Quantity, 10, 64)
	if err != nil { // a part of a unit: nobody can say what left the shelf
		l.State = "waiting"
		return
	}
	back := int64(0)
	if v.credit != nil && v.credit.Reason != told.ChargingError { // that is money, not stock
		back, _ = strconv.ParseInt(v.credit.Quantity, 10, 64)
	}
	if v.use.Packs && v.use.Item != nil {
		units *= int64(v.use.Item.Pack)
	}
	switch l.Fate {
	case hospital.Opened, hospital.Contaminated, hospital.Removed, hospital.Faulty:
		l.Waste = units - back
	default:
		l.Patient = units - back
	}
	if back > 0 && v.credit.Reason == told.Wasted {
		l.Waste += back
	}
	if back > 0 && v.credit.Reason == told.NeverOpened && l.Item != "" && l.Place != "" {
		l.Held = back
	}
	switch {
	case l.Patient+l.Waste == 0:
		l.State = "withdrawn"
	case l.Item == "" || l.Place == "":
		l.State = "unidentified"
	default:
		l.State = "posted"
	}
}

// settle says what all words come to.
func (w *world) settle() {
	for _, c := range w.Cases {
		for _, x := range c.lines {
			c.Lines = append(c.Lines, c.decided(x))
		}
		c.beside()
		for _, l := range c.Lines {
			w.book(l)
		}
	}
	w.warn()
}

// decided is a line as the source says that decides of it. Others never add.
func (c *Case) decided(x *words) *Line {
	var out *Line
	for _, source := range sources {
		v := x.by[source]
		if v == nil {
			continue
		}
		l := v.line(c, x)
		if l.Source = source; out == nil {
			out = l
			continue
		}
		differ := func(a, b string) bool { return a != "" && b != "" && a != b }
		if l.State != out.State || l.Item != out.Item || l.Patient != out.Patient || l.Waste != out.Waste || l.Person != out.Person || differ(l.Lot, out.Lot) || differ(l.Serial, out.Serial) {
			out.Disagree = true
		}
	}
	return out
}

// beside compares what the cabinet tells of a thing with what the theatre
// tells of it: the theatre decides, and the cabinet's lines either bear it out
// or wait. Of what the theatre never told the cabinet's word counts.
func (c *Case) beside() {
	type sum struct {
		patient, waste int64
	}
	decides, takes := map[string]map[string]sum{}, map[string]map[string]sum{}
	for _, l := range c.Lines {
		sums := decides
		if l.Source == feeds.Cabinet {
			sums = takes
		}
		if sums[l.toldOfItem] == nil {
			sums[l.toldOfItem] = map[string]sum{}
		}
		if l.Patient+l.Waste > 0 {
			s := sums[l.toldOfItem][l.Person]
			s.patient, s.waste = s.patient+l.Patient, s.waste+l.Waste
			sums[l.toldOfItem][l.Person] = s
		}
	}
	for _, l := range c.Lines {
		theirs, known := decides[l.toldOfItem]
		if l.Source != feeds.Cabinet || !known || l.Patient+l.Waste == 0 {
			continue
		}
		l.State = "recorded"
		if mine := takes[l.toldOfItem]; len(mine) != len(theirs) || mine[l.Person] != theirs[l.Person] {
			l.State, l.Differs = "waiting", true
		}
		l.Patient, l.Waste, l.Held = 0, 0, 0
	}
}

// book puts what a line moved into the stock and on the patient.
func (w *world) book(l *Line) {
	if l.State == "posted" {
		w.Stock[Slot{l.Place, l.Item, l.Lot, l.Serial}] -= l.Patient + l.Waste
	}
	if l.Patient > 0 && (l.State == "posted" || l.State == "unidentified") {
		w.Given[Given{l.Person, l.Item}] += l.Patient
	}
}

// Name is the line as people name it.
func (l *Line) Name() string {
	if l.Key == "" {
		return "a line without a number"
	}
	return "line " + strings.TrimSpace(l.Key)
}
