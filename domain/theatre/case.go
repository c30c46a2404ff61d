package theatre

import (
	"time"

	"github.com/stockwell-hub/stockwell/domain/inventory"
)

// Patient is a patient's surrogate, as identity hands it out. Zero is nobody.
type Patient int64

// Alias is one name of a case, as {"case_number", "4411"}.
type Alias struct{ Kind, Value string }

// CaseWord is what one source said last of a case: of its booking, or in
// passing with a use. Action is empty for the latter.
type CaseWord struct {
	Action      string            `json:"action,omitempty"`
	Patient     Patient           `json:"patient,omitempty"`
	Place       inventory.PlaceID `json:"place,omitempty"`
	ScheduledAt time.Time         `json:"scheduled_at,omitzero"`
	UsedAt      time.Time         `json:"used_at,omitzero"`
	Sequence    Sequence          `json:"sequence"`
}

// Case is one patient's visit to theatre. Told holds the latest words by
// "source/booking" and "source/use".
type Case struct {
	ID      CaseID
	Name    string
	Told    map[string]CaseWord
	Message int64 // that first named it
}

// Hear takes a word of source on the part "booking" or "use".
func (c *Case) Hear(source, part string, w CaseWord) (superseded bool) {
	k := source + "/" + part
	if old, ok := c.Told[k]; ok && w.Sequence.Before(old.Sequence) {
		return true
	}
	if c.Told == nil {
		c.Told = map[string]CaseWord{}
	}
	c.Told[k] = w
	return false
}

// CaseState is what a case's words come to.
type CaseState struct {
	Patient     Patient
	Place       inventory.PlaceID
	Booking     string // none, booked, cancelled
	ScheduledAt time.Time
	UsedAt      time.Time // of the first use that was told
}

// Settle says what the words come to: the latest word decides each matter
// that it speaks of.
func (c *Case) Settle() CaseState {
	s := CaseState{Booking: "none"}
	var patient, place, booking Sequence
	newer := func(w, than Sequence) bool { return than == (Sequence{}) || than.Before(w) }
	for _, w := range c.Told {
		if w.Patient != 0 && newer(w.Sequence, patient) {
			s.Patient, patient = w.Patient, w.Sequence
		}
		if w.Place != 0 && newer(w.Sequence, place) {
			s.Place, place = w.Place, w.Sequence
		}
		if w.Action != "" && newer(w.Sequence, booking) {
			s.Booking, s.ScheduledAt, booking = bookingState(w.Action), w.ScheduledAt, w.Sequence
		}
		if !w.UsedAt.IsZero() && (s.UsedAt.IsZero() || w.UsedAt.Before(s.UsedAt)) {
			s.UsedAt = w.UsedAt
		}
	}
	return s
}

func bookingState(action string) string {
	switch action {
	case "cancel", "discontinue", "delete", "no_show":
		return "cancelled"
	default:
		return "booked"
	}
}
