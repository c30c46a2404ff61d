// Package trouble names what goes wrong in the synthetic hospital and its
// feeds, and how often: each trouble has a rate and can be switched off, so
// that a disagreement can be traced to the trouble that brings it about.
//
// What a trouble does belongs to the packages that act it out, not here.
package trouble

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Trouble is one thing that goes wrong.
type Trouble struct {
	Name string
	// Rate is how often it comes, of the occasions that Of names.
	Rate float64
	Of   string
	// About says what happens.
	About string
}

// Rates say how often each trouble comes; one that is not in it never does.
type Rates map[string]float64

// All lists every trouble, in the order of docs/simulate.md.
func All() []Trouble { return slices.Clone(all) }

// Default has every trouble at its usual rate.
func Default() Rates {
	out := Rates{}
	for _, t := range all {
		out[t.Name] = t.Rate
	}
	return out
}

// Parse reads "all", "none", or names of troubles with commas between them; a
// name may have a rate of its own, as "late=0.5".
func Parse(text string) (Rates, error) {
	switch text {
	case "", "all":
		return Default(), nil
	case "none":
		return Rates{}, nil
	}
	usual, out := Default(), Rates{}
	for _, word := range strings.Split(text, ",") {
		name, rate, own := strings.Cut(strings.TrimSpace(word), "=")
		r, known := usual[name]
		if !known {
			return nil, fault.New(fault.Invalid, "trouble_unknown", "There is no fault %q. There are: all, none, %s.", name, strings.Join(slices.Sorted(maps.Keys(usual)), ", ")).At("--faults")
		}
		if own {
			var err error
			if r, err = strconv.ParseFloat(rate, 64); err != nil || !(r >= 0 && r <= 1) {
				return nil, fault.New(fault.Invalid, "trouble_rate", "The rate of fault %s is not a number from 0 to 1.", name).At("--faults")
			}
		}
		out[name] = r
	}
	return out, nil
}

// String writes rates as Parse reads them.
func (r Rates) String() string {
	if maps.Equal(r, Default()) {
		return "all"
	}
	if len(r) == 0 {
		return "none"
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		words = append(words, fmt.Sprintf("%s=%g", name, r[name]))
	}
	return strings.Join(words, ",")
}
