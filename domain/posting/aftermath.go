package posting

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/replenishment"
)

// Shelf is one item at one place.
type Shelf struct {
	Place inventory.PlaceID
	Item  catalogue.ItemID
}

// ShelfState is a shelf after a batch's movements, with its policy if it has
// one.
type ShelfState struct {
	Position inventory.Position
	ItemCode string
	Policy   *replenishment.Policy
}

// Due is a policy that a movement brought below its reorder point.
type Due struct {
	Shelf    Shelf
	Movement inventory.MovementID
}

// Aftermath is what follows from the balances that a batch left behind.
type Aftermath struct {
	Warnings []Warning
	Settled  []string
	Due      []Due
}

// Shelves lists the stock shelves that movements touch, or holds: of what is
// held less is available, though nothing moved. stock names the places that
// have shelves, which tells them from the rest of the world.
func Shelves(ms []inventory.Movement, holds []Hold, stock map[inventory.PlaceID]string) []Shelf {
	seen := map[Shelf]bool{}
	var out []Shelf
	add := func(s Shelf) {
		if s.Item != 0 && stock[s.Place] != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, m := range ms {
		add(Shelf{m.From, m.Item})
		add(Shelf{m.To, m.Item})
	}
	for _, h := range holds {
		add(Shelf{h.Place, h.Item})
	}
	return out
}

// Near lists the shelves that are not below their reorder point, or nought, and
// not far from it beside what ms took: another batch that takes from them at
// the same time, and is not committed yet, may bring them below without either
// of the two noticing. They must be looked at one batch after another.
func Near(ms []inventory.Movement, shelves map[Shelf]ShelfState, now time.Time) []Shelf {
	taken := map[Shelf]int64{}
	for _, m := range ms {
		taken[Shelf{m.From, m.Item}] += m.Quantity
	}
	var out []Shelf
	for s, st := range shelves {
		level, has := int64(0), st.Position.Total()
		if st.Policy != nil {
			level, has = st.Policy.ReorderPoint, st.Position.Available(now)
		}
		if has >= level && has-level <= nearBy+nearBy*taken[s] {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Shelf) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Item, b.Item)) })
	return out
}

// nearBy is how many times as much as one batch others may take meanwhile.
const nearBy = 32

// After says what the shelves' state means: shortages and expired uses become
// warnings, and policies whose stock fell below the reorder point are due.
// stock names their places.
func After(ms []inventory.Movement, shelves map[Shelf]ShelfState, stock map[inventory.PlaceID]string, now time.Time) Aftermath {
	var out Aftermath
	last := map[Shelf]inventory.Movement{}
	reversed := map[inventory.MovementID]bool{}
	for _, m := range ms {
		reversed[m.Reverses] = true
	}
	before := rewind(shelves, ms)
	for _, m := range ms {
		for _, place := range []inventory.PlaceID{m.From, m.To} {
			s := Shelf{place, m.Item}
			p, ok := before[s]
			if !ok {
				continue
			}
			after, findings, err := inventory.Post(p, m, now)
			if err != nil { // the ledger took it: it stands
				continue
			}
			before[s], last[s] = after, m
			for _, f := range findings {
				if f.Code == "stock_short" || reversed[m.ID] {
					continue // told of the shelf as a whole, below; or undone
				}
				out.Warnings = append(out.Warnings, Warning{Kind: f.Code, Subject: fmt.Sprintf("movement:%d", m.ID), Severity: severity(f.Code), Message: m.Cause.Message,
					Text: fmt.Sprintf("%s at %s, lot %s.", shelves[s].ItemCode, stock[s.Place], m.Lot), Action: f.Text})
			}
		}
	}
	for s, st := range shelves {
		subject := fmt.Sprintf("stock:%d:%d", s.Place, s.Item)
		out.Settled = append(out.Settled, subject)
		if n := st.Position.Total(); n < 0 {
			out.Warnings = append(out.Warnings, Warning{Kind: "stock_short", Subject: subject, Severity: "warning", Message: last[s].Cause.Message,
				Text:   fmt.Sprintf("%s at %s: %d more used than the ledger holds.", st.ItemCode, stock[s.Place], -n),
				Action: "Count the shelf and record what is there. Orders count it as none in stock."})
		}
		if st.Policy != nil && st.Position.Available(now) < st.Policy.ReorderPoint {
			out.Due = append(out.Due, Due{s, last[s].ID})
		}
	}
	return out
}

func severity(code string) string {
	if code == "expired_used" || code == "held_used" {
		return "danger"
	}
	return "notice"
}

// rewind takes a batch's movements back off the shelves that they touched.
func rewind(shelves map[Shelf]ShelfState, ms []inventory.Movement) map[Shelf]inventory.Position {
	out := make(map[Shelf]inventory.Position, len(shelves))
	for s, st := range shelves {
		p := st.Position
		p.Lots = make(map[string]int64, len(st.Position.Lots)+1)
		maps.Copy(p.Lots, st.Position.Lots)
		out[s] = p
	}
	add := func(place inventory.PlaceID, m inventory.Movement, change int64) {
		if p, ok := out[Shelf{place, m.Item}]; ok {
			p.Lots[m.Lot] += change
		}
	}
	for _, m := range ms {
		add(m.From, m, m.Quantity)
		add(m.To, m, -m.Quantity)
	}
	return out
}
