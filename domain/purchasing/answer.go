package purchasing

import (
	"strconv"
	"strings"
	"time"
)

// LineAnswer is a supplier's answer to one line. Line 0 answers all lines.
type LineAnswer struct {
	Origin   string
	Line     int
	Status   string // accepted, changed, rejected, closed
	Quantity string // packs, where it changed
	Reason   string
	Expected string
}

// Finding is what a person should know of an answer.
type Finding struct{ Code, Origin, Text string }

// Answer applies answers to the order's lines and settles its state. It is
// idempotent. What cannot be applied is a finding and holds back nothing; a
// closed order takes no answer.
func (o *Order) Answer(answers []LineAnswer) (changed bool, findings []Finding) {
	if o.State == Closed {
		return false, []Finding{{"order_closed", "", "Order " + o.Number + " is closed, so the answer changed nothing."}}
	}
	for _, a := range answers {
		hit := false
		for i := range o.Lines {
			if a.Line != 0 && o.Lines[i].Line != a.Line {
				continue
			}
			hit = true
			c, f := o.Lines[i].answer(a)
			changed = changed || c
			findings = append(findings, f...)
		}
		if !hit {
			findings = append(findings, Finding{"order_line_unknown", a.Origin, "Order " + o.Number + " has no line " + strconv.Itoa(a.Line) + ". Ask the sender which line is meant."})
		}
	}
	return o.restate() || changed, findings
}

func (l *OrderLine) answer(a LineAnswer) (bool, []Finding) {
	before := *l
	if l.State == "closed" && a.Status != "closed" {
		return false, []Finding{{"order_line_closed", a.Origin, "The line was closed before: nothing more is expected for it, so the answer changed nothing."}}
	}
	switch a.Status {
	case "accepted":
		l.State, l.Confirmed = "accepted", l.Packs
	case "rejected":
		l.State, l.Confirmed = "rejected", 0
	case "closed":
		l.State = "closed" // what came has come; nothing more will
	case "changed":
		l.State = "changed"
		if a.Quantity != "" {
			n, ok := wholePacks(a.Quantity)
			if !ok || n > l.Packs {
				*l = before
				return false, []Finding{{"answer_quantity", a.Origin, "The confirmed quantity is not a whole number of packs up to the ordered " + strconv.FormatInt(l.Packs, 10) + ". The line keeps what was ordered."}}
			}
			l.Confirmed = n
		}
	default:
		return false, []Finding{{"answer_status", a.Origin, "The answer's status is not accepted, changed, rejected or closed. The line keeps what was ordered."}}
	}
	l.expect()
	var findings []Finding
	if _, err := time.Parse(time.DateOnly, a.Expected); err != nil && a.Expected != "" {
		a.Expected = ""
		findings = append(findings, Finding{"answer_date", a.Origin, "The expected day is not a date, so it was left out."})
	}
	l.Reason, l.Expected = a.Reason, a.Expected
	return *l != before, findings
}

func wholePacks(s string) (int64, bool) {
	whole, frac, _ := strings.Cut(strings.TrimSpace(s), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	return n, err == nil && n >= 0 && strings.Trim(frac, "0") == ""
}

// settle gives the state that the lines come to: by what came, else by the
// answers; empty while nothing came and one of them is unanswered.
func (o *Order) settle() OrderState {
	count := map[string]int{}
	came, open := false, false
	for _, l := range o.Lines {
		count[l.State]++
		came, open = came || l.Received+l.Substituted > 0, open || l.OpenPacks > 0
	}
	switch {
	case came && open:
		return PartReceived
	case came:
		return AllReceived
	case count["ordered"] > 0:
		return ""
	case count["rejected"] == len(o.Lines):
		return Rejected
	case count["rejected"]+count["closed"] == len(o.Lines):
		return Closed
	case count["accepted"]+count["closed"] == len(o.Lines):
		return Accepted
	default:
		return Changed
	}
}
