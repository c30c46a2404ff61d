package flatfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// plan is a Layout that was checked, with its defaults filled in.
type plan struct {
	delimiter byte
	header    bool
	newline   string
	charset   charset
	mark      bool
	quoteAll  bool
	columns   []column
	trailer   []string
}

type column struct {
	Column
	format format
}

// Validate reports every problem of the layout, each a *fault.Error with the
// setting as its path, joined.
func (l Layout) Validate() error {
	_, err := l.compile()
	return err
}

func (l Layout) compile() (*plan, error) {
	var problems []error
	bad := func(path, text string, args ...any) {
		problems = append(problems, fault.New(fault.Invalid, "layout_invalid", text, args...).At(path))
	}
	p := &plan{header: l.Header}
	switch d := l.Delimiter; {
	case d == "":
		p.delimiter = ','
	case d == "tab" || d == `\t`:
		p.delimiter = '\t'
	case len(d) == 1 && d != `"` && (d == "\t" || d[0] >= ' ' && d[0] < 0x7f):
		p.delimiter = d[0]
	default:
		bad("delimiter", "The delimiter is one ASCII character other than the quotation mark, or \"tab\".")
	}
	switch l.Newline {
	case "", "lf":
		p.newline = "\n"
	case "crlf":
		p.newline = "\r\n"
	default:
		bad("newline", "The newline is \"lf\" or \"crlf\".")
	}
	var known bool
	if p.charset, p.mark, known = charsetOf(l.Encoding); !known {
		bad("encoding", "The encoding is \"utf-8\", \"utf-8-bom\", \"windows-1252\" or \"iso-8859-1\".")
	}
	switch l.Quote {
	case "", "minimal":
	case "always":
		p.quoteAll = true
	default:
		bad("quote", "The quote setting is \"minimal\" or \"always\".")
	}
	if len(l.Columns) == 0 {
		bad("columns", "A layout needs at least one column.")
	}
	taken := map[string]string{}
	for i, c := range l.Columns {
		path := fmt.Sprintf("columns[%d]", i)
		if c.Name != "" {
			path = fmt.Sprintf("columns[%d] (%s)", i, c.Name)
		}
		col := column{Column: c}
		var complaint string
		if col.format, complaint = formatOf(c.Format); complaint != "" {
			bad(path, "%s", complaint)
		}
		checkSource(c, func(text string) { bad(path, "%s", text) })
		if l.Header && strings.TrimSpace(c.Name) == "" {
			bad(path, "A column of a file with a header needs a name.")
		}
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			key := headerKey(name)
			if key == "" {
				continue
			}
			if other, ok := taken[key]; ok {
				bad(path, "The header name %q is also that of %s.", name, other)
			}
			taken[key] = path
		}
		p.columns = append(p.columns, col)
	}
	p.trailer = checkTrailer(l.Trailer, bad)
	if l.FileName != "" {
		if _, ok := placeholders(l.FileName); !ok {
			bad("file_name", badTemplate)
		}
	}
	return p, errors.Join(problems...)
}

func checkSource(c Column, bad func(string)) {
	sources := 0
	for _, set := range []bool{c.Field != "", c.Const != "", c.Format == blank} {
		if set {
			sources++
		}
	}
	switch {
	case sources == 0:
		bad("The column has no source: give it a field, a const, or the format \"blank\".")
	case sources > 1:
		bad("The column has more than one source: give it a field, or a const, or the format \"blank\".")
	case c.Const != "" && c.Format != "":
		bad("A const is written as it stands: leave out the format.")
	case c.Format == blank && c.Required:
		bad("A blank column cannot be required.")
	}
}

func checkTrailer(t *Trailer, bad func(path, text string, args ...any)) []string {
	if t == nil {
		return nil
	}
	plain := false
	for i, cell := range t.Cells {
		names, ok := placeholders(cell)
		if !ok {
			bad(fmt.Sprintf("trailer.cells[%d]", i), badTemplate)
		}
		plain = plain || cell != "" && len(names) == 0
	}
	if !plain {
		bad("trailer", "A trailer needs one cell of plain text, as \"T\", by which it is known.")
	}
	return t.Cells
}
