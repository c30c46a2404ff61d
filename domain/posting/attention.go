package posting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func movementSubject(m inventory.MovementID) string { return fmt.Sprintf("movement:%d", m) }

// lineWarnings says what a person must know of the line as it now stands.
func (d *decider) lineWarnings(s *saying, in openCase, line *theatre.Line, n theatre.Settled) {
	subject := fmt.Sprintf("line:%d", line.ID)
	d.settles(subject, d.fresh[line.ID])
	message := n.Sequence.Message
	warn := func(kind, severity, text, action string) {
		d.warn(Warning{Kind: kind, Subject: subject, Severity: severity, Message: message, Text: "Case " + in.Name + ": " + text, Action: action})
	}
	switch n.Why {
	case "item_unknown":
		warn("item_unidentified", "warning", "something was used whose code is not in the catalogue.",
			fmt.Sprintf("Say what it is with stockwell cases resolve, or add the code to the trust's code table or the item to the catalogue and replay message %d.", message))
	case "place_unknown":
		warn("place_unidentified", "warning", "something was used at a place that is not among the trust's places.",
			fmt.Sprintf("Add the sender's code as an alias of the place in trust.yaml and replay message %d, or say which place it was with stockwell cases resolve.", message))
	case "sources_differ":
		warn("sources_disagree", "warning", n.Source+" tells of a use otherwise than the source that decides for it here.",
			"Compare the case's lines. If this line is a use of its own, say so with stockwell cases accept; else have the wrong source corrected.")
	case "source_not_authoritative":
		warn("source_not_authoritative", "warning", n.Source+" tells of a use of which no source tells that decides for it here.",
			"Ask the theatre. If it was used, say so with stockwell cases accept; else have it corrected.")
	default:
		if n.State == theatre.Waiting {
			warn("line_waiting", "warning", "a line waits: "+waitingText[n.Why], "Open the message, ask the theatre, and have the line corrected and sent again.")
		}
	}
	switch {
	case n.Doubt == "" || n.State == theatre.Waiting:
	case n.Doubt == theatre.ToldAgain:
		warn("accepted_told_again", "warning", "a person accepted a line as a use of its own, and another source has told of the same thing since. Both count.",
			"Compare the case's lines. If they are one use, say so with stockwell cases same; else close this warning with the reason.")
	default:
		warn("line_waiting", "warning", "what was told later of a line cannot be followed, and its use stands: "+waitingText[n.Doubt], "Open the message, ask the theatre, and have the line corrected and sent again.")
	}
	if n.Disposition == theatre.SupplierLiable && n.Counts() {
		warn("supplier_liable", "notice", "something failed, and the supplier answers for it.", "Keep the device and its packaging, and claim it from the supplier.")
	}
	if n.Held > 0 {
		message = cmp.Or(n.CreditedBy, message)
		warn("returned_to_check", "notice", fmt.Sprintf("%d came back never opened.", n.Held), "Check pack, lot and expiry on the shelf, then release the stock with stockwell stock release.")
	}
	if strings.HasPrefix(line.Key, keyless) {
		warn("no_business_key", "notice", "a line has no number of its own, so a second telling could not be recognised.",
			"Compare it with the case's other lines; ask the vendor to send FT1-2 or its like.")
	}
	if n.Disagree {
		warn("sources_disagree", "warning", "two sources tell of one use differently; "+n.Source+" was followed.", "Compare both messages and correct the one that is wrong.")
	}
	if booked := in.state.BookedFor; booked != 0 && n.Patient != 0 && !d.one(booked, n.Patient) && n.Base > 0 {
		s.find(canonical.Warning, "case_patient_differs", n.Origin, "The case was booked for another patient.")
		warn("case_patient_differs", "danger", "its use and its booking name different patients.", "Check at once which patient was treated.")
	}
	if before := in.visit.Moved(n.Formerly, theatre.Sequence{}, d.one); n.Counts() && before != 0 && n.Patient != 0 && !d.one(before, n.Patient) {
		warn("patient_changed", "danger", "a use that was told of one patient is now told of another. It was moved.",
			"Check the records of both patients, and what was sent to a registry; then close this warning with the reason.")
	}
	if side := wrongSide(n, in.state.Procedures); side != "" && n.Base > 0 && !n.ToWaste {
		s.find(canonical.Warning, "side_differs", n.Origin, "The device is for the other side than the procedure.")
		warn("side_differs", "danger", "a device for the "+n.Side+" side was recorded, and the procedure is on the "+side+".", "Check at once which side was treated and what was implanted; have the wrong one corrected at its source.")
	}
}

// wrongSide is the only side of the procedures, if the device is for the other.
func wrongSide(n theatre.Settled, ps []theatre.Procedure) string {
	left, right, known := theatre.Sides(ps)
	switch {
	case !known || left == right:
		return ""
	case n.Side == "left" && right:
		return "right"
	case n.Side == "right" && left:
		return "left"
	}
	return ""
}

var waitingText = map[string]string{
	"fraction":               "the quantity is not a whole number of units.",
	"sign_unknown":           "its transaction type, sign or quantity cannot be used, so it is neither a use nor a credit; the message's findings say which.",
	"quantity_unreadable":    "the quantity cannot be read as a number.",
	"quantity_negative":      "the quantity is below zero, and a quantity has no sign of its own.",
	"quantity_too_large":     "the quantity is too large to be one.",
	"credit_unit_differs":    "the credit counts in another unit than the use.",
	"credit_without_use":     "a credit came for a use that was never told.",
	"credit_exceeds_use":     "more was credited than was used.",
	"credit_differs":         "the credit names another thing, lot or serial than the use.",
	"credit_patient_differs": "the credit names another patient than the use.",
	"credit_of_opened":       "the credit gives back unopened what the use says was opened.",
}

// ceilings warns of an item of which a case used more than it ever should. The
// use stands; what is ordered for it waits for a person.
func (d *decider) ceilings(s *saying, c *theatre.Case, most map[catalogue.ItemID]int64) {
	items := make([]catalogue.ItemID, 0, len(most))
	for i := range most {
		items = append(items, i)
	}
	slices.Sort(items)
	for _, item := range items {
		var used int64
		for _, l := range d.k.Lines[c.ID] {
			for _, m := range []*inventory.Movement{l.Posted, l.Wasted} {
				if m != nil && m.Item == item {
					used += m.Quantity
				}
			}
		}
		subject := fmt.Sprintf("ceiling:%d:%d", item, c.ID)
		d.settles(subject, d.began[c.ID])
		if used > most[item] {
			d.warn(Warning{Kind: "above_ceiling", Subject: subject, Severity: "warning", Message: s.ID,
				Text:   fmt.Sprintf("Case %s: %d of one item were used, and a case uses at most %d.", c.Name, used, most[item]),
				Action: "Ask the theatre whether a box was taken for a single one. Nothing is ordered for it by itself until this is closed."})
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
