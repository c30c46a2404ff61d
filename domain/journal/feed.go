package journal

import "time"

// Feed is a way by which messages come in, and whether planning relies on it.
type Feed struct {
	Connector string     `json:"connector"`
	LastAt    *time.Time `json:"last_heard_at,omitempty"`
	// Places are those of which it tells use: declared, else learned.
	Places   []string `json:"places"`
	Declared bool     `json:"places_declared"`
	// Doubts are the open warnings for which orders of these places wait for a
	// person.
	Doubts []Warning `json:"doubts"`
	// Waiting counts the suggested orders that wait because of them.
	Waiting int64 `json:"suggestions_waiting"`
}
