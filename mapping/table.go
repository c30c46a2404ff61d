package mapping

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is a code table: the first column is the sender's code, the others
// are what it means.
type table struct {
	name    string
	columns []string // without the first
	rows    map[string][]string
	lines   map[string]string // of a code, as "file:line"
	at      *node             // where the table was first named
}

// readTable reads a CSV file with a header into t; rows of an overlay's file
// take the place of those that are there. Codes match exactly, without outer
// blanks.
func (t *table) readTable(file string, raw []byte, p *problems) {
	if !utf8.Valid(raw) {
		p.addAt(file+":1", "table_not_utf8", "The table is not UTF-8. Save it as CSV in UTF-8.")
		return
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil || len(header) < 2 {
		p.addAt(file+":1", "table_header", "A table begins with a header of at least two columns: the sender's code, and what it means.")
		return
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	order := t.order(file, header, p)
	if order == nil {
		return
	}
	seen := map[string]string{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			line := 1
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				line = pe.StartLine
			}
			p.addAt(file+":"+strconv.Itoa(line), "table_row", "The row cannot be read: a quotation mark is missing or misplaced.")
			return
		}
		line, _ := r.FieldPos(0)
		t.row(file+":"+strconv.Itoa(line), record, len(header), order, seen, p)
	}
}

func (t *table) row(at string, record []string, width int, order []int, seen map[string]string, p *problems) {
	if len(record) != width {
		p.addAt(at, "table_row", "The row has %d cells where the header has %d. A comma inside a cell needs quotation marks around the cell.", len(record), width)
		return
	}
	code := strings.TrimSpace(record[0])
	if first, twice := seen[code]; twice {
		p.addAt(at, "table_code_repeated", "The code %q stands in this table already, at %s. Keep one of the two rows.", code, first)
		return
	}
	seen[code] = at
	row := make([]string, len(t.columns))
	for i, from := range order {
		row[i] = strings.TrimSpace(record[from])
	}
	t.rows[code], t.lines[code] = row, at
}

// order says where t's columns stand in a file's header; nil if they do not.
// The first file of a table declares its columns.
func (t *table) order(file string, header []string, p *problems) []int {
	if t.columns == nil {
		t.columns = header[1:]
	}
	order := make([]int, len(t.columns))
	ok := true
	for i, name := range t.columns {
		if order[i] = slices.Index(header, name); order[i] < 1 {
			p.addAt(file+":1", "table_column_missing", "The table %q needs the column %q. Its header is: code,%s.", t.name, name, strings.Join(t.columns, ","))
			ok = false
		}
	}
	for _, name := range header[1:] {
		if !slices.Contains(t.columns, name) {
			p.addAt(file+":1", "table_column_unknown", "The table %q has no column %q.%s", t.name, name, nearest(name, t.columns))
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return order
}

// column finds a column by name; empty is the first after the code.
func (t *table) column(name string) int {
	if name == "" {
		return 0
	}
	return slices.Index(t.columns, name)
}

// lookup gives what a code means in a column.
func (t *table) lookup(code string, column int) (string, bool) {
	row, ok := t.rows[code]
	if !ok {
		return "", false
	}
	return row[column], true
}
