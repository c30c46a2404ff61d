package journal

import "time"

// Condition is a state of the hub, or of one of its trusts, that people must
// know of while it lasts: the database is away, the disk is full, messages
// pile up, a clock was set back.
type Condition struct {
	Kind string `json:"kind"`
	// Trust is empty for the whole hub.
	Trust  string    `json:"trust,omitempty"`
	Text   string    `json:"text"`
	Action string    `json:"action"`
	Since  time.Time `json:"since"`
}
