package flatfile

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// RawRow is a row as it stands in the file, without the end of its line.
type RawRow struct {
	// Line is where the row starts, from 1, as Row.Line and RowError.Line.
	Line int
	Text string
}

// RawRows cuts a file into its rows without reading their cells: header is
// empty if the layout has none, and a trailer is no row. It fails where
// NewReader does, and where the file cannot be cut.
func RawRows(raw []byte, l Layout) (header string, rows []RawRow, err error) {
	r, err := NewReader(bytes.NewReader(raw), l, Options{})
	if err != nil {
		return "", nil, err
	}
	line := func(from, to int) string { return strings.TrimRight(string(raw[from:to]), "\r\n") }
	if l.Header {
		header = strings.TrimLeft(strings.TrimPrefix(line(0, r.scan.offset), byteOrderMark), "\r\n")
	}
	for {
		from := r.scan.offset
		rec, err := r.scan.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, r.place(err)
		}
		if !rec.blank() {
			rows = append(rows, RawRow{Line: rec.line, Text: line(from, r.scan.offset)})
		}
	}
	if l.Trailer != nil && len(rows) > 0 {
		rows = rows[:len(rows)-1]
	}
	return header, rows, nil
}

// Whole reports whether a file ends with its trailer; the error says what is
// missing. A layout without one has nothing to tell by.
func Whole(raw []byte, l Layout) error {
	if l.Trailer == nil {
		return nil
	}
	r, err := NewReader(bytes.NewReader(raw), l, Options{})
	if err != nil {
		return err
	}
	for r.err == nil {
		if _, err = r.next(); err == nil {
			r.rows++
		}
	}
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// Separator is the character between the layout's cells.
func (l Layout) Separator() (string, error) {
	p, err := l.compile()
	if err != nil {
		return "", err
	}
	return string(p.delimiter), nil
}
