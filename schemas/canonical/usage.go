package canonical

// Patient is how a message names a patient. Values are personal data: they
// go to the identity vault and nowhere else.
type Patient struct {
	Identifiers []Identifier `json:"identifiers"`
	FamilyName  string       `json:"family_name,omitempty"`
	GivenNames  string       `json:"given_names,omitempty"`
	BirthDate   string       `json:"birth_date,omitempty"` // CCYY-MM-DD
	Gender      string       `json:"gender,omitempty"`
	// NHSStatus is the NHS Number status indicator where it comes without a
	// number: it says why there is none.
	NHSStatus string `json:"nhs_status,omitempty"`
}

// Identifier is one number by which somebody knows a patient.
type Identifier struct {
	// Type is "NH" for an NHS Number, else the sender's type, as "MR".
	Type string `json:"type"`
	// Authority is who issued it: "NHS", or the sender's own name for itself.
	Authority string `json:"authority"`
	Value     string `json:"value"`
	// Status is the NHS Number status indicator, where told.
	Status string `json:"status,omitempty"`
}

// Case is how a message names a theatre case: the first alias that is known
// finds it, in this order.
type Case struct {
	Aliases []Alias `json:"aliases"`
}

// Alias is one name of a case, as {"case_number", "4411"}.
type Alias struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// Place is where stock was used: the sender's own code and text.
type Place struct {
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

// Person is somebody by role: operator, supervisor, consultant, scrub, scanner.
type Person struct {
	Role string `json:"role"`
	Code string `json:"code,omitempty"`
	// Authority is who issued the code, as "GMC".
	Authority string `json:"authority,omitempty"`
}

// Mode says what a group of lines means beside what was told before (law 11).
type Mode string

const (
	// Increments: each line stands for itself, found again by its key.
	Increments Mode = "increments"
	// Snapshot: the lines are all that there are in the scope; a line of the
	// same source that is not told again is withdrawn.
	Snapshot Mode = "snapshot"
	// Actions: each line says by a code of its own whether it is added,
	// updated, deleted or left as it was.
	Actions Mode = "actions"
)

// Usage tells what was used on a patient in one case.
type Usage struct {
	Case Case `json:"case"`
	// Encounter is the number of the visit of which the case is part.
	Encounter string `json:"encounter,omitempty"`
	// Source tells apart what one connector tells in several voices, as
	// "implants" beside "charges"; empty is the connector itself.
	Source     string  `json:"source,omitempty"`
	Patient    Patient `json:"patient"`
	Place      Place   `json:"place"`
	OccurredAt Instant `json:"occurred_at"`
	Mode       Mode    `json:"mode"`
	// Scope is the part of the case's lines of which a snapshot tells all;
	// empty is all of this source.
	Scope      string      `json:"scope,omitempty"`
	Procedures []Procedure `json:"procedures,omitempty"`
	People     []Person    `json:"people,omitempty"`
	Lines      []UsageLine `json:"lines"`
}

// EventKind is "usage".
func (Usage) EventKind() string { return "usage" }

// Procedure is one procedure of a case, as coded by this source.
type Procedure struct {
	Code   string `json:"code"`
	System string `json:"system,omitempty"`
	Text   string `json:"text,omitempty"`
	Side   string `json:"side,omitempty"`
	// On is the day of the procedure, CCYY-MM-DD, where told.
	On string `json:"on,omitempty"`
}

// Effect is what a line does. It comes from the profile's table alone.
type Effect string

const (
	// Use: the item was used, Quantity in all under this key.
	Use Effect = "use"
	// Credit takes Quantity back from the use under the same key.
	Credit Effect = "credit"
	// Delete: the line was told in error and never was.
	Delete Effect = "delete"
	// NoValue: the sender withdrew the value and gives none.
	NoValue Effect = "no_value"
	// WrongPatient: the line was told of another patient: it is reversed and
	// people are alerted.
	WrongPatient Effect = "wrong_patient"
	// Unknown: the sender's sign is not in the profile's table. It is never
	// a use: the line waits for a person.
	Unknown Effect = "unknown"
)

// CreditFor is why a use is credited; it decides what becomes of the thing.
// None of them puts it back on the shelf as if nothing had been.
type CreditFor string

const (
	// NeverOpened: it is back, and held until somebody has checked it.
	NeverOpened CreditFor = "never_opened"
	// Wasted: it is gone, and the patient was not given it.
	Wasted CreditFor = "wasted"
	// ChargingError: money only; what was used was used.
	ChargingError CreditFor = "charging_error"
)

// Set is a reusable or loan set, by the number on its tray.
type Set struct {
	// ID is a GRAI, a GIAI, or the owner's own number.
	ID string `json:"id"`
	// Cycle is the sterilisation cycle in which it was made ready.
	Cycle string `json:"cycle,omitempty"`
}

// None is what a line's lot, serial, expiry or side says if the sender took it
// back and gave no other (HL7's "").
const None = `""`

// UsageLine is one thing that was used, or a correction of it.
type UsageLine struct {
	// Origin is where in the message it stands, as "FT1[2]".
	Origin string `json:"origin"`
	// Key is the line's business key within its case (law 2). Empty if the
	// sender gave none that is stable: the line then goes to reconciliation.
	Key    string `json:"key"`
	Effect Effect `json:"effect"`
	// Codes are the ways in which the sender names the item, best first.
	Codes []Code `json:"codes"`
	// Text is the sender's own description.
	Text string `json:"text,omitempty"`
	// UDI is the carrier as scanned.
	UDI    string `json:"udi,omitempty"`
	Lot    string `json:"lot,omitempty"`
	Serial string `json:"serial,omitempty"`
	Expiry string `json:"expiry,omitempty"` // CCYY-MM-DD
	// Quantity is a decimal in Unit, unsigned; what it does is Effect.
	Quantity string `json:"quantity"`
	// Unit is "each", "pack" or "scanned" (the pack level of the scanned
	// GTIN); empty is each.
	Unit string `json:"unit,omitempty"`
	// CreditFor is set for a credit; empty is what the trust declares.
	CreditFor   CreditFor `json:"credit_for,omitempty"`
	Disposition string    `json:"disposition"`
	// DispositionTold is set where the sender said it, so that one who says
	// nothing does not take an earlier word back.
	DispositionTold bool   `json:"-"`
	Side            string `json:"side,omitempty"`
	// Set is the set of which the thing was part, or which it is.
	Set Set `json:"set,omitzero"`
	// Place overrides the usage's place for this line.
	Place      Place    `json:"place,omitzero"`
	OccurredAt Instant  `json:"occurred_at,omitzero"`
	People     []Person `json:"people,omitempty"`
}

// Code names an item in some system of codes.
type Code struct {
	// Kind is "gtin", "npc", "mpc", "erp" or "local".
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// Dispositions of a usage line. Absent means UsedUnspecified.
const (
	UsedUnspecified      = "used_unspecified"
	Implanted            = "implanted"
	Explanted            = "explanted"
	ImplantedThenRemoved = "implanted_then_removed"
	OpenedNotUsed        = "opened_not_used"
	Contaminated         = "contaminated"
	ReturnedUnopened     = "returned_unopened"
	// SupplierLiable: it failed or was damaged, and the supplier answers for it.
	SupplierLiable = "supplier_liable"
	// Reusable: an instrument or a set that goes back to be sterilised.
	Reusable = "reusable"
)
