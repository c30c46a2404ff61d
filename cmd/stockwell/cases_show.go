package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/nhs"
	"github.com/stockwell-hub/stockwell/store"
)

type casesShow struct {
	Case  string `arg:"" help:"The case, by one of its names as 4411, by KIND:VALUE as case_number:4411, or by the hub's number as id:2051."`
	From  int    `default:"1" help:"The first line to show."`
	Lines int    `default:"50" help:"How many lines to show, at most 500."`
}

// Run tells a case.
func (c casesShow) Run(a *app) error {
	return a.withCases(func(s *store.Store, trust string, zone *time.Location) error {
		if c.From < 1 || c.Lines < 1 || c.Lines > 500 {
			return fault.New(fault.Invalid, "lines_invalid", "--from is 1 or more, --lines is from 1 to 500.")
		}
		d, err := s.Case(a.ctx, trust, journal.CaseQuery{Case: c.Case, From: c.From, Lines: c.Lines, Zone: zone})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(d)
		}
		a.printCase(d)
		return nil
	})
}

func (a *app) printCase(d journal.CaseDetail) {
	p := func(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }
	p("Case %s (number %d): booking %s, %s, patient %s", d.Name, d.ID, d.Booking, orDash(d.Place), numberOr(d.Patient))
	p("  known as %s%s", namesOf(d.Names), prefixed("; visit ", d.Encounter))
	p("  scheduled %s, first use %s", localOr(d.ScheduledAt, "–"), localOr(d.UsedAt, "–"))
	for _, j := range d.Joined {
		p("  joined into it: case %s (number %d)", caseNames(j), j.ID)
	}
	for _, w := range d.Story {
		p("  %s %s %s%s%s%s%s (message %d%s)", whenSent(w.Said), w.Source, w.Says(), prefixedTime(", scheduled ", w.ScheduledAt), prefixedTime(", first at ", w.UsedAt), prefixed(", in ", w.Place), patientOf(w.Patient), w.Message, fate(w.Said))
	}
	for _, x := range d.Procedures {
		for _, q := range x.Procedures {
			p("Procedure, %s: %s (%s, message %d%s)", x.Stage, procedureText(q), x.Source, x.Message, fate(x.Said))
		}
	}
	for _, x := range d.People {
		p("%s: %s, told by %s", strings.ToUpper(x.Role[:min(1, len(x.Role))])+x.Role[min(1, len(x.Role)):], personText(x), strings.Join(x.Sources, ", "))
	}
	switch {
	case d.LineCount > 0 && len(d.Lines) == 0:
		p("There are %d lines; none is shown from %d on.", d.LineCount, d.From)
	case d.LineCount > 0:
		p("Lines %d to %d of %d", d.From, d.From+len(d.Lines)-1, d.LineCount)
	}
	for _, l := range d.Lines {
		a.printLine(l)
	}
	if next := d.From + len(d.Lines); int64(next) <= d.LineCount {
		p("More lines: --from %d", next)
	}
	for _, x := range d.Sets {
		p("Set %s%s: line %d (%s); where else: stockwell cases set %s", x.Set, prefixed(", sterilisation cycle ", x.Cycle), x.Line, x.Key, x.Set)
	}
	for _, x := range d.Decisions {
		what := map[bool]string{true: "Recorded", false: "Decided"}[x.Type == pipeline.TypeUsage]
		p("%s %s (message %d): %s. %s", what, local(x.At), x.Message, strings.TrimSuffix(x.Summary, "."), x.Why)
	}
	for _, w := range d.Alerts {
		p("%s", alertText(w))
	}
	for _, m := range d.Messages {
		p("Message %d: %s over %s, received %s: %s", m.ID, m.Type, m.Connector, local(m.ReceivedAt), m.Summary)
	}
	for _, r := range d.Resembles {
		p("May be the same: case %s (number %d), for it is of the same patient, place and day. If the theatre says so: stockwell cases join id:%d id:%d --why WHY", caseNames(r), r.ID, r.ID, d.ID)
	}
	if len(d.More) > 0 {
		p("Not all is shown of: %s.", strings.Join(d.More, ", "))
	}
}

func (a *app) printLine(l journal.CaseLine) {
	p := func(format string, args ...any) { fmt.Fprintf(a.out, "  "+format+"\n", args...) }
	p("line %d (%s): %s%s %s%s%s%s, %s%s, %s. %s", l.ID, l.Key, l.Quantity, prefixed(" ", packsOf(l.Unit)), itemName(l.Line), lot(l.Lot, l.Serial), prefixed(", expires ", l.Expiry), prefixed(", side ", l.Side), dispositionText(l.Disposition),
		prefixedTime(" at ", l.OccurredAt), orDash(l.Place), l.Says)
	if l.UDI != "" {
		p("  scanned %s", l.UDI)
	}
	if l.Set != "" {
		p("  set %s%s", l.Set, prefixed(", sterilisation cycle ", l.Cycle))
	}
	for _, w := range l.Words {
		p("  %s %s %s%s%s (message %d %s%s)", whenSent(w.Said), w.Source, w.Says(), patientOf(w.Patient), peopleText(w.People), w.Message, w.Origin, follows(w.Source, l))
	}
	for _, w := range l.Before {
		p("  %s %s %s%s (message %d %s%s)", whenSent(w.Said), w.Source, w.Says(), patientOf(w.Patient), w.Message, w.Origin, fate(w.Said))
	}
	for _, m := range l.Moves {
		p("  movement %d: %s %d from %s to %s at %s%s, because of message %d %s", m.ID, m.Kind, m.Quantity, m.From, m.To, local(m.OccurredAt), reverses(m.Reverses), m.Message, m.Origin)
	}
	for _, h := range l.Holds {
		p("  %s", holdText(h))
	}
	if len(l.More) > 0 {
		p("  not all is shown of: %s", strings.Join(l.More, ", "))
	}
}

// whenSent leads what somebody said with when they sent it.
func whenSent(s journal.Said) string { return localOr(s.SentAt, "at no certain time") }

// fate says what became of a word that does not stand.
func fate(s journal.Said) string {
	switch {
	case s.Late:
		return ", which came too late"
	case s.ReplacedBy != 0:
		return fmt.Sprintf(", replaced by message %d", s.ReplacedBy)
	}
	return ""
}

// follows says whose word is followed, where several sources tell of a line.
func follows(source string, l journal.CaseLine) string {
	told := func(w journal.LineWord) bool { return w.Source != l.Source && (w.Part == "use" || w.Part == "credit") }
	if source == l.Source && slices.ContainsFunc(l.Words, told) {
		return ", which is followed"
	}
	return ""
}

func namesOf(names []journal.CaseName) string {
	return caseNames(journal.CaseRef{Name: "no name", Names: names})
}

func patientOf(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", patient %d", n)
}

func prefixedTime(with string, t *time.Time) string {
	if t == nil {
		return ""
	}
	return with + local(*t)
}

func procedureText(p journal.Procedure) string {
	codes := []string{dotted(p.Code)}
	for _, q := range p.Qualifiers {
		codes = append(codes, dotted(q))
	}
	return strings.Join(strings.Fields(strings.Join([]string{strings.Join(codes, " "), p.Text, prefixed("side ", p.Side), prefixed("on ", p.On)}, " ")), " ")
}

// dotted writes an OPCS-4 code as people do, W37.1, and any other as it is.
func dotted(code string) string {
	if c, err := nhs.ParseOPCS4(code); err == nil {
		return c.Dotted()
	}
	return code
}

func personText(p journal.CasePerson) string {
	text := strings.TrimSpace(p.Authority + " " + p.Code)
	if !p.Registered {
		text += " (a code of the sender's own)"
	}
	return text
}

func peopleText(all []journal.CasePerson) string {
	var out []string
	for _, p := range all {
		out = append(out, p.Role+" "+personText(p))
	}
	return prefixed("; ", strings.Join(out, ", "))
}

func dispositionText(code string) string {
	if code == canonical.UsedUnspecified {
		return "used"
	}
	return strings.ReplaceAll(code, "_", " ")
}

func packsOf(unit string) string {
	if unit == "pack" {
		return "packs of"
	}
	return ""
}

func alertText(w journal.Warning) string {
	state := "open since " + local(w.OpenedAt)
	if w.ClosedAt != nil {
		state = fmt.Sprintf("closed %s: %s", local(*w.ClosedAt), w.Why)
	}
	return fmt.Sprintf("Warning %d (%s, %s): %s %s", w.ID, w.Severity, state, w.Text, w.Action)
}
