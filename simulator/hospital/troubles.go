package hospital

import (
	"fmt"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// Happening is something that befell the stock and of which no feed tells:
// stock that walked, a price that changed, a recall.
type Happening struct {
	Kind     string    `json:"kind"`
	At       time.Time `json:"at"`
	Place    string    `json:"place,omitempty"`
	Item     string    `json:"item"`
	Lot      string    `json:"lot,omitempty"`
	Quantity int       `json:"quantity,omitempty"`
	Pence    int       `json:"pence,omitempty"` // the new price of a pack
	Notice   string    `json:"notice,omitempty"`
}

// troubles lets happen what nobody tells of.
func (h *Hospital) troubles() {
	for i, l := range h.Levels {
		c := NewChance(h.Seed, "walked", i)
		for day := range h.Days {
			if c.Of(h.Troubles[trouble.Walked]) {
				h.Happened = append(h.Happened, Happening{Kind: trouble.Walked, At: h.Begin.AddDate(0, 0, day).Add(time.Duration(c.From(0, 86399)) * time.Second),
					Place: l.Place.Code, Item: l.Item.Code, Quantity: 1})
			}
		}
	}
	for _, x := range h.Items {
		c := NewChance(h.Seed, "price", x.N)
		for month := 0; month*30 < h.Days; month++ {
			if c.Of(h.Troubles[trouble.Price]) {
				h.Happened = append(h.Happened, Happening{Kind: trouble.Price, At: h.Begin.AddDate(0, 0, min(month*30+c.From(0, 29), h.Days-1)), Item: x.Code, Pence: x.Pence * c.From(90, 130) / 100})
			}
		}
	}
	for i, s := range h.Opening {
		c := NewChance(h.Seed, "recall", i)
		if s.Lot != "" && s.Item.Implant && c.Of(h.Troubles[trouble.Recall]) {
			h.Happened = append(h.Happened, Happening{Kind: trouble.Recall, At: h.Begin.AddDate(0, 0, c.From(0, h.Days-1)).Add(10 * time.Hour), Item: s.Item.Code, Lot: s.Lot,
				Notice: fmt.Sprintf("NatPSA/%d/%03d/SIM", h.Begin.Year(), i%1000)})
		}
	}
}
