package journal_test

import (
	"testing"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

func TestSayLine_TellsEveryStateInPlainWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state, why, same string
		others           []string
		want             string
	}{
		{"posted", "", "", nil, "Posted."},
		{"unidentified", "item_unknown", "", nil, "Unidentified: its code is not in the catalogue."},
		{"waiting", "fraction", "", nil, "Waits: its quantity is not a whole number of units."},
		{"waiting", "sources_differ", "", []string{"theatre"}, "Waits: it differs from what theatre tells of this."},
		{"recorded", "corroborates", "", []string{"theatre", "log"}, "Corroborates theatre and log; it adds nothing."},
		{"recorded", "corroborates", "", nil, "Corroborates the source that decides; it adds nothing."},
		{"recorded", "same_use", "T1", nil, "Tells of the same use as line T1."},
		{"withdrawn", "wrong_patient", "", nil, "Withdrawn: it was told of the wrong patient."},
		{"recorded", "explanted", "", nil, "Recorded, stock unchanged: explanted, so nothing left the shelf."},
		{"waiting", "something_new", "", nil, "Waits: something new."},
		{"something", "", "", nil, "something."},
	} {
		if got := journal.SayLine(c.state, c.why, c.same, c.others); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.state, c.why, got, c.want)
		}
	}
}

func TestSays_TellsWhatASourceSaid(t *testing.T) {
	t.Parallel()
	hip := func(part, effect, quantity string) journal.LineWord {
		return journal.LineWord{Part: part, Effect: effect, Quantity: quantity, Item: "HIP", Lot: "L1", Side: "left", Disposition: "implanted_then_removed"}
	}
	box := journal.LineWord{Part: "use", Effect: "use", Quantity: "1", Unit: "pack", Text: "SCREWS", Codes: []string{"local 7"}, Disposition: "used_unspecified"}
	back := hip("credit", "credit", "1")
	back.CreditFor = "never_opened"
	for want, w := range map[string]interface{ Says() string }{
		"used 2 HIP, lot L1, implanted then removed, side left":                   hip("use", "use", "2"),
		"used 1 pack of “SCREWS, local 7”":                                        box,
		"credited 1 HIP, lot L1, implanted then removed, side left, never opened": back,
		"credits nothing of it any more":                                          hip("credit", "credit", "0"),
		"deleted it":                                                              hip("use", "delete", "1"),
		"withdrew it":                                                             hip("use", "no_value", "1"),
		"said that it was told of the wrong patient":                              hip("use", "wrong_patient", "1"),
		"told 1 HIP, lot L1, implanted then removed, side left, and neither a use nor a credit": hip("use", "unknown", "1"),
		"said that it counts":      hip("accept", "", ""),
		"said that it is HIP":      hip("resolve", "", ""),
		"said that it is HIP at T": journal.LineWord{Part: "resolve", Item: "HIP", Place: "T"},
		"cancelled it":             journal.CaseWord{Part: "booking", Action: "cancel"},
		"told of its use":          journal.CaseWord{Part: "use"},
		"told of it":               journal.CaseWord{Part: "visit"},
	} {
		if got := w.Says(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
