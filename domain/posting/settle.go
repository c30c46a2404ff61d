package posting

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// settle brings the ledger in step with what a line's words now come to: what
// is posted and no longer right is reversed, what is right and not posted is
// posted. Every such movement names the message that caused it (law 5). heard
// is the word that was just added; nil if it is the case that changed.
func (d *decider) settle(s *saying, c *theatre.Case, line *theatre.Line, heard *theatre.Word) {
	now := theatre.Settle(d.told(c, line), d.t.Rank)
	cause := inventory.Cause{Message: s.ID, Origin: "case", Profile: s.Said.Profile}
	if heard != nil {
		cause.Origin = heard.Origin
	}
	patient := identity.Patient(now.Patient)
	want := d.wanted(line, now, patient, cause)
	touched := heard != nil
	switch {
	case want == nil && line.Posted == nil:
		if touched {
			s.summary.line(unposted(now))
		}
	case want != nil && line.Posted != nil && d.same(*want, *line.Posted):
		if touched {
			s.summary.line("already recorded")
		}
	default:
		touched = true
		if line.Posted != nil {
			d.reverse(*line.Posted, cause, now.OccurredAt)
			s.summary.line("reversed")
		}
		line.Posted = nil
		if want != nil {
			want.ID = inventory.MovementID(d.ids())
			d.out.Movements = append(d.out.Movements, *want)
			line.Posted = want
			s.summary.line(posted(now))
		}
		s.changed = true
	}
	if touched {
		d.keepLine(LineState{New: d.fresh[line.ID], Line: line, Settled: now, Patient: patient, Cause: cause})
		d.lot(now)
	}
	d.lineWarnings(s, c, line, now)
}

// told gives a line's words with patients as they are known now: a retired one
// is read as the survivor, and one whom the sender did not name as the case's.
func (d *decider) told(c *theatre.Case, line *theatre.Line) map[string]theatre.Word {
	out, own := line.Told, true
	for k, w := range line.Told {
		said := w.Patient
		if w.Patient == 0 {
			w.Patient = d.stateOf(c).Patient
		}
		w.Patient = theatre.Patient(d.k.Merges.Survivor(identity.Patient(w.Patient)))
		if w.Patient == said {
			continue
		}
		if own { // what the line was told stays as it was told
			out, own = maps.Clone(out), false
		}
		out[k] = w
	}
	return out
}

func posted(n theatre.Settled) string {
	if n.State == theatre.Unidentified {
		return "recorded as unidentified"
	}
	return "posted"
}

func unposted(n theatre.Settled) string {
	switch n.State {
	case theatre.Withdrawn:
		return "withdrawn"
	case theatre.Waiting:
		return "waiting for a person"
	default:
		return "recorded without effect on stock"
	}
}

// keepLine records the line's state once, however often the batch touched it.
func (d *decider) keepLine(l LineState) {
	if i, ok := d.lines[l.Line.ID]; ok {
		d.out.Lines[i] = l
		return
	}
	d.lines[l.Line.ID] = len(d.out.Lines)
	d.out.Lines = append(d.out.Lines, l)
}

// wanted is the movement that should stand for the line, or nil.
func (d *decider) wanted(line *theatre.Line, n theatre.Settled, patient identity.Patient, cause inventory.Cause) *inventory.Movement {
	if n.Base == 0 {
		return nil
	}
	m := &inventory.Movement{
		Kind: inventory.Use, Item: n.Item, Lot: n.Lot, Serial: n.Serial, Quantity: n.Base,
		From: n.Place, To: PlaceOf(patient), OccurredAt: n.OccurredAt.In(d.t.Zone), AccountedOn: d.accounted(n.OccurredAt),
		UsageLine: int64(line.ID), Cause: cause,
	}
	if patient == 0 {
		m.To = d.k.Nobody
	}
	if n.ToWaste {
		m.To = d.k.Waste
	}
	if n.State == theatre.Unidentified {
		m.From = d.k.Unidentified
	}
	return m
}

// same reports whether a posted movement still says what is wanted. A merge
// changes no movement: both patients are read as the survivor.
func (d *decider) same(want, have inventory.Movement) bool {
	return want.Item == have.Item && want.Lot == have.Lot && want.Serial == have.Serial && want.Quantity == have.Quantity &&
		want.From == have.From && d.end(want.To) == d.end(have.To)
}

func (d *decider) end(p inventory.PlaceID) inventory.PlaceID {
	return PlaceOf(d.k.Merges.Survivor(identity.Patient(p)))
}

func (d *decider) reverse(m inventory.Movement, cause inventory.Cause, at time.Time) {
	r := inventory.Reverse(m, inventory.MovementID(d.ids()), cause, at, d.accounted(at))
	d.out.Movements = append(d.out.Movements, r)
	d.settles(fmt.Sprintf("movement:%d", m.ID), false)
}

// accounted is the day on which a movement counts: its own, or the first open
// one when the period is locked.
func (d *decider) accounted(at time.Time) time.Time {
	l := at.In(d.t.Zone)
	day := time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, time.UTC)
	if !d.t.LockedThrough.IsZero() && !day.After(d.t.LockedThrough) {
		return d.t.LockedThrough.AddDate(0, 0, 1)
	}
	return day
}

func (d *decider) lot(n theatre.Settled) {
	if n.Item == 0 || n.Lot == "" {
		return
	}
	l := Lot{Item: n.Item, Lot: n.Lot}
	if t, err := time.Parse(time.DateOnly, n.Expiry); err == nil {
		l.Expiry = t
	}
	d.out.Lots = append(d.out.Lots, l)
}

// lineWarnings says what a person must know of the line as it now stands.
func (d *decider) lineWarnings(s *saying, c *theatre.Case, line *theatre.Line, n theatre.Settled) {
	subject := fmt.Sprintf("line:%d", line.ID)
	d.settles(subject, d.fresh[line.ID])
	message := n.Sequence.Message
	warn := func(kind, severity, text, action string) {
		d.warn(Warning{Kind: kind, Subject: subject, Severity: severity, Message: message, Text: "Case " + c.Name + ": " + text, Action: action})
	}
	switch n.Why {
	case "item_unknown":
		warn("item_unidentified", "warning", "something was used whose code is not in the catalogue.",
			fmt.Sprintf("Add the code to the trust's code table or the item to the catalogue, then replay message %d.", message))
	case "place_unknown":
		warn("place_unidentified", "warning", "something was used at a place that is not among the trust's places.",
			fmt.Sprintf("Add the sender's code as an alias of the place in trust.yaml, then replay message %d.", message))
	}
	if n.State == theatre.Waiting {
		warn("line_waiting", "warning", "a line waits: "+waitingText[n.Why], "Open the message, ask the theatre, and have the line corrected and sent again.")
	}
	if strings.HasPrefix(line.Key, keyless) {
		warn("no_business_key", "notice", "a line has no number of its own, so a second telling could not be recognised.",
			"Compare it with the case's other lines; ask the vendor to send FT1-2 or its like.")
	}
	if n.Disagree {
		warn("sources_disagree", "warning", "two sources tell of one use differently; "+n.Source+" was followed.", "Compare both messages and correct the one that is wrong.")
	}
	booked := d.stateOf(c).BookedFor
	if booked != 0 && n.Patient != 0 && booked != n.Patient && n.Base > 0 {
		s.find(canonical.Warning, "case_patient_differs", n.Origin, "The case was booked for another patient.")
		warn("case_patient_differs", "danger", "its use and its booking name different patients.", "Check at once which patient was treated.")
	}
}

var waitingText = map[string]string{
	"fraction":            "the quantity is not a whole number of units.",
	"sign_unknown":        "its transaction type, sign or quantity cannot be used, so it is neither a use nor a credit; the message's findings say which.",
	"quantity_unreadable": "the quantity cannot be read as a number.",
	"quantity_negative":   "the quantity is below zero, and a quantity has no sign of its own.",
	"quantity_too_large":  "the quantity is too large to be one.",
	"credit_unit_differs": "the credit counts in another unit than the use.",
	"credit_without_use":  "a credit came for a use that was never told.",
	"credit_exceeds_use":  "more was credited than was used.",
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
