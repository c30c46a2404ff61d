package flatfile

import (
	"bytes"
	"errors"
	"io"
)

// Table is a file that was read whole.
type Table struct {
	Rows []Row
	// Bad are the rows that are not in Rows, each with what is wrong.
	Bad []*RowError
	// Extra names the header's columns that the layout does not know.
	Extra []string
}

// Decode reads a whole file. It fails only if the file as a whole cannot be
// read; a wrong row is in Bad and holds back no other.
func Decode(raw []byte, l Layout, o Options) (Table, error) {
	r, err := NewReader(bytes.NewReader(raw), l, o)
	if err != nil {
		return Table{}, err
	}
	t := Table{Extra: r.Extra()}
	for {
		row, err := r.Read()
		var bad *RowError
		switch {
		case err == nil:
			t.Rows = append(t.Rows, row)
		case errors.As(err, &bad):
			t.Bad = append(t.Bad, bad)
		case errors.Is(err, io.EOF):
			return t, nil
		default:
			return Table{}, err
		}
	}
}
