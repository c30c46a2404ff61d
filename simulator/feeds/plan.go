// Package feeds says what each of the hospital's systems tells of the truth,
// when, and how often: with the corrections that people make, the faults of
// engines and networks, and in the dialect of each system.
//
// What the hub should make of it does not belong here.
package feeds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// The dialects, which are also the names of the hub's ways in. The first five
// are those of theatres, by turns.
const (
	Theatre  = "theatre"  // standard fields; each line stands for itself
	Snapshot = "snapshot" // the whole case each time, in segments of its own
	Actions  = "actions"  // two voices, with a code for each line
	Daybook  = "daybook"  // one message a case, lots apart, signs of its own
	FHIR     = "fhir"     // the whole case each time, as resources
	Cabinet  = "cabinet"  // a supply cabinet beside the first
	Patients = "pas"      // the patient administration system, and the coders
)

// All lists the dialects.
func All() []string { return []string{Theatre, Snapshot, Actions, Daybook, FHIR, Cabinet, Patients} }

var theatres = []string{Theatre, Snapshot, Actions, Daybook, FHIR}

// Plan is all that is told of a hospital.
type Plan struct {
	*hospital.Hospital
	Senders []*told.Sender
}

// New plans what the named dialects tell; none named is all.
func New(h *hospital.Hospital, only []string) (*Plan, error) {
	for _, name := range only {
		if !slices.Contains(All(), name) {
			return nil, fault.New(fault.Invalid, "feed_unknown", "There is no feed %q. There are: %s.", name, strings.Join(All(), ", ")).At("--feeds")
		}
	}
	p := &planner{h: h, only: only, byName: map[string]*voice{}, doubt: map[*hospital.Case]bool{}}
	p.registrations()
	for _, c := range h.Cases {
		p.theatreCase(c)
	}
	return p.finish(), nil
}

// planner gathers what is told.
type planner struct {
	h      *hospital.Hospital
	only   []string
	voices []*voice
	byName map[string]*voice
	// doubt holds cases of which something is told at a time that has two
	// readings: only the order of receipt tells what was said last of them, so
	// that order is left alone.
	doubt map[*hospital.Case]bool
}

// voice is a sender while its messages are gathered.
type voice struct {
	*told.Sender
	messages []*told.Message
}

func (p *planner) rate(name string) float64 { return p.h.Troubles[name] }

// plays reports whether a dialect takes part.
func (p *planner) plays(dialect string) bool {
	return len(p.only) == 0 || slices.Contains(p.only, dialect)
}

// dialectOf is the dialect of a theatre's system; empty if it is not played.
func (p *planner) dialectOf(t *hospital.Theatre) string {
	var own []string
	for _, d := range theatres {
		if p.plays(d) {
			own = append(own, d)
		}
	}
	if len(own) == 0 {
		return ""
	}
	return own[t.N%len(own)]
}

// voice gives a sender by its name.
func (p *planner) voice(name, dialect, site string) *voice {
	v := p.byName[name]
	if v == nil {
		v = &voice{Sender: &told.Sender{Name: name, Connector: dialect, Door: doorOf(dialect), Dialect: dialect, Site: site}}
		p.byName[name], p.voices = v, append(p.voices, v)
	}
	return v
}

func doorOf(dialect string) told.Door {
	if dialect == FHIR {
		return told.FHIR
	}
	return told.MLLP
}

// say adds a message.
func (v *voice) say(m *told.Message) {
	m.SentAt = m.SentAt.Truncate(time.Second)
	v.messages = append(v.messages, m)
}

// finish orders each sender's messages, numbers them, and lets the lines
// between the systems fail.
func (p *planner) finish() *Plan {
	out := &Plan{Hospital: p.h}
	for _, v := range p.voices {
		slices.SortStableFunc(v.messages, func(a, b *told.Message) int { return a.SentAt.Compare(b.SentAt) })
		for i, m := range v.messages {
			m.Number, m.Doubtful = i, p.doubtful(v.Dialect, m.SentAt)
			m.Control = control(v.Sender, i)
			if c := caseOf(m); c != nil && m.Doubtful {
				p.doubt[c] = true
			}
		}
	}
	for n, v := range p.voices {
		p.wire(v, hospital.NewChance(p.h.Seed, "wire", n))
		out.Senders = append(out.Senders, v.Sender)
	}
	return out
}

// caseOf is the case that a message tells of; nil if it is none.
func caseOf(m *told.Message) *hospital.Case {
	switch {
	case m.Booking != nil:
		return m.Booking.Case
	case m.Usage != nil:
		return m.Usage.Case
	}
	return nil
}

// control is a message's control ID. The first dialect counts to 5,000 and
// begins anew.
func control(s *told.Sender, n int) string {
	if s.Dialect == Theatre {
		return fmt.Sprintf("%s-%04d", s.Name, n%5000)
	}
	return fmt.Sprintf("%s-%07d", s.Name, n+1)
}

// wire says when messages go out, and which go out again.
func (p *planner) wire(v *voice, c hospital.Chance) {
	at := make([]time.Time, len(v.messages))
	for i, m := range v.messages {
		at[i] = m.SentAt.Add(time.Duration(c.From(100, 2500)) * time.Millisecond)
		if late := c.Of(p.rate(trouble.Late)); late && !p.fragile(m) {
			at[i] = at[i].Add(time.Duration(c.From(3600, 30*3600)) * time.Second)
		}
	}
	for i := range max(len(at)-1, 0) {
		if swap := c.Of(p.rate(trouble.Disorder)); swap && !p.fragile(v.messages[i]) && !p.fragile(v.messages[i+1]) && at[i].Before(at[i+1]) {
			at[i], at[i+1] = at[i+1], at[i]
		}
	}
	for _, o := range p.outages(c) {
		for i := range at {
			if at[i].After(o.from) && at[i].Before(o.to) {
				at[i] = o.to
			}
		}
	}
	for i, m := range v.messages {
		s := told.Sending{Message: m, At: at[i], Control: m.Control, SentAt: m.SentAt}
		v.Sendings = append(v.Sendings, s)
		v.Sendings = append(v.Sendings, p.again(c, s)...)
	}
	slices.SortStableFunc(v.Sendings, func(a, b told.Sending) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Number, b.Number))
	})
}

// again is a message that goes out once more.
func (p *planner) again(c hospital.Chance, s told.Sending) (out []told.Sending) {
	if c.Of(p.rate(trouble.Duplicate)) {
		d := s
		d.Again, d.At = trouble.Duplicate, s.At.Add(time.Duration(c.From(1, 40000))*time.Second)
		out = append(out, d)
	}
	if c.Of(p.rate(trouble.Resend)) {
		d := s
		d.Again, d.At, d.SentAt = trouble.Resend, s.At.Add(40*time.Second), s.SentAt.Add(40*time.Second)
		out = append(out, d)
	}
	if c.Of(p.rate(trouble.Replay)) && !p.fragile(s.Message) && !s.Odd && !keyless(s.Message) {
		d := s
		d.Again, d.At, d.Control = trouble.Replay, s.At.Add(time.Duration(c.From(2, 48))*time.Hour), "R"+s.Control
		out = append(out, d)
	}
	return out
}

// fragile reports whether a message may not change places with others.
func (p *planner) fragile(m *told.Message) bool {
	c := caseOf(m)
	return m.Doubtful || c != nil && p.doubt[c]
}

// keyless reports whether a message has a line without a number, whose second
// telling nobody could recognise.
func keyless(m *told.Message) bool {
	return m.Usage != nil && slices.ContainsFunc(m.Usage.Lines, func(l told.Line) bool { return l.Key == "" })
}

type outage struct{ from, to time.Time }

// outages are the hours in which a sender is silent.
func (p *planner) outages(c hospital.Chance) (out []outage) {
	for day := range p.h.Days {
		if c.Of(p.rate(trouble.Outage)) {
			from := p.h.Begin.AddDate(0, 0, day).Add(time.Duration(c.From(6*60, 20*60)) * time.Minute)
			out = append(out, outage{from, from.Add(time.Duration(c.From(90, 480)) * time.Minute)})
		}
	}
	return out
}

// doubtful reports whether the dialect's text of a time has two readings: it
// has no offset, and the clocks show it twice.
func (p *planner) doubtful(dialect string, at time.Time) bool {
	if withOffset(dialect) {
		return false
	}
	const wall = "20060102150405"
	text := at.In(p.h.Zone).Format(wall)
	return at.Add(time.Hour).In(p.h.Zone).Format(wall) == text || at.Add(-time.Hour).In(p.h.Zone).Format(wall) == text
}

// withOffset tells which dialects write the offset of their times.
func withOffset(dialect string) bool {
	return dialect == Actions || dialect == Daybook || dialect == FHIR
}

// nearChange reports whether the clocks go back within some hours of a case:
// nothing is done to such a case that a doubtful order of words could decide.
func (p *planner) nearChange(c *hospital.Case) bool {
	from, to := c.In.Add(-4*time.Hour), c.Out.Add(40*time.Hour)
	_, before := from.In(p.h.Zone).Zone()
	_, after := to.In(p.h.Zone).Zone()
	return after < before
}
