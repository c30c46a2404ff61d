package feeds

import (
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// pas is the patient administration system.
func (p *planner) pas() *voice { return p.voice("PAS", Patients, p.h.Sites[0]) }

// coders code what was done.
func (p *planner) coders() *voice { return p.voice("CODING", Patients, p.h.Sites[0]) }

// under names somebody by one of their numbers.
func under(x *hospital.Patient, number string) *told.Person {
	who := &told.Person{Patient: x, Number: number}
	if number == x.Number {
		who.NHS = x.NHS
	}
	return who
}

// officeHours is the next time by day at or after at.
func (p *planner) officeHours(c hospital.Chance, at time.Time) time.Time {
	l := at.In(p.h.Zone)
	if l.Hour() < 8 || l.Hour() >= 18 {
		next := 0
		if l.Hour() >= 18 {
			next = 1
		}
		l = time.Date(l.Year(), l.Month(), l.Day()+next, 8, c.From(0, 59), c.From(0, 59), 0, p.h.Zone)
	}
	return l
}

// registrations has each patient registered before their first case, their
// details changed now and then, and second numbers found out.
func (p *planner) registrations() {
	if !p.plays(Patients) {
		return
	}
	seen := map[*hospital.Patient]bool{}
	for _, x := range p.h.Cases {
		who := x.Patient
		if seen[who] {
			continue
		}
		seen[who] = true
		c := hospital.NewChance(p.h.Seed, "pas", who.N)
		at := x.BookedAt.Add(-time.Duration(c.From(60, 900)) * time.Second)
		p.pas().say(&told.Message{Type: "ADT^A28", SentAt: at, Patient: under(who, who.Number), Update: true})
		if c.Of(0.1) {
			p.pas().say(&told.Message{Type: "ADT^A31", SentAt: p.officeHours(c, x.Out.Add(time.Duration(c.From(1, 60))*time.Hour)), Patient: under(who, who.Number), Update: true})
		}
		if who.Changed != "" {
			now := under(who, who.Number)
			now.NHS = who.Changed
			p.pas().say(&told.Message{Type: "ADT^A31", SentAt: p.officeHours(c, x.Out.Add(time.Duration(c.From(24, 72))*time.Hour)), Patient: now, Update: true})
		}
		if who.Second != "" {
			p.secondNumber(c, x)
		}
	}
}

// secondNumber has a patient's second number merged into their own; now and
// then that is taken back, and perhaps done again.
func (p *planner) secondNumber(c hospital.Chance, x *hospital.Case) {
	who := x.Patient
	p.pas().say(&told.Message{Type: "ADT^A28", SentAt: x.BookedAt.Add(-30 * time.Second), Patient: under(who, who.Second), Update: true})
	at := p.officeHours(c, x.BookedAt.Add(time.Duration(c.From(1, 200))*time.Hour))
	merge := &told.Merge{Survivor: who.Number, Retired: who.Second}
	p.pas().say(&told.Message{Type: "ADT^A40", SentAt: at, Patient: under(who, who.Number), Merge: merge})
	if !c.Of(p.rate(trouble.Unmerge)) {
		return
	}
	at = p.officeHours(c, at.Add(time.Duration(c.From(2, 50))*time.Hour))
	p.pas().say(&told.Message{Type: "ADT^A37", SentAt: at, Patient: under(who, who.Number), Merge: &told.Merge{Survivor: who.Number, Retired: who.Second, Undone: true}})
	if c.Of(0.5) {
		p.pas().say(&told.Message{Type: "ADT^A40", SentAt: p.officeHours(c, at.Add(20*time.Hour)), Patient: under(who, who.Number), Merge: merge})
	}
}

// coded has the visit coded for good, days later.
func (p *planner) coded(c hospital.Chance, x *hospital.Case) {
	if !p.plays(Patients) || !c.Of(0.6) {
		return
	}
	codes := []string{x.Procedure.Code}
	if c.Of(0.1) { // the theatre's code was not the right one
		codes = []string{"W37.9"}
	}
	if x.Side == "left" {
		codes = append(codes, "Z94.3")
	} else if x.Side == "right" {
		codes = append(codes, "Z94.2")
	}
	at := x.Out.Add(time.Duration(c.From(2, 14)*24) * time.Hour)
	if last := p.h.End.Add(-12 * time.Hour); at.After(last) {
		at = p.h.End.Add(time.Duration(c.From(1, 20)) * time.Hour)
	}
	p.coders().say(&told.Message{Type: "BAR^P12", SentAt: p.officeHours(c, at), Patient: under(x.Patient, x.Patient.Number), Coding: &told.Coding{Visit: x.Visit, Codes: codes, On: x.In}})
}

// odd has a message come of which the hub can make nothing.
func (p *planner) odd(c hospital.Chance, x *hospital.Case) {
	if !p.plays(Patients) || !c.Of(p.rate(trouble.Odd)) {
		return
	}
	m := &told.Message{Type: hospital.One(c, []string{"ADT^A43", "ZZZ^Z99"}), SentAt: p.officeHours(c, x.Out), Patient: under(x.Patient, x.Patient.Number), Odd: true}
	p.pas().say(m)
}
