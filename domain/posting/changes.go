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
	Demographics []Demographics
	Merges       []Merge
	Cases        []*theatre.Case
	Aliases      []NewAlias
	Lots         []Lot
	Lines        []LineState
	Movements    []inventory.Movement
	Orders       []*purchasing.Order
	Warnings     []Warning
	// Settled names the subjects of which Warnings says all that is open: an
	// open warning of theirs that is not in Warnings closes.
	Settled  []string
	Postings []Posting
}

// grow makes room for what ms will most likely change.
func (c *Changes) grow(ms []Message) {
	lines := 0
	for _, m := range ms {
		for _, e := range m.Said.Events {
			if u, ok := e.(canonical.Usage); ok {
				lines += len(u.Lines)
			}
		}
	}
	c.Lines, c.Movements, c.Lots = make([]LineState, 0, lines), make([]inventory.Movement, 0, lines), make([]Lot, 0, lines)
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

// NewIdentifier is an identifier that was not known, in clear: the store
// keeps its pseudonym and its ciphertext.
type NewIdentifier struct {
	Patient    identity.Patient
	Pseudonym  identity.Pseudonym
	Identifier canonical.Identifier
}

// Demographics is what a message told of a patient, in clear: the store
// keeps it encrypted.
type Demographics struct {
	Patient identity.Patient
	Told    canonical.Patient
	At      time.Time
	Message int64
}

// Merge points a retired patient at the survivor.
type Merge struct{ Retired, Survivor identity.Patient }

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
}

// Result is what becomes of one message: done, or why not.
type Result struct {
	// Stop, if set, is the reason that a person must see; nothing of the
	// message had an effect.
	Stop error
	// Retry, if set, is the reason to try the same message later.
	Retry error
}
