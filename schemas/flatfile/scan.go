package flatfile

import (
	"bufio"
	"errors"
	"io"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// scanner cuts a file into records of raw cells. A quote opens a quoted cell
// only at the cell's start; elsewhere it is data, for catalogues write 5" as
// it stands.
type scanner struct {
	src     *bufio.Reader
	plan    *plan
	maxCell int
	maxRow  int
	offset  int   // of the next byte
	line    int   // of the next byte, from 1
	column  int   // of the next byte, in characters from 1
	last    place // of the byte that was read last
	taken   bool  // whether the record that is being read has a byte
	buf     []byte
	// Two records take turns, so that one may be held while the next is read.
	turns [2]record
	turn  int
	ends  []int
}

// record is one row as it stands in the file.
type record struct {
	line  int
	cells []string
	// at holds where each cell starts, and end where the row ends.
	at  []place
	end place
}

type place struct{ line, column int }

// blank reports whether no cell of r holds anything.
func (r record) blank() bool {
	for _, c := range r.cells {
		if c != "" {
			return false
		}
	}
	return true
}

// broken is a fault after which the rest of the file cannot be cut into rows.
func broken(at place, code, text string, args ...any) error {
	return &unplaced{at: at, err: refuse(code, text, args...)}
}

// unplaced carries a position to the reader, which knows the file's name.
type unplaced struct {
	at  place
	err *fault.Error
}

func (u *unplaced) Error() string { return u.err.Error() }

// next gives the next record; io.EOF after the last. It is good until the
// record after the next one is read.
func (s *scanner) next() (record, error) {
	s.turn ^= 1
	rec := s.turns[s.turn]
	rec.line, rec.cells, rec.at = s.line, rec.cells[:0], rec.at[:0]
	s.buf, s.taken = s.buf[:0], false
	ends := s.ends[:0]
	for {
		rec.at = append(rec.at, place{s.line, s.column})
		more, err := s.cell(rec.at[len(rec.at)-1])
		if errors.Is(err, io.EOF) && !s.taken {
			return record{}, io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return record{}, err
		}
		ends = append(ends, len(s.buf))
		if !more {
			break
		}
	}
	rec.end = s.last
	all := string(s.buf)
	start := 0
	for _, end := range ends {
		rec.cells = append(rec.cells, all[start:end])
		start = end
	}
	s.turns[s.turn], s.ends = rec, ends
	return rec, nil
}

// forget gives up the record that was read last, so that the one before it is
// still good when the next is read.
func (s *scanner) forget() { s.turn ^= 1 }

// cell appends one cell to buf; more says that another follows in the row.
func (s *scanner) cell(at place) (more bool, err error) {
	start := len(s.buf)
	b, err := s.read()
	if err == nil && b == '"' {
		if err = s.quoted(at, start); err != nil {
			return false, err
		}
		if b, err = s.read(); err == nil && b != s.plan.delimiter && b != '\n' && b != '\r' {
			return false, broken(at, "quote_followed_by_text", "The quoted cell that starts here is followed by text before the next delimiter. Double the quotation marks inside it.")
		}
	}
	for {
		switch {
		case err != nil:
			return false, err
		case b == s.plan.delimiter:
			return true, nil
		case b == '\n':
			s.newline()
			return false, nil
		case b == '\r':
			s.carriageReturn()
			return false, nil
		}
		if err := s.keep(at, start, b); err != nil {
			return false, err
		}
		b, err = s.read()
	}
}

// quoted appends what stands between a quote that was read and its end.
func (s *scanner) quoted(at place, start int) error {
	for {
		b, err := s.read()
		if errors.Is(err, io.EOF) {
			return broken(at, "quote_unterminated", "The quotation mark that opens this cell is never closed. Close it, or double it if it is part of the text.")
		}
		if err != nil {
			return err
		}
		switch b {
		case '"':
			if next, err := s.src.Peek(1); err != nil || next[0] != '"' {
				return nil
			}
			_, _ = s.read()
		case '\n':
			s.newline()
		case '\r':
			if next, err := s.src.Peek(1); err != nil || next[0] != '\n' {
				s.newline()
			}
		}
		if err := s.keep(at, start, b); err != nil {
			return err
		}
	}
}

func (s *scanner) keep(at place, start int, b byte) error {
	if len(s.buf)-start >= s.maxCell {
		return broken(at, "cell_too_large", "The cell that starts here is longer than %d bytes. A quotation mark may be missing.", s.maxCell)
	}
	if len(s.buf) >= s.maxRow {
		return broken(at, "row_too_large", "The row is longer than %d bytes. A newline or a quotation mark may be missing.", s.maxRow)
	}
	s.buf = append(s.buf, b)
	return nil
}

func (s *scanner) read() (byte, error) {
	s.last = place{s.line, s.column}
	b, err := s.src.ReadByte()
	if err == nil {
		s.taken = true
		s.offset++
	}
	// A character of several bytes counts once, at its first.
	if err == nil && (s.plan.charset.table != nil || b&0xc0 != 0x80) {
		s.column++
	}
	return b, err
}

func (s *scanner) newline() { s.line, s.column = s.line+1, 1 }

func (s *scanner) carriageReturn() {
	if next, err := s.src.Peek(1); err == nil && next[0] == '\n' {
		_, _ = s.src.ReadByte()
		s.offset++
	}
	s.newline()
}
