package canonical

// Booking tells of a planned case.
type Booking struct {
	Case Case `json:"case"`
	// Encounter is the number of the visit of which the case is part.
	Encounter   string  `json:"encounter,omitempty"`
	Patient     Patient `json:"patient"`
	Place       Place   `json:"place"`
	ScheduledAt Instant `json:"scheduled_at"`
	// Action is "book", "reschedule", "modify", "cancel", "discontinue",
	// "delete" or "no_show".
	Action     string      `json:"action"`
	Procedures []Procedure `json:"procedures,omitempty"`
	People     []Person    `json:"people,omitempty"`
}

// EventKind is "booking".
func (Booking) EventKind() string { return "booking" }

// PatientUpdate tells a patient's identifiers and demographics. It changes no
// stock.
type PatientUpdate struct {
	Patient Patient `json:"patient"`
}

// EventKind is "patient_update".
func (PatientUpdate) EventKind() string { return "patient_update" }

// PatientMerge tells that the retired patient is the surviving one.
type PatientMerge struct {
	Survivor Patient `json:"survivor"`
	Retired  Patient `json:"retired"`
}

// EventKind is "patient_merge".
func (PatientMerge) EventKind() string { return "patient_merge" }

// PatientUnmerge takes a merge back: the two are two again (ADT^A37).
type PatientUnmerge struct {
	Survivor Patient `json:"survivor"`
	Retired  Patient `json:"retired"`
}

// EventKind is "patient_unmerge".
func (PatientUnmerge) EventKind() string { return "patient_unmerge" }

// VisitMove tells that a visit was recorded for the wrong patient: all of its
// cases belong to another (ADT^A43 to A45).
type VisitMove struct {
	Encounter string  `json:"encounter"`
	From      Patient `json:"from"`
	To        Patient `json:"to"`
}

// EventKind is "visit_move".
func (VisitMove) EventKind() string { return "visit_move" }

// VisitMerge tells that two visit numbers name one visit (ADT^A42, A50).
type VisitMerge struct {
	Survivor string `json:"survivor"`
	Retired  string `json:"retired"`
}

// EventKind is "visit_merge".
func (VisitMerge) EventKind() string { return "visit_merge" }

// Coding tells the procedures of a case, or of a whole visit, as somebody
// coded them; it changes no stock. It may come weeks later.
type Coding struct {
	// Case may be empty: the coding is then of the visit Encounter.
	Case      Case    `json:"case"`
	Encounter string  `json:"encounter,omitempty"`
	Patient   Patient `json:"patient"`
	// Stage is "theatre" or "final".
	Stage      string      `json:"stage"`
	Procedures []Procedure `json:"procedures"`
}

// EventKind is "coding".
func (Coding) EventKind() string { return "coding" }

// Decision is what a person decided about cases and lines: it comes from the
// command line, is archived as any message, and posted as one.
type Decision struct {
	// Kind is "resolve_line", "same_use", "accept_line" or "join_cases".
	Kind string `json:"kind"`
	// Case and Line name what it is about; for join_cases Case is joined
	// into Other.
	Case string `json:"case"`
	Line string `json:"line,omitempty"`
	// Other is the line of the same use, or the case that stays.
	Other string `json:"other,omitempty"`
	// Item and Place are codes of the trust's, for resolve_line.
	Item  string `json:"item,omitempty"`
	Place string `json:"place,omitempty"`
	// By and Why are who decided, and the reason.
	By  string `json:"by"`
	Why string `json:"why"`
}

// EventKind is "decision".
func (Decision) EventKind() string { return "decision" }

// OrderAnswer is an ERP's or supplier's answer to an order.
type OrderAnswer struct {
	OrderNumber string            `json:"order_number"`
	Lines       []OrderAnswerLine `json:"lines"`
}

// EventKind is "order_answer".
func (OrderAnswer) EventKind() string { return "order_answer" }

// OrderAnswerLine answers one line of an order. Status is "accepted",
// "changed", "rejected" or "closed": whatever came, nothing more will.
type OrderAnswerLine struct {
	Origin   string `json:"origin"`
	Line     int    `json:"line"`
	Status   string `json:"status"`
	Quantity string `json:"quantity,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Expected string `json:"expected_on,omitempty"` // CCYY-MM-DD
}

// RegistryAnswer is a device registry's answer to one version of a record.
// Status is "accepted" or "rejected".
type RegistryAnswer struct {
	Origin  string `json:"origin"`
	Record  string `json:"record"`
	Version int    `json:"version"`
	Status  string `json:"status"`
	// Code and Reason are the registry's own.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// EventKind is "registry_answer".
func (RegistryAnswer) EventKind() string { return "registry_answer" }
