package theatre

import (
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
)

// CaseID is one patient's visit to theatre. Zero is none.
type CaseID int64

// LineID is one usage line. Zero is none.
type LineID int64

// Effect is what a word says of its line.
type Effect string

// The effects, as the profile's table gives them.
const (
	Use          Effect = "use"
	Credit       Effect = "credit"
	Delete       Effect = "delete"
	NoValue      Effect = "no_value"
	WrongPatient Effect = "wrong_patient"
	Unknown      Effect = "unknown"
)

// Disposition is what became of the thing.
type Disposition string

// The dispositions. UsedUnspecified is what an absent one means.
const (
	UsedUnspecified      Disposition = "used_unspecified"
	Implanted            Disposition = "implanted"
	Explanted            Disposition = "explanted"
	ImplantedThenRemoved Disposition = "implanted_then_removed"
	OpenedNotUsed        Disposition = "opened_not_used"
	Contaminated         Disposition = "contaminated"
	ReturnedUnopened     Disposition = "returned_unopened"
)

// Word is what one source said last of a line, for its use or its credit.
// Item and Ratio are what its codes meant when it was heard.
type Word struct {
	Effect      Effect            `json:"effect"`
	Quantity    string            `json:"quantity"`
	Unit        string            `json:"unit,omitempty"`
	Item        catalogue.ItemID  `json:"item,omitempty"`
	Ratio       int64             `json:"ratio,omitempty"`
	Text        string            `json:"text,omitempty"`
	Codes       []string          `json:"codes,omitempty"`
	UDI         string            `json:"udi,omitempty"`
	Lot         string            `json:"lot,omitempty"`
	Serial      string            `json:"serial,omitempty"`
	Expiry      string            `json:"expiry,omitempty"`
	Disposition Disposition       `json:"disposition,omitempty"`
	Side        string            `json:"side,omitempty"`
	Place       inventory.PlaceID `json:"place,omitempty"`
	PlaceText   string            `json:"place_text,omitempty"`
	Patient     Patient           `json:"patient,omitempty"`
	OccurredAt  time.Time         `json:"occurred_at,omitzero"`
	Sequence    Sequence          `json:"sequence"`
	Origin      string            `json:"origin"`
	Profile     string            `json:"profile"`
}

// Line is one thing used, or not, in a case. Told holds the latest words by
// "source/part", part being "use" or "credit".
type Line struct {
	ID     LineID
	Case   CaseID
	Key    string
	Told   map[string]Word
	Posted *inventory.Movement
}

// Part is what an effect speaks of: "credit", or "use" for all others.
func Part(e Effect) string {
	if e == Credit {
		return "credit"
	}
	return "use"
}

// Hear takes a word of source. An older word than the one that stands is
// superseded and changes nothing.
func (l *Line) Hear(source string, w Word) (superseded bool) {
	k := source + "/" + Part(w.Effect)
	if old, ok := l.Told[k]; ok && w.Sequence.Before(old.Sequence) {
		return true
	}
	if l.Told == nil {
		l.Told = map[string]Word{}
	}
	l.Told[k] = w
	return false
}
