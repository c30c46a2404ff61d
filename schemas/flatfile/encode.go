package flatfile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Encode writes rows in their order: equal rows and meta give equal bytes. A
// column takes its field from the row, else from meta, which describes the
// whole file. Every value that does not fit is reported, each a *fault.Error
// of kind Invalid with the path "rows[0].field"; then no bytes are given.
func (l Layout) Encode(rows []map[string]string, meta map[string]string) ([]byte, error) {
	p, err := l.compile()
	if err != nil {
		return nil, err
	}
	w := writer{plan: p}
	if p.mark {
		w.out.WriteString(byteOrderMark)
	}
	if p.header {
		names := make([]string, len(p.columns))
		for i, c := range p.columns {
			names[i] = c.Name
		}
		w.row("header", names, names)
	}
	for i, row := range rows {
		w.values(fmt.Sprintf("rows[%d]", i), row, meta)
	}
	w.end(len(rows), meta)
	if len(w.problems) > 0 {
		return nil, errors.Join(w.problems...)
	}
	return w.out.Bytes(), nil
}

type writer struct {
	*plan
	out      bytes.Buffer
	problems []error
}

func (w *writer) values(path string, row, meta map[string]string) {
	cells, names := make([]string, len(w.columns)), make([]string, len(w.columns))
	empty := true
	for i, c := range w.columns {
		names[i] = c.Field
		value := c.Const
		if c.Field != "" {
			var ok bool
			if value, ok = row[c.Field]; !ok {
				value = meta[c.Field]
			}
		}
		if strings.TrimSpace(value) == "" && c.Required {
			w.problem(path+"."+c.Field, refuse("value_missing", "The column %q needs a value.", c.Name))
		}
		if value != "" && c.Field != "" {
			var err error
			if value, err = c.format.write(value); err != nil {
				w.problem(path+"."+c.Field, fault.Of(err))
			}
		}
		cells[i], empty = value, empty && value == ""
	}
	if empty {
		w.problem(path, refuse("row_empty", "The row has no value in any column; readers would skip it."))
	}
	w.row(path, names, cells)
}

func (w *writer) end(rows int, meta map[string]string) {
	if w.trailer == nil {
		return
	}
	values := maps.Clone(meta)
	if values == nil {
		values = map[string]string{}
	}
	values["rows"] = strconv.Itoa(rows)
	cells := make([]string, len(w.trailer))
	for i, template := range w.trailer {
		var err error
		if cells[i], err = expand(template, values); err != nil {
			w.problem(fmt.Sprintf("trailer.cells[%d]", i), fault.Of(err))
		}
	}
	w.row("trailer", w.trailer, cells)
}

// row writes one row; names say where a cell came from.
func (w *writer) row(path string, names, cells []string) {
	for i, text := range cells {
		if i > 0 {
			w.out.WriteByte(w.delimiter)
		}
		cell, ok := w.charset.encode(text)
		switch {
		case !ok:
			w.problem(path+"."+names[i], refuse("value_not_encodable", "The value has a character that the encoding %s does not have.", w.charset.name))
		case strings.IndexByte(cell, 0) >= 0:
			w.problem(path+"."+names[i], refuse("value_zero_byte", "The value holds a zero byte."))
		}
		if w.quoteAll || len(cells) == 1 && cell == "" || w.needsQuotes(cell) {
			w.out.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		} else {
			w.out.WriteString(cell)
		}
	}
	w.out.WriteString(w.newline)
}

func (w *writer) needsQuotes(cell string) bool {
	return cell != strings.TrimSpace(cell) || strings.HasPrefix(cell, byteOrderMark) ||
		strings.ContainsAny(cell, "\"\r\n") || strings.IndexByte(cell, w.delimiter) >= 0
}

func (w *writer) problem(path string, e *fault.Error) {
	w.problems = append(w.problems, e.At(path))
}
