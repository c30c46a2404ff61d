package config

import (
	"slices"
	"strings"
)

// suggest ends a refusal of name: with the known name that it most resembles,
// or else with all known names.
func suggest(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return "; did you mean `" + near + "`?"
	}
	if len(known) == 0 {
		return ""
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(known)))
	return "; known here: " + strings.Join(sorted, ", ") + "."
}

// nearest gives the known name that differs least from name, or "" if all
// differ in more than a third of it. Case, '_', '-' and ' ' count for nothing.
func nearest(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := distance(plain(name), plain(k)); d < least || d == least && best == "" {
			best, least = k, d
		}
	}
	return best
}

var plainer = strings.NewReplacer("_", "", "-", "", " ", "")

func plain(name string) string { return strings.ToLower(plainer.Replace(name)) }

// distance is Levenshtein's: the fewest insertions, deletions and changes of
// one character that turn a into b.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			change := diagonal
			if r != s {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
