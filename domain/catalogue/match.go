package catalogue

import (
	"fmt"
	"slices"
)

// Precedence lists the systems of codes by which the same product is found in
// several sources, the surest first. MPC counts with the manufacturer's name
// alone, for two makers may use one number.
var Precedence = []Kind{GTIN, HIBCC, ICCBBA, NPC, MPC, ERP}

// Voice is what one source, or a trust, says of what a code names.
type Voice struct {
	// Name says whose word it is, as "nhs-supply-chain FAB1234" or "item
	// HIP-STEM-12".
	Name string
	// Source tells sources apart; a trust's own word has none.
	Source      string
	Description string
	DeviceClass string
	// Ratio is how many base units the coded pack holds.
	Ratio int64
}

// The kinds of conflict that a person decides.
const (
	CodeTwice    = "code_twice"   // one source has two products of one code
	PackRatio    = "pack_ratio"   // the coded pack holds other numbers of base units
	Contradicted = "description"  // nothing in the descriptions agrees
	ClassDiffers = "device_class" // the classes of the device differ
	TwoProducts  = "two_products" // an item's codes lead to two products of one source
	CodeTaken    = "code_taken"   // an item's row claims the code of another item
)

// Conflict is a disagreement for the worklist. Nothing is ever merged because
// of it, nor in spite of it.
type Conflict struct {
	Kind, Code, A, B, Text string
}

// Disagree says in what two voices on the code disagree.
func Disagree(code Code, a, b Voice) []Conflict {
	if b.Name < a.Name {
		a, b = b, a
	}
	var out []Conflict
	add := func(kind, text string, args ...any) {
		out = append(out, Conflict{Kind: kind, Code: string(code.Kind) + " " + code.Value, A: a.Name, B: b.Name, Text: fmt.Sprintf(text, args...)})
	}
	if a.Source == b.Source && a.Source != "" {
		add(CodeTwice, "Two products of one source have this code.")
		return out
	}
	if a.Ratio != b.Ratio && a.Ratio > 0 && b.Ratio > 0 {
		add(PackRatio, "The pack holds %d base units by the one and %d by the other.", a.Ratio, b.Ratio)
	}
	if a.DeviceClass != b.DeviceClass && a.DeviceClass != "" && b.DeviceClass != "" {
		add(ClassDiffers, "The device is of class %s by the one and %s by the other.", a.DeviceClass, b.DeviceClass)
	}
	if contradict(a.Description, b.Description) {
		add(Contradicted, "Nothing in the two descriptions agrees.")
	}
	return out
}

// contradict reports whether two descriptions have no word of letters in
// common, nor one that is nearly the same or the beginning of the other. Numbers
// and units do not count: a 54 mm cup is no 54 mm nail.
func contradict(a, b string) bool {
	x, y := telling(a), telling(b)
	if len(x) == 0 || len(y) == 0 {
		return false
	}
	for _, p := range x {
		if slices.ContainsFunc(y, func(q string) bool {
			short := min(len(p), len(q))
			return p == q || short >= 3 && p[:short] == q[:short] || NearWord(p, q) >= 0.4
		}) {
			return false
		}
	}
	return true
}

// units say nothing of what a thing is.
var units = []string{"and", "box", "each", "for", "kit", "len", "pack", "set", "size", "the", "with"}

func telling(text string) []string {
	return slices.DeleteFunc(Words(text), func(w string) bool { return !Lettered(w) || slices.Contains(units, w) })
}
