package posting_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/replenishment"
)

func TestAfter(t *testing.T) {
	t.Parallel()
	use := inventory.Movement{ID: 5, Kind: inventory.Use, Item: hip, Lot: "OLD", From: theatre1, To: 2000, Quantity: 1, OccurredAt: noon, Cause: inventory.Cause{Message: 7}}
	undone := inventory.Reverse(use, 6, inventory.Cause{Message: 8}, noon, noon)
	good := use
	good.Lot = "GOOD"
	for name, c := range map[string]struct {
		ms     []inventory.Movement
		lots   map[string]int64 // after the movements
		warned string
		due    bool
	}{
		"enough is left":                             {[]inventory.Movement{good}, map[string]int64{"GOOD": 4}, "", false},
		"below the reorder point is due":             {[]inventory.Movement{good}, map[string]int64{"GOOD": 3}, "", true},
		"expired stock does not count":               {[]inventory.Movement{good}, map[string]int64{"GOOD": 3, "OLD": 9}, "", true},
		"more was used than there was":               {[]inventory.Movement{good}, map[string]int64{"GOOD": -1}, "stock_short", true},
		"an expired lot was used":                    {[]inventory.Movement{use}, map[string]int64{"OLD": 9, "GOOD": 4}, "expired_used", false},
		"an expired lot was used, and it was undone": {[]inventory.Movement{use, undone}, map[string]int64{"OLD": 9, "GOOD": 4}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := posting.Shelf{Place: theatre1, Item: hip}
			st := posting.ShelfState{Position: inventory.Position{Item: hip, Place: theatre1, Lots: c.lots, Expiry: map[string]time.Time{"OLD": noon.AddDate(0, 0, -1).Truncate(24 * time.Hour)}},
				Policy: &replenishment.Policy{ReorderPoint: 4, OrderUpTo: 8}}
			a := posting.After(c.ms, map[posting.Shelf]posting.ShelfState{s: st}, shelfNames, noon)
			warned := ""
			for _, w := range a.Warnings {
				warned += w.Kind
			}
			if warned != c.warned || (len(a.Due) == 1) != c.due {
				t.Errorf("warned %q, due %+v", warned, a.Due)
			}
			if c.due && a.Due[0] != (posting.Due{Shelf: s, Movement: 5}) {
				t.Errorf("due %+v", a.Due)
			}
		})
	}
}

func TestShelves_AreTheStockPlacesOfKnownItemsOnce(t *testing.T) {
	t.Parallel()
	ms := []inventory.Movement{{Item: hip, From: theatre1, To: 2000}, {Item: hip, From: 2000, To: theatre1}, {From: unidentified, To: 2000}, {Item: screw, From: theatre2, To: theatre1}}
	if got := posting.Shelves(ms, []posting.Hold{{Place: theatre1, Item: hip}, {Place: theatre2, Item: hip}, {Place: unidentified, Item: hip}}, shelfNames); len(got) != 4 {
		t.Errorf("shelves %v", got)
	}
}
