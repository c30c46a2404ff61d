package mapping

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// problems collects all that is wrong with a mapping, so that an analyst
// mends it in one go.
type problems struct {
	list []*fault.Error
}

func (p *problems) add(n *node, code, format string, args ...any) {
	p.addAt(n.at(), code, format, args...)
}

func (p *problems) addAt(where, code, format string, args ...any) {
	p.list = append(p.list, fault.New(fault.Invalid, code, format, args...).At(where))
}

// err joins the problems by file and line; nil if there are none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *fault.Error) int {
		fa, la := splitPlace(a.Path)
		fb, lb := splitPlace(b.Path)
		return cmp.Or(cmp.Compare(fa, fb), cmp.Compare(la, lb))
	})
	all := make([]error, 0, len(p.list))
	for i, e := range p.list {
		// A part that is used twice is compiled twice; one complaint is enough.
		if i > 0 && e.Error() == p.list[i-1].Error() {
			continue
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}

func splitPlace(at string) (file string, line int) {
	i := strings.LastIndexByte(at, ':')
	if i < 0 {
		return at, 0
	}
	line, _ = strconv.Atoi(at[i+1:])
	return at[:i], line
}

// nearest gives the known name that is closest to a mistyped one, as
// ` Did you mean "lot"?`, or nothing if none is close.
func nearest(name string, known []string) string {
	best, distance := "", len(name)/2+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return " Did you mean " + strconv.Quote(best) + "?"
}

// editDistance counts the single-letter changes from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
