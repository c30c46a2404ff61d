package journal

import "time"

// Load is a catalogue file that was taken in, or not.
type Load struct {
	ID      int64  `json:"id"`
	Trust   string `json:"trust,omitempty"` // empty: the national catalogue
	Source  string `json:"source"`
	Profile string `json:"profile"`
	Mode    string `json:"mode"` // full, delta
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	Digest  []byte `json:"-"`
	// State is checking, publishing, published, unchanged, waits, refused, tried
	// or died.
	State     string           `json:"state"`
	Rows      int64            `json:"rows"`
	Added     int64            `json:"added"`
	Changed   int64            `json:"changed"`
	Same      int64            `json:"unchanged"`
	Suspended int64            `json:"suspended"`
	Removed   int64            `json:"removed"`
	Rejected  int64            `json:"rejected"`
	Fields    map[string]int64 `json:"fields"`
	// Text says what became of it, where the state does not say all.
	Text       string     `json:"text,omitempty"`
	AcceptedBy string     `json:"accepted_by,omitempty"`
	StartedAt  time.Time  `json:"started_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}
