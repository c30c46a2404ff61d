package main

import (
	"fmt"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/store"
)

type submissionsCmd struct {
	List    submissionsList    `cmd:"" help:"List reportable uses and where each stands with the registry, the latest first."`
	Show    submissionsShow    `cmd:"" help:"Show a record and each version of it: what brought it about, when it left, what the registry said."`
	Send    submissionsSend    `cmd:"" help:"Have what is complete leave at once, without waiting for the next batch."`
	Again   submissionsAgain   `cmd:"" help:"Have a rejected record sent once more as it is. One that was corrected goes by itself."`
	Batches submissionsBatches `cmd:"" help:"List the files that went to the registry, the latest first."`
	Resend  submissionsResend  `cmd:"" help:"Send a batch again whose sending was stopped. Its name and files stay the same."`
}

type submissionsList struct {
	State   string `enum:",incomplete,ready,sent,accepted,rejected,withdrawn,not_needed" default:"" help:"Only in this state: incomplete, ready, sent, accepted, rejected, withdrawn or not_needed."`
	Missing bool   `help:"Only those that lack something, with what and who can supply it."`
	Who     string `enum:",theatre,coding team,supplies,patient administration,analyst" default:"" help:"Only those that this one can complete: theatre, 'coding team', supplies, 'patient administration' or analyst."`
	Limit   int    `default:"100" help:"At most so many."`
}

// Run lists uses.
func (c submissionsList) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Submissions(a.ctx, trust, journal.SubmissionFilter{State: c.State, Missing: c.Missing, Who: c.Who, Limit: c.Limit})
		if err != nil {
			return err
		}
		glance, err := s.Registry(a.ctx, trust)
		if err != nil {
			return err
		}
		if a.JSON {
			if all == nil {
				all = []journal.Submission{}
			}
			return a.printJSON(map[string]any{"registry": glance, "submissions": all})
		}
		var rows [][]any
		for _, x := range all {
			rows = append(rows, []any{orDash(x.Record), standingOf(x), x.Case, x.Line, orDash(x.Item), orDash(strings.TrimSpace(x.Lot + " " + x.Serial)), orDash(x.OccurredOn), orDash(x.Batch), lacks(x)})
		}
		a.printTable("No use is listed.", []any{"record", "state", "case", "line", "item", "lot, serial", "used on", "batch", "what is missing, who can supply it"}, rows)
		if share := glance.Completeness(); share != "" {
			fmt.Fprintf(a.out, "The registry holds %d of %d reportable uses as they are: %s %%.\n", glance.Accepted, glance.Reportable, share)
		}
		return nil
	})
}

func standingOf(x journal.Submission) string {
	state := strings.ReplaceAll(x.State, "_", " ")
	if x.Action != "" && x.Action != "new" && (x.State == "ready" || x.State == "sent" || x.State == "rejected") {
		state += " (" + x.Action + ")"
	}
	if x.Behind {
		state += ", a correction waits for the answer"
	}
	return state
}

// lacks says what a record lacks, or why the registry refused it.
func lacks(x journal.Submission) string {
	var out []string
	for _, m := range x.Missing {
		out = append(out, m.Field+" ("+m.Who+")")
	}
	if x.State == "rejected" {
		out = append(out, strings.TrimSpace("rejected: "+x.Code+" "+x.Reason))
	}
	return orDash(strings.Join(out, ", "))
}

type submissionsShow struct {
	Record string `arg:"" help:"The record, as MDOR-0K4W-XHRB-9T2C."`
}

// Run shows a record. What it tells of the patient is not shown.
func (c submissionsShow) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		d, err := s.Submission(a.ctx, trust, c.Record)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(d)
		}
		p := func(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }
		p("Record %s: %s since %s", c.Record, standingOf(d.Submission), local(d.Since))
		p("  case %s, line %s (number %d): %s %s%s, %s, %s, used on %s", d.Case, d.Line, d.LineID, d.Quantity, orDash(d.Item), lot(d.Lot, d.Serial), dispositionText(d.Disposition), orDash(d.Place), orDash(d.OccurredOn))
		for _, m := range d.Missing {
			p("  missing, for the %s: %s (%s, %s)", m.Who, m.Text, m.Field, m.Code)
		}
		for _, m := range d.Remarks {
			p("  worth knowing: %s (%s, %s)", m.Text, m.Field, m.Code)
		}
		for _, v := range d.Versions {
			p("  %s version %d, %s: %s%s, because of message %d %s, read with %s", v.Record, v.Version, v.Action, v.State, prefixed(", batch ", v.Batch), v.Message, v.Origin, v.Profile)
			if v.SentAt != nil {
				p("    sent %s", local(*v.SentAt))
			}
			if v.AnsweredAt != nil {
				p("    %s %s by message %d%s", v.State, local(*v.AnsweredAt), v.AnsweredBy, prefixed(": ", strings.TrimSpace(v.Code+" "+v.Reason)))
			}
			if v.AgainBy != "" {
				p("    to be sent again, says %s: %s", v.AgainBy, v.AgainWhy)
			}
		}
		return nil
	})
}

type submissionsSend struct {
	By said `default:"somebody" help:"Who asks."`
}

// Run asks the hub to gather; it does so as soon as it runs.
func (c submissionsSend) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		n, err := s.AskBatch(a.ctx, trust, string(c.By))
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"trust": trust, "ready": n})
		}
		fmt.Fprintf(a.out, "Ready for the registry: %s. What is ready leaves as soon as the hub runs.\n", plural(int(n), "record"))
		return nil
	})
}

type submissionsAgain struct {
	Record string `arg:"" help:"The record, as MDOR-0K4W-XHRB-9T2C."`
	By     said   `required:"" help:"Who asks."`
	Reason said   `required:"" help:"Why it is right as it is, as: the registry mended its list."`
}

// Run has a rejected version told once more.
func (c submissionsAgain) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if err := s.TellAgain(a.ctx, trust, c.Record, string(c.By), string(c.Reason)); err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"record": c.Record, "done": true})
		}
		fmt.Fprintf(a.out, "Record %s leaves again with the next batch.\n", c.Record)
		return nil
	})
}

type submissionsBatches struct {
	Limit int `default:"50" help:"At most so many."`
}

// Run lists batches.
func (c submissionsBatches) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.RegistryBatches(a.ctx, trust, c.Limit)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(append([]journal.Batch{}, all...))
		}
		var rows [][]any
		for _, b := range all {
			rows = append(rows, []any{b.Name, local(b.CreatedAt), b.Records, localOr(b.SentAt, "–"), b.Accepted, b.Rejected, orDash(whyUnsent(b))})
		}
		a.printTable("No batch was made.", []any{"batch", "made", "records", "sent", "accepted", "rejected", "why it is not sent"}, rows)
		return nil
	})
}

func whyUnsent(b journal.Batch) string {
	if b.Stop != nil {
		return b.Stop.Text
	}
	return b.Waiting
}

type submissionsResend struct {
	Batch string `arg:"" help:"The batch, as MDOR-ZZ1-000012."`
}

// Run gives a batch back to the hub, which sends it.
func (c submissionsResend) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if err := s.ResendBatch(a.ctx, trust, c.Batch); err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"batch": c.Batch, "done": true})
		}
		fmt.Fprintf(a.out, "Batch %s is sent again as soon as the hub runs.\n", c.Batch)
		return nil
	})
}
