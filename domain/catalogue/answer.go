package catalogue

import (
	"slices"
	"strings"
)

// Fact is one field and what is told of it.
type Fact struct{ Field, Value string }

// Telling is what one voice tells of a product: an item of the trust, or a
// product of a source.
type Telling struct {
	Who   string
	Facts []Fact
}

// Answer is what counts of one field, and who tells it.
type Answer struct {
	Field, Value, Who string
	// Others tell another thing of it.
	Others []Other
}

// Other is what somebody else tells of a field.
type Other struct{ Who, Value string }

// Answers gives one answer for each field of a product that several tell of:
// that of the first who tells of it at all. They come in the order of their
// precedence: the trust's own word, then the sources by rank. What is not told
// contradicts nothing.
func Answers(all []Telling) []Answer {
	var out []Answer
	for _, t := range all {
		for _, f := range t.Facts {
			if f.Value == "" {
				continue
			}
			i := slices.IndexFunc(out, func(a Answer) bool { return a.Field == f.Field })
			switch {
			case i < 0:
				out = append(out, Answer{Field: f.Field, Value: f.Value, Who: t.Who})
			case !slices.Contains(worded, f.Field) && !strings.EqualFold(out[i].Value, f.Value):
				out[i].Others = append(out[i].Others, Other{t.Who, f.Value})
			}
		}
	}
	return out
}

// worded are fields that everybody words in his own way.
var worded = []string{"description", "manufacturer", "base_unit"}

// Maker is a manufacturer's name as far as two spellings of it have it in
// common: without case, marks and the form of the company. By it and its own
// number a product is known; by the number alone it is not.
func Maker(name string) string {
	words := slices.DeleteFunc(Spoken(name), func(w string) bool { return slices.Contains(companies, w) })
	return strings.Join(words, " ")
}

var companies = []string{"ag", "as", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "limited", "llc", "ltd", "plc", "sa", "sas", "srl", "uk"}

// Together puts what shares a name into groups, each in the order given; names
// are codes, or a maker with its number. A voice without names is alone. A group
// in which two are in dispute is none: until a person has decided, each of them
// stands for itself.
func Together(names [][]string, dispute func(i, j int) bool) [][]int {
	of := make([]int, len(names))
	first := map[string]int{}
	for i := range names {
		of[i] = i
		for _, n := range names[i] {
			j, known := first[n]
			if !known {
				first[n] = i
				continue
			}
			from, to := max(of[i], of[j]), min(of[i], of[j])
			for k := range i + 1 {
				if of[k] == from {
					of[k] = to
				}
			}
		}
	}
	var out [][]int
	at := map[int]int{}
	for i, g := range of {
		if _, known := at[g]; !known {
			at[g] = len(out)
			out = append(out, nil)
		}
		out[at[g]] = append(out[at[g]], i)
	}
	return apart(out, dispute)
}

// apart takes the groups asunder in which two are in dispute.
func apart(groups [][]int, dispute func(i, j int) bool) (out [][]int) {
	for _, g := range groups {
		if !slices.ContainsFunc(g, func(i int) bool {
			return slices.ContainsFunc(g, func(j int) bool { return i < j && dispute(i, j) })
		}) {
			out = append(out, g)
			continue
		}
		for _, i := range g {
			out = append(out, []int{i})
		}
	}
	return out
}
