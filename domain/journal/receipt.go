package journal

import "fmt"

// ReceiptLine is one line of goods received, as last told.
type ReceiptLine struct {
	Receipt string `json:"receipt"`
	Line    string `json:"line"`
	// State is posted, unidentified, recorded or withdrawn; Why says why it is
	// not posted.
	State      string `json:"state"`
	Why        string `json:"why,omitempty"`
	ReceivedOn string `json:"received_on,omitempty"`
	// OrderTold and OrderLineTold are the order that the receipt names; Order
	// and OrderLine the one that it counts for, with so many base units.
	OrderTold     string `json:"order_told,omitempty"`
	OrderLineTold int    `json:"order_line_told,omitempty"`
	Order         string `json:"order,omitempty"`
	OrderLine     int    `json:"order_line,omitempty"`
	// Substitute is set where another item came than was ordered.
	Substitute  bool   `json:"substitute,omitempty"`
	Item        string `json:"item,omitempty"`
	Description string `json:"description,omitempty"`
	Codes       string `json:"codes"`
	Place       string `json:"place,omitempty"`
	PlaceTold   string `json:"place_told,omitempty"`
	Quantity    int64  `json:"quantity"`
	Unit        string `json:"unit"`
	// Units are base units; 0 while the item is not known.
	Units  int64  `json:"units"`
	Lot    string `json:"lot,omitempty"`
	Serial string `json:"serial,omitempty"`
	Expiry string `json:"expiry,omitempty"`
	// Movement stands for it in the stock ledger.
	Movement int64 `json:"movement,omitempty"`
	// Message made the line what it is; ToldBy told of it last.
	Message int64  `json:"message"`
	ToldBy  int64  `json:"told_by"`
	Origin  string `json:"origin"`
	Profile string `json:"profile"`
}

// ReceiptFilter chooses lines of goods received. Zero values choose all.
type ReceiptFilter struct {
	State, Receipt, Order string
	// Message chooses those that it told of last or made what they are.
	Message int64
	Limit   int
}

// Came is a receipt's line from its order line's side.
type Came struct {
	Receipt    string `json:"receipt"`
	Line       string `json:"line"`
	ReceivedOn string `json:"received_on"`
	Units      int64  `json:"units"`
	Lot        string `json:"lot,omitempty"`
	Substitute bool   `json:"substitute,omitempty"`
	Message    int64  `json:"message"`
	Origin     string `json:"origin"`
}

// CameText is how much came for the line, as "1 of 2 packs"; empty if nothing
// did.
func (l OrderLine) CameText() string {
	units, size := l.Received+l.Substituted, max(l.PackSize, 1)
	switch {
	case units == 0:
		return ""
	case units%size == 0:
		return fmt.Sprintf("%d of %d packs", units/size, l.Packs)
	}
	return fmt.Sprintf("%d of %d units", units, l.Packs*size)
}
