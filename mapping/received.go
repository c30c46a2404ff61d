package mapping

import (
	"strconv"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

var receiptActions = []string{string(canonical.Add), string(canonical.Delete)}

// receivedRule reads the rows of a receipt.
type receivedRule struct {
	key, day, order, orderLine, quantity, unit, action *value
	place                                              *placeRule
	item                                               itemRule
}

// goodsReceived compiles what arrived from suppliers, of which each row of a
// file tells one line. A row that cannot be read has no effect, and says why.
func (c *compiler) goodsReceived(n *node) func(*scope) canonical.Event {
	receipt := c.required(n, "receipt", "receipt", false)
	lines := n.get("lines")
	if !lines.isSet() || !c.known(lines, "receipt lines") {
		c.problems.add(n, "key_missing", "The key %q is missing here.", "lines")
		return nil
	}
	r := receivedRule{
		key:       c.required(lines, "key", "lines.key", true),
		order:     c.value(lines.get("order_number"), "lines.order_number", true),
		orderLine: c.value(lines.get("order_line"), "lines.order_line", true),
		quantity:  c.required(lines, "quantity", "lines.quantity", true),
		unit: c.refusing(lines.get("unit"), "lines.unit", "unit_unlisted",
			"The unit is neither each nor pack, and a pack must never be taken for an each, so this row had no effect. Correct it, or add the unit to the table of units.", "each", "pack"),
		action: c.refusing(lines.get("action"), "lines.action", "action_unlisted",
			"What becomes of this line is neither add nor delete, so this row had no effect. Correct it, or add its code to the table of actions.", receiptActions...),
		place: c.place(lines.get("place"), "lines.place"),
		item:  c.item(lines),
	}
	if day := lines.get("received_on"); day.isSet() {
		r.day = c.time(day, "lines.received_on", true)
	} else {
		c.problems.add(lines, "key_missing", "The key %q is missing here: it says when the goods came.", "received_on")
	}
	return func(s *scope) canonical.Event {
		out := canonical.GoodsReceived{Receipt: receipt.text(s)}
		for _, row := range s.rows {
			in := *s
			in.row, in.origin = row.Values, rowOrigin(row.Line)
			if out.Receipt == "" {
				in.find(canonical.Error, "receipt_number_absent", receipt.sourceLabel(), "The row names no receipt, so it had no effect. Give the receipt's number.")
				continue
			}
			if l, ok := r.line(&in); ok {
				out.Lines = append(out.Lines, l)
			}
		}
		if len(out.Lines) == 0 {
			return nil
		}
		return out
	}
}

// refusing compiles a value of which a row that holds none of choices has no
// effect; that is always said as an error.
func (c *compiler) refusing(n *node, target, code, text string, choices ...string) *value {
	v := c.among(n, c.value(n, target, true), choices...)
	if v == nil {
		return nil
	}
	if n.get("unlisted") == nil {
		v.unlisted.note = note{code: code, text: text}
	}
	v.unlisted.note.severity = canonical.Error
	return v
}

// line reads one row; false leaves it out, with a finding that says why.
func (r *receivedRule) line(s *scope) (l canonical.ReceivedLine, ok bool) {
	refuse := func(code, path, text string) (canonical.ReceivedLine, bool) {
		s.find(canonical.Error, code, path, text)
		return l, false
	}
	l = canonical.ReceivedLine{Origin: s.origin, Key: r.key.text(s), OrderNumber: r.order.text(s), Effect: canonical.Add, Unit: "each"}
	if l.Key == "" {
		return refuse("receipt_line_absent", r.key.sourceLabel(), "The row has no line number, by which a repeat or correction is told from another delivery, so it had no effect.")
	}
	if action := r.action.eval(s); action.text != "" {
		l.Effect = canonical.Effect(action.text)
	} else if action.unlisted {
		return l, false
	}
	if text := r.orderLine.eval(s); text.text != "" {
		var err error
		if l.OrderLine, err = strconv.Atoi(text.text); err != nil || l.OrderLine < 1 {
			return refuse("line_number_unreadable", text.path, "The order's line is not a whole number from 1, so this row had no effect. Leave it empty if the delivery answers no order.")
		}
	}
	if l.ReceivedOn = r.day.date(s); l.ReceivedOn == "" && l.Effect == canonical.Add {
		return refuse("received_on_absent", r.day.sourceLabel(), "The row does not say on which day the goods came, so it had no effect. Write the day as 2026-03-14.")
	}
	if unit := r.unit.eval(s); unit.text != "" {
		l.Unit = unit.text
	} else if unit.unlisted {
		return l, false
	}
	if l.Effect == canonical.Add && !r.amount(s, &l) {
		return l, false
	}
	told := canonical.UsageLine{}
	r.item.read(s, &told)
	l.Codes, l.Lot, l.Serial, l.Expiry = told.Codes, told.Lot, told.Serial, told.Expiry
	if l.Place = r.place.read(s); len(l.Codes) == 0 && l.Effect == canonical.Add {
		return refuse("item_absent", r.item.codeLabel(), "The row names no item, so it had no effect. Give the item's code or GTIN.")
	}
	return l, true
}

// amount reads the quantity; false if the row has none that can be counted.
func (r *receivedRule) amount(s *scope, l *canonical.ReceivedLine) bool {
	q := r.quantity.eval(s)
	digits, negative, ok := number(q.text)
	switch whole, err := strconv.ParseInt(digits, 10, 64); {
	case !ok || err != nil:
		s.find(canonical.Error, "quantity_unreadable", q.path, "The quantity is not a whole number, so this row had no effect.")
		return false
	case negative:
		s.find(canonical.Error, "quantity_negative", q.path, "The quantity is below zero, so this row had no effect. To correct a line, tell it again with the right quantity; to take it back, tell it with the action delete.")
		return false
	default:
		l.Quantity = strconv.FormatInt(whole, 10)
		return true
	}
}
