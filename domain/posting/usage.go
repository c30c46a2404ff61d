package posting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// usage reads what was told of a case's use; takeUp gives it its effect when
// the whole message was read. No line is refused, and none holds back its
// neighbours (law 4).
func (d *decider) usage(s *saying, e canonical.Usage) {
	c := d.caseOf(s, e.Case)
	patient := d.patient(s, e.Patient)
	if patient == 0 {
		s.find(canonical.Warning, "no_patient", "PID-3", "The message names no patient. The use is recorded for the case's patient as soon as one is known.")
	}
	d.toldOf(c, theatre.Patient(patient))
	place := d.place(e.Place)
	seq, source := s.sequence(), s.source(e)
	if toldAll(c, source, plain(e.Scope), seq) {
		s.superseded = true
		s.find(canonical.Info, "superseded", "", "A later snapshot of this case was taken up before; this one changed nothing.")
		return
	}
	occurred := d.occurred(s, e.OccurredAt)
	t := s.telling(c, source)
	if e.Mode == canonical.Snapshot {
		if t.snapshot == nil {
			t.snapshot = map[string]bool{}
		}
		t.snapshot[plain(e.Scope)] = true
	}
	t.lines = slices.Grow(t.lines, len(e.Lines))
	t.tell(theatre.CaseWord{Patient: theatre.Patient(patient), Place: place, UsedAt: occurred, Sequence: seq})
	t.around = t.around.and(d.aroundOf(s, e.Encounter, theatre.StageTheatre, e.Procedures, e.People))
	for _, l := range e.Lines {
		w := d.word(s, l, place, e.Place)
		w.Patient, w.Sequence, w.Profile, w.Scope = theatre.Patient(patient), seq, s.Said.Profile, plain(e.Scope)
		w.Whole = e.Mode == canonical.Snapshot
		if w.OccurredAt = l.OccurredAt.At; w.OccurredAt.IsZero() {
			w.OccurredAt = occurred
		}
		if at := l.OccurredAt; !at.Other.IsZero() || at.Missing {
			w.OccurredText, w.OccurredOr = plain(at.Text), at.Other
		} else if at := e.OccurredAt; !l.OccurredAt.Known() && (!at.Other.IsZero() || at.Missing) {
			w.OccurredText, w.OccurredOr = plain(at.Text), at.Other
		}
		t.line(s, plain(l.Key), w)
	}
}

// source is who tells of the use: the connector, or one of its voices.
func (s *saying) source(e canonical.Usage) string {
	if e.Source == "" {
		return s.Connector
	}
	return s.Connector + "." + e.Source
}

// occurred is when it happened: as told, else when the message was sent or
// received, which is said.
func (d *decider) occurred(s *saying, told canonical.Instant) time.Time {
	if told.Known() {
		return told.At
	}
	s.find(canonical.Info, "time_not_told", "", "The message does not say when it happened; the time of sending stands in.")
	if at := s.Said.Header.SentAt; at.Known() {
		return at.At
	}
	return s.ReceivedAt
}

// word reads one line in the hub's terms.
func (d *decider) word(s *saying, l canonical.UsageLine, place inventory.PlaceID, placeText canonical.Place) theatre.Word {
	w := theatre.Word{
		Effect: theatre.Effect(l.Effect), Quantity: plain(l.Quantity), Unit: l.Unit, Text: plain(l.Text), UDI: plain(l.UDI),
		Lot: plain(l.Lot), Serial: plain(l.Serial), Expiry: plain(l.Expiry), Disposition: theatre.Disposition(l.Disposition), Side: l.Side,
		CreditFor: theatre.CreditFor(l.CreditFor), Set: theatre.Set{ID: plain(l.Set.ID), Cycle: plain(l.Set.Cycle)}, People: d.people(s, l.People),
		Place: place, Origin: cmp.Or(l.Origin, "usage"),
	}
	if l.Place != (canonical.Place{}) {
		w.Place, placeText = d.place(l.Place), l.Place
	}
	w.PlaceText = plain(strings.TrimSpace(placeText.Code + " " + placeText.Text))
	if !l.DispositionTold && w.Disposition == theatre.UsedUnspecified {
		w.Disposition = ""
	}
	var codes []catalogue.Code
	for _, c := range l.Codes {
		codes = append(codes, catalogue.Code{Kind: catalogue.Kind(c.Kind), Value: plain(c.Value)})
		w.Codes = append(w.Codes, c.Kind+" "+plain(c.Value))
	}
	m, by, disagree := catalogue.Resolve(codes, d.k.Codes)
	w.Item, w.Ratio, w.Ceiling = m.Item, m.Ratio, m.Ceiling
	switch {
	case m.Item == 0 && (w.Disposition == theatre.Reusable || w.Disposition == theatre.Explanted || w.Disposition == theatre.ReturnedUnopened):
	case m.Item == 0:
		s.find(canonical.Warning, "item_unidentified", l.Origin, "None of the line's codes is in the catalogue. The use is recorded as unidentified.")
	case disagree:
		s.find(canonical.Warning, "item_codes_disagree", l.Origin, "The line's codes name two items; the first one was taken.")
	}
	if m.Ratio > 1 && l.Unit != "pack" && l.Unit != "scanned" && by.Kind == catalogue.GTIN {
		s.find(canonical.Info, "pack_code_one_unit", l.Origin, "The scanned code is that of a pack of %d; the use counts as single units.", m.Ratio)
	}
	switch {
	case l.Unit == "scanned" && m.Ratio > 1:
		w.Unit = "pack"
	case l.Unit == "scanned":
		w.Unit = "each"
	case l.Unit == "pack" && m.Ratio == 1 && m.Pack > 1:
		w.Ratio = m.Pack
		s.find(canonical.Info, "pack_of_the_item", l.Origin, "Packs were told under the code of a single unit; the pack of %d in which the item is ordered was taken.", m.Pack)
	}
	if w.Place == 0 {
		s.find(canonical.Warning, "place_unidentified", l.Origin, "The place is not among the trust's places or their aliases. The use is recorded without a shelf.")
	}
	return w
}

// hear adds a word to its line; settleCase brings the ledger in step.
func (d *decider) hear(s *saying, c *theatre.Case, key string, w theatre.Word, h *heard) {
	line := d.line(c, key)
	if line == nil {
		line = &theatre.Line{ID: theatre.LineID(d.ids()), Case: c.ID, Key: key}
		d.k.Lines[c.ID][key] = line
		d.fresh[line.ID] = true
		s.changed = true
	}
	before, told := line.Told[h.source+"/use"]
	superseded, replaced := line.Hear(h.source, w)
	if superseded {
		if w.Effect == theatre.WrongPatient {
			d.alert(s, c, line) // whoever came first
		}
		s.superseded = true
		if line.Name(h.source, w) {
			h.add(line, w)
		}
		d.remember(c, line, h.source, w, s.ID, true)
		s.find(canonical.Info, "superseded", w.Origin, "A later word on this line was taken up before; this one changed nothing.")
		return
	}
	if replaced != nil {
		d.remember(c, line, h.source, *replaced, s.ID, false)
		h.watch(*replaced)
	}
	h.add(line, w)
	if w.Effect == theatre.WrongPatient && !(told && before.Effect == theatre.WrongPatient) {
		d.alert(s, c, line)
	}
}

// line finds a case's line by its key, or the one of which a person said that
// it tells of the same use.
func (d *decider) line(c *theatre.Case, key string) *theatre.Line {
	line := d.k.Lines[c.ID][key]
	for line != nil && line.SameAs != "" {
		line = d.k.Lines[c.ID][line.SameAs]
	}
	return line
}

func people(ps []canonical.Person) (out []theatre.Person) {
	for _, p := range ps {
		out = append(out, theatre.Person{Role: p.Role, Code: plain(p.Code), Authority: plain(p.Authority)})
	}
	return out
}

// alert tells of a use that was told of the wrong patient. Its subject is in
// no settled list: a later word that mends the line does not close it, a
// person who has looked at both records does.
func (d *decider) alert(s *saying, c *theatre.Case, line *theatre.Line) {
	d.warn(Warning{Kind: "wrong_patient", Subject: fmt.Sprintf("wrong_patient:%d:%d", line.ID, s.ID), Severity: "danger", Message: s.ID,
		Text:   "Case " + c.Name + ": the sender says that a use was told of the wrong patient. It was reversed.",
		Action: "Check the records of both patients, and what was sent to a registry; then close this warning with the reason."})
}

// plain is a sender's text as every store can keep it: valid UTF-8, no NUL.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
