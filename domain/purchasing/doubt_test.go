package purchasing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/domain/replenishment"
)

var (
	noon   = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	silent = purchasing.Doubt{Kind: "feed_silent", Feed: "theatre", Since: noon.Add(-2 * time.Hour)}
	behind = purchasing.Doubt{Kind: "feed_behind", Feed: "cathlab", Since: noon.AddDate(0, 0, -1)}
	held   = purchasing.Doubt{Kind: "feed_held", Feed: "theatre", Since: noon.Add(-time.Minute)}
)

// want is a shelf with available units of an item of £10, reordered below 5 up
// to 10, of which 10 were ordered before.
func want(available int64) purchasing.Want {
	return purchasing.Want{
		Policy: replenishment.Policy{Place: 3, Item: 7, ReorderPoint: 5, OrderUpTo: 10, Cycle: 6},
		Stock:  inventory.Position{Lots: map[string]int64{"L1": available}},
		Item:   catalogue.Item{ID: 7, PackSize: 1, Supplier: "S1"}, Prices: catalogue.One(money("10.00"), "GBP"), Release: "immediate", Spent: money("0"),
		History: purchasing.History{Orders: 1, Largest: 10}, Movement: 5, Cause: inventory.Cause{Message: 1, Origin: "FT1[1]", Profile: "p@1"},
	}
}

func TestPlan_InDoubtOfAFeedNothingIsOrderedWithoutAPerson(t *testing.T) {
	t.Parallel()
	expensive := limits
	expensive.Automatic = money("1.00")
	for _, c := range []struct {
		name   string
		limits purchasing.Limits
		doubts []purchasing.Doubt
		state  purchasing.SuggestionState
		code   string
		why    string
	}{
		{"all feeds are well", limits, nil, purchasing.Approved, "within_limits", "Within the trust's limits."},
		{"one is silent", limits, []purchasing.Doubt{silent}, purchasing.Waits, "feed_silent",
			"Feed theatre has been silent since 10:00, so stock may be lower than the ledger says. Approve or decline; else it is looked at again when the feed is well."},
		{"one is behind since yesterday", limits, []purchasing.Doubt{behind}, purchasing.Waits, "feed_behind",
			"Feed cathlab has been behind since 8 March, 12:00, so stock"},
		{"one is held", limits, []purchasing.Doubt{held}, purchasing.Waits, "feed_held", "Feed theatre has been held by a person since 11:59, so stock"},
		{"two cannot be relied on", limits, []purchasing.Doubt{behind, silent}, purchasing.Waits, "feed_behind",
			"Feed cathlab has been behind since 8 March, 12:00, and feed theatre has been silent since 10:00, so stock"},
		{"a case used too many", limits, []purchasing.Doubt{{Kind: "above_ceiling", Feed: "ceiling:7:9", Since: noon}}, purchasing.Waits, "above_ceiling",
			"A case used more of it than a case is thought to use, so the quantity may be a mistake. Approve or decline; else it is looked at again when that is over."},
		{"it would wait anyway", expensive, []purchasing.Doubt{silent}, purchasing.Waits, "above_limit",
			"£70.00 is above the limit for automatic orders (£1.00). Feed theatre has been silent since 10:00, so stock may be lower than the ledger says."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := want(3)
			w.Doubts = c.doubts
			s, keep, err := purchasing.Plan(w, c.limits, time.UTC, noon)
			if err != nil || !keep || s.State != c.state || s.Code != c.code || s.Inputs.Code != c.code || !strings.HasPrefix(s.Why, c.why) {
				t.Errorf("%s, %s, %q, %v, %v", s.State, s.Code, s.Why, keep, err)
			}
			if s.Cycle != 7 || s.Packs != 7 || len(s.Inputs.Doubts) != len(c.doubts) {
				t.Errorf("need %d of %d packs rests on %v", s.Cycle, s.Packs, s.Inputs.Doubts)
			}
		})
	}
}

func TestPlan_AnOpenNeedIsDecidedAnewUnderItsOwnNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		available int64
		doubts    []purchasing.Doubt
		state     purchasing.SuggestionState
		code      string
		packs     int64
	}{
		{"more was used and the feed is still silent", 1, []purchasing.Doubt{silent}, purchasing.Waits, "feed_silent", 9},
		{"the feed is well", 1, nil, purchasing.Approved, "within_limits", 9},
		{"all was used", 0, nil, purchasing.Approved, "within_limits", 10},
		{"a credit came, and the feed is well", 5, nil, purchasing.Declined, "not_needed", 0},
		{"a credit came while it is silent", 8, []purchasing.Doubt{silent}, purchasing.Declined, "not_needed", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := want(c.available)
			w.Open, w.Doubts = purchasing.Open{ID: 41, Cycle: 6}, c.doubts
			s, keep, err := purchasing.Plan(w, limits, time.UTC, noon)
			if err != nil || !keep || s.ID != 41 || s.Cycle != 6 || s.State != c.state || s.Code != c.code || s.Packs != c.packs || s.DecidedBy != "planner" || s.Why == "" {
				t.Errorf("%+v, %v, %v", s, keep, err)
			}
		})
	}
	if s, keep, err := purchasing.Plan(want(8), limits, time.UTC, noon); keep || err != nil {
		t.Errorf("nothing is needed and nothing open, and %+v is kept, %v", s, err)
	}
}
