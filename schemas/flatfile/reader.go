package flatfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Options say how a file is read.
type Options struct {
	// Name is the file's name in error paths; empty is "file".
	Name string
	// MaxCell is the greatest length of a cell in bytes; 0 is 32 KiB. A row
	// may be 32 times as long.
	MaxCell int
}

// Row is one row that was read.
type Row struct {
	// Line is where the row starts, from 1.
	Line int
	// Values are the cells by field, in their plain form (Column.Format). A
	// column that the file does not have is absent; an empty cell is "".
	Values map[string]string
}

// RowError says what is wrong with one row. Its neighbours are not concerned:
// the next Read gives the row after it.
type RowError struct {
	Line int
	// Problems are of kind Invalid, with the path "name:line:column".
	Problems []*fault.Error
}

// Error gives the first problem and how many more there are.
func (e *RowError) Error() string {
	if more := len(e.Problems) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more in this row)", e.Problems[0], more)
	}
	return e.Problems[0].Error()
}

// Unwrap gives the problems, for errors.As.
func (e *RowError) Unwrap() []error {
	all := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = p
	}
	return all
}

// Reader reads a file row by row, holding no more than one row in memory.
type Reader struct {
	plan   *plan
	scan   scanner
	name   string
	places []int // of each column in a row; -1 is absent
	width  int
	extra  []string
	rows   int
	held   *record  // with a trailer: the record that may be the last
	err    error    // once set, the reading is over
	cells  []string // of the row that was read last, as they stand in the file
	values []string // what Next gives
}

// NewReader checks the layout and reads the header. Its errors, and those of
// Read that are no *RowError, concern the whole file.
func NewReader(src io.Reader, l Layout, o Options) (*Reader, error) {
	p, err := l.compile()
	if err != nil {
		return nil, err
	}
	if o.MaxCell <= 0 {
		o.MaxCell = 32 << 10
	}
	if o.Name == "" {
		o.Name = "file"
	}
	r := &Reader{plan: p, name: o.Name, width: len(p.columns)}
	r.scan = scanner{src: bufio.NewReaderSize(src, 64<<10), plan: p, maxCell: o.MaxCell, maxRow: 32 * o.MaxCell, line: 1, column: 1}
	if err := r.start(); err != nil {
		return nil, err
	}
	return r, nil
}

// Extra names the header's columns that the layout does not know, in the
// file's own words. They are not read.
func (r *Reader) Extra() []string { return r.extra }

// Read gives the next row; io.EOF after the last; a *RowError if only this
// row is wrong. After any other error there is no more to read. Rows without
// anything in them are skipped.
func (r *Reader) Read() (Row, error) {
	rec, err := r.next()
	if err != nil {
		return Row{}, err
	}
	r.rows++
	return r.row(rec)
}

// Next gives the next row as Read does, with its plain values in the order of
// the layout's columns; a column that the file does not have is "". The slice
// is good until the next call.
func (r *Reader) Next() (line int, values []string, err error) {
	rec, err := r.next()
	if err != nil {
		return 0, nil, err
	}
	r.rows++
	if r.values == nil {
		r.values = make([]string, len(r.plan.columns))
	}
	if bad := r.read(rec, func(i int, value string) bool { r.values[i] = value; return true }); bad != nil {
		return rec.line, nil, bad
	}
	return rec.line, r.values, nil
}

// Cells gives the cells of the row that was read last as they stand in the
// file, also of one that is wrong. The slice is good until the next row.
func (r *Reader) Cells() []string { return r.cells }

// Shown gives the same cells as text that people may read: what is none in the
// file's encoding is marked.
func (r *Reader) Shown() []string {
	out := make([]string, len(r.cells))
	for i, cell := range r.cells {
		text, ok := r.plan.charset.decode(cell)
		if !ok {
			text = strings.ToValidUTF8(cell, "\uFFFD")
		}
		out[i] = text
	}
	return out
}

// next gives the next record that is a row, and checks the trailer.
func (r *Reader) next() (record, error) {
	for r.err == nil {
		rec, err := r.scan.next()
		switch {
		case errors.Is(err, io.EOF):
			r.err = io.EOF
			if r.plan.trailer != nil {
				if err := r.closing(); err != nil {
					r.err = err
				}
			}
		case err != nil:
			r.err = r.place(err)
		case rec.blank():
			r.scan.forget()
		case r.plan.trailer == nil:
			return rec, nil
		case r.held == nil:
			r.held = &rec
		default:
			rec, *r.held = *r.held, rec
			return rec, nil
		}
	}
	return record{}, r.err
}

// row resolves a record's cells.
func (r *Reader) row(rec record) (Row, error) {
	row := Row{Line: rec.line, Values: make(map[string]string, len(r.places))}
	bad := r.read(rec, func(i int, value string) bool {
		field := r.plan.columns[i].Field
		if field == "" || r.places[i] < 0 {
			return true
		}
		other, twice := row.Values[field]
		row.Values[field] = value
		return !twice || other == value
	})
	if bad != nil {
		return Row{}, bad
	}
	return row, nil
}

// read gives the plain value of each of the layout's columns to keep, which
// says whether it may stand beside the others. It returns what is wrong, nil
// if nothing is.
func (r *Reader) read(rec record, keep func(column int, value string) bool) error {
	r.cells = rec.cells
	var bad *RowError
	complain := func(at place, e *fault.Error) {
		if bad == nil {
			bad = &RowError{Line: rec.line}
		}
		bad.Problems = append(bad.Problems, r.at(at, e))
	}
	if n := len(rec.cells); n != r.width {
		at := rec.end
		if n > r.width {
			at = rec.at[r.width]
		}
		complain(at, refuse("row_ragged", "The row has %d cells where %d are expected. A delimiter inside a cell needs quotation marks around the cell.", n, r.width))
		return bad
	}
	for i := range r.plan.columns {
		c := &r.plan.columns[i]
		if r.places[i] < 0 {
			keep(i, "")
			continue
		}
		at := rec.at[r.places[i]]
		value, err := r.value(c, rec.cells[r.places[i]])
		if err != nil {
			complain(at, err)
		}
		if !keep(i, value) {
			complain(at, refuse("cell_contradicts", "The column %q and one before it hold different values of the same field.", c.Name))
		}
	}
	if bad != nil {
		return bad
	}
	return nil
}

// value gives a cell's plain value.
func (r *Reader) value(c *column, cell string) (string, *fault.Error) {
	text, ok := r.plan.charset.decode(cell)
	switch {
	case !ok:
		return "", refuse("cell_not_text", "Column %q: the cell is not text in %s. Save the file in that encoding, or name its own in the layout.", c.Name, r.plan.charset.name)
	case strings.IndexByte(text, 0) >= 0:
		return "", refuse("cell_zero_byte", "Column %q: the cell holds a zero byte; the file is damaged, or no text in %s.", c.Name, r.plan.charset.name)
	case c.Const != "" && text != c.Const:
		return "", refuse("cell_not_const", "Column %q: %q is expected in every row.", c.Name, c.Const)
	case c.Const != "":
		return text, nil
	case strings.TrimSpace(text) == "" && c.Required:
		return "", refuse("cell_missing", "Column %q: the cell must not be empty.", c.Name)
	case text == "", strings.TrimSpace(text) == "" && c.format.typed:
		return "", nil
	}
	value, err := c.format.read(text)
	if err != nil {
		e := fault.Of(err)
		return "", refuse(e.Code, "Column %q: %s", c.Name, e.Text)
	}
	return value, nil
}

// place turns a scanner's error into one that people can read.
func (r *Reader) place(err error) error {
	if u := (*unplaced)(nil); errors.As(err, &u) {
		return r.at(u.at, u.err)
	}
	return fault.Wrap(err, fault.Unavailable, "file_unreadable", "The file could not be read to its end. Try again.").At(r.name)
}

func (r *Reader) at(p place, e *fault.Error) *fault.Error {
	return e.At(r.name + ":" + strconv.Itoa(p.line) + ":" + strconv.Itoa(p.column))
}

// KeyCell tells where the column of this name stands in the row that was read
// last, though the row be wrong; -1 if it is not there.
func (r *Reader) KeyCell(name string) (at int, cells []string) {
	for i := range r.plan.columns {
		if r.plan.columns[i].Name == name && r.places[i] >= 0 && r.places[i] < len(r.cells) {
			return r.places[i], r.cells
		}
	}
	return -1, nil
}
