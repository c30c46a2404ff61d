package posting

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// telling is all that one message tells of one case's use. It is gathered
// from the whole message before any of it has an effect: a message may come
// back to a case, and to a line, several times.
type telling struct {
	c        *theatre.Case
	source   string
	snapshot map[string]bool // by scope
	word     theatre.CaseWord
	around   around
	lines    []toldLine
	at       map[string]int // in lines, by key and part
}

type toldLine struct {
	key  string
	word theatre.Word
}

func (s *saying) telling(c *theatre.Case, source string) *telling {
	for _, t := range s.tellings {
		if t.c == c && t.source == source {
			return t
		}
	}
	t := &telling{c: c, source: source, at: map[string]int{}}
	s.tellings = append(s.tellings, t)
	return t
}

// tell adds what is said of the case: the last decides, the first use counts.
func (t *telling) tell(w theatre.CaseWord) {
	if first := t.word.UsedAt; !first.IsZero() && first.Before(w.UsedAt) {
		w.UsedAt = first
	}
	if w.Patient == 0 {
		w.Patient = t.word.Patient
	}
	if w.Place == 0 {
		w.Place = t.word.Place
	}
	t.word = w
}

// keyless leads the key of a line that has none of its own.
const keyless = "message:"

// line adds a word on the line of this key. Of several the last decides; but a
// second use, or a second credit, is another one, for lines are never merged
// because they look alike: it takes "key#2".
func (t *telling) line(s *saying, key string, w theatre.Word) {
	if key == "" {
		key = fmt.Sprintf("%s%d:%s", keyless, s.ID, w.Origin)
	}
	part, name := " "+theatre.Part(w.Effect), key
	for n := 2; ; n++ {
		i, ok := t.at[name+part]
		if !ok {
			t.at[name+part] = len(t.lines)
			t.lines = append(t.lines, toldLine{name, w})
			break
		}
		if before := t.lines[i].word.Effect; before != w.Effect || before != theatre.Use && before != theatre.Credit {
			t.lines[i].word = w
			break
		}
		name = fmt.Sprintf("%s#%d", key, n)
	}
	if name != key {
		s.find(canonical.Warning, "key_repeated", w.Origin, "Two lines of the message have one business key. They were taken as two; correct the key in the mapping.")
	}
}

// takeUp gives what a message told of use its effect.
func (d *decider) takeUp(s *saying) {
	for _, t := range s.tellings {
		for _, scope := range sortedKeys(t.snapshot) {
			d.hearCase(s, t.c, t.source, partSnapshot+scope, theatre.CaseWord{Sequence: s.sequence()})
		}
		d.hearCase(s, t.c, t.source, "use", t.word)
		d.sayAround(s, t.c, t.source, t.around)
		h := newHeard(t.source, len(t.lines))
		for _, l := range t.lines {
			d.hear(s, t.c, l.key, l.word, h)
		}
		d.withdrawUntold(s, t, h)
		d.unsay(s, t, h)
		d.settleCase(s, t.c, h)
		d.review(s, t.c)
	}
}

// partSnapshot leads the part of a case on which a source told all that there
// is in a scope.
const partSnapshot = "snapshot:"

// toldAll reports whether a later message of the source told all that there is
// in the scope.
func toldAll(c *theatre.Case, source, scope string, q theatre.Sequence) bool {
	for _, part := range []string{partSnapshot, partSnapshot + scope} {
		if told, ok := c.Told[source+"/"+part]; ok && q.Before(told.Sequence) {
			return true
		}
	}
	return false
}

// withdrawUntold takes back the uses and credits of this source that a
// snapshot left out of its scope.
func (d *decider) withdrawUntold(s *saying, t *telling, h *heard) {
	if len(t.snapshot) == 0 {
		return
	}
	for _, key := range sortedKeys(d.k.Lines[t.c.ID]) {
		line := d.k.Lines[t.c.ID][key]
		_, use := t.at[key+" use"]
		_, credit := t.at[key+" credit"]
		_, odd := t.at[key+" unknown"]
		if w, ok := line.Told[t.source+"/unknown"]; ok && !odd && t.covers(w.Scope) && w.Sequence.Before(s.sequence()) {
			line.Unsay(t.source, w.Sequence.Message, func(part string) bool { return part != "unknown" })
			h.add(line, theatre.Word{Origin: "snapshot"})
		}
		if odd {
			continue // told, though nobody knows what of it
		}
		if w, ok := line.Told[t.source+"/credit"]; ok && !credit && t.covers(w.Scope) {
			w.Quantity, w.Sequence, w.Origin, w.Profile = "0", s.sequence(), "snapshot", s.Said.Profile
			d.hear(s, t.c, key, w, h)
		}
		if w, ok := line.Told[t.source+"/use"]; ok && !use && t.covers(w.Scope) && w.Effect != theatre.Delete {
			w.Effect, w.Sequence, w.Origin, w.Profile = theatre.Delete, s.sequence(), "snapshot", s.Said.Profile
			d.hear(s, t.c, key, w, h)
		}
	}
}

// unsay takes back what this message told before it was read anew, and no
// longer tells: a mended mapping may read a use as a credit.
func (d *decider) unsay(s *saying, t *telling, h *heard) {
	if s.Attempt < 2 {
		return
	}
	told := map[*theatre.Line]map[string]bool{}
	for _, l := range t.lines {
		line := d.line(t.c, l.key)
		if told[line] == nil {
			told[line] = map[string]bool{}
		}
		told[line][theatre.Part(l.word.Effect)] = true
	}
	for _, key := range sortedKeys(d.k.Lines[t.c.ID]) {
		line := d.k.Lines[t.c.ID][key]
		if line.Unsay(t.source, s.ID, func(part string) bool { return told[line][part] || t.snapshot != nil }) && !h.told(line) {
			h.add(line, theatre.Word{Origin: "replay"})
		}
	}
}

// covers reports whether the message told all that there is in a scope.
func (t *telling) covers(scope string) bool { return t.snapshot[""] || t.snapshot[scope] }
