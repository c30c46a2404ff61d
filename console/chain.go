package console

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// step is one link of a chain in the overview at its top.
type step struct {
	Name, Says string
	Anchor     string // of the section that tells more; empty if there is none
	Done       bool
}

// steps gives the overview of a chain, in the order in which things happened.
func (p page) steps(c journal.Chain) []step {
	noOrders := "none: nothing came below its reorder point"
	if len(c.Moves) == 0 {
		noOrders = "none"
	}
	out := []step{{"Received", fmt.Sprintf("%s from %s, %s", c.Message.Type, or(c.Message.Sender, c.Message.Connector), p.when(c.Message.ReceivedAt)), "message", true}}
	add := func(name, anchor string, n int, one, many, none string) {
		s := step{Name: name, Says: none}
		if n > 0 {
			s = step{name, count(int64(n), one, many), anchor, true}
		}
		out = append(out, s)
	}
	switch {
	case c.Stop != nil:
		out = append(out, step{"Stopped", c.Stop.Text, "stop", true})
	case len(c.Postings) == 0:
		out = append(out, step{Name: "Read", Says: "not yet"})
	}
	if n := len(c.Postings); n > 0 {
		last := c.Postings[n-1]
		out = append(out, step{"Read", "with " + or(last.Profile, "no mapping") + ": " + last.Summary, "read", true})
	}
	add("Case and lines", "lines", len(c.Lines), "usage line", "usage lines", "no usage line")
	add("Stock ledger", "movements", len(c.Moves), "movement", "movements", "no movement")
	add("Suggested orders", "suggested", len(c.Suggests), "suggested order", "suggested orders", noOrders)
	if n := len(c.Submissions); n > 0 {
		out = append(out, step{"Registry", count(int64(n), "record", "records"), "registry", true})
	}
	if len(c.Orders) == 0 {
		return append(out, step{Name: "Orders", Says: "none"})
	}
	for _, o := range c.Orders {
		out = append(out, step{"Order " + o.Number, money(o.Value, o.Currency) + ", " + p.progress(o), "order-" + o.Number, true})
	}
	return out
}

// progress says how far an order has come.
func (p page) progress(o journal.Order) string {
	switch {
	case o.AnsweredAt != nil:
		return strings.ToLower(orderStates.of(o.State).Text) + ", answered " + p.when(*o.AnsweredAt)
	case o.SentAt != nil:
		return "sent " + p.when(*o.SentAt) + ", no answer yet"
	case o.Stop != nil:
		return "not sent: " + o.Stop.Text
	default:
		return "not sent yet"
	}
}

// findings reads what a posting noted of the message. What cannot be read
// says so and hides nothing else.
func findings(raw json.RawMessage) []canonical.Finding {
	if len(raw) == 0 {
		return nil
	}
	var out []canonical.Finding
	if err := json.Unmarshal(raw, &out); err != nil {
		return []canonical.Finding{{Severity: canonical.Warning, Code: "findings_unreadable", Text: "What was noted of this reading cannot be shown here. The stockwell command shows it as it stands."}}
	}
	return out
}

// reckoning is how a suggested order came about, for a buyer to repeat.
func reckoning(g journal.Suggestion) []string {
	var in purchasing.Inputs
	if len(g.Inputs) == 0 || json.Unmarshal(g.Inputs, &in) != nil || in.PackSize == 0 {
		return nil
	}
	out := []string{
		fmt.Sprintf("Available: %s. On order: %s. Together %s, below the reorder point of %s.", number(in.Available), number(in.OnOrder), number(in.Available+in.OnOrder), number(in.ReorderPoint)),
		fmt.Sprintf("Order up to %s: %s missing, in packs of %s: %s.", number(in.OrderUpTo), number(in.OrderUpTo-in.Available-in.OnOrder), number(in.PackSize), count(g.Packs, "pack", "packs")),
		fmt.Sprintf("In the last twelve months: %s, the largest of %s.", count(in.History.Orders, "order", "orders"), number(in.History.Largest)),
		fmt.Sprintf("Ordered automatically before on that day: %s.", money(in.SpentToday, g.Currency)),
	}
	for _, d := range in.Doubts {
		was := map[string]string{"feed_silent": "it was silent", "feed_behind": "it was behind", "feed_held": "a person held it"}[d.Kind]
		out = append(out, fmt.Sprintf("Feed %s could not be relied on: %s.", d.Feed, or(was, "it was not well")))
	}
	return out
}

// doubted reports whether a suggested order waits because of a feed, too.
func doubted(g journal.Suggestion) bool {
	var in purchasing.Inputs
	return json.Unmarshal(g.Inputs, &in) == nil && len(in.Doubts) > 0
}

// isShelf reports whether a movement's end is a place with stock of its own,
// and so has a page.
func isShelf(m journal.Movement, place string) bool {
	switch place {
	case "", "supplier", "waste", "variance", "unidentified":
		return false
	}
	return m.Item != "" && !strings.HasPrefix(place, "patient ")
}

// cause finds what a movement was posted for among a chain's lines.
func cause(c journal.Chain, m journal.Movement) (line int64, ok bool) {
	for _, l := range c.Lines {
		if l.Movement == m.ID {
			return l.ID, true
		}
	}
	return 0, false
}

// after finds the suggested orders that a movement brought about.
func after(c journal.Chain, movement int64) []int64 {
	var out []int64
	for _, g := range c.Suggests {
		if g.Movement == movement {
			out = append(out, g.ID)
		}
	}
	return out
}

// has reports whether a chain shows a movement.
func has(c journal.Chain, movement int64) bool {
	for _, m := range c.Moves {
		if m.ID == movement {
			return true
		}
	}
	return false
}

// linesOf gives the lines of a case.
func linesOf(c journal.Chain, name string) []journal.Line {
	var out []journal.Line
	for _, l := range c.Lines {
		if l.Case == name {
			out = append(out, l)
		}
	}
	return out
}

// lot writes a lot, serial number and expiry as one text.
func lot(number, serial, expiry string) string {
	var parts []string
	for _, x := range []struct{ name, value string }{{"lot", number}, {"serial", serial}, {"expires", expiry}} {
		if x.value != "" {
			parts = append(parts, x.name+" "+x.value)
		}
	}
	if len(parts) == 0 {
		return "not told"
	}
	return strings.Join(parts, ", ")
}
