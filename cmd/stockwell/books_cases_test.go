package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/store"
)

// cases tells of the cases that messages told of: each line as it stands, and
// whatever there is to tell of a case and a line beyond that.
func (b *books) cases(ctx context.Context, s *store.Store, trust string, chains []journal.Chain) error {
	cases, lines := map[int64]journal.Case{}, map[int64]journal.Line{}
	for _, c := range chains {
		for _, x := range c.Cases {
			cases[x.ID] = x
		}
		for _, l := range c.Lines {
			lines[l.ID] = l
		}
	}
	if !b.part("cases", len(cases)) {
		return nil
	}
	for _, x := range byName(cases, func(c journal.Case) string { return c.Name }) {
		d, err := s.Case(ctx, trust, journal.CaseQuery{Case: fmt.Sprintf("id:%d", x.ID), Lines: 500})
		if err != nil {
			return err
		}
		if d.ID != x.ID {
			b.line("  %s: joined into %s", x.Name, d.Name)
			continue
		}
		b.line("  %s: %s, %s", x.Name, cmp.Or(x.Booking, "no booking"), b.patient(x.Patient))
		b.aboutCase(d)
		for _, l := range byName(lines, func(l journal.Line) string { return l.Key }) {
			if i := slices.IndexFunc(d.Lines, func(o journal.CaseLine) bool { return o.ID == l.ID }); i >= 0 {
				b.line("    %s %s%s: %s %s%s, %s, %s, %s, said by %s %s, %s", b.key(l.Key), l.State, why(l.Why), l.Quantity, itemName(l), lot(l.Lot, l.Serial), l.Disposition,
					cmp.Or(l.Place, "no place"), b.patient(l.Patient), b.labels[l.Message], l.Origin, b.mapping(l.Profile))
				b.aboutLine(d.Lines[i])
			}
		}
	}
	return nil
}

// aboutCase tells what else there is to know of a case, if there is anything.
func (b *books) aboutCase(d journal.CaseDetail) {
	if len(d.Names) > 1 || d.Encounter != "" {
		b.line("    known as %s%s", namesOf(d.Names), prefixed("; visit ", d.Encounter))
	}
	if slices.ContainsFunc(d.Story, func(w journal.CaseWord) bool { return w.Action != "" || !w.Stands() }) {
		for _, w := range d.Story {
			b.line("    %s %s%s%s%s%s (%s%s)", w.Source, w.Says(), whenUTC(", scheduled ", w.ScheduledAt), whenUTC(", first at ", w.UsedAt), prefixed(", in ", w.Place), b.ofPatient(w.Patient), b.labels[w.Message], b.fate(w.Said))
		}
	}
	for _, x := range d.Procedures {
		for _, q := range x.Procedures {
			b.line("    procedure, %s: %s (%s, %s%s)", x.Stage, procedureText(q), x.Source, b.labels[x.Message], b.fate(x.Said))
		}
	}
	for _, p := range d.People {
		b.line("    %s: %s", p.Role, personText(p))
	}
	for _, j := range d.Joined {
		b.line("    joined into it: %s", caseNames(j))
	}
	for _, x := range d.Decisions {
		b.line("    %s by %s (%s): %s %s", x.Type, x.By, b.labels[x.Message], b.text(x.Summary), x.Why)
	}
	for _, r := range d.Resembles {
		b.line("    may be the same as %s: same patient, place and day", caseNames(r))
	}
}

// aboutLine tells what else there is to know of a line, if there is anything.
func (b *books) aboutLine(l journal.CaseLine) {
	if l.SameAs != "" {
		b.line("      tells of the same use as %s", b.key(l.SameAs))
	}
	if l.Unit == "pack" {
		b.line("      counted in packs")
	}
	if l.Side != "" {
		b.line("      side %s", l.Side)
	}
	if l.Set != "" {
		b.line("      set %s%s", l.Set, prefixed(", sterilisation cycle ", l.Cycle))
	}
	several := len(l.Words) > 1
	for _, w := range l.Words {
		people := strings.TrimPrefix(peopleText(w.People), "; ")
		switch {
		case several:
			b.line("      %s %s%s%s (%s %s%s)", w.Source, w.Says(), b.ofPatient(w.Patient), prefixed("; ", people), b.labels[w.Message], w.Origin, follows(w.Source, l))
		case people != "":
			b.line("      %s", people)
		}
	}
	for _, w := range l.Before {
		b.line("      before: %s %s%s (%s %s%s)", w.Source, w.Says(), b.ofPatient(w.Patient), b.labels[w.Message], w.Origin, b.fate(w.Said))
	}
}

// holds tells what may not be used until somebody has checked it.
func (b *books) holds(ctx context.Context, s *store.Store, trust string) error {
	all, err := s.Holds(ctx, trust, true, 500)
	if err != nil || !b.part("held", len(all)) {
		return err
	}
	slices.Reverse(all)
	for _, h := range all {
		released := ""
		if h.ReleasedAt != nil {
			released = fmt.Sprintf(" Released by %s: %s", h.ReleasedBy, h.ReleasedWhy)
		}
		b.line("  %d of %s%s at %s, %s, because of %s: %s%s", h.Quantity, h.Item, lot(h.Lot, h.Serial), h.Place, h.Kind, cmp.Or(b.labels[h.Message], h.HeldBy), h.Why, released)
	}
	return nil
}

func (b *books) ofPatient(id int64) string {
	if id == 0 {
		return ""
	}
	return ", " + b.patient(id)
}

// fate says what became of a word that does not stand.
func (b *books) fate(s journal.Said) string {
	switch {
	case s.Late:
		return ", which came too late"
	case s.ReplacedBy != 0:
		return ", replaced by " + b.labels[s.ReplacedBy]
	}
	return ""
}

func whenUTC(with string, t *time.Time) string {
	if t == nil {
		return ""
	}
	return with + t.UTC().Format("2006-01-02 15:04")
}
