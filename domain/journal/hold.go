package journal

import "time"

// Hold keeps stock that is there from being used until somebody has checked
// it.
type Hold struct {
	ID       int64  `json:"id"`
	Kind     string `json:"kind"` // returned, quality, label, recall
	Place    string `json:"place"`
	Item     string `json:"item"`
	Lot      string `json:"lot,omitempty"`
	Serial   string `json:"serial,omitempty"`
	Quantity int64  `json:"quantity"`
	Why      string `json:"why"`
	// Case and Line are what brought it about, if a case did.
	Case        int64      `json:"case,omitempty"`
	Line        int64      `json:"line,omitempty"`
	Message     int64      `json:"message,omitempty"`
	HeldAt      time.Time  `json:"held_at"`
	HeldBy      string     `json:"held_by"`
	ReleasedAt  *time.Time `json:"released_at,omitempty"`
	ReleasedBy  string     `json:"released_by,omitempty"`
	ReleasedWhy string     `json:"released_why,omitempty"`
}
