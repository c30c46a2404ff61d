// Package canonical is the hub's own language: the versioned events between
// mapping, which knows what a sender's fields mean, and the domain, which
// knows what a hospital does. Events are plain values that marshal to JSON
// with stable snake_case names.
//
// Field paths, transport and stock rules do not belong here.
package canonical

// Version is the version of the events in this package.
const Version = 1

// Severity grades a Finding.
type Severity string

const (
	// Info is worth knowing and needs nobody.
	Info Severity = "info"
	// Warning may need somebody; the message was handled all the same.
	Warning Severity = "warning"
	// Error means that part of the message had no effect.
	Error Severity = "error"
)

// Finding is something that a reader of the message should know: what was
// missing, defaulted, unknown or repaired. Text holds no patient data.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Path     string   `json:"path,omitempty"`
	Text     string   `json:"text"`
}

// Translation is what one message said.
type Translation struct {
	// Header describes the message itself.
	Header Header `json:"header"`
	// Profile is the mapping's "name@version" that read it.
	Profile string `json:"profile"`
	// Events are in the message's own order.
	Events []Event `json:"events"`
	// Findings are about reading, not about stock.
	Findings []Finding `json:"findings"`
	// Ignored names why a message has no events by the profile's declaration
	// ("not of interest"); empty otherwise.
	Ignored string `json:"ignored,omitempty"`
}

// Header is what a message says of itself.
type Header struct {
	Type        string      `json:"type"`
	ControlID   string      `json:"control_id"`
	Sender      string      `json:"sender"`
	SentAt      Instant     `json:"sent_at"`
	Environment Environment `json:"environment"`
}

// Environment is MSH-11: only Production may touch live stock (law 7).
type Environment string

const (
	// Production is MSH-11 P, and the reading of an absent MSH-11 with a
	// finding.
	Production Environment = "production"
	// Training is MSH-11 T.
	Training Environment = "training"
	// Debugging is MSH-11 D.
	Debugging Environment = "debugging"
)

// Event is one of Usage, Booking, Coding, PatientUpdate, PatientMerge,
// PatientUnmerge, VisitMove, VisitMerge, OrderAnswer, GoodsReceived and
// Decision.
type Event interface {
	// EventKind is the stable snake_case name of the event.
	EventKind() string
}
