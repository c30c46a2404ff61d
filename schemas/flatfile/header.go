package flatfile

import (
	"errors"
	"strings"
)

// headerKey is what two header texts have in common that mean the same.
func headerKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// resolve finds the layout's columns in a header: places[i] is where column i
// stands, -1 where an optional one is absent. extra are texts that the layout
// does not know.
func (r *Reader) resolve(header record) error {
	found := map[string]int{}
	var problems []error
	complain := func(cell int, code, text string, args ...any) {
		at := header.end
		if cell < len(header.at) {
			at = header.at[cell]
		}
		problems = append(problems, r.at(at, refuse(code, text, args...)))
	}
	for i, cell := range header.cells {
		text, ok := r.plan.charset.decode(cell)
		if !ok || strings.IndexByte(text, 0) >= 0 {
			complain(i, "file_not_text", "The header is not text in %s. Save the file as CSV in that encoding.", r.plan.charset.name)
			continue
		}
		key := headerKey(text)
		if _, twice := found[key]; twice && key != "" {
			complain(i, "column_duplicate", "Cell %d of the header has the same name as one before it.", i+1)
		}
		found[key] = i
	}
	r.places = make([]int, len(r.plan.columns))
	for i, c := range r.plan.columns {
		r.places[i] = -1
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			if at, ok := found[headerKey(name)]; ok && headerKey(name) != "" && r.places[i] < 0 {
				r.places[i] = at
				delete(found, headerKey(name))
			}
		}
	}
	for i, c := range r.plan.columns {
		if r.places[i] >= 0 {
			continue
		}
		near, at := nearest(headerKey(c.Name), found)
		switch {
		case near != "":
			complain(at, "column_renamed", "The column %q is missing; the header has %q, which may be it. Rename it.", c.Name, near)
		case c.Required:
			complain(len(header.at), "column_missing", "The column %q is missing. Add it to the header and to each row.", c.Name)
		}
	}
	for i, cell := range header.cells {
		text, _ := r.plan.charset.decode(cell)
		if at, left := found[headerKey(text)]; left && at == i && headerKey(text) != "" {
			r.extra = append(r.extra, strings.TrimSpace(text))
		}
	}
	return errors.Join(problems...)
}

// nearest gives the found text that is a slip of the pen away from want. Only
// such a text is ever shown to people: another may be no header at all.
func nearest(want string, found map[string]int) (near string, at int) {
	best := min(3, len(want)/3+1)
	for text, i := range found {
		d := distance(want, text)
		if plainKey(text) == plainKey(want) {
			d = 0
		}
		if text != "" && (d < best || d == best && near != "" && i < at) {
			near, at, best = text, i, d
		}
	}
	return near, at
}

func plainKey(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", ".", "").Replace(s)
}

// distance is how many letters must be put in, left out or changed.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > 3 || len(y)-len(x) > 3 {
		return 4
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0]
		row[0] = i + 1
		for j := range y {
			cost := before
			if x[i] != y[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}
