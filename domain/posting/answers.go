package posting

import (
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// answer takes up a supplier's answer to an order.
func (d *decider) answer(s *saying, e canonical.OrderAnswer) {
	o := d.k.Orders[e.OrderNumber]
	if o == nil {
		for _, l := range e.Lines {
			s.find(canonical.Error, "order_unknown", l.Origin, "The row answers an order that the hub never made, so it had no effect. Ask the sender which order is meant.")
		}
		d.warn(Warning{Kind: "order_unknown", Subject: "message:" + strconv.FormatInt(s.ID, 10), Severity: "warning", Message: s.ID,
			Text: "An answer names an order that the hub never made.", Action: "Ask the sender which order is meant; nothing was changed."})
		return
	}
	var answers []purchasing.LineAnswer
	for _, l := range e.Lines {
		answers = append(answers, purchasing.LineAnswer{Origin: l.Origin, Line: l.Line, Status: l.Status, Quantity: l.Quantity, Reason: plain(l.Reason), Expected: l.Expected})
	}
	changed, findings := o.Answer(answers)
	for _, f := range findings {
		if f.Origin == "" { // of the order as a whole
			for _, l := range e.Lines {
				s.find(canonical.Error, f.Code, l.Origin, "%s", f.Text)
			}
			continue
		}
		s.find(canonical.Error, f.Code, f.Origin, "%s", f.Text)
	}
	s.summary.note = "Order " + o.Number + " is " + strings.ReplaceAll(string(o.State), "_", " ") + "."
	if changed {
		s.changed = true
		o.AnsweredBy = s.ID
		d.keepOrder(o)
		for _, l := range o.Lines {
			if l.Received+l.Substituted > 0 {
				d.over(s, o, l.Line)
			}
		}
	}
	subject := "order:" + o.Number
	d.settles(subject, false)
	if o.State == purchasing.Rejected || o.State == purchasing.Changed {
		d.warn(Warning{Kind: "order_" + string(o.State), Subject: subject, Severity: "warning", Message: s.ID,
			Text: "Order " + o.Number + " was " + string(o.State) + " by the supplier.", Action: "Look at the order's lines; what is still needed becomes a new suggestion."})
	}
}
