package catalogue

import (
	"time"

	"github.com/govalues/decimal"
)

// The systems of device identifiers beside GS1's GTIN.
const (
	HIBCC  Kind = "hibcc"
	ICCBBA Kind = "iccbba"
	// DI is a device identifier of whichever system.
	DI Kind = "di"
)

// Route is the way on which NHS Supply Chain brings a product.
type Route string

// The routes; an empty one is not told.
const (
	Stocked     Route = "stocked"      // from NHS Supply Chain's own stock
	BlueDiamond Route = "blue_diamond" // ordered in, and sent on unstored
	EDirect     Route = "edirect"      // the supplier ships; NHS Supply Chain bills
	Direct      Route = "direct"       // between trust and supplier alone
)

// Flag is yes, no, or not told. What a source does not tell contradicts
// nothing.
type Flag int8

// The values of a Flag.
const (
	NotTold Flag = iota
	No
	Yes
)

// Product is a product as one source tells it, checked. It is of the national
// catalogue; what a trust counts is an Item.
type Product struct {
	// Key is the source's own name of the product, and says to which product a
	// later file speaks.
	Key          string
	Description  string
	Manufacturer string
	MPC          string
	NPC          string // where it is not the key
	BaseUnit     string
	// OrderUnits are the base units of the pack in which it is ordered.
	OrderUnits   int64
	Supplier     string
	SupplierCode string
	Route        Route
	EClass       string
	GMDN, EMDN   string
	DeviceClass  string

	Implantable, Reportable                  Flag
	LotTracked, SerialTracked, ExpiryTracked Flag

	// Packs are its pack levels; the first is the base unit.
	Packs []Pack
	// Codes are those that are none of the above, as former ones.
	Codes        []ValidCode
	Prices       PriceList
	Alternatives []Alternative
	Suspension   *Suspension
	Discontinued bool
	// DiscontinuedOn may be zero: not told.
	DiscontinuedOn time.Time
	// Gone says that the source takes the product out. Nothing else but Key is
	// then told.
	Gone bool
}

// Pack is one level of packing.
type Pack struct {
	Unit string
	// Ratio is how many base units it holds.
	Ratio int64
	// DI is the level's own device identifier, of the system Issuer; empty if
	// it has none.
	Issuer Kind
	DI     string
}

// ValidCode is a code with the days between which it counts; zero days are open.
type ValidCode struct {
	Code
	From, To time.Time
}

// PriceList is what a source asks for a product, or a trust pays for an item. No
// bands is no price.
type PriceList struct {
	Bands    []Band
	Currency string
	// Tax says what the prices are: exclusive or inclusive of VAT, or exempt.
	Tax string
	// Units are the base units of the pack that is priced.
	Units int64
	// From and To are the first and the last day; zero is not told.
	From, To time.Time
}

// For is the price of one pack where so many are bought; ok is false where there
// is none.
func (l PriceList) For(packs int64) (price decimal.Decimal, ok bool) {
	for _, b := range l.Bands {
		if b.FromPacks <= packs {
			price, ok = b.Price, true
		}
	}
	return price, ok
}

// One is a price list of one price for every number of packs.
func One(price decimal.Decimal, currency string) PriceList {
	return PriceList{Bands: []Band{{FromPacks: 1, Price: price}}, Currency: currency, Tax: "exclusive"}
}

// Band is the price of one pack where at least FromPacks are bought.
type Band struct {
	FromPacks int64
	Price     decimal.Decimal
}

// Alternative is a product that may stand in for another. Only a direct one is
// ever sent in its place without a clinician (law 8).
type Alternative struct {
	Direct bool
	Key    string
}

// Suspension says that a product cannot be had for a time.
type Suspension struct {
	Reason   string
	From, To time.Time
}
