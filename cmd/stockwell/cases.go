package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type casesCmd struct {
	List    casesList    `cmd:"" help:"List theatre cases, those first that the hub heard of last."`
	Show    casesShow    `cmd:"" help:"Tell one case: what was booked, done, corrected and moved, by whom and by which message."`
	Set     casesSet     `cmd:"" help:"Tell in which cases, and on which patients, a reusable or loan set was used."`
	Resolve casesResolve `cmd:"" help:"Say which item, or which place, an unidentified line is."`
	Accept  casesAccept  `cmd:"" help:"Say that a line counts though another source decides in its case."`
	Same    casesSame    `cmd:"" help:"Say that two lines of a case tell of one use."`
	Join    casesJoin    `cmd:"" help:"Say that two cases are one, known by two sorts of numbers."`
	Record  casesRecord  `cmd:"" help:"Record use from paper, as after a downtime."`
}

type casesList struct {
	Open      bool   `help:"Only those with an open alert, or with a line that waits or is unidentified."`
	Reconcile bool   `help:"The reconciliation list: lines that wait, are unidentified, have no number of their own or on which sources differ, and cases that resemble another one."`
	Place     string `help:"Only those at this place, by its code." placeholder:"PLACE"`
	On        string `help:"Only those of this day, as 2026-03-14." placeholder:"DATE"`
	Before    int64  `help:"Only those before this number, for the next page."`
	Limit     int    `default:"50" help:"At most so many."`
}

// Run lists cases.
func (c casesList) Run(a *app) error {
	return a.withCases(func(s *store.Store, trust string, zone *time.Location) error {
		f := journal.CaseFilter{Open: c.Open, Reconcile: c.Reconcile, Place: c.Place, Before: c.Before, Limit: c.Limit, Zone: zone}
		if c.On != "" {
			day, err := time.ParseInLocation(time.DateOnly, c.On, zone)
			if err != nil {
				return fault.New(fault.Invalid, "date_invalid", "%q is no day. Write it as 2026-03-14.", c.On).At("--on")
			}
			f.From, f.To = day, day.AddDate(0, 0, 1)
		}
		if c.Limit < 1 || c.Limit > 1000 {
			return fault.New(fault.Invalid, "limit_invalid", "Write a number from 1 to 1000; --before gives the next page.").At("--limit")
		}
		all, err := s.Cases(a.ctx, trust, f)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(all)
		}
		if c.Reconcile {
			a.printPoints(all)
		} else {
			a.printCases(all)
		}
		if len(all) == c.Limit {
			fmt.Fprintf(a.out, "More: --before %d\n", all[len(all)-1].ID)
		}
		return nil
	})
}

func (a *app) printCases(all []journal.CaseSummary) {
	var rows [][]any
	for _, x := range all {
		lines := fmt.Sprint(x.LineCount)
		if x.Unidentified > 0 {
			lines += fmt.Sprintf(", %d unidentified", x.Unidentified)
		}
		if x.Waiting > 0 {
			lines += fmt.Sprintf(", %d waiting", x.Waiting)
		}
		rows = append(rows, []any{x.ID, x.Name, caseAt(x), orDash(x.Place), x.Booking, numberOr(x.Patient), lines, x.Alerts})
	}
	a.printTable("No cases.", []any{"number", "case", "when", "place", "booking", "patient", "lines", "open alerts"}, rows)
}

// caseAt is when a case was: its first use, else its booking.
func caseAt(c journal.CaseSummary) string {
	switch {
	case c.UsedAt != nil:
		return local(*c.UsedAt)
	case c.ScheduledAt != nil:
		return "booked for " + local(*c.ScheduledAt)
	}
	return "–"
}

func numberOr(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// printPoints prints the reconciliation list, with what to do about each.
func (a *app) printPoints(all []journal.CaseSummary) {
	if len(all) == 0 {
		fmt.Fprintln(a.out, "There is nothing to reconcile.")
	}
	for _, c := range all {
		fmt.Fprintf(a.out, "Case %s (number %d), %s, %s\n", c.Name, c.ID, caseAt(c), orDash(c.Place))
		for _, x := range c.Points {
			says, do := point(c, x)
			fmt.Fprintf(a.out, "  %s\n    %s\n", says, do)
		}
		if more := c.PointsInAll - int64(len(c.Points)); more > 0 {
			fmt.Fprintf(a.out, "  and %d more: stockwell cases show id:%d\n", more, c.ID)
		}
	}
}

// point says what an entry of the reconciliation list is, and what to do.
func point(c journal.CaseSummary, x journal.CasePoint) (says, do string) {
	if x.Other != nil {
		return fmt.Sprintf("may be the same as case %s (number %d): one patient, place and day", caseNames(*x.Other), x.Other.ID),
			fmt.Sprintf("Ask the theatre. If it is: stockwell cases join id:%d id:%d --why WHY", x.Other.ID, c.ID)
	}
	thing := x.Item
	if thing == "" {
		thing = "“" + x.Text + "”"
	}
	says = fmt.Sprintf("line %d (%s): %s %s: %s Because of message %d %s.", x.Line, x.Key, x.Quantity, thing, journal.SayLine(x.State, x.Why, "", nil), x.Message, x.Origin)
	at := fmt.Sprintf("id:%d %d", c.ID, x.Line)
	switch x.Kind {
	case "item_unidentified":
		do = "Say what it is: stockwell cases resolve " + at + " --item CODE --why WHY"
	case "place_unidentified":
		do = "Say where it was: stockwell cases resolve " + at + " --place CODE --why WHY"
	case "sources_disagree", "source_not_authoritative":
		do = "Compare: stockwell cases show id:" + fmt.Sprint(c.ID) + ". A use of its own: stockwell cases accept " + at + " --why WHY. One use told twice: stockwell cases same " + at + " OTHER --why WHY"
	case "no_business_key":
		says += " It has no number of its own."
		do = "Compare it with the case's other lines. One use told twice: stockwell cases same " + at + " OTHER --why WHY. Else close its warning: stockwell warnings list"
	default:
		do = fmt.Sprintf("Open the message, ask the theatre, and have the line sent again: stockwell messages show %d", x.Message)
	}
	return says, do
}

// caseNames are a case's names, as booking B7.
func caseNames(c journal.CaseRef) string {
	if len(c.Names) == 0 {
		return c.Name
	}
	var out []string
	for _, n := range c.Names {
		out = append(out, n.Kind+" "+n.Value)
	}
	return strings.Join(out, ", ")
}

type casesSet struct {
	Set    string `arg:"" help:"The set's number (a GRAI, a GIAI or the owner's own), as the sender tells it."`
	Cycle  string `help:"Only this sterilisation cycle." placeholder:"CYCLE"`
	Before int64  `help:"Only lines before this number, for the next page."`
	Limit  int    `default:"100" help:"At most so many."`
}

// Run tells where a set was used.
func (c casesSet) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if c.Limit < 1 || c.Limit > 1000 {
			return fault.New(fault.Invalid, "limit_invalid", "Write a number from 1 to 1000; --before gives the next page.").At("--limit")
		}
		all, err := s.Sets(a.ctx, trust, c.Set, c.Cycle, c.Before, c.Limit)
		if err != nil {
			return err
		}
		if len(all) == 0 && c.Before == 0 {
			return fault.New(fault.NotFound, "set_not_found", "No line tells of a set %s%s. Write its number as the sender tells it; `stockwell cases show CASE` shows a case's sets.", c.Set, prefixed(" in cycle ", c.Cycle))
		}
		if a.JSON {
			return a.printJSON(append([]journal.SetUse{}, all...))
		}
		var rows [][]any
		for _, x := range all {
			rows = append(rows, []any{orDash(x.Cycle), x.CaseName, x.Case, localOr(x.At, "–"), orDash(x.Place), numberOr(x.Patient), fmt.Sprintf("%d (%s)", x.Line, x.Key), orDash(x.Item + prefixed(" ", x.Text)), x.State, x.Message})
		}
		a.printTable("No lines.", []any{"cycle", "case", "number", "when", "place", "patient", "line", "what", "state", "message"}, rows)
		if len(all) == c.Limit {
			fmt.Fprintf(a.out, "More: --before %d\n", all[len(all)-1].Line)
		}
		return nil
	})
}

// withCases runs fn on the database and the days of a trust.
func (a *app) withCases(fn func(s *store.Store, trust string, zone *time.Location) error) error {
	return a.withFeeds(func(s *store.Store, trust string, cfg *config.Trust) error {
		zone, err := time.LoadLocation(cfg.TimeZone)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "zone_unknown", "The time zone %s is not known on this machine. Install tzdata or correct time_zone.", cfg.TimeZone)
		}
		return fn(s, trust, zone)
	})
}
