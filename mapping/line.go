package mapping

import (
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// line reads one line; false leaves it out.
func (r *linesRule) line(s *scope) (canonical.UsageLine, bool) {
	line := canonical.UsageLine{Origin: s.origin, Effect: r.does(s)}
	switch line.Effect {
	case skip:
		s.find(canonical.Info, "line_not_final", "", "The line is not final and was left out. It counts when the sender tells it as final.")
		return line, false
	case unchanged:
		s.find(canonical.Info, "line_unchanged", "", "The sender says that this line is as it was told before. It was left out.")
		return line, false
	}
	if r.repeated(s) {
		line.Effect = canonical.Unknown
	}
	if line.Key = r.key.text(s); line.Key == "" {
		s.find(canonical.Warning, "no_business_key", r.key.sourceLabel(), "The line has no key of its own, so a repeat or correction cannot be told from a new use. It goes to reconciliation.")
	}
	r.item.read(s, &line)
	r.amount(s, &line)
	switch line.Effect {
	case creditDeleted:
		line.Effect, line.Quantity = canonical.Credit, "0"
	case canonical.Credit:
		line.CreditFor = canonical.CreditFor(r.creditFor.text(s))
	}
	line.Disposition = r.disposition.text(s)
	if line.DispositionTold = line.Disposition != ""; !line.DispositionTold {
		line.Disposition = canonical.UsedUnspecified
	}
	side := r.side.eval(s)
	line.Side = side.text
	side.takenBack(&line.Side)
	line.Set = canonical.Set{ID: r.setID.text(s), Cycle: r.setCycle.text(s)}
	line.Place = r.place.read(s)
	line.OccurredAt = r.occurred.instant(s)
	line.People = readPeople(r.people, s)
	return line, true
}

// sign gives the line's effect. It comes from the table alone; where lines
// are gathered from several segments they must agree. A line that is deleted
// need not have one.
func (r *linesRule) sign(s *scope, deleted bool) canonical.Effect {
	for _, p := range r.deletedBy {
		if s.first(p, true).State() == hl7v2.Null {
			return canonical.Delete
		}
	}
	if !r.agree(s, r.effectAt, r.effect) {
		s.find(canonical.Error, "signs_differ", r.effectAt.text, "The segments of this line contradict each other in what it does. It is not taken for a use and waits for a person.")
		return canonical.Unknown
	}
	e := r.effect.eval(s)
	switch {
	case deleted && e.text == "" && !e.unlisted:
		return canonical.Delete
	case e.state == hl7v2.Absent && !e.unlisted && r.effect.absent == nil:
		s.find(canonical.Error, "sign_absent", e.path, "The line does not say what it does. It is not taken for a use and waits for a person.")
		return canonical.Unknown
	case e.text == "" || e.unlisted:
		return canonical.Unknown
	}
	return canonical.Effect(e.text)
}

// agree reports whether every occurrence of a code, as the sign, means the
// same. A nil path is read once and agrees.
func (r *linesRule) agree(s *scope, at *path, code *value) bool {
	if at == nil {
		return true
	}
	seen, same := "", true
	s.each(at, true, func(v hl7v2.Value) bool {
		text := textOf(v)
		if code.table != nil {
			text, _ = code.table.lookup(text, code.column)
		}
		same = same && (seen == "" || seen == text)
		seen = text
		return same
	})
	return same
}

// repeated reports, with a finding, whether one value of distinct stands in
// the group twice: then two lines were told under one name.
func (r *linesRule) repeated(s *scope) (twice bool) {
	if r.distinct == nil {
		return false
	}
	seen := map[string]bool{}
	s.each(r.distinct, true, func(v hl7v2.Value) bool {
		twice = seen[v.String()]
		seen[v.String()] = true
		return !twice
	})
	if twice {
		s.find(canonical.Error, "observation_repeated", r.distinct.text, "The same observation stands twice in one line, so two lines may have been told as one. It is not taken for a use and waits for a person.")
	}
	return twice
}

// amount reads quantity and unit. What is not a number is no quantity, and a
// sign in front of one means only what the profile declares.
func (r *linesRule) amount(s *scope, line *canonical.UsageLine) {
	q := r.quantity.eval(s)
	digits, negative, ok := number(q.text)
	switch {
	case q.state == hl7v2.Null || !ok:
		s.find(canonical.Error, "quantity_unreadable", q.path, "The quantity is not a number. The line is not taken for a use and waits for a person.")
		line.Quantity = "0"
		if line.Effect == canonical.Use || line.Effect == canonical.Credit {
			line.Effect = canonical.Unknown
		}
	case negative:
		line.Quantity = digits
		turned, declared := r.negative[line.Effect]
		if !declared && (line.Effect == canonical.Use || line.Effect == canonical.Credit) {
			s.find(canonical.Error, "quantity_negative", q.path, "The quantity is negative and the mapping does not declare what that means. The line is not taken for a use and waits for a person.")
			turned, declared = canonical.Unknown, true
		}
		if declared {
			line.Effect = turned
		}
	case digits == "0" && (line.Effect == canonical.Use || line.Effect == canonical.Credit):
		s.find(canonical.Error, "quantity_zero", q.path, "The quantity is nought, which is neither a use nor the end of one. The line waits for a person.")
		line.Quantity, line.Effect = digits, canonical.Unknown
	default:
		line.Quantity = digits
	}
	u := r.unit.eval(s)
	if line.Unit = u.text; u.unlisted && (line.Effect == canonical.Use || line.Effect == canonical.Credit) {
		line.Effect = canonical.Unknown
	}
}
