package posting

import (
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// Changes is all that a batch does, in the order in which it must be kept.
type Changes struct {
	Patients     []NewPatient
	Identifiers  []NewIdentifier
	Statuses     []*identity.NHSNumber
	Demographics []Demographics
	Links        []Linked
	Survivors    map[identity.Patient]identity.Patient // as whom records are read now that Links changed
	Merges       *identity.Links                       // all of them, if any changed; not to be changed any more
	Visits       []VisitNumber
	Events       []IdentityEvent
	Cases        []*theatre.Case
	States       []theatre.CaseState // of Cases
	CasePatients []CasePatient
	Aliases      []NewAlias
	Lots         []Lot
	Lines        []LineState
	Movements    []inventory.Movement
	Holds        []Hold
	Replaced     []Replaced
	Joined       []Joined
	Orders       []*purchasing.Order
	Receipts     []*purchasing.ReceiptLine
	Answers      []Answered // of the registry
	Warnings     []Warning
	// Settled names the subjects of which Warnings says all that is open: an
	// open warning of theirs that is not in Warnings closes.
	Settled  []string
	Postings []Posting
}

// grow makes room for what ms will most likely change.
func (c *Changes) grow(ms []Message) {
	lines, received := 0, 0
	for _, m := range ms {
		for _, e := range m.Said.Events {
			switch e := e.(type) {
			case canonical.Usage:
				lines += len(e.Lines)
			case canonical.GoodsReceived:
				received += len(e.Lines)
			}
		}
	}
	c.Lines, c.Movements, c.Lots = make([]LineState, 0, lines), make([]inventory.Movement, 0, lines+received), make([]Lot, 0, lines+received)
	c.Receipts = make([]*purchasing.ReceiptLine, 0, received)
	c.Postings = make([]Posting, 0, len(ms))
}

// NewPatient is a patient who was not known. The place that stands for them
// in the ledger has the same number.
type NewPatient struct {
	ID   identity.Patient
	Test bool
}

// PlaceOf is the place that stands for a known patient in the ledger.
func PlaceOf(p identity.Patient) inventory.PlaceID { return inventory.PlaceID(p) }

// The kinds of identifiers. An InvalidNumber was told as an NHS Number and is
// none: it is kept, and nobody is found by it.
const (
	LocalNumber   = "local"
	NHSNumber     = "nhs"
	InvalidNumber = "invalid"
)

// NewIdentifier is an identifier that was not known, in clear: the store
// keeps its pseudonym and its ciphertext. An InvalidNumber may be kept already.
type NewIdentifier struct {
	Kind       string
	Patient    identity.Patient
	Pseudonym  identity.Pseudonym
	Identifier canonical.Identifier
}

// Demographics is what a connector's message told of a patient, in clear: the
// store keeps it encrypted. About is set if the message was about the patient,
// and did not tell it in passing.
type Demographics struct {
	Patient   identity.Patient
	Told      canonical.Patient
	Connector string
	About     bool
	identity.Said
}

// Linked is a source's word on whether two records are one person.
type Linked struct {
	Pair identity.Pair
	identity.Link
}

// VisitNumber is one number of a visit, with what was told under it.
type VisitNumber struct {
	Number string
	Visit  *theatre.Encounter
}

// CasePatient says that a case was told of a patient's record.
type CasePatient struct {
	Case    theatre.CaseID
	Patient identity.Patient
}

// IdentityEvent is something that happened to a patient's record; what depends
// on it may have to be looked at anew. Other is the other record concerned.
type IdentityEvent struct {
	Kind           string // merged, unmerged, visit_moved, identifier_added, nhs_number_changed, nhs_status_changed, retired_identifier_used
	Patient, Other identity.Patient
	Message        int64
}

// NewAlias is a case's further name.
type NewAlias struct {
	Alias theatre.Alias
	Case  theatre.CaseID
}

// Lot is a lot's expiry as told by a use.
type Lot struct {
	Item   catalogue.ItemID
	Lot    string
	Expiry time.Time // zero if unknown
}

// LineState is a line after the batch. New is set when the batch began it.
type LineState struct {
	New     bool
	Line    *theatre.Line
	Settled theatre.Settled
	Patient identity.Patient
	Cause   inventory.Cause
}

// Hold keeps so many of what came back for a line from being used until a
// person has checked it. A line has one hold; a quantity of zero ends it.
type Hold struct {
	Line        theatre.LineID
	Place       inventory.PlaceID
	Item        catalogue.ItemID
	Lot, Serial string
	Quantity    int64
	Message     int64
}

// Joined is a case of which a person said that it is another.
type Joined struct{ Case, Into theatre.CaseID }

// Warning is something that needs a person. Severity is notice, warning or
// danger; Action says what to do.
type Warning struct {
	Kind, Subject, Text, Action, Severity string
	Message                               int64
}

// Posting records that a message had its effect.
type Posting struct {
	Message  Message
	Outcome  string // applied, no_change, superseded, ignored, test
	Summary  string
	Findings []canonical.Finding
	Cases    []theatre.CaseID // that it is about
}

// Result is what becomes of one message: done, or why not.
type Result struct {
	// Stop, if set, is the reason that a person must see; nothing of the
	// message had an effect.
	Stop error
	// Retry, if set, is the reason to try the same message later.
	Retry error
}
