package journal

import "time"

// CaseFilter chooses cases. Zero values choose all.
type CaseFilter struct {
	// Open keeps cases with an open alert, or a line that waits or is
	// unidentified.
	Open bool
	// Reconcile keeps cases with Points, and gives those.
	Reconcile bool
	// Place keeps cases at the place of this code.
	Place string
	// From and To bound when a case was: its first use, else its booking.
	From, To time.Time
	Before   int64 // ids below it
	Limit    int
	// Zone is whose days count; nil is Europe/London.
	Zone *time.Location
}

// CaseQuery names a case, and the part of its lines that is wanted.
type CaseQuery struct {
	// Case is one of its names, KIND:VALUE of one, or the hub's number, which
	// id:NUMBER always is.
	Case string
	// From is the first line's place among all, from 1; Lines is how many.
	From, Lines int
	// Line, if it is not zero, chooses the part that holds this line instead of
	// From.
	Line int64
	// Zone is whose days count; nil is Europe/London.
	Zone *time.Location
}

// CaseSummary is a case in a line. Patient is a surrogate number, merges
// followed.
type CaseSummary struct {
	ID           int64      `json:"id"`
	Name         string     `json:"name"`
	Booking      string     `json:"booking"` // none, booked, cancelled
	ScheduledAt  *time.Time `json:"scheduled_at,omitempty"`
	UsedAt       *time.Time `json:"first_used_at,omitempty"`
	Place        string     `json:"place,omitempty"`
	Patient      int64      `json:"patient,omitempty"`
	LineCount    int64      `json:"line_count"`
	Unidentified int64      `json:"lines_unidentified"`
	Waiting      int64      `json:"lines_waiting"`
	Alerts       int64      `json:"alerts_open"`
	// Points are what a person has to put together, the first of them.
	Points []CasePoint `json:"points,omitempty"`
	// PointsInAll is how many there are.
	PointsInAll int64 `json:"points_in_all,omitempty"`
}

// CasePoint is an entry of the reconciliation list.
type CasePoint struct {
	// Kind is item_unidentified, place_unidentified, line_waiting,
	// sources_disagree, source_not_authoritative, no_business_key or
	// resembles.
	Kind     string `json:"kind"`
	Line     int64  `json:"line,omitempty"`
	Key      string `json:"line_key,omitempty"`
	State    string `json:"state,omitempty"`
	Why      string `json:"why,omitempty"`
	Item     string `json:"item,omitempty"`
	Text     string `json:"text,omitempty"` // the sender's own words
	Quantity string `json:"quantity,omitempty"`
	Message  int64  `json:"message,omitempty"`
	Origin   string `json:"origin,omitempty"`
	// Other is the case that this one resembles.
	Other *CaseRef `json:"other,omitempty"`
}

// CaseRef names another case.
type CaseRef struct {
	ID    int64      `json:"id"`
	Name  string     `json:"name"`
	Names []CaseName `json:"names,omitempty"`
	At    *time.Time `json:"at,omitempty"`
}

// CaseName is one name of a case, as {"case_number", "4411"}.
type CaseName struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}
