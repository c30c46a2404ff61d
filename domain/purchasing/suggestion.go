package purchasing

import (
	"slices"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/replenishment"
)

// Want is a policy that is due, with all that its decision rests on.
type Want struct {
	Policy   replenishment.Policy
	Stock    inventory.Position
	OnOrder  int64 // base units ordered, approved or suggested, not yet received
	Item     catalogue.Item
	Prices   catalogue.PriceList // of one pack, without VAT; no bands: none is told
	Release  string              // the supplier's rule: immediate or HH:MM
	History  History
	Spent    decimal.Decimal // by automatic orders today
	Open     Open            // zero: none; OnOrder leaves it out
	Doubts   []Doubt         // of the place's feeds
	Movement inventory.MovementID
	Cause    inventory.Cause
}

// Suggestion is a suggested order: one need, and what became of it. One that
// was planned has an ID if it decides an open need anew.
type Suggestion struct {
	ID        int64
	Place     inventory.PlaceID
	Item      catalogue.ItemID
	Cycle     int64
	Supplier  string
	Packs     int64
	PackSize  int64
	UnitPrice decimal.Decimal
	Currency  string
	Position  int64
	Inputs    Inputs
	State     SuggestionState
	Why       string
	Code      string
	ReleaseAt time.Time
	DecidedBy string
	Movement  inventory.MovementID
	Cause     inventory.Cause
}

// SuggestionState is where a suggested order stands.
type SuggestionState string

// The states of a suggested order.
const (
	Waits    SuggestionState = "waits" // for a person
	Approved SuggestionState = "approved"
	Ordered  SuggestionState = "ordered"
	Declined SuggestionState = "declined"
)

// Inputs are what a suggestion was computed from, so that a buyer can repeat
// it by hand: packs = ceil((order_up_to - available - on_order) / pack_size).
type Inputs struct {
	replenishment.Position
	ReorderPoint int64   `json:"reorder_point"`
	OrderUpTo    int64   `json:"order_up_to"`
	PackSize     int64   `json:"pack_size"`
	History      History `json:"history"`
	SpentToday   string  `json:"spent_today"`
	Code         string  `json:"code"`
	// Doubts are the feeds that could not be relied on.
	Doubts []Doubt `json:"doubts,omitempty"`
}

// Plan decides a want as of now: nothing to keep when stock suffices, else a
// suggestion that is approved under the limits or waits for a person. An open
// need is decided anew, and closed if nothing is needed any more; where its
// supplier's time passed while it waited, it leaves at once.
func Plan(w Want, l Limits, zone *time.Location, now time.Time) (s Suggestion, keep bool, err error) {
	policy := w.Policy
	if w.Open.ID != 0 {
		policy.Cycle = w.Open.Cycle - 1
	}
	pos := replenishment.Position{Available: w.Stock.Available(now.In(zone)), OnOrder: w.OnOrder}
	p, needed := replenishment.Propose(policy, pos, w.Item.PackSize)
	s = Suggestion{
		ID: w.Open.ID, Place: w.Policy.Place, Item: w.Policy.Item, Cycle: w.Open.Cycle, State: Declined, Code: "not_needed", DecidedBy: "planner", Movement: w.Movement, Cause: w.Cause,
		Why: "No longer needed: what is there and on order suffices now.",
	}
	if !needed {
		return s, w.Open.ID != 0, nil
	}
	price, _ := w.Prices.For(p.Packs)
	value, err := LineValue(p.Packs, price)
	if err != nil {
		return s, true, err
	}
	d, err := Decide(p.Quantity(), value, w.Spent, w.History, l)
	if err != nil {
		return s, true, err
	}
	d = foreign(d, w.Prices.Currency)
	d = doubt(d, w.Doubts, now, zone)
	s.Cycle, s.Supplier, s.Packs, s.PackSize, s.UnitPrice, s.Currency, s.Position = p.Cycle, w.Item.Supplier, p.Packs, p.PackSize, price, w.Prices.Currency, pos.Total()
	s.State, s.Why, s.Code = Waits, d.Why, d.Code
	s.Inputs = Inputs{Position: pos, ReorderPoint: w.Policy.ReorderPoint, OrderUpTo: w.Policy.OrderUpTo, PackSize: p.PackSize, History: w.History, SpentToday: w.Spent.String(), Code: d.Code, Doubts: w.Doubts}
	if d.Automatic {
		s.State = Approved
	}
	s.ReleaseAt, err = Release(w.Release, now, zone)
	if w.Open.ID != 0 && w.Open.ReleaseAt.Before(s.ReleaseAt) {
		s.ReleaseAt = w.Open.ReleaseAt
	}
	return s, true, err
}

// foreign has an order in another currency wait, for the trust's limits are in
// pounds.
func foreign(d Decision, currency string) Decision {
	if currency == "" || currency == "GBP" || !slices.Contains([]string{"within_limits", "above_limit", "daily_cap"}, d.Code) {
		return d
	}
	return Decision{Code: "other_currency", Why: "The price is in " + currency + ", and the limits for automatic orders are in pounds. Approve or decline."}
}

// Group puts approved suggestions into orders: one for each supplier, place
// and currency, lines in the order given. An order whose automatic lines come
// to more than the limit keeps those that fit; held says which must wait for
// a person.
func Group(ss []Suggestion, l Limits) (orders []Order, members [][]int64, held []Suggestion, err error) {
	type key struct {
		supplier, currency string
		place              inventory.PlaceID
	}
	index := map[key]int{}
	for _, s := range ss {
		value, err := LineValue(s.Packs, s.UnitPrice)
		if err != nil {
			return nil, nil, nil, err
		}
		k := key{s.Supplier, s.Currency, s.Place}
		i, ok := index[k]
		if !ok {
			i = len(orders)
			index[k] = i
			orders = append(orders, Order{Supplier: s.Supplier, DeliverTo: s.Place, State: Ready, Currency: s.Currency, Value: decimal.MustNew(0, 2), Automatic: true})
			members = append(members, nil)
		}
		o := &orders[i]
		total, err := o.Value.Add(value)
		if err != nil {
			return nil, nil, nil, err
		}
		automatic := s.DecidedBy == "planner"
		if automatic && len(o.Lines) > 0 && total.Cmp(l.Automatic) > 0 {
			s.State, s.Why = Waits, "Together with the order's other lines it is above the limit for automatic orders. Approve or decline."
			held = append(held, s)
			continue
		}
		o.Value, o.Automatic = total, o.Automatic && automatic
		o.Lines = append(o.Lines, OrderLine{
			Line: len(o.Lines) + 1, Place: s.Place, Item: s.Item, Cycle: s.Cycle, Packs: s.Packs, PackSize: s.PackSize, UnitPrice: s.UnitPrice,
			Value: value, State: "ordered", Confirmed: s.Packs, OpenPacks: s.Packs, Movement: s.Movement, Cause: s.Cause,
		})
		members[i] = append(members[i], s.ID)
	}
	return orders, members, held, nil
}
