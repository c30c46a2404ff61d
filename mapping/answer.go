package mapping

import (
	"strconv"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

var answerStatuses = []string{"accepted", "changed", "rejected", "closed"}

// orderAnswer compiles an answer to an order, of which each row of a file
// tells one line.
func (c *compiler) orderAnswer(n *node) func(*scope) canonical.Event {
	order := c.required(n, "order_number", "order_number", false)
	lines := n.get("lines")
	if !lines.isSet() || !c.known(lines, "answer lines") {
		c.problems.add(n, "key_missing", "The key %q is missing here.", "lines")
		return nil
	}
	line := c.required(lines, "line", "lines.line", false)
	status := c.required(lines, "status", "lines.status", false)
	if status != nil && status.table != nil && lines.get("status").get("unlisted") == nil {
		status.unlisted.note = note{severity: canonical.Error, code: "status_unlisted",
			text: "The answer's status is not in the table " + status.table.name + ", so this row had no effect. Add a row for it and replay the file."}
	}
	c.among(lines.get("status"), status, answerStatuses...)
	quantity := c.value(lines.get("quantity"), "lines.quantity", false)
	reason := c.value(lines.get("reason"), "lines.reason", false)
	expected := c.time(lines.get("expected_on"), "lines.expected_on", false)
	return func(s *scope) canonical.Event {
		out := canonical.OrderAnswer{OrderNumber: order.text(s)}
		if out.OrderNumber == "" {
			s.find(canonical.Error, "order_number_absent", "", "The row names no order and had no effect.")
			return nil
		}
		for _, row := range s.rows {
			in := *s
			in.row, in.origin = row.Values, rowOrigin(row.Line)
			a := canonical.OrderAnswerLine{Origin: in.origin}
			text := line.eval(&in)
			var err error
			if a.Line, err = strconv.Atoi(text.text); err != nil || a.Line < 1 {
				in.find(canonical.Error, "line_number_unreadable", text.path, "The line number is not a whole number from 1, so this row had no effect.")
				continue
			}
			state := status.eval(&in)
			if a.Status = state.text; a.Status == "" {
				if !state.unlisted {
					in.find(canonical.Error, "status_absent", status.sourceLabel(), "The row has no status and had no effect.")
				}
				continue
			}
			if text := quantity.eval(&in); text.text != "" {
				digits, negative, ok := number(text.text)
				if !ok || negative {
					in.find(canonical.Error, "quantity_unreadable", text.path, "The quantity is not a number, so this row had no effect.")
					continue
				}
				a.Quantity = digits
			}
			a.Reason, a.Expected = reason.text(&in), expected.date(&in)
			out.Lines = append(out.Lines, a)
		}
		if len(out.Lines) == 0 {
			return nil
		}
		return out
	}
}

func rowOrigin(line int) string { return "line " + strconv.Itoa(line) }
