package canonical

// Booking tells of a planned case.
type Booking struct {
	Case        Case    `json:"case"`
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

// OrderAnswer is an ERP's or supplier's answer to an order.
type OrderAnswer struct {
	OrderNumber string            `json:"order_number"`
	Lines       []OrderAnswerLine `json:"lines"`
}

// EventKind is "order_answer".
func (OrderAnswer) EventKind() string { return "order_answer" }

// OrderAnswerLine answers one line of an order. Status is "accepted",
// "changed" or "rejected".
type OrderAnswerLine struct {
	Origin   string `json:"origin"`
	Line     int    `json:"line"`
	Status   string `json:"status"`
	Quantity string `json:"quantity,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Expected string `json:"expected_on,omitempty"` // CCYY-MM-DD
}
