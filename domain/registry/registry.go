// Package registry holds what a device registry is told: which uses are
// reportable, what a record says of one, what it lacks and who can supply
// that, and what must be sent so that the registry ends up with what is now
// true. "Registry" here only ever means a device registry.
//
// A record follows from the facts as they stand, never from the event that
// changed them, so every order of events ends in the same record.
//
// How a record is laid out in a file, how files travel and where facts are
// kept do not belong here.
package registry

import (
	"time"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// The rules by which a device is reportable: as the catalogue flags it, by
// its class (an implantable device of class IIb or III), or by either.
const (
	Flagged = "flagged"
	Implant = "implant"
	Either  = "either"
)

// Rules are what a trust declares of its registry.
type Rules struct {
	// Provider is the trust's ODS code.
	Provider string
	// Test is set in a declared test environment: only there do test patients
	// reach a registry (law 7).
	Test bool
	// Devices is Flagged, Implant or Either.
	Devices string
	// Coding is the earliest stage of coding that a record may rest on.
	Coding string
	// From is the first day of use that is reported, CCYY-MM-DD; empty is all.
	From string
	// Zone is whose days count.
	Zone *time.Location
	// TestPatients are the trust's own test identifiers, in capitals without
	// blanks.
	TestPatients map[string]bool
	// Specialties are by the code of the place.
	Specialties map[string]Specialty
}

// Specialty is what a place's operations are reported under.
type Specialty struct{ TreatmentFunction, Main string }

// Use is all that is known of one usage line, as it now stands. It holds
// personal data, and lives only while a record is made of it.
type Use struct {
	Line   int64
	CaseID int64
	// Case and Key name the use as people do; Alias is the case's name with its
	// kind, which no other case has.
	Case, Alias, Key string
	State            theatre.State
	Why              string
	// Cancelled is set while the case's booking is cancelled.
	Cancelled   bool
	Disposition theatre.Disposition
	Item        Item
	// UDI is the carrier as scanned, Codes are as the sender gave them, as
	// "gtin 05012345000121".
	UDI                 string
	Codes               []string
	Lot, Serial, Expiry string
	// Quantity went to the patient, or wholly to waste; Wasted was credited as
	// wasted beside it. Both are in base units.
	Quantity, Wasted int64
	Side             string
	OccurredAt       time.Time
	Place, Site      string
	Patient          Patient
	Codings          []theatre.Version
	// People are those of the case; LinePeople those of the line itself.
	People, LinePeople []theatre.Person
	// Cause is the latest message, with its part and mapping, that changed any
	// of this (law 5).
	Cause inventory.Cause
}

// Subject is a use with all that the registry was told of it, in order.
type Subject struct {
	Use  Use
	Told []Version
}

// Item is what the catalogue says of the thing that was used.
type Item struct {
	// Known is false while the item is unidentified.
	Known                                              bool
	ID                                                 int64
	Code, Description, Manufacturer                    string
	CatalogueNumber, GTIN, Class                       string
	Implantable, Reportable, LotTracked, SerialTracked bool
}

// Patient is a patient as the vault has them: personal data.
type Patient struct {
	// Record is the surrogate of the record of which the use was told; zero is
	// nobody. Person is the one as which that record is now read.
	Record, Person int64
	// Test is set for a test patient.
	Test bool
	// NHSNumber may be empty; NHSStatus is its status indicator, or why there
	// is none, if anybody told it.
	NHSNumber, NHSStatus string
	// Local are the local identifiers, the first by value first.
	Local []string
	// BirthDate is CCYY-MM-DD; Gender is the sender's own code.
	BirthDate, Gender string
}
