package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/store"
)

type messagesCmd struct {
	List   messagesList   `cmd:"" help:"List messages, newest first."`
	Show   messagesShow   `cmd:"" help:"Show one message and the whole chain that it caused."`
	Replay messagesReplay `cmd:"" help:"Translate and post a message anew with the mapping now in force. What it says again changes nothing."`
}

type messagesList struct {
	State     string `help:"Only those in this state: waiting, retrying, parked, stopped, applied, no_change, superseded, ignored, test."`
	Type      string `help:"Only those of this type, as DFT^P03."`
	Connector string `help:"Only those of this connector."`
	ControlID string `name:"control-id" help:"Only those with this control ID (MSH-10, or a file's name)."`
	Before    int64  `help:"Only those before this number, for the next page."`
	Limit     int    `default:"50" help:"At most so many."`
}

// Run lists messages.
func (c messagesList) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		ms, err := s.Messages(a.ctx, trust, journal.Filter{State: c.State, Type: c.Type, Connector: c.Connector, ControlID: c.ControlID, Before: c.Before, Limit: c.Limit})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(ms)
		}
		var rows [][]any
		for _, m := range ms {
			rows = append(rows, []any{m.ID, local(m.ReceivedAt), m.Connector, m.Type, m.ControlID, m.State, m.Summary})
		}
		a.printTable("No messages.", []any{"message", "received", "connector", "type", "control ID", "state", "what it did"}, rows)
		return nil
	})
}

type messagesShow struct {
	ID  int64 `arg:"" help:"The message's number."`
	Raw bool  `help:"Print the message's bytes and nothing else. They are personal data."`
}

// Run shows a message's chain.
func (c messagesShow) Run(a *app) error {
	if c.Raw {
		return a.withArchive(func(s *store.Store, trust string) error {
			raw, err := s.Raw(a.ctx, trust, c.ID)
			if err != nil {
				return err
			}
			_, err = a.out.Write(raw)
			return err
		})
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		chain, err := s.Chain(a.ctx, trust, c.ID)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(chain)
		}
		a.printChain(chain)
		if hub, _, err := a.load(); err == nil {
			if line := traceOf(hub.Tracing, trust, c.ID); line != "" {
				fmt.Fprintln(a.out, line)
			}
		}
		return nil
	})
}

func (a *app) printChain(c journal.Chain) {
	p := func(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }
	m := c.Message
	p("Message %d: %s from %s (%s), control ID %s, received %s over %s, %d bytes", m.ID, m.Type, orDash(m.Sender), m.Trust, orDash(m.ControlID), local(m.ReceivedAt), m.Connector, m.Bytes)
	p("  %s: %s", m.State, m.Summary)
	if m.Received > 1 {
		p("  delivered %d times; handled once", m.Received)
	}
	if m.PrunedAt != nil {
		p("  its raw bytes were pruned on %s, as the archive's retention says; what it caused remains", m.PrunedAt.Local().Format(time.DateOnly))
	}
	if c.Stop != nil {
		p("  stopped at step %s (%s) %s: %s", c.Stop.Step, c.Stop.Code, c.Stop.Path, c.Stop.Text)
		p("  next: mend what it names, then stockwell messages replay %d", m.ID)
	}
	for _, x := range c.Postings {
		p("Posted %s (attempt %d) by %s: %s, %s", local(x.PostedAt), x.Attempt, x.Profile, x.Outcome, x.Summary)
		var findings []canonical.Finding
		_ = json.Unmarshal(x.Findings, &findings)
		for _, f := range findings {
			p("  %s %s%s: %s", f.Severity, f.Code, at(f.Path), f.Text)
		}
	}
	for _, x := range c.Cases {
		p("Case %s: booking %s, patient %d", x.Name, x.Booking, x.Patient)
	}
	for _, l := range c.Lines {
		p("  %s line %s: %s %s%s, %s, %s%s", l.Origin, l.Key, l.Quantity, itemName(l), lot(l.Lot, l.Serial), l.Disposition, l.State, why(l.Why))
		for _, v := range c.Moves {
			if v.ID == l.Movement || v.Message == m.ID && v.Origin == l.Origin {
				p("    movement %d: %s %d from %s to %s%s", v.ID, v.Kind, v.Quantity, v.From, v.To, reverses(v.Reverses))
			}
		}
	}
	if len(c.Lines) == 0 {
		for _, v := range c.Moves {
			p("  movement %d: %s %d %s%s from %s to %s (%s)", v.ID, v.Kind, v.Quantity, v.Item, lot(v.Lot, v.Serial), v.From, v.To, v.Origin)
		}
	}
	for _, r := range c.Receipts {
		p("Goods received, receipt %s line %s: %s x %s%s to %s for order %s, %s%s (%s)", r.Receipt, r.Line, receivedAmount(r), receivedItem(r), lot(r.Lot, r.Serial), orDash(r.Place), receivedFor(r), r.State, why(r.Why), r.Origin)
	}
	for _, g := range c.Suggests {
		p("Suggested order %d: %d x %s for %s, %s: %s; %s%s", g.ID, g.Packs, g.Item, g.Place, money(g.Value, g.Currency), g.State, g.Why, orderRef(g.Order))
	}
	for _, o := range c.Orders {
		p("Order %s to %s, %s: %s%s", o.Number, o.Supplier, money(o.Value, o.Currency), o.State, sentAs(o))
		for _, l := range o.Lines {
			p("  line %d: %d x %s, %s, %s; because of message %d %s, %s", l.Line, l.Packs, l.Item, money(l.Value, o.Currency), l.State, l.Message, l.Origin, l.Profile)
		}
		if o.AnsweredBy != 0 {
			p("  answered by message %d", o.AnsweredBy)
		}
	}
	for _, w := range c.Warnings {
		state := "open"
		if w.ClosedAt != nil {
			state = "closed: " + w.Why
		}
		p("Warning %d (%s, %s): %s %s", w.ID, w.Severity, state, w.Text, w.Action)
	}
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return " at " + path
}

func itemName(l journal.Line) string {
	if l.Item == "" {
		return "unidentified “" + l.Text + "”"
	}
	return l.Item
}

func lot(lot, serial string) string {
	var out string
	if lot != "" {
		out += ", lot " + lot
	}
	if serial != "" {
		out += ", serial " + serial
	}
	return out
}

func why(s string) string {
	if s == "" {
		return ""
	}
	return " (" + strings.ReplaceAll(s, "_", " ") + ")"
}

func reverses(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf(", reverses movement %d", id)
}

func orderRef(n string) string {
	if n == "" {
		return ""
	}
	return " → order " + n
}

func sentAs(o journal.Order) string {
	switch {
	case o.SentAt != nil:
		return fmt.Sprintf(", file %s at the ERP since %s", o.File, local(*o.SentAt))
	case o.Stop != nil:
		return ", not sent: " + o.Stop.Text
	case o.Waiting != "":
		return ", not sent yet: " + o.Waiting
	}
	return ""
}
