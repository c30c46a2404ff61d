// Package hospital is the truth: a synthetic trust with its sites, theatres
// and shelves, its surgeons and their habits, and all that was done on each
// day, on whom and with what. It follows from a seed and a few parameters
// alone; the same ones give the same hospital to the last lot number.
//
// What the hospital's systems say of it, and whether they say it rightly,
// does not belong here.
package hospital

import (
	"fmt"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// Trust is the simulated trust's ODS code.
const Trust = "ZZ9"

// Params are what a hospital follows from.
type Params struct {
	Seed     uint64
	Theatres int
	Days     int
	// Start is the first day, CCYY-MM-DD.
	Start string
	// Growth is how much activity grows in a year: 0.05 is five per cent.
	Growth   float64
	Troubles trouble.Rates
}

// Hospital is all that is true.
type Hospital struct {
	Params
	Zone     *time.Location
	Begin    time.Time // midnight before the first day
	End      time.Time // midnight after the last
	Sites    []string
	Items    []*Item
	Theatres []*Theatre
	Surgeons []*Surgeon
	Patients []*Patient
	Cases    []*Case
	Opening  []Stock
	Levels   []Level
	Happened []Happening

	nhs     numbers
	byItem  map[string]*Item
	shelves map[shelf]*lots
}

// Theatre is an operating theatre with the store beside it.
type Theatre struct {
	N     int
	Code  string // of its store, as the catalogue of places has it
	Name  string
	Site  string
	Alias string // what theatre systems call it
}

// Case is one patient's visit to theatre.
type Case struct {
	N         int
	Number    string // the theatre system's
	Booking   string
	Visit     string
	Theatre   *Theatre
	Patient   *Patient
	Procedure *Procedure
	Side      string // left, right; empty where there is none
	Surgeon   *Surgeon
	Assistant string
	Scrub     string
	Emergency bool
	BookedAt  time.Time
	Planned   time.Time
	In, Out   time.Time
	// Cancelled is set for a case that did not take place.
	Cancelled bool
	Uses      []*Use
}

// Use is one thing that left the shelf, or should have, in a case.
type Use struct {
	N        int // within its case, from 1
	Item     *Item
	Quantity int
	Lot      string
	Serial   string
	Expiry   string // CCYY-MM-DD
	Place    *Theatre
	At       time.Time
	Fate     Fate
	Side     string
	Set      string // of a reusable set, with its cycle
	Cycle    string
}

// Fate is what became of a thing.
type Fate string

// The fates.
const (
	Used         Fate = "used"
	Implanted    Fate = "implanted"
	Removed      Fate = "removed" // implanted and taken out again in the same case
	Opened       Fate = "opened"  // and not used
	Contaminated Fate = "contaminated"
	Faulty       Fate = "faulty" // the supplier answers for it
	Unopened     Fate = "unopened"
	Explanted    Fate = "explanted"
	Reusable     Fate = "reusable"
)

// New makes the hospital.
func New(p Params) (*Hospital, error) {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "zone_unknown", "The time zone Europe/London is not known on this machine. Install tzdata.")
	}
	begin, err := time.ParseInLocation(time.DateOnly, p.Start, zone)
	if err != nil {
		return nil, fault.New(fault.Invalid, "day_invalid", "The first day %q is not a day as 2026-10-19.", p.Start).At("--start")
	}
	if y := begin.Year(); y < 1900 || y > 2200 {
		return nil, fault.New(fault.Invalid, "day_invalid", "The first day lies between 1900 and 2200.").At("--start")
	}
	if !(p.Growth > -1 && p.Growth <= 10) {
		return nil, fault.New(fault.Invalid, "growth_invalid", "Growth is a part of one in a year, above -1 and up to 10: 0.05 is five per cent.").At("--growth")
	}
	if p.Theatres < 1 || p.Theatres > 200 || p.Days < 1 || p.Days > 3660 {
		return nil, fault.New(fault.Invalid, "simulation_size", "A simulation has 1 to 200 theatres and 1 to 3660 days.").At("--theatres, --days")
	}
	h := &Hospital{Params: p, Zone: zone, Begin: begin, End: begin.AddDate(0, 0, p.Days), Items: newItems(), Surgeons: newSurgeons(p.Seed), byItem: map[string]*Item{}, shelves: map[shelf]*lots{}}
	for _, x := range h.Items {
		h.byItem[x.Code] = x
	}
	for n := range p.Theatres {
		if n%8 == 0 {
			h.Sites = append(h.Sites, fmt.Sprintf("%s%02d", Trust, len(h.Sites)+1))
		}
		h.Theatres = append(h.Theatres, &Theatre{N: n, Code: fmt.Sprintf("TH%02d", n+1), Name: fmt.Sprintf("Theatre %d store", n+1),
			Site: h.Sites[len(h.Sites)-1], Alias: fmt.Sprintf("OR%d", n+1)})
	}
	for day := range p.Days {
		h.day(day)
	}
	h.stock()
	h.troubles()
	return h, nil
}

// Item finds an item by the trust's own code; nil if there is none.
func (h *Hospital) Item(code string) *Item { return h.byItem[code] }
