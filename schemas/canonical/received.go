package canonical

// GoodsReceived tells what arrived from suppliers: the lines of one receipt.
type GoodsReceived struct {
	// Receipt is the receipt's number, as the sender's system gave it.
	Receipt string         `json:"receipt"`
	Lines   []ReceivedLine `json:"lines"`
}

// EventKind is "goods_received".
func (GoodsReceived) EventKind() string { return "goods_received" }

// The effects of a ReceivedLine.
const (
	// Add tells what was received on the line, in place of whatever was told
	// on it before.
	Add Effect = "add"
	// A Delete says that the line was told in error: nothing came.
)

// ReceivedLine is what a receipt says of one line.
type ReceivedLine struct {
	// Origin is the row that told it, as "line 4".
	Origin string `json:"origin"`
	// Key is the line's number within its receipt; with that it is the
	// business key.
	Key string `json:"key"`
	// ReceivedOn is the day, CCYY-MM-DD.
	ReceivedOn string `json:"received_on"`
	// OrderNumber and OrderLine name the order line that the delivery answers;
	// empty and 0 if the sender knows none.
	OrderNumber string `json:"order_number,omitempty"`
	OrderLine   int    `json:"order_line,omitempty"`
	Place       Place  `json:"place"`
	Codes       []Code `json:"codes"`
	// Quantity is a plain decimal, never negative, in Unit: "each" or "pack".
	Quantity string `json:"quantity"`
	Unit     string `json:"unit"`
	Lot      string `json:"lot,omitempty"`
	Expiry   string `json:"expiry,omitempty"` // CCYY-MM-DD
	Serial   string `json:"serial,omitempty"`
	Effect   Effect `json:"effect"`
}
