// Package purchasing turns needs into orders under a trust's limits, and says
// what a supplier's answer does to an order. Money is decimal; lines round
// half-up to two decimals, then sum.
//
// How an order is written to a file, and how it travels, do not belong here.
package purchasing

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
)

// Limits bound what is ordered without a person.
type Limits struct {
	// Automatic is the highest value of an order that needs nobody.
	Automatic decimal.Decimal
	// Daily is the highest total value of automatic orders in a day.
	Daily decimal.Decimal
}

// History is what was ordered before for the same place and item.
type History struct {
	// Orders counts the lines ordered in the last twelve months.
	Orders int64 `json:"orders_12_months"`
	// Largest is the largest of their quantities, in base units.
	Largest int64 `json:"largest_12_months"`
	// Rejected is set when the last order of it was rejected or closed, or
	// brought another item.
	Rejected bool `json:"last_rejected"`
}

// Decision says whether an order may go by itself. Why is a sentence for the
// buyer; Code is stable.
type Decision struct {
	Automatic bool
	Code, Why string
}

// Decide says whether quantity base units worth value may be ordered without
// a person, today having spent already.
func Decide(quantity int64, value, spent decimal.Decimal, h History, l Limits) (Decision, error) {
	total, err := spent.Add(value)
	if err != nil {
		return Decision{}, err
	}
	stop := func(code, why string, args ...any) (Decision, error) {
		return Decision{Code: code, Why: fmt.Sprintf(why, args...)}, nil
	}
	switch {
	case value.IsZero():
		return stop("no_price", "The item has no price without VAT for the pack in which it is ordered. Load its price, then approve or decline.")
	case h.Rejected:
		return stop("last_rejected", "The last order for it was rejected or closed, or brought another item. Ask the supplier, then approve or decline.")
	case h.Orders == 0:
		return stop("no_history", "It was not ordered for this place in the last twelve months. Check the par level, then approve or decline.")
	case quantity > 3*h.Largest:
		return stop("unusual_quantity", "%d is more than three times the largest order of the last twelve months (%d). Check for a wrong count or a pack taken for an each.", quantity, h.Largest)
	case value.Cmp(l.Automatic) > 0:
		return stop("above_limit", "£%s is above the limit for automatic orders (£%s).", value, l.Automatic)
	case total.Cmp(l.Daily) > 0:
		return stop("daily_cap", "With £%s ordered today, £%s more would pass the daily cap (£%s).", spent, value, l.Daily)
	}
	return Decision{Automatic: true, Code: "within_limits", Why: "Within the trust's limits."}, nil
}

// LineValue is packs at a unit price, rounded half-up to two decimals.
func LineValue(packs int64, price decimal.Decimal) (decimal.Decimal, error) {
	n, err := decimal.New(packs, 0)
	if err != nil {
		return n, err
	}
	v, err := price.Mul(n)
	if err != nil {
		return v, err
	}
	half := decimal.MustNew(5, 3)
	if v, err = v.Add(half); err != nil {
		return v, err
	}
	return v.Trunc(2).Pad(2), nil
}

// Number is the order number of a counter value, as PO-000017.
func Number(prefix string, digits int, n int64) string {
	return fmt.Sprintf("%s%0*d", prefix, digits, n)
}

// Order is a purchase order.
type Order struct {
	ID         int64
	Number     string
	Supplier   string
	DeliverTo  inventory.PlaceID
	State      OrderState
	Value      decimal.Decimal
	Currency   string
	Automatic  bool
	CreatedAt  time.Time
	Lines      []OrderLine
	AnsweredBy int64
}

// OrderState is where an order stands.
type OrderState string

// The states of an order.
const (
	Ready    OrderState = "ready" // numbered, not yet at the ERP
	Sent     OrderState = "sent"  // its file is at the ERP
	Accepted OrderState = "accepted"
	Changed  OrderState = "changed" // accepted with changes
	Rejected OrderState = "rejected"
	Closed   OrderState = "closed"
	// PartReceived and AllReceived: something of it, or all that was confirmed,
	// has come.
	PartReceived OrderState = "part_received"
	AllReceived  OrderState = "received"
)

// OrderLine is one need's line of an order.
type OrderLine struct {
	Line      int
	Place     inventory.PlaceID
	Item      catalogue.ItemID
	Cycle     int64
	Packs     int64
	PackSize  int64
	UnitPrice decimal.Decimal
	Value     decimal.Decimal
	State     string // ordered, accepted, changed, rejected, closed
	// Confirmed is how many packs are to come in all: those ordered, unless the
	// supplier answered otherwise. OpenPacks are those that have yet to.
	Confirmed, OpenPacks int64
	// Received are the base units that came; Substituted those of another item
	// that came in their place.
	Received, Substituted int64
	Expected              string // CCYY-MM-DD
	Reason                string
	Movement              inventory.MovementID
	Cause                 inventory.Cause
}

// Release is when an approved order leaves: now for "immediate", else at the
// next wall-clock time "HH:MM" in the trust's zone.
func Release(rule string, now time.Time, zone *time.Location) (time.Time, error) {
	if rule == "" || rule == "immediate" {
		return now, nil
	}
	at, err := time.Parse("15:04", rule)
	if err != nil {
		return now, fmt.Errorf("release %q is neither immediate nor a time HH:MM", rule)
	}
	l := now.In(zone)
	next := time.Date(l.Year(), l.Month(), l.Day(), at.Hour(), at.Minute(), 0, 0, zone)
	if !next.After(l) {
		next = time.Date(l.Year(), l.Month(), l.Day()+1, at.Hour(), at.Minute(), 0, 0, zone)
	}
	return next, nil
}
