package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/user"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/store"
)

// decides is what every decision of a person has.
type decides struct {
	By  said `help:"Who decides. Default: the user of this computer."`
	Why said `required:"" help:"Why. It is kept and shown: no patient's name or number."`
}

// operator is who gave a command: as told, else the computer's user.
func operator(by string) string {
	if by != "" {
		return by
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

type casesResolve struct {
	Case  string `arg:"" help:"The case: see cases show."`
	Line  string `arg:"" help:"The line, by its number or its key."`
	Item  string `help:"What it was: an item's code."`
	Place string `help:"Where it was: a place's code or one of its other names."`
	decides
}

// Run resolves an unidentified line.
func (c casesResolve) Run(a *app) error {
	if c.Item == "" && c.Place == "" {
		return fault.New(fault.Invalid, "nothing_resolved", "Say what the line is with --item, or where it was with --place.")
	}
	return a.decideCase(c.Case, c.decides, func(s *store.Store, t *trust, id int64) (e canonical.Decision, err error) {
		e = canonical.Decision{Kind: "resolve_line", Item: c.Item, Place: c.Place}
		e.Line, err = s.LineKey(a.ctx, t.cfg.ODS, id, c.Line)
		return e, err
	})
}

type casesAccept struct {
	Case string `arg:"" help:"The case: see cases show."`
	Line string `arg:"" help:"The line, by its number or its key."`
	decides
}

// Run accepts a line.
func (c casesAccept) Run(a *app) error {
	return a.decideCase(c.Case, c.decides, func(s *store.Store, t *trust, id int64) (e canonical.Decision, err error) {
		e = canonical.Decision{Kind: "accept_line"}
		e.Line, err = s.LineKey(a.ctx, t.cfg.ODS, id, c.Line)
		return e, err
	})
}

type casesSame struct {
	Case  string `arg:"" help:"The case: see cases show."`
	Line  string `arg:"" help:"The line that tells of a use told on another one, by its number or its key."`
	Other string `arg:"" help:"The line that stays."`
	decides
}

// Run makes two lines one use.
func (c casesSame) Run(a *app) error {
	return a.decideCase(c.Case, c.decides, func(s *store.Store, t *trust, id int64) (e canonical.Decision, err error) {
		e = canonical.Decision{Kind: "same_use"}
		if e.Line, err = s.LineKey(a.ctx, t.cfg.ODS, id, c.Line); err == nil {
			e.Other, err = s.LineKey(a.ctx, t.cfg.ODS, id, c.Other)
		}
		return e, err
	})
}

type casesJoin struct {
	Case string `arg:"" help:"The case that is another one: see cases show."`
	Into string `arg:"" help:"The case that stays."`
	decides
}

// Run joins two cases.
func (c casesJoin) Run(a *app) error {
	return a.decideCase(c.Case, c.decides, func(s *store.Store, t *trust, _ int64) (canonical.Decision, error) {
		into, err := s.FindCase(a.ctx, t.cfg.ODS, c.Into)
		return canonical.Decision{Kind: "join_cases", Other: fmt.Sprint(into)}, err
	})
}

// decideCase has a person's decision about a case archived and posted.
func (a *app) decideCase(name string, who decides, what func(s *store.Store, t *trust, id int64) (canonical.Decision, error)) error {
	return a.withBooks(func(s *store.Store, t *trust) error {
		id, err := s.FindCase(a.ctx, t.cfg.ODS, name)
		if err != nil {
			return err
		}
		e, err := what(s, t, id)
		if err != nil {
			return err
		}
		e.Case, e.By, e.Why = fmt.Sprint(id), operator(string(who.By)), string(who.Why)
		return a.take(s, t, pipeline.TypeDecision, store.DecisionAbout(e.Case), e.By, e)
	})
}

// take archives and posts what a person decided or recorded, and prints what it
// did. about leads its control ID, and says what it is about.
func (a *app) take(s *store.Store, t *trust, typ, about, by string, e canonical.Event) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	ods := t.cfg.ODS
	poster := &pipeline.Poster{Trusts: map[string]*pipeline.Trust{ods: t.post}, Messages: s, Now: time.Now}
	g := store.Given{Connector: pipeline.Person, Format: pipeline.FormatDecision, Type: typ, Sender: by, ControlID: about + time.Now().UTC().Format(time.RFC3339Nano), Raw: raw}
	id, _, err := s.Take(a.ctx, ods, g, func(ctx context.Context, id int64) error { return poster.Take(ctx, ods, id) })
	if err != nil {
		return err
	}
	chain, err := s.Chain(a.ctx, ods, id)
	if err != nil {
		return err
	}
	why, err := refusals(chain)
	if err != nil {
		return err
	}
	switch {
	case a.JSON:
		if err := a.printJSON(taken{id, chain.Message.State, chain.Message.Summary, why, chain.Warnings}); err != nil {
			return err
		}
	default:
		fmt.Fprintf(a.out, "Message %d: %s\n", id, chain.Message.Summary)
		for _, f := range why {
			fmt.Fprintf(a.out, "%s: %s\n", f.Code, f.Text)
		}
		for _, w := range chain.Warnings {
			if w.ClosedAt == nil {
				fmt.Fprintln(a.out, alertText(w))
			}
		}
	}
	if len(why) > 0 {
		return errNo
	}
	return nil
}

// refusals says what of a person's message could not be done.
func refusals(chain journal.Chain) ([]canonical.Finding, error) {
	out := []canonical.Finding{}
	for _, x := range chain.Postings {
		var all []canonical.Finding
		if err := json.Unmarshal(x.Findings, &all); err != nil {
			return nil, err
		}
		for _, f := range all {
			if f.Severity == canonical.Error {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// taken is what a person's message did.
type taken struct {
	Message int64  `json:"message"`
	Outcome string `json:"outcome"`
	Summary string `json:"summary"`
	// Refused says what of it could not be done, and why.
	Refused  []canonical.Finding `json:"refused"`
	Warnings []journal.Warning   `json:"warnings"`
}
