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
	snapshot bool
	word     theatre.CaseWord
	lines    []toldLine
	at       map[string]int // in lines, by key and part
}

type toldLine struct {
	key  string
	word theatre.Word
}

func (s *saying) telling(c *theatre.Case) *telling {
	for _, t := range s.tellings {
		if t.c == c {
			return t
		}
	}
	t := &telling{c: c, at: map[string]int{}}
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
		if t.snapshot {
			d.hearCase(s, t.c, "snapshot", theatre.CaseWord{Sequence: s.sequence()})
		}
		d.hearCase(s, t.c, "use", t.word)
		for _, l := range t.lines {
			d.hear(s, t.c, l.key, l.word)
		}
		if t.snapshot {
			d.withdrawUntold(s, t)
		}
		d.review(s, t.c)
	}
}

// withdrawUntold takes back the uses and credits of this source that a
// snapshot left out.
func (d *decider) withdrawUntold(s *saying, t *telling) {
	for _, key := range sortedKeys(d.k.Lines[t.c.ID]) {
		line := d.k.Lines[t.c.ID][key]
		_, use := t.at[key+" use"]
		_, credit := t.at[key+" credit"]
		if w, ok := line.Told[s.Connector+"/credit"]; ok && !credit {
			w.Quantity, w.Sequence, w.Origin, w.Profile = "0", s.sequence(), "snapshot", s.Said.Profile
			d.hear(s, t.c, key, w)
		}
		if w, ok := line.Told[s.Connector+"/use"]; ok && !use {
			w.Effect, w.Sequence, w.Origin, w.Profile = theatre.Delete, s.sequence(), "snapshot", s.Said.Profile
			d.hear(s, t.c, key, w)
		}
	}
}
