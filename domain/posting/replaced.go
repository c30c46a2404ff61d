package posting

import (
	"encoding/json"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// Replaced is a word that no longer stands, or never came to stand because a
// later one was there: what a correction replaced.
type Replaced struct {
	Case   theatre.CaseID
	Line   theatre.LineID // zero for a word on the case itself
	Source string
	Part   string
	Word   json.RawMessage
	// Told is the message that told it, By the one that replaced it. For a
	// word that came too late both are its own.
	Told, By   int64
	Superseded bool
}

// remember keeps a line's word that does not stand.
func (d *decider) remember(c *theatre.Case, line *theatre.Line, source string, w theatre.Word, by int64, superseded bool) {
	raw, _ := json.Marshal(w) // plain values: it cannot fail
	d.out.Replaced = append(d.out.Replaced, Replaced{Case: c.ID, Line: line.ID, Source: source, Part: theatre.Part(w.Effect), Word: raw, Told: w.Sequence.Message, By: by, Superseded: superseded})
}

// rememberCase keeps a case's word that does not stand.
func (d *decider) rememberCase(c *theatre.Case, source, part string, w theatre.CaseWord, by int64, superseded bool) {
	raw, _ := json.Marshal(w)
	d.out.Replaced = append(d.out.Replaced, Replaced{Case: c.ID, Source: source, Part: part, Word: raw, Told: w.Sequence.Message, By: by, Superseded: superseded})
}
