package posting

import (
	"fmt"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// usage takes up what was told of a case's use. No line is refused, and none
// holds back its neighbours (law 4).
func (d *decider) usage(s *saying, e canonical.Usage) {
	c := d.caseOf(s, e.Case)
	patient := d.patient(s, e.Patient)
	if patient == 0 {
		patient = d.nobody(s, c)
	}
	place := d.place(e.Place)
	seq := s.sequence()
	if e.Mode == canonical.Snapshot {
		if d.hearCase(s, c, "snapshot", theatre.CaseWord{Sequence: seq}) {
			s.superseded = true
			s.find(canonical.Info, "superseded", "", "A later snapshot of this case was taken up before; this one changed nothing.")
			return
		}
	}
	occurred := d.occurred(s, e.OccurredAt)
	d.hearCase(s, c, "use", theatre.CaseWord{Patient: theatre.Patient(patient), Place: place, UsedAt: occurred, Sequence: seq})
	told := map[string]bool{}
	for _, l := range e.Lines {
		key := l.Key
		if key == "" {
			key = fmt.Sprintf("message:%d:%s", s.ID, l.Origin)
		}
		told[key] = true
		w := d.word(s, l, place, e.Place)
		w.Patient, w.Sequence, w.Profile = theatre.Patient(patient), seq, s.Said.Profile
		if w.OccurredAt = l.OccurredAt.At; w.OccurredAt.IsZero() {
			w.OccurredAt = occurred
		}
		d.hear(s, c, key, w)
	}
	if e.Mode == canonical.Snapshot {
		d.withdrawUntold(s, c, told, seq)
	}
}

// nobody stands in for a patient whom the message does not name: the case's
// own patient, else a surrogate that nobody else shares.
func (d *decider) nobody(s *saying, c *theatre.Case) identity.Patient {
	s.find(canonical.Warning, "no_patient", "PID-3", "The message names no patient. The use is recorded for the case's patient, or for one who is not yet known.")
	if p := c.Settle().Patient; p != 0 {
		return identity.Patient(p)
	}
	p := identity.Patient(d.ids())
	d.out.Patients = append(d.out.Patients, NewPatient{ID: p})
	return p
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
		Effect: theatre.Effect(l.Effect), Quantity: l.Quantity, Unit: l.Unit, Text: l.Text, UDI: l.UDI,
		Lot: l.Lot, Serial: l.Serial, Expiry: l.Expiry, Disposition: theatre.Disposition(l.Disposition), Side: l.Side,
		Place: place, Origin: l.Origin,
	}
	if l.Place != (canonical.Place{}) {
		w.Place, placeText = d.place(l.Place), l.Place
	}
	w.PlaceText = strings.TrimSpace(placeText.Code + " " + placeText.Text)
	var codes []catalogue.Code
	for _, c := range l.Codes {
		codes = append(codes, catalogue.Code{Kind: catalogue.Kind(c.Kind), Value: c.Value})
		w.Codes = append(w.Codes, c.Kind+" "+c.Value)
	}
	m, by, disagree := catalogue.Resolve(codes, d.k.Codes)
	w.Item, w.Ratio = m.Item, m.Ratio
	switch {
	case m.Item == 0:
		s.find(canonical.Warning, "item_unidentified", l.Origin, "None of the line's codes is in the catalogue. The use is recorded as unidentified.")
	case disagree:
		s.find(canonical.Warning, "item_codes_disagree", l.Origin, "The line's codes name two items; the first one was taken.")
	}
	if m.Ratio > 1 && l.Unit != "pack" && l.Unit != "scanned" && by.Kind == catalogue.GTIN {
		s.find(canonical.Info, "pack_code_one_unit", l.Origin, "The scanned code is that of a pack of %d; the use counts as single units.", m.Ratio)
	}
	if l.Unit == "scanned" {
		w.Unit = "pack"
	}
	if w.Place == 0 {
		s.find(canonical.Warning, "place_unidentified", l.Origin, "The place is not among the trust's places or their aliases. The use is recorded without a shelf.")
	}
	return w
}

// withdrawUntold takes back the lines of this source that a snapshot left out.
func (d *decider) withdrawUntold(s *saying, c *theatre.Case, told map[string]bool, seq theatre.Sequence) {
	for _, key := range sortedKeys(d.k.Lines[c.ID]) {
		w, ok := d.k.Lines[c.ID][key].Told[s.Connector+"/use"]
		if !ok || told[key] {
			continue
		}
		w.Effect, w.Sequence, w.Origin, w.Profile = theatre.Delete, seq, "snapshot", s.Said.Profile
		d.hear(s, c, key, w)
	}
}

// hear adds a word to its line and brings the ledger in step.
func (d *decider) hear(s *saying, c *theatre.Case, key string, w theatre.Word) {
	line := d.k.Lines[c.ID][key]
	if line == nil {
		line = &theatre.Line{ID: theatre.LineID(d.ids()), Case: c.ID, Key: key}
		d.k.Lines[c.ID][key] = line
		s.changed = true
	}
	if line.Hear(s.Connector, w) {
		s.superseded = true
		s.find(canonical.Info, "superseded", w.Origin, "A later word on this line was taken up before; this one changed nothing.")
		return
	}
	d.settle(s, c, line, w)
}
