// Package inventory is the ledger's arithmetic: movements between places,
// balances as their fold, and what a movement does to a position. A quantity
// is int64 in base units; time is always an argument.
//
// Who used what on whom, and what to order, do not belong here.
package inventory

import (
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// PlaceID is somewhere a quantity can be. Zero is none.
type PlaceID int64

// PlaceKind says what sort of place it is.
type PlaceKind string

// The kinds of place. Only Stock and Transit keep balances; the others are
// the rest of the world.
const (
	Stock        PlaceKind = "stock"
	Transit      PlaceKind = "transit"
	Supplier     PlaceKind = "supplier"
	PatientPlace PlaceKind = "patient"
	Waste        PlaceKind = "waste"
	Variance     PlaceKind = "variance"
	// Unidentified is where use comes from while its item or place is unknown.
	Unidentified PlaceKind = "unidentified"
)

// Place is a shelf, or some part of the world outside.
type Place struct {
	ID   PlaceID
	Kind PlaceKind
	Code string
	Name string
	Site string
}

// Kind says what a movement is for.
type Kind string

// The kinds of movement.
const (
	Use         Kind = "use"
	UseReversal Kind = "use_reversal"
	Opening     Kind = "opening"
	Receipt     Kind = "receipt"
	Transfer    Kind = "transfer"
	Return      Kind = "return"
	Count       Kind = "count"
	WriteOff    Kind = "write_off"
	Reversal    Kind = "reversal"
)

// Clinical reports whether the movement tells of use on a patient: such a
// fact is never refused (law 4).
func (k Kind) Clinical() bool { return k == Use || k == UseReversal }

// MovementID names a movement. Zero is none.
type MovementID int64

// Cause is what brought a movement, order line or submission about (law 5).
type Cause struct {
	Message int64
	Origin  string
	Profile string
}

// Movement takes Quantity (above zero) of one item from one place to another.
type Movement struct {
	ID                 MovementID
	Kind               Kind
	Item               catalogue.ItemID // zero: unidentified
	Lot, Serial, Owner string
	From, To           PlaceID
	Quantity           int64
	OccurredAt         time.Time
	AccountedOn        time.Time
	Reverses           MovementID
	UsageLine          int64
	Cause              Cause
}

// Reverse gives the movement that undoes m, under the cause that corrects it.
func Reverse(m Movement, id MovementID, cause Cause, occurred, accounted time.Time) Movement {
	r := m
	r.ID, r.Reverses, r.Cause = id, m.ID, cause
	r.From, r.To = m.To, m.From
	r.OccurredAt, r.AccountedOn = occurred, accounted
	r.Kind = Reversal
	if m.Kind.Clinical() {
		r.Kind = UseReversal
	}
	return r
}

// Position is what one place holds of one item: by lot, and in all. Expiry
// is by lot, where it is known. Held is how many of a lot, those of no lot
// among them, may not be used until somebody has checked them.
type Position struct {
	Item   catalogue.ItemID
	Place  PlaceID
	Lots   map[string]int64
	Expiry map[string]time.Time
	Held   map[string]int64
}

// Total is the sum over all lots; a negative lot nets against the others.
func (p Position) Total() int64 {
	var n int64
	for _, q := range p.Lots {
		n += q
	}
	return n
}

// Available is what may be issued on now's day in now's zone: the total
// without what is held and without lots that have expired. Below zero counts
// as zero.
func (p Position) Available(now time.Time) int64 {
	var n int64
	for lot, q := range p.Lots {
		if q > 0 && Expired(p.Expiry[lot], now) {
			continue
		}
		n += q - max(min(p.Held[lot], q), 0)
	}
	return max(n, 0)
}

// Expired reports whether a lot may no longer be used at now, which is in the
// hospital's zone: a lot is good through its expiry day there. A zero expiry
// is unknown and not expired.
func Expired(expiry, now time.Time) bool {
	y, m, d := now.Date()
	return !expiry.IsZero() && time.Date(y, m, d, 0, 0, 0, 0, time.UTC).After(expiry)
}

// Finding is what a person should know about a movement's effect.
type Finding struct{ Code, Text string }

// Post applies m to position p as of now. It does no I/O and never returns a
// half-applied position.
//
// Use on a patient always posts: if stock is short or expired the findings
// say so (law 4). Any other movement that would leave p below zero fails with
// fault.Conflict.
func Post(p Position, m Movement, now time.Time) (Position, []Finding, error) {
	change := int64(0)
	if m.From == p.Place {
		change -= m.Quantity
	}
	if m.To == p.Place {
		change += m.Quantity
	}
	after := p
	after.Lots = make(map[string]int64, len(p.Lots)+1)
	for lot, q := range p.Lots {
		after.Lots[lot] = q
	}
	after.Lots[m.Lot] += change
	if !m.Kind.Clinical() && change < 0 && after.Lots[m.Lot] < 0 {
		return p, nil, fault.New(fault.Conflict, "stock_short",
			"Only %d in stock, so %d cannot be taken. Count the shelf or correct the quantity.", p.Lots[m.Lot], m.Quantity)
	}
	var findings []Finding
	if m.Kind != Use || change >= 0 {
		return after, nil, nil
	}
	if after.Total() < 0 {
		findings = append(findings, Finding{"stock_short", "More was used than the ledger holds. Count the shelf."})
	} else if m.Lot != "" && after.Lots[m.Lot] < 0 {
		findings = append(findings, Finding{"lot_not_in_stock", "The ledger holds none of this lot here. Check the lot on the shelf."})
	}
	if held := p.Held[m.Lot]; held > 0 && after.Lots[m.Lot] < held {
		findings = append(findings, Finding{"held_used", "Stock was used that is held for a check. Tell the theatre lead what it was held for, and have what is left checked."})
	}
	if Expired(p.Expiry[m.Lot], m.OccurredAt) {
		findings = append(findings, Finding{"expired_used", "The lot had expired on the day of use. Tell the theatre lead."})
	}
	return after, findings, nil
}
