package journal

import "strings"

// lineReasons say why a line stands as it does, after its state.
var lineReasons = map[string]string{
	"nothing_told":             "no source says anything of it now",
	"credit_without_use":       "a credit came for a use that was never told",
	"credit_exceeds_use":       "more was credited than was used",
	"credit_differs":           "the credit names another thing, lot or serial than the use",
	"credit_patient_differs":   "the credit names another patient than the use",
	"credit_of_opened":         "the credit gives back unopened what the use says was opened",
	"credit_unit_differs":      "its credit is in another unit than its use",
	"credited":                 "credited in full",
	"sign_unknown":             "its transaction type is not in the mapping's table",
	"quantity_unreadable":      "its quantity cannot be read as a number",
	"quantity_negative":        "its quantity is below zero",
	"quantity_too_large":       "its quantity is too large to count",
	"fraction":                 "its quantity is not a whole number of units",
	"item_unknown":             "its code is not in the catalogue",
	"place_unknown":            "its place is not among the trust's places",
	"wrong_patient":            "it was told of the wrong patient",
	"delete":                   "it was told in error",
	"no_value":                 "the sender withdrew it",
	"explanted":                "explanted, so nothing left the shelf",
	"returned_unopened":        "returned unopened, so nothing left the shelf",
	"reusable":                 "it goes back to be sterilised and is no stock",
	"source_not_authoritative": "no source tells of it that decides at this place",
}

// SayLine is where a line stands, in plain words. others are the sources that
// decide of its thing where it does not.
func SayLine(state, why, sameAs string, others []string) string {
	other := "the source that decides"
	if len(others) > 0 {
		other = strings.Join(others, " and ")
	}
	reason, known := lineReasons[why]
	switch {
	case sameAs != "":
		return "Tells of the same use as line " + sameAs + "."
	case why == "corroborates":
		return "Corroborates " + other + "; it adds nothing."
	case why == "sources_differ":
		return "Waits: it differs from what " + other + " tells of this."
	case !known:
		reason = strings.ReplaceAll(why, "_", " ")
	}
	says := map[string]string{"posted": "Posted", "unidentified": "Unidentified", "waiting": "Waits", "withdrawn": "Withdrawn", "recorded": "Recorded, stock unchanged"}[state]
	if says == "" {
		says = state
	}
	if reason == "" {
		return says + "."
	}
	return says + ": " + reason + "."
}

// bookingWords say what a word does to a booking.
var bookingWords = map[string]string{
	"book": "booked it", "reschedule": "moved it", "modify": "changed it", "cancel": "cancelled it", "discontinue": "broke it off",
	"delete": "deleted it", "no_show": "said that the patient did not come",
}

// Says is what the source did with the word: "booked it", "told of its use".
func (w CaseWord) Says() string {
	if says, ok := bookingWords[w.Action]; ok {
		return says
	}
	if w.Part == "use" {
		return "told of its use"
	}
	return "told of it"
}

// Says is what the source said of its line, in plain words: "used 2 HIP-STEM-12,
// lot L1, implanted".
func (w LineWord) Says() string {
	switch w.Part {
	case "accept":
		return "said that it counts"
	case "resolve":
		return "said that it is " + strings.Join(given(w.Item, prefix("at ", w.Place)), " ")
	}
	says := w.what()
	switch w.Effect {
	case "use":
		return "used " + says
	case "credit":
		if w.Quantity == "0" {
			return "credits nothing of it any more"
		}
		return strings.Join(given("credited "+says, strings.ReplaceAll(w.CreditFor, "_", " ")), ", ")
	case "delete":
		return "deleted it"
	case "no_value":
		return "withdrew it"
	case "wrong_patient":
		return "said that it was told of the wrong patient"
	}
	return "told " + says + ", and neither a use nor a credit"
}

// what is the thing that a word speaks of, with its quantity.
func (w LineWord) what() string {
	thing := w.Item
	if thing == "" {
		thing = "“" + strings.Join(given(w.Text, strings.Join(w.Codes, ", ")), ", ") + "”"
	}
	disposition := strings.ReplaceAll(w.Disposition, "_", " ")
	if w.Disposition == "used_unspecified" {
		disposition = ""
	}
	return strings.Join(given(strings.Join(given(w.Quantity, w.packs(), thing), " "), prefix("lot ", w.Lot), prefix("serial ", w.Serial), prefix("expires ", w.Expiry),
		disposition, prefix("side ", w.Side)), ", ")
}

func (w LineWord) packs() string {
	switch {
	case w.Unit != "pack":
		return ""
	case w.Quantity == "1":
		return "pack of"
	}
	return "packs of"
}

func prefix(with, text string) string {
	if text == "" {
		return ""
	}
	return with + text
}

// given leaves out what is empty.
func given(texts ...string) (out []string) {
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
