package purchasing_test

import (
	"testing"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/domain/replenishment"
)

func money(s string) decimal.Decimal { return decimal.MustParse(s) }

var limits = purchasing.Limits{Automatic: money("100.00"), Daily: money("250.00")}

func TestDecide(t *testing.T) {
	t.Parallel()
	usual := purchasing.History{Orders: 3, Largest: 10}
	for name, c := range map[string]struct {
		quantity     int64
		value, spent string
		history      purchasing.History
		code         string
	}{
		"within limits goes":                      {5, "50.00", "0", usual, "within_limits"},
		"exactly at the limit goes":               {5, "100.00", "0", usual, "within_limits"},
		"a penny above the limit waits":           {5, "100.01", "0", usual, "above_limit"},
		"exactly at the daily cap goes":           {5, "100.00", "150.00", usual, "within_limits"},
		"a penny above the daily cap waits":       {5, "100.00", "150.01", usual, "daily_cap"},
		"three times the largest goes":            {30, "50.00", "0", usual, "within_limits"},
		"more than three times the largest waits": {31, "50.00", "0", usual, "unusual_quantity"},
		"without history it waits":                {5, "50.00", "0", purchasing.History{}, "no_history"},
		"after a rejection it waits":              {5, "50.00", "0", purchasing.History{Orders: 3, Largest: 10, Rejected: true}, "last_rejected"},
		"without a price it waits":                {5, "0.00", "0", usual, "no_price"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := purchasing.Decide(c.quantity, money(c.value), money(c.spent), c.history, limits)
			if err != nil || d.Code != c.code || d.Automatic != (c.code == "within_limits") || d.Why == "" {
				t.Errorf("got %+v, %v; want %s", d, err, c.code)
			}
		})
	}
}

func TestLineValue_RoundsHalfUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		packs       int64
		price, want string
	}{{1, "2.345", "2.35"}, {1, "2.3449", "2.34"}, {1, "0.005", "0.01"}, {1, "0.0049", "0.00"}, {3, "1.115", "3.35"}, {2, "620", "1240.00"}, {0, "5", "0.00"}, {1000000, "9999.9999", "9999999900.00"}} {
		if got, err := purchasing.LineValue(c.packs, money(c.price)); err != nil || got.String() != c.want {
			t.Errorf("%d × %s = %s, %v; want %s", c.packs, c.price, got, err, c.want)
		}
	}
	if _, err := purchasing.LineValue(1<<62, money("9999999999.9999")); err == nil {
		t.Error("a value that no decimal holds was given")
	}
}

func TestRelease_LeavesAtLondonsCutOff(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ rule, now, want string }{
		"immediate is now":                        {"immediate", "2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z"},
		"no rule is now":                          {"", "2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z"},
		"before the cut-off, today":               {"16:15", "2026-06-01T15:14:59Z", "2026-06-01T15:15:00Z"},
		"at the cut-off, tomorrow":                {"16:15", "2026-06-01T15:15:00Z", "2026-06-02T15:15:00Z"},
		"in winter London is UTC":                 {"16:15", "2026-12-31T16:15:01Z", "2027-01-01T16:15:00Z"},
		"over the night when summer time begins":  {"16:15", "2026-03-28T17:00:00Z", "2026-03-29T15:15:00Z"},
		"over the night when summer time ends":    {"16:15", "2026-10-24T16:00:00Z", "2026-10-25T16:15:00Z"},
		"a time that the spring night leaves out": {"01:30", "2026-03-29T00:00:00Z", ""}, // some moment of that night
	} {
		t.Run(name, func(t *testing.T) {
			now, _ := time.Parse(time.RFC3339, c.now)
			got, err := purchasing.Release(c.rule, now, london)
			if err != nil {
				t.Fatal(err)
			}
			if s := got.UTC().Format(time.RFC3339); c.want != "" && s != c.want {
				t.Errorf("released at %s, want %s", s, c.want)
			}
			if got.Before(now) || got.Sub(now) > 25*time.Hour {
				t.Errorf("released at %s, which is not the next cut-off", got)
			}
		})
	}
	if _, err := purchasing.Release("teatime", time.Now(), london); err == nil {
		t.Error("a rule that is no time was taken")
	}
}

func TestRelease_AnHourThatOctoberRepeatsIsOneCutOff(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[time.Time]bool{}
	for at := time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC); at.Before(time.Date(2026, 10, 25, 3, 0, 0, 0, time.UTC)); at = at.Add(5 * time.Minute) {
		r, err := purchasing.Release("01:30", at, london)
		if err != nil || r.Before(at) {
			t.Fatalf("at %s released at %s, %v", at, r, err)
		}
		seen[r.UTC()] = true
	}
	if len(seen) != 2 { // that night's, and the next day's
		t.Errorf("cut-offs %v", seen)
	}
}

func TestPlan_CountsExpiredStockAsNoneAndSaysWhatItRestsOn(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	w := purchasing.Want{
		Policy: replenishment.Policy{Place: 3, Item: 7, ReorderPoint: 4, OrderUpTo: 8, Cycle: 2},
		Stock: inventory.Position{Lots: map[string]int64{"OLD": 5, "NEW": 1}, Expiry: map[string]time.Time{
			"OLD": time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)}},
		Item: catalogue.Item{ID: 7, PackSize: 2, Supplier: "S1"}, Prices: catalogue.One(money("10.00"), "GBP"), Release: "immediate", Spent: money("0"),
		History: purchasing.History{Orders: 1, Largest: 8}, Movement: 5, Cause: inventory.Cause{Message: 1, Origin: "FT1[1]", Profile: "p@1"},
	}
	before := time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC) // 23:30 in London
	if _, needed, err := purchasing.Plan(w, limits, london, before); needed || err != nil {
		t.Errorf("on the expiry day an order was suggested: %v", err)
	}
	s, needed, err := purchasing.Plan(w, limits, london, before.Add(time.Hour))
	if err != nil || !needed || s.Packs != 4 || s.State != purchasing.Approved || s.Cycle != 3 || s.Movement != 5 || s.Cause.Origin != "FT1[1]" || s.Inputs.Available != 1 {
		t.Errorf("got %+v, %v, %v", s, needed, err)
	}
}

func TestPlan_TakesThePriceOfAsManyPacksAndLeavesOtherCurrenciesToAPerson(t *testing.T) {
	t.Parallel()
	w := purchasing.Want{
		Policy: replenishment.Policy{Place: 3, Item: 7, ReorderPoint: 4, OrderUpTo: 8, Cycle: 2}, Item: catalogue.Item{ID: 7, PackSize: 2, Supplier: "S1"},
		Prices: catalogue.PriceList{Bands: []catalogue.Band{{FromPacks: 1, Price: money("10.00")}, {FromPacks: 4, Price: money("9.00")}, {FromPacks: 5, Price: money("8.00")}}, Currency: "GBP"},
		Spent:  money("0"), History: purchasing.History{Orders: 1, Largest: 8},
	}
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	s, _, err := purchasing.Plan(w, limits, time.UTC, now)
	if err != nil || s.Packs != 4 || s.UnitPrice.String() != "9.00" || s.State != purchasing.Approved {
		t.Errorf("%+v, %v", s, err)
	}
	w.Prices.Currency = "EUR"
	if s, _, err = purchasing.Plan(w, limits, time.UTC, now); err != nil || s.State != purchasing.Waits || s.Code != "other_currency" || s.Currency != "EUR" {
		t.Errorf("%+v, %v", s, err)
	}
	w.Prices.Bands = nil
	if s, _, err = purchasing.Plan(w, limits, time.UTC, now); err != nil || s.State != purchasing.Waits || s.Code != "no_price" {
		t.Errorf("%+v, %v", s, err)
	}
}
