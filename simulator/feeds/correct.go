package feeds

import (
	"fmt"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// corrections puts right, hours later, what is to be put right, in a message
// for each line.
func (t *teller) corrections(at time.Time) {
	for _, l := range t.lines {
		if l.mend == nil || l.key == "" || l.effect != told.Use {
			continue
		}
		at = at.Add(time.Duration(t.c.From(30, 600)) * time.Minute)
		l.mend(l)
		switch {
		case t.snapshots():
			t.tell(at, t.lines, nil)
		case l.credit != nil:
			t.credits(at, l)
		case l.use.Item.Implant && t.v.Dialect != Daybook:
			t.results(at, []*line{l}, l.effect, nil)
			// The other voice is put right as well, or forgotten.
			if t.v.Dialect == Actions && t.c.Of(0.7) {
				t.tell(at.Add(5*time.Minute), []*line{l}, nil)
			}
		default:
			t.tell(at, []*line{l}, nil)
		}
	}
	if t.v.Dialect == Actions && t.c.Of(0.2) { // it was looked at, and is as it was
		t.unchanged(at.Add(time.Hour))
	}
}

// credits takes back what a line says.
func (t *teller) credits(at time.Time, l *line) {
	u := &told.Usage{Case: t.x, At: t.x.In, Lines: []told.Line{*l.credit}, Done: true}
	if t.v.Dialect == Actions {
		if l.use.Item.Implant { // of which the other voice decides, and has no credits
			return
		}
		u.Voice = "charges"
	}
	t.say(at, &told.Message{Type: "DFT^P03", Usage: u})
}

// unchanged tells again that lines are as they were.
func (t *teller) unchanged(at time.Time) {
	u := &told.Usage{Case: t.x, At: t.x.In, Voice: "charges", Done: true}
	for _, l := range t.standing() {
		s := l.says(t.x)
		s.Effect = told.Unchanged
		u.Lines = append(u.Lines, s)
	}
	if len(u.Lines) > 0 {
		t.say(at, &told.Message{Type: "DFT^P03", Usage: u})
	}
}

// cabinet has a supply cabinet tell of the case's consumables: how many of
// each were taken out, under numbers of its own and without lots. It knows
// nothing of what became of them, and does not hear what the theatre hears.
func (t *teller) cabinet() {
	if t.v.Dialect != Theatre || !t.plays(Cabinet) || !hospital.NewChance(t.h.Seed, "cabinet", t.x.Theatre.N).Of(t.rate(trouble.SecondFeed)) || t.other != nil {
		return
	}
	c := hospital.NewChance(t.h.Seed, "taken", t.x.N)
	sums, skip := map[*hospital.Item]int{}, map[*hospital.Item]bool{}
	var order []*hospital.Item
	for _, u := range t.x.Uses {
		if u.Item.Implant || u.Place != t.x.Theatre || u.Fate != hospital.Used {
			skip[u.Item] = true // it knows the drawer, not what became of it
			continue
		}
		if sums[u.Item] == 0 {
			order = append(order, u.Item)
		}
		sums[u.Item] += u.Quantity
	}
	u := &told.Usage{Case: t.x, At: t.x.In, Done: true}
	for i, item := range order {
		if skip[item] {
			continue
		}
		u.Lines = append(u.Lines, told.Line{Key: fmt.Sprintf("CB%s-%d", t.x.Number, i+1), Part: part(item), Effect: told.Use, Item: item, System: "gtin", Code: item.GTIN,
			Quantity: strconv.Itoa(sums[item]), Fate: hospital.Used, Shelf: t.x.Theatre, At: t.x.In})
	}
	if len(u.Lines) == 0 {
		return
	}
	v := t.voice(fmt.Sprintf("CABINET%02d", t.x.Theatre.N+1), Cabinet, t.x.Theatre.Site)
	m := &told.Message{Type: "DFT^P03", SentAt: t.x.Out.Add(time.Duration(c.From(5, 240)) * time.Minute), Patient: t.patient(t.last), Usage: u}
	v.say(m)
}
