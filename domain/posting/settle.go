package posting

import (
	"cmp"
	"maps"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
)

// heard is what one source told of a case's lines in one message, in order.
type heard struct {
	source string
	lines  []*theatre.Line
	words  map[*theatre.Line]theatre.Word
	// ceilings are the most of an item that a case is thought to use, of the
	// items that the message, or what it replaced, told of.
	ceilings map[catalogue.ItemID]int64
}

func newHeard(source string, n int) *heard {
	return &heard{source: source, lines: make([]*theatre.Line, 0, n), words: make(map[*theatre.Line]theatre.Word, n)}
}

func (h *heard) add(line *theatre.Line, w theatre.Word) {
	if _, ok := h.words[line]; !ok {
		h.lines = append(h.lines, line)
	}
	h.words[line] = w
	h.watch(w)
}

func (h *heard) watch(w theatre.Word) {
	if w.Ceiling > 0 && w.Item != 0 {
		if h.ceilings == nil {
			h.ceilings = map[catalogue.ItemID]int64{}
		}
		h.ceilings[w.Item] = max(h.ceilings[w.Item], w.Ceiling)
	}
}

// openCase is a case while its lines are brought in step.
type openCase struct {
	*theatre.Case
	state theatre.CaseState
	visit *theatre.Encounter
}

// settleCase brings the ledger in step with what a case's lines now come to.
// Where one source alone tells of the case, those are the lines on which it
// was just heard; where there are several, all are looked at side by side.
func (d *decider) settleCase(s *saying, c *theatre.Case, h *heard) {
	in := openCase{c, d.readCase(c), d.encounterOf(c)}
	lines := d.k.Lines[c.ID]
	a := d.t.Authority(in.state.Place)
	all := d.stale[c.ID] || a.Adds != nil || severalSources(lines)
	delete(d.stale, c.ID)
	var side map[string]theatre.Settled
	if all {
		side = d.sideBySide(in, lines, a)
	}
	for _, line := range h.lines {
		w := h.words[line]
		d.settle(s, in, line, d.comesTo(in, line, a, side), &w)
	}
	if all {
		for _, key := range sortedKeys(lines) {
			for _, w := range lines[key].Told { // any of them may count now, or no more
				h.watch(w)
			}
			if line := lines[key]; !h.told(line) {
				d.settle(s, in, line, d.comesTo(in, line, a, side), nil)
			}
		}
	}
	d.ceilings(s, c, h.ceilings)
	c.UsedFrom = usedFrom(lines)
}

// usedFrom is when the first thing of a case was used, by the words that tell
// of a use; zero if none does.
func usedFrom(lines map[string]*theatre.Line) (first time.Time) {
	for _, l := range lines {
		for _, w := range l.Told {
			if at := w.OccurredAt; w.Effect == theatre.Use && !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

func (h *heard) told(line *theatre.Line) bool { _, ok := h.words[line]; return ok }

// severalSources reports whether more than one source tells of a case's lines.
func severalSources(lines map[string]*theatre.Line) bool {
	first := ""
	for _, l := range lines {
		for _, s := range l.Sources() {
			if first != "" && s != first {
				return true
			}
			first = s
		}
	}
	return false
}

// sideBySide says what each line comes to beside the others of its case.
func (d *decider) sideBySide(in openCase, lines map[string]*theatre.Line, a theatre.Authority) map[string]theatre.Settled {
	out, accepted, at := make(map[string]theatre.Settled, len(lines)), map[string]bool{}, map[string]theatre.Sequence{}
	for key, line := range lines {
		if line.SameAs != "" {
			continue
		}
		out[key] = d.comesTo(in, line, a, nil)
		if line.Accepted() {
			accepted[key], at[key] = true, line.AcceptedAt()
		}
	}
	theatre.Reconcile(out, a, accepted, func(p theatre.Patient) theatre.Patient {
		return theatre.Patient(d.k.Merges.Survivor(identity.Patient(p)))
	})
	theatre.ToldSince(out, at)
	return out
}

// comesTo says what a line comes to: as side has it, else by itself.
func (d *decider) comesTo(in openCase, line *theatre.Line, a theatre.Authority, side map[string]theatre.Settled) theatre.Settled {
	if line.SameAs != "" {
		return theatre.Settled{State: theatre.Recorded, Why: "same_use", Net: "0", Word: theatre.Word{Text: line.SameAs}}
	}
	if now, ok := side[line.Key]; ok {
		return now
	}
	return theatre.Settle(d.told(in, line), a.Rank, d.one)
}

// one reports whether two patients are one person.
func (d *decider) one(a, b theatre.Patient) bool {
	return a == b || d.k.Merges.Survivor(identity.Patient(a)) == d.k.Merges.Survivor(identity.Patient(b))
}

// settle brings the ledger in step with what a line comes to: what is posted
// and no longer right is reversed, what is right and not posted is posted.
// Every such movement names the message that caused it (law 5). heard is the
// word that was just added; nil if it is the case that changed.
func (d *decider) settle(s *saying, in openCase, line *theatre.Line, now theatre.Settled, heard *theatre.Word) {
	cause := inventory.Cause{Message: s.ID, Origin: "case", Profile: s.Said.Profile}
	if heard != nil {
		cause.Origin = heard.Origin
	}
	if d.past(now) {
		now.Held = 0 // what came back then is no stock of today
	}
	use, waste := d.wanted(line, now, cause)
	touched := heard != nil
	if d.same(use, line.Posted) && d.same(waste, line.Wasted) {
		if touched && now.Counts() {
			s.summary.line("already recorded")
		} else if touched {
			s.summary.line(unposted(now))
		}
	} else {
		reversed := d.replace(&line.Posted, use, cause, now.OccurredAt)
		if d.replace(&line.Wasted, waste, cause, now.OccurredAt) || reversed {
			s.summary.line("reversed")
		}
		d.post(&line.Posted, use)
		d.post(&line.Wasted, waste)
		if now.Counts() {
			s.summary.line(posted(now))
		}
		touched, s.changed = true, true
	}
	if touched {
		d.keepLine(LineState{New: d.fresh[line.ID], Line: line, Settled: now, Patient: identity.Patient(now.Patient), Cause: cause})
		d.lot(now)
		d.hold(line, now)
	}
	if stands := (theatre.Standing{State: now.State, Why: now.Why, Source: now.Source}); stands != line.Stands {
		line.Stands = stands
		d.keepLine(LineState{New: d.fresh[line.ID], Line: line, Settled: now, Patient: identity.Patient(now.Patient), Cause: cause})
	}
	d.lineWarnings(s, in, line, now)
}

// replace reverses a movement that is not what is wanted.
func (d *decider) replace(slot **inventory.Movement, want *inventory.Movement, cause inventory.Cause, at time.Time) (reversed bool) {
	if *slot == nil || d.same(want, *slot) {
		return false
	}
	d.reverse(**slot, cause, at)
	*slot = nil
	return true
}

// post makes the movement that is wanted, if nothing stands for it.
func (d *decider) post(slot **inventory.Movement, want *inventory.Movement) {
	if want == nil || *slot != nil {
		return
	}
	want.ID = inventory.MovementID(d.ids())
	d.out.Movements = append(d.out.Movements, *want)
	*slot = want
}

// told gives a line's words with their patients: one of whom a visit was moved
// to another, and one whom the sender did not name, which is the case's.
func (d *decider) told(in openCase, line *theatre.Line) map[string]theatre.Word {
	out, own := line.Told, true
	for k, w := range line.Told {
		said := w.Patient
		if w.Patient = in.visit.Moved(w.Patient, w.Sequence, d.one); w.Patient == 0 {
			w.Patient = in.state.Patient
		}
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
	switch {
	case n.State == theatre.Unidentified:
		return "recorded as unidentified"
	case n.Base == 0:
		return "recorded as wasted"
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

// wanted are the movements that should stand for the line: of what went to the
// patient, or wholly to waste, and of what was credited as wasted.
func (d *decider) wanted(line *theatre.Line, n theatre.Settled, cause inventory.Cause) (use, waste *inventory.Movement) {
	if !n.Counts() {
		return nil, nil
	}
	m := inventory.Movement{
		Kind: inventory.Use, Item: n.Item, Lot: n.Lot, Serial: n.Serial, From: n.Place, OccurredAt: n.OccurredAt.In(d.t.Zone), AccountedOn: d.accounted(n.OccurredAt),
		UsageLine: int64(line.ID), Cause: cause,
	}
	switch {
	case n.State == theatre.Unidentified:
		m.From = d.k.Unidentified
	case d.past(n):
		m.From = d.k.Supplier
	}
	if n.Base > 0 {
		u := m
		u.Quantity, u.To = n.Base, PlaceOf(identity.Patient(n.Patient))
		if n.Patient == 0 {
			u.To = d.k.Nobody
		}
		if n.ToWaste {
			u.To = d.k.Waste
		}
		use = &u
	}
	if n.Waste > 0 {
		w := m
		w.Quantity, w.To = n.Waste, d.k.Waste
		waste = &w
	}
	return use, waste
}

// same reports whether a movement, or none, still is what is wanted. A merge
// changes no movement: both patients are one person.
func (d *decider) same(want, have *inventory.Movement) bool {
	if want == nil || have == nil {
		return want == have
	}
	return want.Item == have.Item && want.Lot == have.Lot && want.Serial == have.Serial && want.Quantity == have.Quantity &&
		want.From == have.From && d.one(theatre.Patient(want.To), theatre.Patient(have.To))
}

func (d *decider) reverse(m inventory.Movement, cause inventory.Cause, at time.Time) {
	if at.IsZero() { // nothing is told any more that has a time
		at = m.OccurredAt
	}
	r := inventory.Reverse(m, inventory.MovementID(d.ids()), cause, at, d.accounted(at))
	d.out.Movements = append(d.out.Movements, r)
	d.settles(movementSubject(m.ID), false)
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

// hold keeps what came back never opened from being taken for good until a
// person has checked it.
func (d *decider) hold(line *theatre.Line, n theatre.Settled) {
	if n.Held == 0 && !line.Credited() {
		return
	}
	h := Hold{Line: line.ID, Place: n.Place, Item: n.Item, Lot: n.Lot, Serial: n.Serial, Quantity: n.Held, Message: cmp.Or(n.CreditedBy, n.Sequence.Message)}
	for i := range d.out.Holds {
		if d.out.Holds[i].Line == line.ID {
			d.out.Holds[i] = h
			return
		}
	}
	d.out.Holds = append(d.out.Holds, h)
}
