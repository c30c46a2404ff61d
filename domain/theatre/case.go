package theatre

import (
	"cmp"
	"maps"
	"slices"
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
	Encounter   string            `json:"encounter,omitempty"`
	ScheduledAt time.Time         `json:"scheduled_at,omitzero"`
	UsedAt      time.Time         `json:"used_at,omitzero"`
	Procedures  []Procedure       `json:"procedures,omitempty"`
	People      []Person          `json:"people,omitempty"`
	Sequence    Sequence          `json:"sequence"`
}

// Procedure is one procedure as somebody coded it. Codes that only qualify the
// one before them, as OPCS-4 chapters Y and Z do, are its Qualifiers.
type Procedure struct {
	Code       string   `json:"code,omitempty"`
	System     string   `json:"system,omitempty"`
	Text       string   `json:"text,omitempty"`
	Side       string   `json:"side,omitempty"`
	On         string   `json:"on,omitempty"` // CCYY-MM-DD
	Qualifiers []string `json:"qualifiers,omitempty"`
}

// Person is somebody by role and by the code that the sender gave.
type Person struct {
	Role      string `json:"role"`
	Code      string `json:"code"`
	Authority string `json:"authority,omitempty"`
}

// Case is one patient's visit to theatre. Told holds the latest words by
// "source/booking", "source/use" and "source/snapshot".
type Case struct {
	ID      CaseID
	Name    string
	Told    map[string]CaseWord
	Message int64 // that first named it
}

// Hear takes a word of source on a part: "booking", "use" or "snapshot".
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
	BookedFor   Patient // whom the booking names
	Place       inventory.PlaceID
	Booking     string // none, booked, cancelled
	ScheduledAt time.Time
	UsedAt      time.Time // the earliest of the sources' latest words
}

// Settle says what the words come to: the word that was sent last decides
// each matter that it speaks of. Words of different sources are never compared
// by receipt, which no sender controls (law 11): of two that were sent at one
// time, or whose time is uncertain, the source that is later by name decides.
func (c *Case) Settle() CaseState {
	s := CaseState{Booking: "none"}
	for _, k := range c.bySending() {
		w := c.Told[k]
		if w.Patient != 0 {
			s.Patient = w.Patient
		}
		if w.Place != 0 {
			s.Place = w.Place
		}
		if w.Action != "" {
			s.Booking, s.ScheduledAt = bookingState(w.Action), w.ScheduledAt.UTC()
			if w.Patient != 0 {
				s.BookedFor = w.Patient
			}
		}
		if !w.UsedAt.IsZero() && (s.UsedAt.IsZero() || w.UsedAt.Before(s.UsedAt)) {
			s.UsedAt = w.UsedAt.UTC()
		}
	}
	return s
}

func (c *Case) bySending() []string {
	return slices.SortedFunc(maps.Keys(c.Told), func(a, b string) int {
		return cmp.Or(c.Told[a].Sequence.SentAt.Compare(c.Told[b].Sequence.SentAt), cmp.Compare(a, b))
	})
}

func bookingState(action string) string {
	switch action {
	case "cancel", "discontinue", "delete", "no_show":
		return "cancelled"
	default:
		return "booked"
	}
}
