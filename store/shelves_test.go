package store

import (
	"sync"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// TestShelvesAlone_WhatTwoBatchesTakeTogetherIsNoticed has two batches take
// from two lots of one shelf at the same time. Neither alone brings it below
// its reorder point of five; both together do.
func TestShelvesAlone_WhatTwoBatchesTakeTogetherIsNoticed(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I0", 7)
	var kept, done sync.WaitGroup
	kept.Add(2)
	var once [2]sync.Once
	for i, lot := range []string{"L1", "L2"} {
		one := *h
		one.kept = func() { once[i].Do(kept.Done); kept.Wait() }
		done.Go(func() {
			line := told("K1", "I0", "2")
			line.Lot = lot
			if err := one.post(t.Context(), h.from("theatre", h.used("C"+lot, "P"+lot, line))); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if due := list(t, h, `SELECT i.code FROM policy_due d JOIN item i USING (trust) WHERE i.id = d.item`); due != "I0" {
		t.Errorf("due: %q, and three are left where five is the least", due)
	}
}

// TestShelves_WhatIsHeldIsNoticed has a credit come before its use, so that
// nothing ever moves; but one is back and held, and so less can be used.
func TestShelves_WhatIsHeldIsNoticed(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I0", 5)
	back := told("K1", "I0", "1")
	back.Effect, back.CreditFor = canonical.Credit, canonical.NeverOpened
	credit, use := h.from("theatre", h.used("C1", "P1", back)), h.from("theatre", h.used("C1", "P1", told("K1", "I0", "1")))
	if err := h.post(t.Context(), credit, use); err != nil {
		t.Fatal(err)
	}
	if due := list(t, h, `SELECT i.code FROM policy_due d JOIN item i USING (trust) WHERE i.id = d.item`); due != "I0" {
		t.Errorf("due: %q, and four are fit for use where five is the least", due)
	}
}
