package hospital

import (
	"fmt"
	"math"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// day fills one day of all theatres: planned lists by daylight, and one
// theatre of each site for emergencies through the evening and over midnight.
func (h *Hospital) day(n int) {
	date := h.Begin.AddDate(0, 0, n)
	c := NewChance(h.Seed, "day", n)
	season := h.season(date)
	for _, t := range h.Theatres {
		if t.N%8 == 0 {
			h.night(c, t, date)
		}
		if date.Weekday() == time.Sunday {
			continue
		}
		specialty := specialties[(t.N+int(date.Weekday()))%len(specialties)]
		at := time.Date(date.Year(), date.Month(), date.Day(), 8, c.From(15, 50), 0, 0, h.Zone)
		mean := 4.5 * season
		if specialty == "130" {
			mean *= 2 // eyes are quick
		}
		for range c.Number(mean) {
			at = h.book(c, t, specialty, at, false)
		}
	}
}

// season is how busy a day is beside an ordinary one: Saturdays little, late
// December hardly, winter less than spring and autumn, and growth over years.
func (h *Hospital) season(date time.Time) float64 {
	day := float64(date.YearDay())
	busy := 1 + 0.1*math.Cos(4*math.Pi*(day-110)/365)
	switch {
	case date.Weekday() == time.Saturday:
		busy *= 0.3
	case date.Month() == time.December && date.Day() > 22:
		busy *= 0.25
	}
	return busy * math.Pow(1+h.Growth, date.Sub(h.Begin).Hours()/24/365)
}

// night has emergencies from the evening until the small hours, so that a
// list runs over midnight, and over both changes of the clocks.
func (h *Hospital) night(c Chance, t *Theatre, date time.Time) {
	at := time.Date(date.Year(), date.Month(), date.Day(), 21, c.From(0, 40), 0, 0, h.Zone)
	for range c.From(2, 3) {
		at = h.book(c, t, One(c, []string{"110", "320", "100"}), at, true).Add(time.Duration(c.From(5, 25)) * time.Minute)
	}
}

// book adds a case that begins at, and gives when the next may begin.
func (h *Hospital) book(c Chance, t *Theatre, specialty string, at time.Time, emergency bool) time.Time {
	n := len(h.Cases) + 1
	x := &Case{N: n, Number: fmt.Sprintf("4%06d", n), Booking: fmt.Sprintf("B%06d", n), Visit: fmt.Sprintf("V%06d", n), Theatre: t, Emergency: emergency, Planned: at,
		Assistant: fmt.Sprintf("A%04d", c.From(1, 60)), Scrub: fmt.Sprintf("S%04d", c.From(1, 90))}
	x.Procedure = h.procedure(c, specialty, emergency)
	x.Patient = h.patient(c, x)
	x.Surgeon = h.surgeon(c, x.Procedure.Specialty)
	if x.Procedure.Sided {
		x.Side = One(c, []string{"left", "right"})
	}
	x.In = at.Add(time.Duration(c.From(-5, 25)) * time.Minute).Truncate(time.Minute)
	x.Out = x.In.Add(time.Duration(float64(x.Procedure.Minutes)*(0.7+0.8*c.Part())) * time.Minute).Truncate(time.Minute)
	lead := time.Duration(c.From(1, 20)*24+c.From(-6, 6)) * time.Hour
	if emergency {
		lead = time.Duration(c.From(40, 240)) * time.Minute
	}
	if x.BookedAt = at.Add(-lead).Truncate(time.Second); x.BookedAt.Before(h.Begin) {
		x.BookedAt = h.Begin.Add(time.Duration(c.From(1, 6*3600)) * time.Second)
	}
	x.Cancelled = !emergency && NewChance(h.Seed, "cancel", n).Of(h.Troubles[trouble.Cancel])
	h.Cases = append(h.Cases, x)
	if x.Cancelled {
		return at
	}
	h.use(NewChance(h.Seed, "use", n), x)
	return x.Out.Add(time.Duration(c.From(8, 20)) * time.Minute)
}

func (h *Hospital) procedure(c Chance, specialty string, emergency bool) *Procedure {
	var fit []*Procedure
	for _, p := range procedures {
		if p.Specialty == specialty && (p.Emergency || !emergency) {
			fit = append(fit, p)
		}
	}
	return One(c, fit)
}

func (h *Hospital) surgeon(c Chance, specialty string) *Surgeon {
	var fit []*Surgeon
	for _, s := range h.Surgeons {
		if s.Specialty == specialty {
			fit = append(fit, s)
		}
	}
	return One(c, fit)
}

// patient is mostly somebody new; now and then somebody comes back, perhaps on
// the same day.
func (h *Hospital) patient(c Chance, x *Case) *Patient {
	if len(h.Patients) > 20 && c.Of(0.12) {
		return h.Patients[len(h.Patients)-c.From(1, min(len(h.Patients), 200))]
	}
	p := h.newPatient(c)
	d := NewChance(h.Seed, "registered", p.N)
	if d.Of(h.Troubles[trouble.SecondNumber]) {
		p.Second = fmt.Sprintf("T%06d", 800000+p.N)
	}
	if d.Of(h.Troubles[trouble.NHSChange]) {
		p.Changed = h.nhs.next()
	}
	return p
}

// use takes what the case needs from the shelves.
func (h *Hospital) use(c Chance, x *Case) {
	for _, n := range append(append(append([]need{}, x.Procedure.needs...), always...), x.Surgeon.card...) {
		if !c.Of(n.part) {
			continue
		}
		items := h.family(n.family)
		size := min(max(x.Surgeon.prefers[n.family]+c.From(-1, 1), 0), len(items)-1)
		item, quantity := items[size], c.From(n.low, n.high)
		if item.Implant {
			for range quantity { // each has its own label
				h.take(c, x, item, 1, h.fate(c, item))
			}
			if c.Of(0.03) { // the wrong size was opened first
				h.take(c, x, items[c.From(0, len(items)-1)], 1, Opened)
			}
			continue
		}
		h.take(c, x, item, quantity, h.fate(c, item))
	}
	if c.Of(0.05) { // an earlier implant comes out; it never was stock of ours
		x.Uses = append(x.Uses, &Use{N: len(x.Uses) + 1, Item: One(c, h.family("SCREW")), Quantity: 1, Place: x.Theatre, At: x.In.Add(10 * time.Minute), Fate: Explanted})
	}
	if c.Of(0.15) {
		x.Uses = append(x.Uses, &Use{N: len(x.Uses) + 1, Item: One(c, h.family("DRAPE")), Quantity: 1, Place: x.Theatre, At: x.In.Add(5 * time.Minute), Fate: Reusable,
			Set: fmt.Sprintf("8004SET%03d", c.From(1, 40)), Cycle: fmt.Sprintf("A%d-%s-%02d", c.From(1, 3), x.In.Format("20060102"), c.From(1, 9))})
	}
}

func (h *Hospital) fate(c Chance, item *Item) Fate {
	switch part := c.Part(); {
	case part < 0.02:
		return Opened
	case part < 0.025:
		return Contaminated
	case part < 0.028:
		return Faulty
	case part < 0.034:
		return Unopened
	case part < 0.040 && item.Implant:
		return Removed
	case item.Implant:
		return Implanted
	}
	return Used
}
