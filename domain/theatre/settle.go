package theatre

import "github.com/govalues/decimal"

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
	Base     int64  // base units that left stock; 0 if none did
	Net      string // quantity in the sender's unit, after credits
	ToWaste  bool
	Disagree bool // other sources say otherwise
}

// Settle says what the words of a line come to. rank orders sources by
// authority, lowest first; of several sources only the most authoritative
// decides, and the others corroborate or disagree: they never add.
func Settle(told map[string]Word, rank func(source string) int) Settled {
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
	out := settleOne(told, best)
	for _, s := range sources {
		if s == best {
			continue
		}
		o := settleOne(told, s)
		if o.Base != out.Base || o.State != out.State || o.Item != out.Item || o.Patient != out.Patient {
			out.Disagree = true
		}
	}
	return out
}

func sourcesOf(told map[string]Word) []string {
	seen := map[string]bool{}
	var out []string
	for k := range told {
		s := k[:len(k)-len("/use")]
		if k[len(k)-1] == 't' {
			s = k[:len(k)-len("/credit")]
		}
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func settleOne(told map[string]Word, source string) Settled {
	use, told1 := told[source+"/use"]
	credit, credited := told[source+"/credit"]
	out := Settled{Word: use, Source: source, Net: use.Quantity}
	if !told1 {
		out.Word, out.State, out.Why, out.Net = credit, Waiting, "credit_without_use", "0"
		if back, err := decimal.Parse(credit.Quantity); err == nil && back.IsZero() {
			out.State, out.Why = Withdrawn, "credited"
		}
		return out
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
	quantity, why := amount(use.Quantity)
	if credited && why == "" {
		quantity, why = less(quantity, use.Unit, credit)
		out.Net = quantity.String()
	}
	if why != "" {
		out.State, out.Why = Waiting, why
		return out
	}
	return settleQuantity(out, quantity)
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

// less takes a credit off a quantity in unit.
func less(quantity decimal.Decimal, unit string, credit Word) (_ decimal.Decimal, why string) {
	back, why := amount(credit.Quantity)
	if why != "" {
		return quantity, why
	}
	if !back.IsZero() && (unit == "pack") != (credit.Unit == "pack") {
		return quantity, "credit_unit_differs"
	}
	rest, err := quantity.Sub(back)
	switch {
	case err != nil:
		return quantity, "quantity_unreadable"
	case rest.IsNeg():
		return decimal.Zero, "credit_exceeds_use"
	}
	return rest, ""
}

// mostBase is the largest quantity that a line may move. More is a mistake,
// and would not fit the ledger's sums.
const mostBase = 1_000_000_000

func settleQuantity(out Settled, quantity decimal.Decimal) Settled {
	if quantity.IsZero() {
		out.State, out.Why, out.Net = Withdrawn, "credited", "0"
		return out
	}
	switch out.Disposition {
	case Explanted, ReturnedUnopened:
		out.State, out.Why = Recorded, string(out.Disposition)
		return out
	case OpenedNotUsed, Contaminated:
		out.ToWaste = true
	}
	if out.Unit == "pack" && out.Ratio > 1 {
		ratio, _ := decimal.New(out.Ratio, 0)
		var err error
		if quantity, err = quantity.Mul(ratio); err != nil {
			out.State, out.Why = Waiting, "quantity_unreadable"
			return out
		}
	}
	whole, frac, ok := quantity.Int64(0)
	if quantity.IsInt() && (!ok || whole > mostBase) {
		out.State, out.Why = Waiting, "quantity_too_large"
		return out
	}
	if !ok || frac != 0 || !quantity.IsInt() {
		out.State, out.Why = Waiting, "fraction"
		return out
	}
	out.Base, out.State = whole, Posted
	switch {
	case out.Item == 0:
		out.State, out.Why = Unidentified, "item_unknown"
	case out.Place == 0:
		out.State, out.Why = Unidentified, "place_unknown"
	}
	return out
}
