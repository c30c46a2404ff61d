package flatfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Parts cuts a file of more than most rows into files of at most so many, each
// with the header, and with a trailer that counts its own rows. A row stands
// in its part on the line on which it stands in the whole file: blank lines,
// which nobody reads, stand for the rows before it. Nil: the file has no more
// rows. It fails where Decode does.
func Parts(raw []byte, l Layout, most int) ([][]byte, error) {
	r, err := NewReader(bytes.NewReader(raw), l, Options{})
	if err != nil {
		return nil, err
	}
	if err := Whole(raw, l); err != nil {
		return nil, err
	}
	head, line := raw[:r.scan.offset], r.scan.line
	rows, last, err := r.stretches()
	if err != nil || len(rows) <= most {
		return nil, err
	}
	var parts [][]byte
	for len(rows) > 0 {
		n := min(most, len(rows))
		part := bytes.Clone(head)
		part = append(part, strings.Repeat("\n", rows[0].line-line)...)
		part = append(part, raw[rows[0].from:rows[n-1].to]...)
		if l.Trailer != nil {
			trailer, err := r.trailerOf(raw[last.from:last.to], n)
			if err != nil {
				return nil, err
			}
			part = append(part, trailer...)
		}
		parts, rows = append(parts, part), rows[n:]
	}
	return parts, nil
}

// stretch is where a record stands in a file, and on which line it starts.
type stretch struct{ from, to, line int }

// stretches gives the rows that are left, and the last of them, which is none
// of the others if the layout has a trailer.
func (r *Reader) stretches() (rows []stretch, last stretch, err error) {
	for {
		from := r.scan.offset
		rec, err := r.scan.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, last, r.place(err)
		}
		if !rec.blank() {
			rows = append(rows, stretch{from, r.scan.offset, rec.line})
		}
	}
	if n := len(rows); n > 0 {
		if last = rows[n-1]; r.plan.trailer != nil {
			rows = rows[:n-1]
		}
	}
	return rows, last, nil
}

// trailerOf writes a file's trailer anew for so many rows.
func (r *Reader) trailerOf(raw []byte, rows int) ([]byte, error) {
	s := scanner{src: bufio.NewReader(bytes.NewReader(raw)), plan: r.plan, maxCell: r.scan.maxCell, maxRow: r.scan.maxRow, line: 1, column: 1}
	rec, err := s.next()
	if err != nil {
		return nil, r.place(err)
	}
	w := writer{plan: r.plan}
	cells := make([]string, len(rec.cells))
	for i, cell := range rec.cells {
		cells[i], _ = r.plan.charset.decode(cell)
		counted := strings.ReplaceAll(r.plan.trailer[i], "{rows}", strconv.Itoa(rows))
		if names, _ := placeholders(counted); len(names) == 0 {
			cells[i] = counted
		}
	}
	w.row("trailer", r.plan.trailer, cells)
	return w.out.Bytes(), errors.Join(w.problems...)
}
