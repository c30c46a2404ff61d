package posting_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// TestHistorical_AUseFromBeforeTheCountLeftNoShelf has shelves that were
// counted at noon.
func TestHistorical_AUseFromBeforeTheCountLeftNoShelf(t *testing.T) {
	t.Parallel()
	const supplier inventory.PlaceID = 4
	wasted := told("1", canonical.Use, "HIP", "2")
	wasted.Disposition = canonical.Contaminated
	for _, c := range []struct {
		name   string
		sender string
		voice  string
		at     time.Time
		line   canonical.UsageLine
		from   inventory.PlaceID
	}{
		{"at the moment of the count", "theatre", "", noon, told("1", canonical.Use, "HIP", "2"), theatre1},
		{"just before", "theatre", "", noon.Add(-time.Nanosecond), told("1", canonical.Use, "HIP", "2"), supplier},
		{"by one of the feed's voices", "theatre", "implants", noon.AddDate(-1, 0, 0), told("1", canonical.Use, "HIP", "2"), supplier},
		{"wasted", "theatre", "", noon.AddDate(-1, 0, 0), wasted, supplier},
		{"by a feed that was always there", "registry", "", noon.AddDate(-1, 0, 0), told("1", canonical.Use, "HIP", "2"), theatre1},
		{"of something unknown", "theatre", "", noon.AddDate(-1, 0, 0), told("1", canonical.Use, "GHOST", "2"), unidentified},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHub()
			h.known.Supplier, h.trust.Historical = supplier, map[string]time.Time{"theatre": noon}
			u := used("4411", "A", c.line)
			u.OccurredAt.At, u.Source = c.at, c.voice
			h.say(h.from(c.sender, 1, u))
			if len(h.movements) != 1 || h.movements[0].From != c.from || h.movements[0].Quantity != 2 || h.movements[0].Kind != inventory.Use {
				t.Fatalf("movements %+v", h.movements)
			}
			u.OccurredAt.At = c.at.AddDate(0, 0, 1) // it was a day later
			h.say(h.from(c.sender, 2, u))
			shelf := int64(0)
			for _, m := range h.movements {
				shelf += map[bool]int64{true: m.Quantity}[m.From == theatre1] - map[bool]int64{true: m.Quantity}[m.To == theatre1]
			}
			later := c.from == theatre1 || c.from == supplier && !u.OccurredAt.At.Before(noon)
			if want := map[bool]int64{true: 2}[later]; shelf != want {
				t.Errorf("after the correction %d left the shelf, not %d: %+v", shelf, want, h.movements)
			}
		})
	}
}
