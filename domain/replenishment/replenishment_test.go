package replenishment_test

import (
	"testing"

	"github.com/stockwell-hub/stockwell/domain/replenishment"
)

func TestPropose(t *testing.T) {
	t.Parallel()
	policy := replenishment.Policy{ReorderPoint: 4, OrderUpTo: 10, Cycle: 6}
	for name, c := range map[string]struct {
		available, onOrder, pack int64
		packs                    int64 // 0: nothing is needed
	}{
		"exactly at the reorder point orders nothing": {4, 0, 1, 0},
		"one below orders up to the level":            {3, 0, 1, 7},
		"packs round up":                              {3, 0, 5, 2},
		"a pack that fits exactly is not rounded":     {3, 0, 7, 1},
		"on order counts":                             {3, 1, 1, 0},
		"too little on order is added to":             {1, 2, 1, 7},
		"below zero counts as zero":                   {-5, 0, 1, 10},
		"below zero does not eat what is on order":    {-5, 4, 1, 0},
		"a pack size that is missing is one":          {3, 0, 0, 7},
	} {
		t.Run(name, func(t *testing.T) {
			p, ok := replenishment.Propose(policy, replenishment.Position{Available: c.available, OnOrder: c.onOrder}, c.pack)
			if ok != (c.packs > 0) || p.Packs != c.packs {
				t.Fatalf("proposed %d packs (%v), want %d", p.Packs, ok, c.packs)
			}
			if ok && (p.Cycle != 7 || p.Quantity() != p.Packs*max(c.pack, 1)) {
				t.Errorf("cycle %d, quantity %d", p.Cycle, p.Quantity())
			}
		})
	}
}

func TestPropose_ALevelBelowThePositionOrdersNothing(t *testing.T) {
	t.Parallel()
	if p, ok := replenishment.Propose(replenishment.Policy{ReorderPoint: 9, OrderUpTo: 5}, replenishment.Position{Available: 6}, 1); ok {
		t.Errorf("proposed %+v", p)
	}
}
