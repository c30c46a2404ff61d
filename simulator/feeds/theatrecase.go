package feeds

import (
	"fmt"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// teller tells of one case.
type teller struct {
	*planner
	c    hospital.Chance
	x    *hospital.Case
	v    *voice
	last time.Time // of its latest message: no two have one time
	near bool      // the clocks go back soon

	other *hospital.Patient // of whom it is told by mistake; nil if of nobody
	until time.Time         // when that is put right
	lines []*line           // as they are told now
}

func (p *planner) theatreCase(x *hospital.Case) {
	dialect := p.dialectOf(x.Theatre)
	if dialect == "" {
		return
	}
	t := &teller{planner: p, c: hospital.NewChance(p.h.Seed, "tell", x.N), x: x, near: p.nearChange(x),
		v: p.voice(fmt.Sprintf("%s%02d", strings.ToUpper(dialect), x.Theatre.N+1), dialect, x.Theatre.Site)}
	t.bookings()
	if !x.Cancelled {
		t.mistaken()
		t.done()
		t.cabinet()
		p.coded(t.c, x)
	}
	p.odd(t.c, x)
}

// say sends a message of the case, of the patient as the system knows them
// then.
func (t *teller) say(at time.Time, m *told.Message) {
	if !at.After(t.last) {
		at = t.last.Add(time.Duration(t.c.From(2, 30)) * time.Second)
	}
	t.last, m.SentAt = at.Truncate(time.Second), at
	if m.Patient == nil {
		m.Patient = t.patient(at)
	}
	t.v.say(m)
}

// patient is who the theatre takes for the case's patient.
func (t *teller) patient(at time.Time) *told.Person {
	if t.other != nil && at.Before(t.until) {
		return under(t.other, t.other.Number)
	}
	who := t.x.Patient
	d := hospital.NewChance(t.h.Seed, "number", t.x.N)
	if who.Second != "" && d.Of(0.6) {
		return under(who, who.Second)
	}
	out := under(who, who.Number)
	if d.Of(t.rate(trouble.NHSInvalid)) {
		out.NHS = out.NHS[:9] + string('0'+(out.NHS[9]-'0'+1)%10)
	}
	return out
}

// mistaken decides whether it is told of another patient at first.
func (t *teller) mistaken() {
	all := t.h.Patients
	other := all[(t.x.Patient.N+t.c.From(0, 30))%len(all)]
	move, mistake := t.c.Of(t.rate(trouble.VisitMove)), t.c.Of(t.rate(trouble.OtherPatient))
	if other == t.x.Patient || other.Second != "" || t.near || !(move || mistake) {
		return
	}
	t.other, t.until = other, t.x.Out.Add(time.Duration(t.c.From(60, 180))*time.Minute)
	if move && t.plays(Patients) {
		t.until = t.officeHours(t.c, t.x.Out.Add(time.Duration(t.c.From(2, 20))*time.Hour))
		t.pas().say(&told.Message{Type: "ADT^A45", SentAt: t.until, Patient: under(t.x.Patient, t.x.Patient.Number),
			Move: &told.Move{Visit: t.x.Visit, From: other.Number, To: t.x.Patient.Number}})
	}
}

// bookings tells of the booking and what becomes of it.
func (t *teller) bookings() {
	x := t.x
	book := func(at time.Time, typ, action string, planned time.Time) {
		t.say(at, &told.Message{Type: typ, Booking: &told.Booking{Case: x, Action: action, At: planned}})
	}
	lead := x.Planned.Sub(x.BookedAt)
	part := func(of float64) time.Time { return x.BookedAt.Add(time.Duration(of * float64(lead))) }
	switch t.v.Dialect {
	case FHIR: // it tells of what was done
		return
	case Snapshot: // it tells of no bookings, but that they are off
		if x.Cancelled {
			book(part(0.9), "ZFT^Z03", "cancel", x.Planned)
		}
		return
	}
	book(x.BookedAt, "SIU^S12", "book", x.Planned)
	if t.c.Of(t.rate(trouble.Reschedule)) {
		book(part(0.3), "SIU^S13", "reschedule", x.Planned.Add(48*time.Hour))
		book(part(0.5), "SIU^S14", "modify", x.Planned)
	}
	if t.c.Of(t.rate(trouble.Relist)) {
		book(part(0.6), "SIU^S15", "cancel", x.Planned)
		book(part(0.7), "SIU^S12", "book", x.Planned)
	}
	if x.Cancelled {
		off := hospital.One(t.c, []string{"S15 cancel", "S16 discontinue", "S17 delete", "S26 no_show"})
		book(part(0.95), "SIU^"+off[:3], off[4:], x.Planned)
	}
}

// done tells of a case that took place: what was used, and what of that has to
// be corrected.
func (t *teller) done() {
	x := t.x
	for _, u := range x.Uses {
		d := hospital.NewChance(t.h.Seed, "line", x.N*1000+u.N)
		if d.Of(t.rate(trouble.Unrecorded)) || !t.canTell(u.Fate) {
			continue
		}
		t.lines = append(t.lines, t.newLines(d, u)...)
	}
	mid := x.In.Add(x.Out.Sub(x.In) * 6 / 10)
	t.firstTold(mid)
	if t.other != nil && t.until.After(t.last) {
		t.last = t.until
	}
	if t.other != nil { // the right patient now
		t.tell(t.last.Add(time.Minute), t.standing(), nil)
	}
	t.corrections(t.last)
	if !x.Emergency && !t.near && t.v.Dialect != FHIR && t.c.Of(t.rate(trouble.CancelUsed)) {
		typ := "SIU^S15"
		if t.v.Dialect == Snapshot {
			typ = "ZFT^Z03"
		}
		t.say(t.last.Add(time.Hour), &told.Message{Type: typ, Booking: &told.Booking{Case: x, Action: "cancel", At: x.Planned}})
	}
}

// canTell reports whether the dialect has words for what became of a thing.
func (t *teller) canTell(fate hospital.Fate) bool {
	switch t.v.Dialect {
	case Snapshot:
		return fate != hospital.Unopened
	case FHIR:
		return fate == hospital.Used || fate == hospital.Implanted || fate == hospital.Explanted
	}
	return true
}

// standing are the lines that were told and not taken back, and have a number
// by which they can be told again.
func (t *teller) standing() (out []*line) {
	for _, l := range t.lines {
		if l.told && l.effect == told.Use && l.key != "" {
			out = append(out, l)
		}
	}
	return out
}

// firstTold tells of the lines for the first time, as the dialect groups them.
func (t *teller) firstTold(mid time.Time) {
	x := t.x
	implants, rest := split(t.lines, func(l *line) bool { return l.use.Item.Implant && l.key != "" })
	switch t.v.Dialect {
	case Snapshot, FHIR:
		t.tell(mid, t.lines[:(len(t.lines)+1)/2], nil)
		t.tell(x.Out, t.lines, nil)
		if t.v.Dialect == Snapshot && t.c.Of(t.rate(trouble.LostLines)) && len(t.lines) > 3 {
			t.tell(x.Out.Add(20*time.Minute), t.lines, t.lines[1])
		}
	case Daybook:
		t.tell(x.Out, t.lines, nil)
	default: // implants as they are opened, the rest in one or two messages
		t.implants(mid, implants)
		half := len(rest)
		if t.c.Of(0.4) {
			half = len(rest) / 2
		}
		if t.v.Dialect == Actions {
			t.tell(x.Out, append(append([]*line{}, implants...), rest[:half]...), nil)
		} else {
			t.tell(x.Out, rest[:half], nil)
		}
		t.tell(x.Out.Add(10*time.Minute), rest[half:], nil)
	}
}

// implants tells of implants as results; now and then of the wrong patient
// first.
func (t *teller) implants(at time.Time, implants []*line) {
	if len(implants) == 0 {
		return
	}
	wrong := t.c.Of(t.rate(trouble.WrongPatient)) && t.other == nil && !t.near
	if !wrong {
		t.results(at, implants, told.Use, nil)
		return
	}
	all := t.h.Patients
	other := all[(t.x.Patient.N+t.c.From(1, 30))%len(all)]
	if other == t.x.Patient {
		other = all[(t.x.Patient.N+31)%len(all)]
	}
	who := under(other, other.Number)
	t.results(at, implants, told.Use, who)
	t.results(t.last.Add(6*time.Minute), implants, told.WrongPatient, who)
	if t.c.Of(0.6) {
		t.results(t.last.Add(3*time.Minute), implants, told.Use, nil)
		return
	}
	for _, l := range implants { // nobody told anew whose they are
		l.effect = told.WrongPatient
	}
}

func split(all []*line, is func(*line) bool) (yes, no []*line) {
	for _, l := range all {
		if is(l) {
			yes = append(yes, l)
		} else {
			no = append(no, l)
		}
	}
	return yes, no
}
