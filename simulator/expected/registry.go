package expected

import (
	"slices"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
)

// Registration is what the device registry should come to hold of a line.
type Registration string

// What it comes to. Of a line that is Doubtful the registry must hold nothing:
// it is incomplete, or was withdrawn.
const (
	NotReported Registration = "not reported"
	Incomplete  Registration = "incomplete"
	Doubtful    Registration = "incomplete or withdrawn"
	Reported    Registration = "told"
)

// Registration says what the registry should come to hold of a line: each use
// of an implant, and each one that was taken out; complete with lot and serial
// number, with a patient whose NHS Number is known, and a coded procedure.
func (s *State) Registration(h *hospital.Hospital, c *Case, l *Line) Registration {
	into := slices.Contains([]hospital.Fate{hospital.Implanted, hospital.Explanted, hospital.Removed}, l.Fate)
	item := h.Item(l.Item)
	switch {
	case item != nil && !item.Implant, item == nil && !into:
		return NotReported
	case l.State == "withdrawn", l.State == "waiting":
		return NotReported
	case l.State == "recorded" && l.Fate != hospital.Explanted:
		return NotReported
	case c.Booking == "cancelled":
		return Doubtful
	case item == nil, s.NHS[l.Person] == "", len(c.Done) == 0:
		return Incomplete
	case l.Fate != hospital.Explanted && (item.Lots && l.Lot == "" || item.Serial && l.Serial == ""):
		return Incomplete
	}
	return Reported
}
