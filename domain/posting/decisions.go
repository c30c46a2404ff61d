package posting

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// CaseNumber reads the hub's number of a case in a person's decision.
func CaseNumber(text string) theatre.CaseID {
	n, _ := strconv.ParseInt(text, 10, 64)
	return theatre.CaseID(n)
}

func (n *need) decision(e canonical.Decision) {
	for _, text := range []string{e.Case, e.Other} {
		if id := CaseNumber(text); id > 0 && (text == e.Case || e.Kind == "join_cases") {
			n.Cases = append(n.Cases, id)
		}
	}
	if e.Item != "" {
		n.code(catalogue.Code{Kind: catalogue.ERP, Value: plain(e.Item)})
	}
}

// decision takes up what a person decided about a case or a line. What cannot
// be done is a finding, and nothing changes.
func (d *decider) decision(s *saying, e canonical.Decision) {
	c := d.k.Cases[d.stays(CaseNumber(e.Case))]
	if c == nil {
		s.find(canonical.Error, "case_unknown", "", "There is no such case.")
		return
	}
	s.about(c.ID)
	if e.Kind == "join_cases" {
		d.join(s, c, d.k.Cases[d.stays(CaseNumber(e.Other))])
		return
	}
	line := d.line(c, e.Line)
	if line == nil {
		s.find(canonical.Error, "line_unknown", "", "Case %s has no such line.", c.Name)
		return
	}
	switch e.Kind {
	case "resolve_line":
		d.resolve(s, c, line, e)
	case "accept_line":
		if w := line.Stands.Why; w != "sources_differ" && w != "source_not_authoritative" {
			s.find(canonical.Error, "line_not_in_question", "", "No other source is preferred to this line, so there is nothing to accept. Another use is recorded with stockwell cases record.")
			return
		}
		line.Accept(theatre.Word{Sequence: s.sequence(), Origin: "decision", Profile: s.Said.Profile})
		d.decided(s, c, line)
	case "same_use":
		d.sameUse(s, c, line, d.line(c, e.Other))
	default:
		s.find(canonical.Error, "decision_unknown", "", "%q is no decision that can be made about a line.", e.Kind)
	}
}

// decided settles a line, and with it its case, after a person's word.
func (d *decider) decided(s *saying, c *theatre.Case, lines ...*theatre.Line) {
	h := newHeard("person", len(lines))
	for _, l := range lines {
		h.add(l, theatre.Word{Origin: "decision"})
	}
	d.settleCase(s, c, h)
	d.review(s, c)
}

// resolve takes up what an unknown thing, or place, is.
func (d *decider) resolve(s *saying, c *theatre.Case, line *theatre.Line, e canonical.Decision) {
	w := theatre.Word{Sequence: s.sequence(), Origin: "decision", Profile: s.Said.Profile}
	rank := d.t.Authority(d.readCase(c).Place).Rank
	now := theatre.Settle(line.Told, rank, d.one)
	w.Codes, w.PlaceText = now.Codes, now.PlaceText
	if before, ok := line.Resolved(); ok { // a second step leaves the first
		if slices.Equal(before.Codes, w.Codes) {
			w.Item, w.Ceiling = before.Item, before.Ceiling
		}
		if before.PlaceText == w.PlaceText {
			w.Place = before.Place
		}
	}
	if e.Item != "" {
		m, ok := d.k.Codes[catalogue.Code{Kind: catalogue.ERP, Value: plain(e.Item)}]
		if !ok {
			s.find(canonical.Error, "item_unknown", "", "The catalogue has no item %s.", plain(e.Item))
			return
		}
		w.Item, w.Ceiling = m.Item, m.Ceiling
	}
	if e.Place != "" {
		if w.Place = d.place(canonical.Place{Code: e.Place}); w.Place == 0 {
			s.find(canonical.Error, "place_unknown", "", "The trust has no place %s.", plain(e.Place))
			return
		}
	}
	if told := theatre.Settle(line.Unresolved(), rank, d.one); e.Item != "" && told.Item != 0 || e.Place != "" && told.Place != 0 {
		s.find(canonical.Error, "line_identified", "", "The sender's own words say what the line is and where, so there is nothing to resolve. What is wrong is corrected at its source.")
		return
	}
	line.Resolve(w)
	d.decided(s, c, line)
}

// sameUse takes up that two lines tell of one use: what is said of either is
// heard on one line from now on, and the most authoritative source decides.
func (d *decider) sameUse(s *saying, c *theatre.Case, line, of *theatre.Line) {
	switch {
	case of == nil:
		s.find(canonical.Error, "line_unknown", "", "Case %s has no such line.", c.Name)
		return
	case of == line:
		s.summary.note = "Both tell of one use already."
		return
	}
	for part := range line.Told {
		if _, both := of.Told[part]; both {
			source, _, _ := strings.Cut(part, "/")
			s.find(canonical.Error, "one_source_told_both", "", "%s told of both lines, so they are two uses. Have one of them deleted at its source if they are not.", source)
			return
		}
	}
	of.Join(line)
	d.decided(s, c, of, line)
}

// join takes up that two cases are one: everything that was said of the one is
// heard of the other.
func (d *decider) join(s *saying, c, into *theatre.Case) {
	switch {
	case into == nil:
		s.find(canonical.Error, "case_unknown", "", "There is no such case to join into.")
		return
	case into == c:
		s.summary.note = "Both are one case already."
		return
	}
	if why := d.apart(c, into); why != "" {
		s.find(canonical.Error, "cases_are_two", "", "%s, so they are two cases. Have the wrong one corrected at its source if they are not.", why)
		return
	}
	into.Join(c)
	var gone, stay []*theatre.Line
	for _, key := range sortedKeys(d.k.Lines[c.ID]) {
		line := d.k.Lines[c.ID][key]
		if line.SameAs != "" {
			continue
		}
		to := d.line(into, key)
		if to == nil {
			to = &theatre.Line{ID: theatre.LineID(d.ids()), Case: into.ID, Key: key}
			d.k.Lines[into.ID][key] = to
			d.fresh[to.ID] = true
		}
		to.Join(line)
		gone, stay = append(gone, line), append(stay, to)
	}
	d.touchCase(c.ID)
	d.touchCase(into.ID)
	d.toldOfAll(into)
	d.out.Joined = append(d.out.Joined, Joined{c.ID, into.ID})
	s.changed = true
	d.decided(s, c, gone...)
	d.stale[into.ID] = true
	d.decided(s, into, stay...)
	s.summary.note = "Case " + c.Name + " was joined into case " + into.Name + "."
}

// apart says why two cases cannot be one; empty if nothing tells them apart.
func (d *decider) apart(c, into *theatre.Case) string {
	if a, b := d.readCase(c).Patient, d.readCase(into).Patient; a != 0 && b != 0 && !d.one(a, b) {
		return "They are of two patients"
	}
	for _, key := range sortedKeys(d.k.Lines[c.ID]) {
		other := d.k.Lines[into.ID][key]
		if other == nil {
			continue
		}
		for part := range d.k.Lines[c.ID][key].Told {
			if _, both := other.Told[part]; both {
				source, _, _ := strings.Cut(part, "/")
				return source + " told of the line " + key + " in both"
			}
		}
	}
	return ""
}
