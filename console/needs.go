package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// need is one thing that needs a person, with what to do next. Commands are
// to be pasted; Link leads to the page that tells more.
type need struct {
	Tone     string // of needTones
	Title    string
	Text     string
	Action   string
	Commands []string
	Since    time.Time
	// Message and Order name what it concerns, where there is one.
	Message int64
	Case    int64 // with Line, if it is about one
	Line    int64
	Order   string
	Item    string // with Place
	Place   string
	// Registry is set where the registry's page tells more.
	Registry bool
}

// needTones are the tags of what needs a person.
var needTones = words{
	"danger":  severities["danger"],
	"stopped": {"Message stopped", "red"},
	"held":    {"Orders held", "red"},
	"decide":  {"Waits for your decision", "yellow"},
	"unsent":  {"Order not sent", "orange"},
	"paused":  {"Purchasing paused", "orange"},
	"warning": severities["warning"],
	"notice":  severities["notice"],
}

// patience is how long an order may be on its way before somebody is told.
const patience = time.Minute

// needs lists what needs a person, the gravest first: danger, stopped
// messages, decisions, orders that do not leave, a pause, then the rest. What
// the top of page p tells already is left out.
func needs(s journal.Status, p page) []need {
	var out, later []need
	now := p.Now
	if s.Fence != nil {
		out = append(out, ordersHeld(*s.Fence))
	}
	var open []journal.Warning
	for _, w := range s.Warnings {
		if w.ClosedAt != nil || p.tells(w.Kind) || s.Fence != nil && w.Kind == "orders_held" {
			continue
		}
		open = append(open, w)
	}
	for _, same := range alike(open) {
		switch n := warnedOf(same); n.Tone {
		case "warning", "notice":
			later = append(later, n)
		default:
			out = append(out, n)
		}
	}
	for _, m := range s.Stopped {
		out = append(out, stopped(m))
	}
	for _, g := range s.Waiting {
		out = append(out, undecided(g))
	}
	for _, o := range s.Unsent {
		if n, ok := unsent(o, now); ok {
			out = append(out, n)
		}
	}
	if s.Paused != nil {
		out = append(out, paused(*s.Paused))
	}
	if n, ok := reportingNeed(s.Registry); ok {
		later = append(later, n)
	}
	for _, tone := range []string{"warning", "notice"} {
		for _, n := range later {
			if n.Tone == tone {
				out = append(out, n)
			}
		}
	}
	return out
}

// unlisted is how many warnings and suggested orders there are beyond those that
// the status lists.
func unlisted(s journal.Status) int64 { return moreWarnings(s) + moreWaiting(s) }

func moreWarnings(s journal.Status) int64 { return max(0, s.WarningsInAll-int64(len(s.Warnings))) }
func moreWaiting(s journal.Status) int64  { return max(0, s.WaitingInAll-int64(len(s.Waiting))) }

func unlistedSaid(s journal.Status) string {
	var parts []string
	if n := moreWarnings(s); n > 0 {
		parts = append(parts, count(n, "more warning", "more warnings"))
	}
	if n := moreWaiting(s); n > 0 {
		parts = append(parts, count(n, "more suggested order", "more suggested orders"))
	}
	return "There are " + strings.Join(parts, " and ") + " that are not listed here."
}

// alike gathers warnings of several lines of a case that one message brought
// about, so that they are told once, where the first of them stands.
func alike(all []journal.Warning) (out [][]journal.Warning) {
	type cause struct {
		kind          string
		kase, message int64
	}
	first := map[cause]int{}
	for _, w := range all {
		c := cause{w.Kind, w.Case, w.Message}
		if i, seen := first[c]; seen && w.Line != 0 && w.Message != 0 && lasting[w.Kind] {
			out[i] = append(out[i], w)
			continue
		}
		if w.Line != 0 {
			first[c] = len(out)
		}
		out = append(out, []journal.Warning{w})
	}
	return out
}

// lasting are the warnings that only a person closes.
var lasting = map[string]bool{"wrong_patient": true, "patient_changed": true}

// warnedOf is the need of warnings that are alike.
func warnedOf(same []journal.Warning) need {
	n := warned(same[0])
	if len(same) == 1 {
		return n
	}
	n.Text, n.Line = fmt.Sprintf("%s It is so of %s of the case.", n.Text, count(int64(len(same)), "line", "lines")), 0
	var ids []string
	for _, w := range same {
		ids = append(ids, strconv.FormatInt(w.ID, 10))
	}
	n.Commands[len(n.Commands)-1] = "stockwell warnings close " + strings.Join(ids, " ") + " --by NAME --reason WHY"
	return n
}

// warned is a warning's need. A severity that the pages do not know is
// treated as the gravest.
func warned(w journal.Warning) need {
	n := need{Tone: w.Severity, Title: warningKinds.of(w.Kind).Text, Text: w.Text, Action: w.Action, Since: w.OpenedAt, Message: w.Message, Case: w.Case, Line: w.Line}
	if w.Severity != "warning" && w.Severity != "notice" {
		n.Tone = "danger"
	}
	if w.Message != 0 {
		n.Commands = []string{fmt.Sprintf("stockwell messages show %d", w.Message)}
	}
	switch w.Kind {
	case "item_unidentified", "place_unidentified", "sources_disagree", "source_not_authoritative", "no_business_key":
		if w.Line != 0 {
			_, n.Commands = mend(w.Kind, w.Case, w.Line, w.Message)
		} else if w.Message != 0 {
			n.Commands = append(n.Commands, fmt.Sprintf("stockwell messages replay %d", w.Message))
		}
	case "returned_to_check":
		n.Commands = []string{"stockwell stock holds", "stockwell stock release HOLD --why WHY"}
	case "wrong_patient", "patient_changed", "nhs_number_changed", "above_ceiling":
		n.Commands = append(n.Commands, fmt.Sprintf("stockwell warnings close %d --by NAME --reason WHY", w.ID))
	}
	switch {
	case n.Action != "":
	case w.Message != 0:
		n.Action = fmt.Sprintf("Look at message %d and what it did, and put right what the warning names.", w.Message)
	default:
		n.Action = "Put right what the warning names; it closes by itself once that is done."
	}
	return n
}

// stopped is the need of a message that the hub could not take further.
func stopped(m journal.Message) need {
	return need{
		Tone: "stopped", Title: fmt.Sprintf("Message %d from %s is stopped", m.ID, or(m.Sender, m.Connector)),
		Text:     or(m.Summary, "The hub could not take it further."),
		Action:   "Open the message to see why. Put right what it names (a code table, the mapping or the catalogue), then replay it. Nothing is applied twice.",
		Commands: []string{fmt.Sprintf("stockwell messages show %d", m.ID), fmt.Sprintf("stockwell messages replay %d", m.ID)},
		Since:    m.ReceivedAt, Message: m.ID,
	}
}

// undecided is the need of a suggested order that waits for a person.
func undecided(g journal.Suggestion) need {
	n := need{
		Tone: "decide", Title: fmt.Sprintf("Suggested order %d: %s of %s for %s, %s", g.ID, count(g.Packs, "pack", "packs"), g.Item, g.Place, money(g.Value, g.Currency)),
		Text:     or(g.Why, "It is above what may be ordered without a person."),
		Action:   "Check the quantity against what the theatre plans to use, then approve it in your name. Until then nothing is ordered.",
		Commands: []string{fmt.Sprintf("stockwell orders approve %d --by NAME", g.ID)},
		Message:  g.Message, Item: g.Item, Place: g.Place,
	}
	if doubted(g) {
		n.Action = "Approve it in your name if it cannot wait. Its quantity follows what is used until then."
	}
	return n
}

// unsent is the need of an order that is not at the ERP. One that was made
// just now and has no trouble needs nobody.
func unsent(o journal.Order, now time.Time) (need, bool) {
	n := need{Tone: "unsent", Title: fmt.Sprintf("Order %s is not at the ERP", o.Number), Order: o.Number, Since: o.CreatedAt,
		Commands: []string{"stockwell orders show " + o.Number, "stockwell check"}}
	switch {
	case o.Stop != nil:
		n.Text = o.Stop.Text
		n.Action = "Put right what the text names, then send it again. It keeps its number and its file's name."
		n.Since = o.Stop.StoppedAt
		n.Commands = append(n.Commands, "stockwell orders resend "+o.Number)
	case o.Waiting != "":
		n.Text = o.Waiting
		n.Action = "The hub tries again by itself. If it goes on, ask whoever runs the ERP's SFTP server, and check the connection from here."
	case now.Sub(o.CreatedAt) > patience:
		n.Text = "It was made and has not been sent yet."
		n.Action = "Check that the hub's connection to the ERP works. The order is sent by itself once it does."
	default:
		return need{}, false
	}
	return n, true
}

// paused is the need of a trust whose automatic purchasing rests.
func paused(p journal.Pause) need {
	return need{
		Tone: "paused", Title: "Automatic purchasing is paused",
		Text:     fmt.Sprintf("Paused by %s: %s", or(p.By, "somebody who left no name"), or(p.Why, "no reason given")),
		Action:   "Use is still recorded and stock still counted, but nothing is ordered. When the reason is gone, resume in your name.",
		Commands: []string{"stockwell purchasing resume --by NAME"},
		Since:    p.At,
	}
}

// ordersHeld is the need of a trust that knows less than the outside world,
// since its database came out of a backup.
func ordersHeld(f journal.Fence) need {
	return need{
		Tone: "held", Title: "Orders are held since a restore", Text: f.Why,
		Action:   "Messages are taken and stock is counted, but no order is numbered or sent. Compare with the ERP, have the senders send again what is missing, then let the orders go in your name.",
		Commands: []string{"stockwell fence check", "stockwell fence lift --by NAME --reason WHY"},
		Since:    f.SetAt,
	}
}

// whyStopped is the need of a stopped message on its own page, where the
// step, the field and the mapping are known.
func whyStopped(c journal.Chain) need {
	n := stopped(c.Message)
	n.Title = "It is stopped: " + stepNames.of(c.Stop.Step).Text
	n.Text, n.Since, n.Message = c.Stop.Text, c.Stop.StoppedAt, 0
	if c.Stop.Path != "" {
		n.Text = c.Stop.Path + ": " + n.Text
	}
	if c.Stop.Profile != "" {
		n.Text += " Mapping: " + c.Stop.Profile + "."
	}
	n.Action = "Put right what it names (a code table, the mapping or the catalogue), then replay it. Nothing is applied twice."
	return n
}

// unsentHere is an order's need on its own page.
func unsentHere(o journal.Order, now time.Time) (need, bool) {
	n, ok := unsent(o, now)
	n.Order = ""
	return n, ok && o.SentAt == nil && o.State == "ready"
}

// warnedInCase is a warning's need on the page of its case.
func warnedInCase(w journal.Warning) need {
	n := warned(w)
	if n.Case = 0; w.Line != 0 {
		n.Case, n.Line = w.Case, w.Line
	}
	return n
}

// ofCase names what a need's link to a case leads to.
func ofCase(n need) string {
	if n.Line != 0 {
		return fmt.Sprintf("Line %d of the case", n.Line)
	}
	return "The case"
}

// mendCommands are what a person can do about a line that waits or is
// unidentified.
func mendCommands(id int64, l journal.CaseLine) []string {
	kind := "line_waiting"
	switch {
	case l.Why == "item_unknown":
		kind = "item_unidentified"
	case l.Why == "place_unknown":
		kind = "place_unidentified"
	case l.Why == "sources_differ", l.Why == "source_not_authoritative":
		kind = "sources_disagree"
	}
	_, list := mend(kind, id, l.ID, l.Message)
	return list
}

// warnedHere is a warning's need on the page of its own message.
func warnedHere(w journal.Warning) need {
	n := warned(w)
	n.Message = 0
	return n
}
