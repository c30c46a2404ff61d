package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// How much the pages of cases show at once.
const (
	casesShown = 50
	linesShown = 25
)

// caseList is a part of the list of cases, and what was asked for.
type caseList struct {
	Show, Place, On string
	Before          int64
	Shown           []journal.CaseSummary
	Older           templ.SafeURL
}

// cases lists a trust's cases, those first that the hub heard of last.
func (c *console) cases(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	l := caseList{Show: q.Get("show"), Place: strings.TrimSpace(q.Get("place")), On: strings.TrimSpace(q.Get("on"))}
	f := journal.CaseFilter{Open: l.Show == "open", Reconcile: l.Show == "reconcile", Place: l.Place, Limit: casesShown + 1, Zone: c.Zone}
	if _, ok := caseChoices[l.Show]; l.Show != "" && !ok {
		return nil, fault.New(fault.Invalid, "bad_show", "Show is open or reconcile, or left out for all cases.").At("show")
	}
	if l.On != "" {
		if f.From, err = time.ParseInLocation(time.DateOnly, l.On, c.Zone); err != nil {
			return nil, fault.New(fault.Invalid, "bad_day", "Write the day as 2026-03-14.").At("on")
		}
		f.To = f.From.AddDate(0, 0, 1)
	}
	if b := q.Get("before"); b != "" {
		if f.Before, err = identifier("before", b); err != nil {
			return nil, err
		}
	}
	l.Before = f.Before
	if l.Shown, err = c.Cases(r.Context(), trust, f); err != nil {
		return nil, err
	}
	p := c.of(trust, "cases", "Cases")
	if len(l.Shown) > casesShown {
		l.Shown = l.Shown[:casesShown]
		l.Older = query(p.to("cases"), "show", l.Show, "place", l.Place, "on", l.On, "before", strconv.FormatInt(l.Shown[casesShown-1].ID, 10))
	}
	return casesPage(p, l), nil
}

// oneCase tells a case.
func (c *console) oneCase(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	id, err := identifier("case", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	q := journal.CaseQuery{Case: fmt.Sprintf("id:%d", id), From: 1, Lines: linesShown, Zone: c.Zone}
	if s := r.URL.Query().Get("line"); s != "" {
		if q.Line, err = identifier("line", s); err != nil {
			return nil, err
		}
	}
	if s := r.URL.Query().Get("from"); s != "" {
		if q.From, err = strconv.Atoi(s); err != nil || q.From < 1 {
			return nil, fault.New(fault.Invalid, "bad_from", "from is the place of the first line to show, from 1.").At("from")
		}
	}
	d, err := c.Case(r.Context(), trust, q)
	if err != nil {
		return nil, err
	}
	return casePage(c.of(trust, "cases", "Case "+d.Name).under("Cases", "cases"), d), nil
}

// kase is the address of a case; of a line of it, if line is not zero.
func (p page) kase(id, line int64) templ.SafeURL {
	to := p.to("cases", fmt.Sprint(id))
	if line == 0 {
		return to
	}
	return query(to, "line", fmt.Sprint(line)) + fragment(fmt.Sprintf("line-%d", line))
}

// part is the address of another part of a case's lines; none if there is none.
func (p page) part(d journal.CaseDetail, from int) templ.SafeURL {
	if from < 1 || int64(from) > d.LineCount || from == d.From {
		return ""
	}
	return query(p.to("cases", fmt.Sprint(d.ID)), "from", strconv.Itoa(from)) + fragment("lines")
}

// newestCases leads from a later part of the list of cases to its beginning.
func newestCases(p page, l caseList) templ.SafeURL {
	if l.Before == 0 {
		return ""
	}
	return query(p.to("cases"), "show", l.Show, "place", l.Place, "on", l.On)
}

// caseWhen is when a case was, in words.
func (p page) caseWhen(c journal.CaseSummary) string {
	switch {
	case c.UsedAt != nil:
		return p.when(*c.UsedAt)
	case c.ScheduledAt != nil:
		return "booked for " + p.when(*c.ScheduledAt)
	}
	return "not told"
}

// names writes a case's names, as booking number B7.
func names(all []journal.CaseName, instead string) string {
	var out []string
	for _, n := range all {
		out = append(out, strings.ToLower(plain(n.Kind))+" "+n.Value)
	}
	return or(strings.Join(out, ", "), instead)
}

// fate says what became of a word that does not stand.
func fate(s journal.Said) string {
	switch {
	case s.Late:
		return "came too late: a later word was there"
	case s.ReplacedBy != 0:
		return fmt.Sprintf("replaced by message %d", s.ReplacedBy)
	}
	return "stands"
}

// followed reports whether a word decides of a line of which another source
// tells too.
func followed(l journal.CaseLine, w journal.LineWord) bool {
	other := func(o journal.LineWord) bool {
		return o.Source != l.Source && (o.Part == "use" || o.Part == "credit")
	}
	return w.Stands() && w.Source == l.Source && slices.ContainsFunc(l.Words, other)
}

// saidOf lists what was said of a line, what stands first.
func saidOf(l journal.CaseLine) []journal.LineWord {
	return append(append([]journal.LineWord{}, l.Words...), l.Before...)
}

// chainOf gives a line and its movements as a table of movements takes them.
func chainOf(l journal.CaseLine) journal.Chain {
	return journal.Chain{Lines: []journal.Line{l.Line}, Moves: l.Moves}
}

// openAlerts and closedAlerts part a case's alerts.
func openAlerts(d journal.CaseDetail) (out []journal.Warning) {
	for _, w := range d.Alerts {
		if w.ClosedAt == nil {
			out = append(out, w)
		}
	}
	return out
}

func closedAlerts(d journal.CaseDetail) (out []journal.Warning) {
	for _, w := range d.Alerts {
		if w.ClosedAt != nil {
			out = append(out, w)
		}
	}
	return out
}

// pointNeed is an entry of the reconciliation list, with what to do.
func pointNeed(c journal.CaseSummary, x journal.CasePoint) need {
	if x.Other != nil {
		return need{Tone: "notice", Title: "May be the same case", Text: fmt.Sprintf("Case %s (%s) is of the same patient, place and day, and is known by another sort of number.", x.Other.Name, names(x.Other.Names, "no name")),
			Action: "Ask the theatre. If it is one case, join them; else leave them as they are.", Commands: []string{joinCommand(x.Other.ID, c.ID)}, Case: x.Other.ID}
	}
	thing := or(x.Item, "“"+x.Text+"”")
	n := need{Tone: "warning", Title: fmt.Sprintf("Line %s: %s %s", x.Key, x.Quantity, thing), Text: journal.SayLine(x.State, x.Why, "", nil), Case: c.ID, Line: x.Line, Message: x.Message}
	if x.Kind == "no_business_key" {
		n.Tone, n.Text = "notice", "It has no number of its own, so a second telling could not be recognised."
	}
	n.Action, n.Commands = mend(x.Kind, c.ID, x.Line, x.Message)
	return n
}

func joinCommand(from, into int64) string {
	return fmt.Sprintf("stockwell cases join id:%d id:%d --why WHY", from, into)
}

// mend says what a person can do about a line, and the commands for it.
func mend(kind string, id, line, message int64) (action string, list []string) {
	at := fmt.Sprintf("id:%d %d", id, line)
	show := fmt.Sprintf("stockwell cases show id:%d", id)
	switch kind {
	case "item_unidentified":
		return "Say what it is. Or add the code to the trust's code table or the item to the catalogue, and replay the message.", []string{"stockwell cases resolve " + at + " --item CODE --why WHY", fmt.Sprintf("stockwell messages replay %d", message)}
	case "place_unidentified":
		return "Say where it was. Or add the sender's code as an alias of the place in trust.yaml, and replay the message.", []string{"stockwell cases resolve " + at + " --place CODE --why WHY", fmt.Sprintf("stockwell messages replay %d", message)}
	case "sources_disagree", "source_not_authoritative":
		return "Compare the case's lines. A use of its own may be accepted; one use that was told twice may be said to be the same; else have the wrong source corrected.", []string{show, "stockwell cases accept " + at + " --why WHY", "stockwell cases same " + at + " OTHER-LINE --why WHY"}
	case "no_business_key":
		return "Compare it with the case's other lines. If one use was told twice, say so; else close the warning.", []string{show, "stockwell cases same " + at + " OTHER-LINE --why WHY"}
	}
	return "Open the message, ask the theatre, and have the line corrected and sent again.", []string{show}
}
