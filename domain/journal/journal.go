// Package journal is what a person reads of the hub: messages and what each
// caused, stock, orders, warnings and flows. They are plain values that
// marshal to JSON with stable snake_case names; the store fills them, the
// command line and the pages show them. None of them holds patient data.
//
// Rules do not belong here.
package journal

import (
	"encoding/json"
	"time"
)

// Stored is a message as the archive has it, for translation.
type Stored struct {
	ID         int64
	Connector  string
	Format     string
	Type       string
	Sender     string
	ControlID  string
	ReceivedAt time.Time
	Reused     bool
	Raw        []byte
	// Unreadable says why there is no Raw: its sealed bytes do not open.
	Unreadable error
}

// Message is one stored message and where it stands.
type Message struct {
	ID         int64     `json:"id"`
	Trust      string    `json:"trust"`
	Connector  string    `json:"connector"`
	Format     string    `json:"format"`
	Type       string    `json:"type"`
	Sender     string    `json:"sender"`
	ControlID  string    `json:"control_id"`
	ReceivedAt time.Time `json:"received_at"`
	// State is waiting, retrying, parked, stopped, applied, no_change,
	// superseded, ignored or test.
	State string `json:"state"`
	// Summary says what it did, or why it stopped.
	Summary string `json:"summary"`
	// Profile is the mapping that read it last.
	Profile string `json:"profile,omitempty"`
	// Received counts how often it was delivered.
	Received int `json:"received"`
	// Reused is set when another message came before under its control ID.
	Reused bool `json:"reused"`
	Bytes  int  `json:"bytes"`
	// PrunedAt is when its raw bytes were pruned; nil while they are there.
	PrunedAt *time.Time `json:"raw_pruned_at,omitempty"`
}

// Filter chooses messages. Zero values choose all.
type Filter struct {
	State, Type, Connector, ControlID string
	Before                            int64 // ids below it
	Limit                             int
}

// Chain is everything that one message brought about, from segment to order
// line.
type Chain struct {
	Message  Message      `json:"message"`
	Postings []Posting    `json:"postings"`
	Stop     *Stop        `json:"stop,omitempty"`
	Cases    []Case       `json:"cases"`
	Lines    []Line       `json:"lines"`
	Moves    []Movement   `json:"movements"`
	Suggests []Suggestion `json:"suggested_orders"`
	Orders   []Order      `json:"orders"`
	// Receipts are lines of goods received: at most 500 of a file.
	Receipts []ReceiptLine `json:"receipts"`
	Warnings []Warning     `json:"warnings"`
	// Submissions are where the uses stand with the registry of which the
	// message told, or that it answered.
	Submissions []Submission `json:"submissions"`
}

// Posting is one time that a message was translated and posted.
type Posting struct {
	Attempt  int             `json:"attempt"`
	Outcome  string          `json:"outcome"`
	Summary  string          `json:"summary"`
	Profile  string          `json:"profile"`
	PostedAt time.Time       `json:"posted_at"`
	Findings json.RawMessage `json:"findings"`
}

// Stop says why a message, or an order's dispatch, waits for a person.
type Stop struct {
	Step      string    `json:"step"`
	Code      string    `json:"code"`
	Path      string    `json:"path,omitempty"`
	Text      string    `json:"text"`
	Profile   string    `json:"profile,omitempty"`
	StoppedAt time.Time `json:"stopped_at"`
}

// Case is a theatre case by its name. Patient is a surrogate number.
type Case struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Booking string `json:"booking"`
	Patient int64  `json:"patient"`
}

// Line is a usage line as it stands now.
type Line struct {
	ID          int64  `json:"id"`
	Case        string `json:"case"`
	Key         string `json:"key"`
	State       string `json:"state"`
	Why         string `json:"why,omitempty"`
	Item        string `json:"item,omitempty"`
	Description string `json:"description,omitempty"`
	Text        string `json:"text,omitempty"`
	Lot         string `json:"lot,omitempty"`
	Serial      string `json:"serial,omitempty"`
	Expiry      string `json:"expiry,omitempty"`
	Quantity    string `json:"quantity"`
	Disposition string `json:"disposition"`
	Place       string `json:"place,omitempty"`
	Patient     int64  `json:"patient,omitempty"`
	Movement    int64  `json:"movement,omitempty"`
	Message     int64  `json:"message"`
	Origin      string `json:"origin"`
	Profile     string `json:"profile"`
}

// Movement is one row of the stock ledger.
type Movement struct {
	ID         int64     `json:"id"`
	Kind       string    `json:"kind"`
	Item       string    `json:"item,omitempty"`
	Lot        string    `json:"lot,omitempty"`
	Serial     string    `json:"serial,omitempty"`
	From       string    `json:"from"`
	To         string    `json:"to"`
	Quantity   int64     `json:"quantity"`
	OccurredAt time.Time `json:"occurred_at"`
	RecordedAt time.Time `json:"recorded_at"`
	Reverses   int64     `json:"reverses,omitempty"`
	Message    int64     `json:"message"`
	Origin     string    `json:"origin"`
	Profile    string    `json:"profile"`
}

// Suggestion is a suggested order.
type Suggestion struct {
	ID        int64           `json:"id"`
	Place     string          `json:"place"`
	Item      string          `json:"item"`
	Cycle     int64           `json:"cycle"`
	Packs     int64           `json:"packs"`
	PackSize  int64           `json:"pack_size"`
	UnitPrice string          `json:"unit_price"`
	Value     string          `json:"value"`
	Currency  string          `json:"currency"`
	State     string          `json:"state"`
	Why       string          `json:"why"`
	Inputs    json.RawMessage `json:"inputs"`
	ReleaseAt time.Time       `json:"release_at"`
	DecidedBy string          `json:"decided_by"`
	Order     string          `json:"order,omitempty"`
	Movement  int64           `json:"movement,omitempty"`
	Message   int64           `json:"message"`
	Origin    string          `json:"origin"`
}

// Order is a purchase order.
type Order struct {
	ID         int64       `json:"id"`
	Number     string      `json:"number"`
	Supplier   string      `json:"supplier"`
	DeliverTo  string      `json:"deliver_to"`
	State      string      `json:"state"`
	Value      string      `json:"value"`
	Currency   string      `json:"currency"`
	Automatic  bool        `json:"automatic"`
	Imported   bool        `json:"imported"`
	CreatedAt  time.Time   `json:"created_at"`
	SentAt     *time.Time  `json:"sent_at,omitempty"`
	File       string      `json:"file,omitempty"`
	AnsweredAt *time.Time  `json:"answered_at,omitempty"`
	AnsweredBy int64       `json:"answered_by,omitempty"`
	Lines      []OrderLine `json:"lines"`
	// Waiting says why it is not at the ERP yet, where it is not.
	Waiting string `json:"waiting,omitempty"`
	Stop    *Stop  `json:"stop,omitempty"`
}

// OrderLine is one need's line of an order.
type OrderLine struct {
	Line        int    `json:"line"`
	Item        string `json:"item"`
	Description string `json:"description"`
	Place       string `json:"place"`
	Cycle       int64  `json:"cycle,omitempty"`
	Packs       int64  `json:"packs"`
	PackSize    int64  `json:"pack_size"`
	UnitPrice   string `json:"unit_price"`
	Value       string `json:"value"`
	State       string `json:"state"`
	OpenPacks   int64  `json:"open_packs"`
	// Received are the base units that came, Substituted those of another item
	// that came in their place; Came tells of each delivery.
	Received    int64  `json:"received_units"`
	Substituted int64  `json:"substituted_units,omitempty"`
	Came        []Came `json:"receipts"`
	Expected    string `json:"expected_on,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Movement    int64  `json:"movement,omitempty"`
	Message     int64  `json:"message"`
	Origin      string `json:"origin"`
	Profile     string `json:"profile"`
}

// Stock is what one place holds of one item.
type Stock struct {
	Place        string `json:"place"`
	Item         string `json:"item"`
	Description  string `json:"description"`
	Unit         string `json:"unit"`
	Quantity     int64  `json:"quantity"`
	ReorderPoint *int64 `json:"reorder_point,omitempty"`
	OrderUpTo    *int64 `json:"order_up_to,omitempty"`
	OnOrder      int64  `json:"on_order"`
	// Available leaves out what is held, and lots that have expired: it is what
	// planning compares with the reorder point.
	Available int64 `json:"available"`
	// Held is how many of the balance may not be used until somebody has
	// checked them.
	Held  int64 `json:"held"`
	Below bool  `json:"below_reorder_point"`
}

// StockFilter chooses stock. Zero values choose all.
type StockFilter struct {
	// Below keeps what stands below its reorder point.
	Below bool
	// Search keeps what has this text in its place's code, its item's code or
	// description, in any case of letters.
	Search string
	// Item keeps the item of this code.
	Item string
	// Skip leaves out the first so many; Limit bounds how many are given.
	Skip, Limit int
}

// StockDetail is a stock line by lot, with its latest movements.
type StockDetail struct {
	Stock
	Lots  []StockLot `json:"lots"`
	Holds []Hold     `json:"holds"` // that are not released
	Moves []Movement `json:"movements"`
}

// StockLot is what a place holds of one lot or serial.
type StockLot struct {
	Lot      string `json:"lot"`
	Serial   string `json:"serial"`
	Expiry   string `json:"expiry,omitempty"`
	Expired  bool   `json:"expired"`
	Quantity int64  `json:"quantity"`
	// Held is how many of the lot are held, of all its serial numbers.
	Held int64 `json:"held"`
}

// Warning is something that needs a person.
type Warning struct {
	ID       int64      `json:"id"`
	Kind     string     `json:"kind"`
	Severity string     `json:"severity"`
	Text     string     `json:"text"`
	Action   string     `json:"action"`
	Message  int64      `json:"message,omitempty"`
	OpenedAt time.Time  `json:"opened_at"`
	ClosedAt *time.Time `json:"closed_at,omitempty"`
	Why      string     `json:"closed_why,omitempty"`
	// ClosedBy is who closed it; empty if the hub did, for it no longer held.
	ClosedBy string `json:"closed_by,omitempty"`
	// Case and Line are what it is about, if it is about such.
	Case int64 `json:"case,omitempty"`
	Line int64 `json:"line,omitempty"`
}

// Flow is one way in or out, over the last day.
type Flow struct {
	Trust     string     `json:"trust"`
	Connector string     `json:"connector"`
	Direction string     `json:"direction"` // in, out
	Count     int64      `json:"count"`
	LastHour  int64      `json:"last_hour"`
	Waiting   int64      `json:"waiting"`
	Stopped   int64      `json:"stopped"`
	Oldest    *time.Time `json:"oldest_waiting,omitempty"`
	Last      *time.Time `json:"last,omitempty"`
	// P50 and P99 are from receipt to effect (in) or from order to delivery
	// (out), in milliseconds, over the last thousand.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// Status is a trust at a glance.
type Status struct {
	Trust       string       `json:"trust"`
	Name        string       `json:"name"`
	Environment string       `json:"environment"`
	Paused      *Pause       `json:"purchasing_paused,omitempty"`
	Fence       *Fence       `json:"orders_held,omitempty"`
	Warnings    []Warning    `json:"warnings"`
	Stopped     []Message    `json:"stopped"`
	Waiting     []Suggestion `json:"suggestions_waiting"`
	Unsent      []Order      `json:"orders_not_sent"`
	Flows       []Flow       `json:"flows"`
	Messages    []Message    `json:"messages"`
	Below       []Stock      `json:"below_reorder_point"`
	// How many there are of these; the lists have the first of them.
	WarningsInAll int64    `json:"warnings_in_all"`
	WaitingInAll  int64    `json:"suggestions_waiting_in_all"`
	BelowInAll    int64    `json:"below_reorder_point_in_all"`
	Orders        []Order  `json:"orders"`
	Registry      Registry `json:"registry"`
}

// Pause says since when and why automatic purchasing rests.
type Pause struct {
	At  time.Time `json:"at"`
	By  string    `json:"by"`
	Why string    `json:"why"`
}
