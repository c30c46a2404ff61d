// Package replenishment decides how much to order, and why, from a par level
// and a stock position. Quantities are int64 base units; every proposal
// carries its inputs, so that a buyer can repeat it by hand.
//
// Money, limits and order documents do not belong here.
package replenishment

import (
	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
)

// Policy is the par level of one item at one place: when the position falls
// below ReorderPoint, order up to OrderUpTo.
type Policy struct {
	Place        inventory.PlaceID
	Item         catalogue.ItemID
	ReorderPoint int64
	OrderUpTo    int64
	Cycle        int64 // of the last need that was decided
}

// Position is what the policy counts on, in base units.
type Position struct {
	// Available is on the shelf and fit for use; below zero counts as zero.
	Available int64 `json:"available"`
	// OnOrder is ordered or about to be, and not yet received.
	OnOrder int64 `json:"on_order"`
}

// Total is what the position is compared with: available and on order.
func (p Position) Total() int64 { return max(p.Available, 0) + p.OnOrder }

// Proposal is one need (place, item, cycle) and what would meet it.
type Proposal struct {
	Policy   Policy
	Cycle    int64
	Packs    int64
	PackSize int64
	Position Position
}

// Quantity is what is proposed, in base units.
func (p Proposal) Quantity() int64 { return p.Packs * p.PackSize }

// Propose orders whole packs of packSize up to the policy's level when the
// position is below its reorder point: ceil((S - position) / pack). ok is
// false when nothing is needed.
func Propose(p Policy, pos Position, packSize int64) (_ Proposal, ok bool) {
	missing, packSize := p.OrderUpTo-pos.Total(), max(packSize, 1)
	if pos.Total() >= p.ReorderPoint || missing <= 0 {
		return Proposal{}, false
	}
	return Proposal{Policy: p, Cycle: p.Cycle + 1, Packs: (missing + packSize - 1) / packSize, PackSize: packSize, Position: pos}, true
}
