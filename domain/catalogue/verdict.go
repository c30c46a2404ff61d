package catalogue

import "github.com/stockwell-hub/stockwell/internal/fault"

// Verdict is what publishing a file would do, or did.
type Verdict struct {
	// Before is how many products or items there were.
	Before    int64 `json:"before"`
	Added     int64 `json:"added"`
	Changed   int64 `json:"changed"`
	Same      int64 `json:"unchanged"`
	Suspended int64 `json:"suspended"`
	Removed   int64 `json:"removed"`
	// Returned were removed before and are told of again; Changed counts them.
	Returned int64 `json:"returned,omitempty"`
	// Fields counts the changes of each field.
	Fields map[string]int64 `json:"fields"`
}

// FieldChange is one field of one product or item that a file changes.
type FieldChange struct {
	Key    string `json:"key"`
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// fewProducts is how small a catalogue may be for its share of changes to say
// nothing.
const fewProducts = 100

// TooMuch reports whether a file changes or removes so large a share of what
// was there, in hundredths, that a person has to look at it first. A new
// catalogue, and one of a hundred products, has no share worth a look.
func (v Verdict) TooMuch(most int) bool {
	return v.Before > fewProducts && (v.Changed+v.Removed)*100 > v.Before*int64(most)
}

// Touches reports whether anything would be written.
func (v Verdict) Touches() bool { return v.Added+v.Changed+v.Removed > 0 }

// Rejected is a row that cannot be taken up beside the others of its file, or
// beside what is there.
type Rejected struct {
	Line int64
	// Column is the field that is wrong, by its name in profiles.
	Column string
	Err    *fault.Error
}
