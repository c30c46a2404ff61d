// Package told is what the hospital's systems say, as plain values: which
// message says what of whom, when it was sent, and when it goes out. Feeds make
// them and write them down in their dialects; the expected state follows from
// them and from nothing else.
//
// Neither bytes nor rules belong here.
package told

import (
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
)

// Sender is one system that sends, with what it sends in order. It has one
// message in flight at a time.
type Sender struct {
	Name string // its own, as MSH-3 has it
	// Connector is the hub's way in that hears it.
	Connector string
	Door      Door
	Dialect   string
	Site      string
	Sendings  []Sending
}

// Door is the transport by which a sender reaches the hub.
type Door string

// The doors.
const (
	MLLP Door = "mllp"
	FHIR Door = "fhir"
)

// Sending is one time that a message goes out: at first, again, or again under
// another control ID.
type Sending struct {
	*Message
	At      time.Time // when it goes out
	Control string    // its control ID
	SentAt  time.Time // what it says of when it was sent
	Again   string    // why it goes out again: duplicate, replay, resend; empty at first
}

// Message is what a system says at one time.
type Message struct {
	Number  int // among its sender's
	Type    string
	Control string
	SentAt  time.Time
	// Doubtful is set where the text of SentAt has two readings.
	Doubtful bool

	Patient *Person
	Booking *Booking
	Usage   *Usage
	Coding  *Coding
	Update  bool // Patient is what it is about
	Merge   *Merge
	Move    *Move
	// Odd is set for a message that the hub must stop.
	Odd bool
}

// Person is somebody as a message names them.
type Person struct {
	*hospital.Patient
	Number string // the local one that is told
	NHS    string // what is told as the NHS Number; empty: none
}

// Booking is what is said of a planned case.
type Booking struct {
	Case   *hospital.Case
	Action string // book, reschedule, modify, cancel, discontinue
	At     time.Time
}

// Usage is what is said of a case's use. Whole names the parts of the case of
// which all is told; Lost those of which lines were lost on the way, of so
// many.
type Usage struct {
	Case  *hospital.Case
	Voice string // of several that the sender has
	At    time.Time
	Lines []Line
	Parts map[string]Part
	Done  bool // the case is over
}

// Part is one list of a snapshot.
type Part struct {
	Count int // how many lines it says that it has
	Whole bool
}

// Effect is what a line says.
type Effect string

// The effects.
const (
	Use          Effect = "use"
	Credit       Effect = "credit"
	Delete       Effect = "delete"
	WrongPatient Effect = "wrong_patient"
	Unknown      Effect = "unknown" // a sign that is in no table
	Unchanged    Effect = "unchanged"
)

// Reason is why something is credited.
type Reason string

// The reasons.
const (
	NeverOpened   Reason = "never_opened"
	Wasted        Reason = "wasted"
	ChargingError Reason = "charging_error"
)

// Line is one line of use as it is told.
type Line struct {
	Key      string // its own number; empty if it has none
	Part     string // of the snapshot
	Effect   Effect
	Item     *hospital.Item // nil for one that nobody knows
	System   string         // local, gtin, pack, mpc: how the item is named
	Code     string         // what names it
	Quantity string
	Packs    bool // Quantity counts packs
	Lot      string
	Serial   string
	Expiry   string
	UDI      bool // lot, serial and expiry are told in a scanned code
	Fate     hospital.Fate
	Side     string
	Reason   Reason
	Place    string // what names the shelf, where it is not the theatre's own
	Shelf    *hospital.Theatre
	Implant  bool
	Set      string
	Cycle    string
	At       time.Time
	Again    bool // the key was told before
}

// Coding is how a visit's procedures were coded for good.
type Coding struct {
	Visit string
	Codes []string
	On    time.Time
}

// Merge says that two numbers are one person's, or, if Undone, that they are
// not after all.
type Merge struct {
	Survivor, Retired string
	Undone            bool
}

// Move says that a visit was recorded for the wrong patient.
type Move struct {
	Visit    string
	From, To string
}
