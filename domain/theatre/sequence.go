// Package theatre holds what happened in theatre: cases, their bookings, and
// the lines that say what was used on whom. A line keeps each source's latest
// word under its business key, and what it means follows from those words
// alone, so that every interleaving of the same words ends in the same state
// (law 11).
//
// Field paths and stock balances do not belong here.
package theatre

import "time"

// Sequence orders the words of one source. SentAt is the sender's own time
// where it is certain; Message is the hub's number, which grows in the order
// of receipt.
type Sequence struct {
	SentAt  time.Time `json:"sent_at,omitzero"`
	Message int64     `json:"message"`
}

// Before reports whether s is older than o: by the senders' times if both are
// certain and differ, else by receipt.
func (s Sequence) Before(o Sequence) bool {
	if !s.SentAt.IsZero() && !o.SentAt.IsZero() && !s.SentAt.Equal(o.SentAt) {
		return s.SentAt.Before(o.SentAt)
	}
	return s.Message < o.Message
}
