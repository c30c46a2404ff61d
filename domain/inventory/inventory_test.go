package inventory_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

const shelf, patient = 3, 9

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func position(lots map[string]int64) inventory.Position {
	return inventory.Position{Item: 7, Place: shelf, Lots: lots, Expiry: map[string]time.Time{"OLD": day(2026, 1, 31)}}
}

func TestPost(t *testing.T) {
	t.Parallel()
	use := inventory.Movement{Kind: inventory.Use, Item: 7, From: shelf, To: patient, Quantity: 2, Lot: "L1", OccurredAt: day(2026, 2, 1)}
	with := func(change func(*inventory.Movement)) inventory.Movement {
		m := use
		change(&m)
		return m
	}
	for name, c := range map[string]struct {
		lots  map[string]int64
		m     inventory.Movement
		left  int64 // of the movement's lot
		finds string
		fails bool
	}{
		"use takes from its lot":                     {map[string]int64{"L1": 5}, use, 3, "", false},
		"use posts though stock is short":            {map[string]int64{"L1": 1}, use, -1, "stock_short", false},
		"use posts though nothing was received":      {nil, use, -2, "stock_short", false},
		"use of a lot that another's stock hides":    {map[string]int64{"L2": 9}, use, -2, "lot_not_in_stock", false},
		"use of no lot from lots is not a wrong lot": {map[string]int64{"L2": 9}, with(func(m *inventory.Movement) { m.Lot = "" }), -2, "", false},
		"use of an expired lot posts":                {map[string]int64{"OLD": 9}, with(func(m *inventory.Movement) { m.Lot = "OLD" }), 7, "expired_used", false},
		"a reversal of use puts back":                {map[string]int64{"L1": -2}, inventory.Reverse(use, 2, inventory.Cause{}, use.OccurredAt, use.OccurredAt), 0, "", false},
		"a transfer of what is there goes":           {map[string]int64{"L1": 2}, with(func(m *inventory.Movement) { m.Kind = inventory.Transfer }), 0, "", false},
		"a transfer of what is not there is refused": {map[string]int64{"L1": 1, "L2": 9}, with(func(m *inventory.Movement) { m.Kind = inventory.Transfer }), 1, "", true},
		"a receipt into a negative balance goes":     {map[string]int64{"L1": -5}, inventory.Movement{Kind: inventory.Receipt, From: 1, To: shelf, Quantity: 2, Lot: "L1"}, -3, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			before := position(c.lots)
			after, findings, err := inventory.Post(before, c.m, time.Time{})
			if fault.Is(err, fault.Conflict) != c.fails {
				t.Fatalf("error %v", err)
			}
			if after.Lots[c.m.Lot] != c.left {
				t.Errorf("%d left, want %d", after.Lots[c.m.Lot], c.left)
			}
			got := ""
			for _, f := range findings {
				got += f.Code
			}
			if got != c.finds {
				t.Errorf("findings %q, want %q", got, c.finds)
			}
		})
	}
}

func TestPost_NeverChangesThePositionItWasGiven(t *testing.T) {
	t.Parallel()
	p := position(map[string]int64{"L1": 5})
	if _, _, err := inventory.Post(p, inventory.Movement{Kind: inventory.Use, From: shelf, To: patient, Quantity: 2, Lot: "L1"}, time.Time{}); err != nil || p.Lots["L1"] != 5 {
		t.Errorf("left %d, %v", p.Lots["L1"], err)
	}
}

func TestExpired_TurnsAtTheHospitalsMidnight(t *testing.T) {
	t.Parallel()
	expiry := day(2026, 6, 30)
	for zone, instants := range map[string]map[time.Time]bool{
		"Europe/London": {
			time.Date(2026, 6, 30, 22, 59, 0, 0, time.UTC): false, // 23:59 in London
			time.Date(2026, 6, 30, 23, 1, 0, 0, time.UTC):  true,  // 00:01 on 1 July
		},
		"Europe/Paris": {
			time.Date(2026, 6, 30, 21, 59, 0, 0, time.UTC): false,
			time.Date(2026, 6, 30, 22, 1, 0, 0, time.UTC):  true,
		},
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for at, want := range instants {
			if got := inventory.Expired(expiry, at.In(loc)); got != want {
				t.Errorf("%s at %s: expired %v", zone, at.In(loc), got)
			}
		}
	}
	if inventory.Expired(time.Time{}, expiry) {
		t.Error("an unknown expiry is expired")
	}
}

func TestPosition_ExpiredStockIsThereButNotAvailable(t *testing.T) {
	t.Parallel()
	now := day(2026, 2, 1)
	for name, c := range map[string]struct {
		lots             map[string]int64
		total, available int64
	}{
		"nothing":                              {nil, 0, 0},
		"good and expired":                     {map[string]int64{"L1": 3, "OLD": 4}, 7, 3},
		"a negative lot nets against the rest": {map[string]int64{"L1": 3, "L2": -1}, 2, 2},
		"below zero none is available":         {map[string]int64{"L1": -3}, -3, 0},
		"a negative expired lot still counts":  {map[string]int64{"L1": 3, "OLD": -1}, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			p := position(c.lots)
			if p.Total() != c.total || p.Available(now) != c.available {
				t.Errorf("total %d, available %d", p.Total(), p.Available(now))
			}
		})
	}
}

func TestReverse_UndoesAndNamesWhatItUndoes(t *testing.T) {
	t.Parallel()
	m := inventory.Movement{ID: 4, Kind: inventory.Use, Item: 7, Lot: "L1", Serial: "S1", From: shelf, To: patient, Quantity: 2, UsageLine: 11, Cause: inventory.Cause{Message: 1, Origin: "FT1[1]", Profile: "p@1"}}
	r := inventory.Reverse(m, 5, inventory.Cause{Message: 2, Origin: "OBX[1]", Profile: "p@2"}, day(2026, 3, 1), day(2026, 3, 2))
	if r.ID != 5 || r.Reverses != 4 || r.From != patient || r.To != shelf || r.Quantity != 2 || r.Lot != "L1" || r.Serial != "S1" || r.UsageLine != 11 || r.Cause.Message != 2 || r.Kind != inventory.UseReversal {
		t.Errorf("got %+v", r)
	}
	m.Kind = inventory.Transfer
	if r := inventory.Reverse(m, 5, inventory.Cause{}, time.Time{}, time.Time{}); r.Kind != inventory.Reversal {
		t.Errorf("a transfer is reversed by a %s", r.Kind)
	}
}

func TestAvailable_LeavesOutWhatIsHeld(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		lots, held map[string]int64
		want       int64
	}{
		"some of a lot":                        {map[string]int64{"A": 5, "B": 2}, map[string]int64{"A": 3}, 4},
		"more held than there is":              {map[string]int64{"A": 5, "B": 2}, map[string]int64{"A": 9}, 2},
		"a lot that is not there":              {map[string]int64{"B": 2}, map[string]int64{"A": 9}, 2},
		"an expired lot is not left out twice": {map[string]int64{"X": 5, "B": 2}, map[string]int64{"X": 3}, 2},
		"a lot used below zero is no help":     {map[string]int64{"A": -1, "B": 4}, map[string]int64{"A": 2}, 3},
	} {
		p := inventory.Position{Lots: c.lots, Held: c.held, Expiry: map[string]time.Time{"X": now.AddDate(0, 0, -1)}}
		if got := p.Available(now); got != c.want {
			t.Errorf("%s: %d available, want %d", name, got, c.want)
		}
	}
}

func TestPost_UseOfHeldStockIsTold(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p := inventory.Position{Place: 1, Item: 7, Lots: map[string]int64{"A": 3}, Held: map[string]int64{"A": 2}}
	for quantity, want := range map[int64]int{1: 0, 2: 1} {
		_, findings, err := inventory.Post(p, inventory.Movement{Kind: inventory.Use, Item: 7, Lot: "A", From: 1, To: 2, Quantity: quantity}, now)
		if err != nil || len(findings) != want || want == 1 && findings[0].Code != "held_used" {
			t.Errorf("%d used: %+v, %v", quantity, findings, err)
		}
	}
}
