// Package catalogue says which product a code means, in which pack, and what
// it is like. Quantities are int64 base units.
//
// Where stock is and what it costs over time do not belong here.
package catalogue

// ItemID is a trust's item. Zero is none.
type ItemID int64

// Kind is a system of codes.
type Kind string

// The systems of codes by which an item is known.
const (
	GTIN Kind = "gtin"
	NPC  Kind = "npc" // National Product Code of NHS Supply Chain
	MPC  Kind = "mpc" // manufacturer's product code
	ERP  Kind = "erp" // the trust's own item code
)

// Code names an item in one system.
type Code struct {
	Kind  Kind
	Value string
}

// Meaning is the item that a code names, how many base units the coded pack
// holds, the pack in which the item is ordered, and the most of it that one
// case is thought to use (0: not said).
type Meaning struct {
	Item    ItemID
	Ratio   int64
	Pack    int64
	Ceiling int64
}

// Item is a product that the trust counts.
type Item struct {
	ID            ItemID
	Code          string
	Description   string
	BaseUnit      string
	PackSize      int64
	Supplier      string
	LotTracked    bool
	SerialTracked bool
	ExpiryTracked bool
	Implantable   bool
	Reportable    bool
}

// Resolve finds the item that codes name. The first known code decides;
// disagree is set when a later one names another item.
func Resolve(codes []Code, known map[Code]Meaning) (m Meaning, by Code, disagree bool) {
	for _, c := range codes {
		k, ok := known[c]
		switch {
		case !ok:
		case m.Item == 0:
			m, by = k, c
		case k.Item != m.Item:
			disagree = true
		}
	}
	return m, by, disagree
}
