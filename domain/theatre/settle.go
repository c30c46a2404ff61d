package theatre

import (
	"maps"
	"slices"

	"github.com/govalues/decimal"
)

// State is where a line stands.
type State string

// The states of a line.
const (
	// Posted: a movement from a shelf stands for it.
	Posted State = "posted"
	// Unidentified: a movement stands for it whose item or place is unknown.
	Unidentified State = "unidentified"
	// Waiting: the fact is kept and a person must say what it does to stock.
	Waiting State = "waiting"
	// Withdrawn: it was taken back.
	Withdrawn State = "withdrawn"
	// Recorded: the fact is kept and does nothing to stock.
	Recorded State = "recorded"
)

// Settled is what a line's words come to.
type Settled struct {
	Word     // the word that decides
	Source   string
	State    State
	Why      string // stable code of the reason, where there is one
	Base     int64  // base units that went to the patient or to waste; 0 if none did
	Waste    int64  // base units that were credited as wasted
	Held     int64  // base units that came back never opened, for a check
	Net      string // quantity in the sender's unit, after credits
	ToWaste  bool
	Disagree bool // other sources say otherwise of this line
	// Doubt is why a later word on the line cannot be followed; its use stands.
	Doubt string
	// CreditedBy is the message of the credit.
	CreditedBy int64
}

// Counts reports whether a movement stands for the line.
func (s Settled) Counts() bool { return s.Base+s.Waste > 0 }

// Rank orders sources by authority for use at a place, lowest first.
type Rank func(source string) int

// Settle says what the words of a line come to. Of several sources only the
// most authoritative decides, and the others corroborate or disagree: they
// never add. What a person resolved fills in what the deciding word leaves
// unknown. one tells whether two patients are one person.
func Settle(told map[string]Word, rank Rank, one func(a, b Patient) bool) Settled {
	sources := sourcesOf(told)
	if len(sources) == 0 {
		return Settled{State: Recorded, Why: "nothing_told"}
	}
	best := sources[0]
	for _, s := range sources[1:] {
		if rank(s) < rank(best) || rank(s) == rank(best) && s < best {
			best = s
		}
	}
	out := settleOne(told, best, one)
	for _, s := range sources {
		if s == best {
			continue
		}
		o := settleOne(told, s, one)
		differ := func(a, b string) bool { return a != "" && b != "" && a != b }
		if o.Base != out.Base || o.Waste != out.Waste || o.State != out.State || o.Item != out.Item || !one(o.Patient, out.Patient) ||
			differ(o.Lot, out.Lot) || differ(o.Serial, out.Serial) || differ(o.Side, out.Side) || o.Counts() && o.ToWaste != out.ToWaste {
			out.Disagree = true
		}
	}
	return out
}

// sourcesOf lists who told of a use or a credit.
func sourcesOf(told map[string]Word) (out []string) {
	for k := range told {
		if s, part := splitKey(k); (part == partUse || part == partCredit || part == partUnknown) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func settleOne(told map[string]Word, source string, one func(a, b Patient) bool) Settled {
	use, used := told[source+"/"+partUse]
	credit, credited := told[source+"/"+partCredit]
	odd, unclear := told[source+"/"+partUnknown]
	if !used && !credited {
		return Settled{Word: resolved(told, odd), Source: source, Net: odd.Quantity, State: Waiting, Why: "sign_unknown"}
	}
	if !used {
		out := Settled{Word: resolved(told, credit), Source: source, Net: "0", State: Waiting, Why: "credit_without_use"}
		if back, err := decimal.Parse(credit.Quantity); err == nil && back.IsZero() {
			out.State, out.Why = Withdrawn, "credited"
		}
		return out
	}
	out := Settled{Word: resolved(told, use), Source: source, Net: use.Quantity, CreditedBy: credit.Sequence.Message}
	if unclear && !odd.Sequence.Before(use.Sequence) && !(credited && odd.Sequence.Before(credit.Sequence)) {
		out.Doubt = "sign_unknown"
	}
	switch use.Effect {
	case Delete, NoValue, WrongPatient:
		out.State, out.Why, out.Net = Withdrawn, string(use.Effect), "0"
		return out
	case Use:
	default:
		out.State, out.Why = Waiting, "sign_unknown"
		return out
	}
	if credited && credit.CreditFor != ChargingError {
		if why := contradicts(credit, use, one); why != "" {
			out.Doubt, credited = why, false
		}
	}
	return settleUse(out, credit, credited)
}

// contradicts says why a credit cannot be of this use, though it has its key:
// it names another thing or patient, or gives back unopened what was opened.
func contradicts(credit, use Word, one func(a, b Patient) bool) string {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	opened := slices.Contains([]Disposition{OpenedNotUsed, Contaminated, ImplantedThenRemoved, SupplierLiable}, use.Disposition)
	zero := credit.Quantity == "0"
	switch {
	case zero:
	case credit.Item != 0 && use.Item != 0 && credit.Item != use.Item, differ(credit.Lot, use.Lot), differ(credit.Serial, use.Serial),
		credit.Item == 0 && use.Item == 0 && len(credit.Codes) > 0 && !slices.Equal(credit.Codes, use.Codes):
		return "credit_differs"
	case credit.Patient != 0 && use.Patient != 0 && !one(credit.Patient, use.Patient):
		return "credit_patient_differs"
	case opened && credit.CreditFor != Wasted:
		return "credit_of_opened"
	}
	return ""
}

// resolved is the word with what a person said of the thing or the place that
// it leaves unknown. A person's word on other codes, or on another place, is
// of no use here.
func resolved(told map[string]Word, w Word) Word {
	for _, k := range slices.Sorted(maps.Keys(told)) {
		if _, part := splitKey(k); part != partResolve {
			continue
		}
		r := told[k]
		if w.Item == 0 && r.Item != 0 && slices.Equal(w.Codes, r.Codes) {
			w.Item, w.Ratio, w.Ceiling = r.Item, 1, r.Ceiling
		}
		if w.Place == 0 && r.Place != 0 && w.PlaceText == r.PlaceText {
			w.Place = r.Place
		}
	}
	return w
}

// settleUse counts a use and what was credited of it.
func settleUse(out Settled, credit Word, credited bool) Settled {
	quantity, why := amount(out.Quantity)
	back := decimal.Zero
	if credited && why == "" && credit.CreditFor != ChargingError {
		// A credit that cannot be followed leaves the use as it was told.
		if b, unclear := taken(quantity, out.Unit, credit); unclear != "" {
			out.Doubt, credited = unclear, false
		} else {
			back = b
		}
	}
	if why == "" {
		rest, err := quantity.Sub(back)
		if err != nil {
			why = "quantity_unreadable"
		}
		quantity = rest
	}
	if why != "" {
		out.State, out.Why = Waiting, why
		return out
	}
	if credited {
		out.Net = quantity.String()
	}
	return settleQuantity(out, quantity, back, credit.CreditFor)
}

// amount reads an unsigned quantity; why it cannot be counted otherwise.
func amount(text string) (_ decimal.Decimal, why string) {
	q, err := decimal.Parse(text)
	switch {
	case err != nil:
		return q, "quantity_unreadable"
	case q.IsNeg():
		return q, "quantity_negative"
	}
	return q, ""
}

// taken is what a credit takes off a quantity in unit.
func taken(quantity decimal.Decimal, unit string, credit Word) (back decimal.Decimal, why string) {
	back, why = amount(credit.Quantity)
	switch {
	case why != "":
	case !back.IsZero() && (unit == "pack") != (credit.Unit == "pack"):
		why = "credit_unit_differs"
	case back.Cmp(quantity) > 0:
		why = "credit_exceeds_use"
	}
	return back, why
}

// mostBase is the largest quantity that a line may move. More is a mistake,
// and would not fit the ledger's sums.
const mostBase = 1_000_000_000

func settleQuantity(out Settled, quantity, back decimal.Decimal, credit CreditFor) Settled {
	if quantity.IsZero() && (back.IsZero() || credit != Wasted) {
		out.State, out.Why, out.Net = Withdrawn, "credited", "0"
		if why := out.hold(back, credit); why != "" {
			out.State, out.Why = Waiting, why
		}
		return out
	}
	switch out.Disposition {
	case Explanted, ReturnedUnopened, Reusable:
		out.State, out.Why = Recorded, string(out.Disposition)
		return out
	case OpenedNotUsed, Contaminated, ImplantedThenRemoved, SupplierLiable:
		out.ToWaste = true
	}
	var why string
	if out.Base, why = out.base(quantity); why == "" {
		why = out.hold(back, credit)
	}
	if why == "" && credit == Wasted {
		out.Waste, why = out.base(back)
	}
	if why != "" {
		out.State, out.Why, out.Base, out.Waste, out.Held = Waiting, why, 0, 0, 0
		return out
	}
	out.State, out.Why = Posted, out.Doubt
	switch {
	case out.Item == 0:
		out.State, out.Why = Unidentified, "item_unknown"
	case out.Place == 0:
		out.State, out.Why = Unidentified, "place_unknown"
	}
	return out
}

// hold notes what came back never opened: a credit without a reason means it.
// What never went to stock comes back to none.
func (s *Settled) hold(back decimal.Decimal, credit CreditFor) (why string) {
	switch s.Disposition {
	case Explanted, ReturnedUnopened, Reusable:
		return ""
	}
	if credit == Wasted || credit == ChargingError || s.Item == 0 || s.Place == 0 {
		return ""
	}
	s.Held, why = s.base(back)
	return why
}

// base counts a quantity in base units.
func (s *Settled) base(quantity decimal.Decimal) (n int64, why string) {
	if s.Unit == "pack" && s.Ratio > 1 {
		ratio, _ := decimal.New(s.Ratio, 0)
		var err error
		if quantity, err = quantity.Mul(ratio); err != nil {
			return 0, "quantity_unreadable"
		}
	}
	whole, frac, ok := quantity.Int64(0)
	switch {
	case quantity.IsInt() && (!ok || whole > mostBase):
		return 0, "quantity_too_large"
	case !ok || frac != 0 || !quantity.IsInt():
		return 0, "fraction"
	}
	return whole, ""
}
