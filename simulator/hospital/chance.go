package hospital

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// Chance is a stream of choices that follows from the seed and a name alone,
// so that a trouble that is switched off changes nothing else.
type Chance struct{ r *rand.Rand }

// NewChance gives the stream of this name and number.
func NewChance(seed uint64, name string, n int) Chance {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", name, n)
	return Chance{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// Of is true p times of one.
func (c Chance) Of(p float64) bool { return c.r.Float64() < p }

// From gives a number from low to high, both included.
func (c Chance) From(low, high int) int { return low + c.r.IntN(max(high-low, 0)+1) }

// Part gives a number from nought to one.
func (c Chance) Part() float64 { return c.r.Float64() }

// Number is a whole number near mean: its part below one is a chance.
func (c Chance) Number(mean float64) int {
	whole, part := math.Modf(mean)
	if c.Of(part) {
		whole++
	}
	return int(whole)
}

// One gives one of all.
func One[T any](c Chance, all []T) T { return all[c.r.IntN(len(all))] }
