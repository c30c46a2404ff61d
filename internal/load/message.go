package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A word is what a message says of one use: "CG" used, "CD" credited, "DEL"
// told in error. quantity is the whole, not a change of what was said before.
type word struct {
	key      string
	item     int
	effect   string
	quantity int
}

func (w word) String() string {
	return fmt.Sprintf("%s;%s;%s;%d", w.key, itemCode(w.item), w.effect, w.quantity)
}

// A use is what a sender remembers having told of one line.
type use struct {
	key            string
	item           int
	used, credited int
	deleted        bool
}

// An episode is one message's uses: later messages correct them.
type episode struct {
	patient, caseNumber, room string
	uses                      []*use
}

// message is one DFT and what it says.
type message struct {
	control string
	raw     string
	patient string
	caseNo  string
	shelf   string
	words   []word
	kind    string // use, correction, credit, deletion, duplicate, reused_id
}

// newEpisode picks whom and where. Patients and cases are shared by all
// senders: some sixty patients are treated at a time.
func newEpisode(r *rand.Rand, n int64, sender int) *episode {
	season := n / 500
	p := r.IntN(60)
	e := &episode{patient: fmt.Sprintf("T%05d%02d", season, p), caseNumber: fmt.Sprintf("C%05d%02d%d", season, p, r.IntN(2)), room: shelves[p%len(shelves)].room}
	for i := range 1 + r.IntN(12) {
		e.uses = append(e.uses, &use{key: fmt.Sprintf("S%d-%d-%d", sender, n, i+1), item: r.IntN(items), used: 1 + r.IntN(3)})
	}
	return e
}

// all tells of an episode for the first time.
func (e *episode) all() []word {
	var out []word
	for _, u := range e.uses {
		out = append(out, word{u.key, u.item, "CG", u.used})
	}
	return out
}

// again tells of some of the episode's uses anew: by correction (another
// quantity or item), credit or deletion. It changes what the episode
// remembers, so its message must be sent until it is acknowledged.
func (e *episode) again(r *rand.Rand, kind string) []word {
	var out []word
	for _, u := range e.uses {
		if u.deleted || len(out) > 0 && r.IntN(2) == 0 {
			continue
		}
		switch kind {
		case "correction":
			u.used = u.credited + r.IntN(4)
			if u.used == 0 {
				u.used = 1
			}
			if u.credited == 0 && r.IntN(3) == 0 {
				u.item = r.IntN(items)
			}
			out = append(out, word{u.key, u.item, "CG", u.used})
		case "credit":
			u.credited = min(u.used, max(u.credited, 1+r.IntN(2)))
			out = append(out, word{u.key, u.item, "CD", u.credited})
		case "deletion":
			u.deleted = true
			out = append(out, word{u.key, u.item, "DEL", 0})
		}
	}
	return out
}

// write lays a message out as HL7 v2.5.
func (e *episode) write(control, kind string, words []word, at time.Time) *message {
	var b strings.Builder
	sent := at.UTC().Format("20060102150405") + "+0000"
	fmt.Fprintf(&b, "MSH|^~\\&|THEATRE|ZZ7|STOCKWELL|ZZ7|%s||DFT^P03^DFT_P03|%s|P|2.5\rEVN|P03|%s\r", sent, control, sent)
	fmt.Fprintf(&b, "PID|1||%s^^^FIRE^MR||PATIENT^%s||19540312|F\rPV1|1|I|%s^^^ZZ701\r", e.patient, e.patient, e.room)
	for i, w := range words {
		code, effect := gtin(w.item)+"^Load item^GTIN", w.effect
		if w.effect == "DEL" {
			code, effect = `""`, "CG"
		}
		fmt.Fprintf(&b, "FT1|%d|%s||%s||%s|%s|||%d|||||||||||||%s\r", i+1, w.key, sent, effect, code, w.quantity, e.caseNumber)
		fmt.Fprintf(&b, "OBX|1|ST|LOT||%s||||||F\r", lotOf(w.item, len(w.key)))
	}
	shelf := shelves[0].code
	if e.room == shelves[1].room {
		shelf = shelves[1].code
	}
	return &message{control: control, raw: b.String(), patient: e.patient, caseNo: e.caseNumber, shelf: shelf, words: words, kind: kind}
}

// withoutTime is the message without MSH-7, which a repetition may change.
func withoutTime(raw string) string {
	parts := strings.SplitN(raw, "|", 8)
	parts[6] = ""
	return strings.Join(parts, "|")
}

// atTime is the same message as sent at another time.
func atTime(raw string, at time.Time) string {
	parts := strings.SplitN(raw, "|", 8)
	parts[6] = at.UTC().Format("20060102150405") + "+0000"
	return strings.Join(parts, "|")
}
