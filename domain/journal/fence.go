package journal

import (
	"encoding/json"
	"time"
)

// Fence holds a trust's orders since a restore: none is numbered or sent until
// a person has compared the books with the outside world and lifted it.
type Fence struct {
	ID    int64     `json:"id"`
	SetAt time.Time `json:"set_at"`
	SetBy string    `json:"set_by"`
	Why   string    `json:"why"`
	// HeldThrough is when the newest message was received that the database
	// held when the fence was set; nil if it held none.
	HeldThrough *time.Time `json:"held_through,omitempty"`
	LiftedAt    *time.Time `json:"lifted_at,omitempty"`
	LiftedBy    string     `json:"lifted_by,omitempty"`
	LiftedWhy   string     `json:"lifted_why,omitempty"`
	// Report is what was found and done when it was lifted.
	Report json.RawMessage `json:"report,omitempty"`
}
