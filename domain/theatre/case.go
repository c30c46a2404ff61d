package theatre

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
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
	// UsedFrom is when the first of the things that it used was used; zero if
	// nothing is known of that.
	UsedFrom time.Time
	// JoinedInto is the case of which a person said that it is this one.
	JoinedInto CaseID
}

// Hear takes a word of source on a part: "booking", "use", "coding" or
// "snapshot:" with its scope. replaced is the word that this one took the
// place of, if it said something else.
func (c *Case) Hear(source, part string, w CaseWord) (superseded bool, replaced *CaseWord) {
	k := source + "/" + part
	old, ok := c.Told[k]
	if ok && w.Sequence.Before(old.Sequence) {
		return true, nil
	}
	if c.Told == nil {
		c.Told = map[string]CaseWord{}
	}
	if ok {
		w = w.over(old)
	}
	c.Told[k] = w
	if ok && !old.says(w) {
		return false, &old
	}
	return false, nil
}

// over is the word with what it does not tell, and the one before it told: a
// message without a theatre, a time or a patient takes none of them away.
func (w CaseWord) over(old CaseWord) CaseWord {
	if w.Patient == 0 {
		w.Patient = old.Patient
	}
	if w.Place == 0 {
		w.Place = old.Place
	}
	if w.ScheduledAt.IsZero() {
		w.ScheduledAt = old.ScheduledAt
	}
	return w
}

// says reports whether both words say the same, whenever they were said.
func (w CaseWord) says(o CaseWord) bool {
	w.Sequence, o.Sequence = Sequence{}, Sequence{}
	same := w.ScheduledAt.Equal(o.ScheduledAt) // the lines tell when they were used
	w.ScheduledAt, w.UsedAt, o.ScheduledAt, o.UsedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return same && reflect.DeepEqual(w, o)
}

// Join takes up what was said of another case, of which a person said that it
// is this one. Of one source on both, the later word stands.
func (c *Case) Join(o *Case) {
	for _, k := range slices.Sorted(maps.Keys(o.Told)) {
		if old, ok := c.Told[k]; ok && o.Told[k].Sequence.Before(old.Sequence) {
			continue
		}
		if c.Told == nil {
			c.Told = map[string]CaseWord{}
		}
		c.Told[k] = o.Told[k]
	}
	o.JoinedInto = c.ID
}

// CaseState is what a case's words come to.
type CaseState struct {
	Patient     Patient
	BookedFor   Patient // whom the booking names
	Place       inventory.PlaceID
	Booking     string // none, booked, cancelled
	ScheduledAt time.Time
	UsedAt      time.Time // the earliest of the sources' latest words
	// Encounter is the visit that was told last.
	Encounter string
	// Procedures are those of the latest stage that tells any: final coding,
	// theatre, booking.
	Procedures []Procedure
}

// Same reports whether two states are one.
func (s CaseState) Same(o CaseState) bool { return reflect.DeepEqual(s, o) }

// SameForLines reports whether the lines of a case have no reason to be looked
// at again.
func (s CaseState) SameForLines(o CaseState) bool {
	return s.Patient == o.Patient && s.BookedFor == o.BookedFor && s.Place == o.Place && s.Encounter == o.Encounter && reflect.DeepEqual(s.Procedures, o.Procedures)
}

// Settle says what the words come to: the word that was sent last decides
// each matter that it speaks of. Words of different sources are never compared
// by receipt, which no sender controls (law 11): of two that were sent at one
// time, or whose time is uncertain, the source that is later by name decides.
func (c *Case) Settle() CaseState {
	s := CaseState{Booking: "none"}
	stage := 0
	for _, k := range c.bySending() {
		w := c.Told[k]
		if n := stageOf(k); len(w.Procedures) > 0 && n >= stage {
			stage, s.Procedures = n, w.Procedures
		}
		if w.Encounter != "" {
			s.Encounter = w.Encounter
		}
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
	if !c.UsedFrom.IsZero() {
		s.UsedAt = c.UsedFrom.UTC()
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

// stageOf orders the parts of a case by how final their procedures are.
func stageOf(part string) int {
	return slices.Index(stages, part[strings.LastIndexByte(part, '/')+1:]) + 1
}
