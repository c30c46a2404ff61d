package mapping

import (
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// instant is eval for a point in time.
func (v *value) instant(s *scope) canonical.Instant {
	r := v.eval(s)
	if r.text == "" {
		return canonical.Instant{}
	}
	return s.instant(r.text, r.path)
}

func (s *scope) instant(text, path string) canonical.Instant {
	clock, degree, _ := strings.Cut(text, "^")
	t, err := hl7v2.ParseTS(plainTime(clock), degree, s.run.zone)
	if err != nil {
		s.find(canonical.Warning, "time_unreadable", path, "The time could not be read and is kept as text. Write CCYYMMDDHHMM in HL7, 2026-03-14T09:15:00+00:00 in FHIR.")
		return canonical.Instant{Text: text}
	}
	switch {
	case t.Missing:
		s.find(canonical.Warning, "time_missing_hour", path, "The time lies in the hour that the clocks skip in March.")
	case !t.Other.IsZero():
		s.find(canonical.Info, "time_ambiguous", path, "The time lies in the hour that the clocks repeat in October; both readings are kept.")
	}
	return canonical.Instant{Text: text, At: t.At, Precision: canonical.Precision(t.Precision), Other: t.Other, Missing: t.Missing}
}

// moment compiles the path of a time, which may name the time's first component
// or the whole. It reads both components, as 20260105000000^D: a TS says in
// the second how much of the first is meant.
func (c *compiler) moment(n *node, text string, own bool) func(*scope) (string, hl7v2.State) {
	p, err := parsePath(strings.TrimSuffix(text, ".1"))
	if c.format != formatHL7 || err != nil || p.field == 0 {
		return c.reader(n, text, own) // a file's field, a part of a repetition, or to be complained of
	}
	return func(s *scope) (string, hl7v2.State) {
		v := s.first(&p, own)
		return momentOf(v, p.component > 0), v.State()
	}
}

// momentOf is the text of a time with the degree of precision beside it; the
// time is a field's or repetition's components, or a component's subcomponents.
func momentOf(v hl7v2.Value, within bool) string {
	part := v.Component
	if within {
		part = v.Subcomponent
	}
	text := textOf(part(1))
	if degree := part(2).String(); text != "" && len(degree) == 1 && strings.Contains("YLDHMS", degree) {
		text += "^" + degree
	}
	return text
}

// plainTime turns the ISO form, as 2026-03-14T09:30 or 2026-03, into HL7's.
func plainTime(text string) string {
	if len(text) == 7 && text[4] == '-' {
		return text[:4] + text[5:]
	}
	if len(text) >= 10 && text[4] == '-' && text[7] == '-' {
		day := text[:4] + text[5:7] + text[8:10]
		if rest := text[10:]; len(rest) > 0 && (rest[0] == 'T' || rest[0] == ' ') {
			return day + strings.ReplaceAll(rest[1:], ":", "")
		} else if rest == "" {
			return day
		}
	}
	return text
}

// date is eval for a calendar day: CCYY-MM-DD, or nothing.
func (v *value) date(s *scope) string {
	r := v.eval(s)
	if r.text == "" {
		return ""
	}
	clock, degree, _ := strings.Cut(r.text, "^")
	text := plainTime(clock)
	if len(text) > 8 && strings.Trim(text[:8], "0123456789") == "" {
		text = text[:8] // a time of day, and its zone, do not move the day
	}
	if day, err := time.Parse("20060102", text); err == nil && degree != "Y" && degree != "L" {
		return day.Format("2006-01-02")
	}
	s.find(canonical.Warning, "date_unreadable", r.path, "The date is not a whole day that exists and was left out. Write CCYYMMDD or CCYY-MM-DD.")
	return ""
}

// number reads a plain decimal, as "2" or "-1.50"; the result has no sign and
// no needless zeros.
func number(text string) (digits string, negative, ok bool) {
	digits = strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 {
		return "", false, false
	}
	negative = strings.HasPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole+fraction == "" || point && fraction == "" || len(whole+fraction) > 18 || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", false, false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	return whole, negative && whole != "0", true
}
