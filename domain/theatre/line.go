package theatre

import (
	"maps"
	"reflect"
	"slices"
	"strings"
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
	// SupplierLiable is gone from the shelf; the supplier answers for it.
	SupplierLiable Disposition = "supplier_liable"
	// Reusable goes back to be sterilised and is no stock.
	Reusable Disposition = "reusable"
)

// CreditFor is why a use was credited.
type CreditFor string

// The reasons of a credit. None of them puts a thing back on the shelf as if
// nothing had been.
const (
	// NeverOpened: it is back, and held until somebody has checked it. An
	// absent reason means it.
	NeverOpened CreditFor = "never_opened"
	// Wasted: it is gone, but not to the patient.
	Wasted CreditFor = "wasted"
	// ChargingError: money only; what was used was used.
	ChargingError CreditFor = "charging_error"
)

// Set is a reusable or loan set and the sterilisation cycle that made it ready.
type Set struct {
	ID    string `json:"id"`
	Cycle string `json:"cycle,omitempty"`
}

// Word is what one source said last of a line, for its use or its credit.
// Item, Ratio and Ceiling are what its codes meant when it was heard.
type Word struct {
	Effect      Effect            `json:"effect"`
	Quantity    string            `json:"quantity"`
	Unit        string            `json:"unit,omitempty"`
	Item        catalogue.ItemID  `json:"item,omitempty"`
	Ratio       int64             `json:"ratio,omitempty"`
	Ceiling     int64             `json:"ceiling,omitempty"`
	Text        string            `json:"text,omitempty"`
	Codes       []string          `json:"codes,omitempty"`
	UDI         string            `json:"udi,omitempty"`
	Lot         string            `json:"lot,omitempty"`
	Serial      string            `json:"serial,omitempty"`
	Expiry      string            `json:"expiry,omitempty"`
	CreditFor   CreditFor         `json:"credit_for,omitempty"`
	Disposition Disposition       `json:"disposition,omitempty"`
	Side        string            `json:"side,omitempty"`
	Place       inventory.PlaceID `json:"place,omitempty"`
	PlaceText   string            `json:"place_text,omitempty"`
	Patient     Patient           `json:"patient,omitempty"`
	// Formerly is another patient of whom the source told the use before.
	Formerly Patient  `json:"formerly,omitempty"`
	Set      Set      `json:"set,omitzero"`
	People   []Person `json:"people,omitempty"`
	Scope    string   `json:"scope,omitempty"`
	// Whole is set for a word that tells all that there is of its line.
	Whole      bool      `json:"-"`
	OccurredAt time.Time `json:"occurred_at,omitzero"`
	// OccurredText and OccurredOr are the sender's own text and the second
	// reading of a time that a change of the clocks makes doubtful.
	OccurredText string    `json:"occurred_text,omitempty"`
	OccurredOr   time.Time `json:"occurred_or,omitzero"`
	Sequence     Sequence  `json:"sequence"`
	Origin       string    `json:"origin"`
	Profile      string    `json:"profile"`
}

// Line is one thing used, or not, in a case. Told holds the latest words by
// "source/part": "use", "credit" and "unknown" of the sources; "resolve" and "accept" of a
// person, who said what an unknown thing is, or that the line counts though
// another source decides in its case.
type Line struct {
	ID   LineID
	Case CaseID
	Key  string
	Told map[string]Word
	// SameAs is the key of another line of the case of which a person said
	// that it tells of the same use: whatever is said of this one is heard
	// there.
	SameAs string
	Posted *inventory.Movement
	// Wasted is the movement of what was credited as wasted.
	Wasted *inventory.Movement
	// Stands is what the line came to when it was looked at last.
	Stands Standing
}

// Standing is what a line came to.
type Standing struct {
	State       State
	Why, Source string
}

// The parts of a line on which a word may be.
const (
	partUse     = "use"
	partCredit  = "credit"
	partUnknown = "unknown"
	partResolve = "resolve"
	partAccept  = "accept"
)

// Part is what an effect speaks of: "credit", "unknown" for what nobody can
// tell, which takes no other word's place, or "use" for all others.
func Part(e Effect) string {
	switch e {
	case Credit:
		return partCredit
	case Unknown:
		return partUnknown
	}
	return partUse
}

// Hear takes a word of source. An older word than the one that stands is
// superseded and changes nothing; replaced is the word that this one took the
// place of, if it said something else.
func (l *Line) Hear(source string, w Word) (superseded bool, replaced *Word) {
	return l.hear(source+"/"+Part(w.Effect), w)
}

// Resolve takes a person's word on what the line's thing, or its place, is.
func (l *Line) Resolve(w Word) { l.hear("person/"+partResolve, w) }

// Resolved is what a person said of the line's thing and place.
func (l *Line) Resolved() (Word, bool) {
	w, ok := l.Told["person/"+partResolve]
	return w, ok
}

// Unresolved is what was told of the line without what a person said of its
// thing and place.
func (l *Line) Unresolved() map[string]Word {
	out := maps.Clone(l.Told)
	maps.DeleteFunc(out, func(k string, _ Word) bool { _, part := splitKey(k); return part == partResolve })
	return out
}

// Accept takes a person's word that the line counts.
func (l *Line) Accept(w Word) { l.hear("person/"+partAccept, w) }

func (l *Line) hear(key string, w Word) (superseded bool, replaced *Word) {
	old, ok := l.Told[key]
	if ok && w.Sequence.Before(old.Sequence) {
		return true, nil
	}
	if l.Told == nil {
		l.Told = map[string]Word{}
	}
	w = w.over(old).plain()
	w.Formerly = old.Formerly
	if old.Effect == Use && old.Patient != 0 && w.Patient != 0 && old.Patient != w.Patient {
		w.Formerly = old.Patient
	}
	l.Told[key] = w
	if ok && !old.Says(w) {
		return false, &old
	}
	return false, nil
}

// over is the word with what it does not tell, and the one before it on the
// same thing told: a charge without a lot does not take the lot from the
// implant record. What names the device goes together.
func (w Word) over(old Word) Word {
	if w.Whole || w.Effect != Use || old.Effect != Use || w.Item != old.Item || w.Item == 0 && !slices.Equal(w.Codes, old.Codes) {
		return w
	}
	switch {
	case w.Lot == "" && w.Serial == "" && w.UDI == "":
		w.Lot, w.Serial, w.UDI = old.Lot, old.Serial, old.UDI
		if w.Expiry == "" {
			w.Expiry = old.Expiry
		}
	case w.Expiry == "" && w.Lot == old.Lot:
		w.Expiry = old.Expiry
	}
	if w.Side == "" {
		w.Side = old.Side
	}
	if w.Disposition == "" {
		w.Disposition = old.Disposition
	}
	switch {
	case w.Set == (Set{}):
		w.Set = old.Set
	case w.Set.ID == old.Set.ID && w.Set.Cycle == "":
		w.Set.Cycle = old.Set.Cycle
	}
	if len(w.People) == 0 {
		w.People = old.People
	}
	return w
}

// plain is the word without what was only said to take an earlier word back.
func (w Word) plain() Word {
	for _, field := range []*string{&w.Lot, &w.Serial, &w.Expiry, &w.Side} {
		if *field == none {
			*field = ""
		}
	}
	if w.Disposition == "" {
		w.Disposition = UsedUnspecified
	}
	w.Whole = false
	return w
}

// none is what a field says that the sender took back.
const none = `""`

// Unsay takes back a word that its message, read anew, no longer tells.
func (l *Line) Unsay(source string, message int64, tells func(part string) bool) (changed bool) {
	for _, part := range []string{partUse, partCredit, partUnknown} {
		if w, ok := l.Told[source+"/"+part]; ok && w.Sequence.Message == message && !tells(part) {
			delete(l.Told, source+"/"+part)
			changed = true
		}
	}
	return changed
}

// Says reports whether both words say the same of the line, whenever and
// wherever they were said.
func (w Word) Says(o Word) bool {
	w.Sequence, w.Origin, w.Profile, w.Formerly = o.Sequence, o.Origin, o.Profile, o.Formerly
	same := w.OccurredAt.Equal(o.OccurredAt) && slices.Equal(w.Codes, o.Codes) && slices.Equal(w.People, o.People)
	w.OccurredAt, w.Codes, w.People = o.OccurredAt, nil, nil
	o.Codes, o.People = nil, nil
	return same && reflect.DeepEqual(w, o)
}

// Sources lists who told of a use or a credit on the line.
func (l *Line) Sources() []string { return sourcesOf(l.Told) }

// Accepted reports whether a person said that the line counts.
func (l *Line) Accepted() bool { _, ok := l.Told["person/"+partAccept]; return ok }

// AcceptedAt is when a person said so.
func (l *Line) AcceptedAt() Sequence { return l.Told["person/"+partAccept].Sequence }

// Credited reports whether any source told of a credit.
func (l *Line) Credited() bool {
	for k := range l.Told {
		if _, part := splitKey(k); part == partCredit {
			return true
		}
	}
	return false
}

// Join takes up what was said of another line, of which a person said that it
// tells of the same use. Of one source on both, the later word stands.
func (l *Line) Join(o *Line) {
	for _, k := range slices.Sorted(maps.Keys(o.Told)) {
		l.hear(k, o.Told[k])
	}
	o.Told, o.SameAs = map[string]Word{}, l.Key
}

// splitKey takes a key of Told apart.
func splitKey(k string) (source, part string) {
	i := strings.LastIndexByte(k, '/')
	return k[:i], k[i+1:]
}
