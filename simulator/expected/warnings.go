package expected

import "github.com/stockwell-hub/stockwell/simulator/hospital"

// Kinds lists the kinds of warnings that Warnings tells all open ones of. The
// others follow from when things arrived, or are about the hub itself.
var Kinds = []string{"item_unidentified", "place_unidentified", "line_waiting", "no_business_key", "wrong_patient", "returned_to_check", "supplier_liable", "sources_disagree",
	"cancelled_case_used", "above_ceiling", "stock_short"}

// warn lists what a person must be told of.
func (w *world) warn() {
	for _, c := range w.Cases {
		used, most := map[string]int64{}, map[string]int64{}
		moved := false
		for _, l := range c.Lines {
			w.line(l)
			if l.State == "posted" || l.State == "unidentified" {
				moved = true
				if l.State == "posted" || l.Item != "" {
					used[l.Item] += l.Patient + l.Waste
				}
			}
			if x := w.item(c, l); x != nil {
				most[l.Item] = int64(x.Ceiling)
			}
		}
		if c.Booking == "cancelled" && moved {
			w.Warnings = append(w.Warnings, Warning{Kind: "cancelled_case_used", Case: c.Number})
		}
		for item, n := range used {
			if most[item] > 0 && n > most[item] {
				w.Warnings = append(w.Warnings, Warning{Kind: "above_ceiling", Case: c.Number, Item: item})
			}
		}
	}
}

// short lists the shelves of which more was used than was ever there.
func (s *State) short() {
	total := map[[2]string]int64{}
	for slot, n := range s.Stock {
		total[[2]string{slot.Place, slot.Item}] += n
	}
	for shelf, n := range total {
		if n < 0 {
			s.Warnings = append(s.Warnings, Warning{Kind: "stock_short", At: shelf[0], Item: shelf[1]})
		}
	}
}

// item is what the line's sources call it, with its ceiling.
func (w *world) item(c *Case, l *Line) *hospital.Item {
	for _, x := range c.lines {
		for _, v := range x.by {
			for _, s := range []*said{v.use, v.odd, v.credit} {
				if s != nil && s.Item != nil && s.Item.Code == l.Item {
					return s.Item
				}
			}
		}
	}
	return nil
}

// line lists what a person must be told of one line.
func (w *world) line(l *Line) {
	warn := func(kind string) {
		w.Warnings = append(w.Warnings, Warning{Kind: kind, Case: l.Case, Key: l.Key})
	}
	switch {
	case l.Differs:
		warn("sources_disagree")
	case l.State == "waiting" || l.Unclear:
		warn("line_waiting")
	case l.State == "unidentified" && l.Item == "":
		warn("item_unidentified")
	case l.State == "unidentified":
		warn("place_unidentified")
	}
	if l.Disagree {
		warn("sources_disagree")
	}
	if l.Key == "" {
		warn("no_business_key")
	}
	if l.WasWrong {
		warn("wrong_patient")
	}
	if l.Held > 0 {
		warn("returned_to_check")
	}
	if l.Fate == hospital.Faulty && l.Patient+l.Waste > 0 {
		warn("supplier_liable")
	}
}
