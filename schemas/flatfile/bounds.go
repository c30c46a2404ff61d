package flatfile

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// start reads what stands before the rows: marks of the encoding, the header.
func (r *Reader) start() error {
	first, _ := r.scan.src.Peek(4)
	switch {
	case bytes.HasPrefix(first, []byte(byteOrderMark)):
		_, _ = r.scan.src.Discard(len(byteOrderMark))
		r.scan.offset = len(byteOrderMark)
		r.plan.charset = charset{name: "utf-8"}
	case bytes.HasPrefix(first, []byte{0xff, 0xfe}), bytes.HasPrefix(first, []byte{0xfe, 0xff}):
		return r.at(place{1, 1}, refuse("file_not_text", "The file is in UTF-16. Save it as CSV in UTF-8."))
	case bytes.HasPrefix(first, []byte("PK\x03\x04")):
		return r.at(place{1, 1}, refuse("file_not_text", "The file is a workbook or an archive. Save it as CSV."))
	}
	if !r.plan.header {
		r.places = make([]int, len(r.plan.columns))
		for i := range r.places {
			r.places[i] = i
		}
		return nil
	}
	for {
		header, err := r.scan.next()
		if errors.Is(err, io.EOF) {
			return r.at(place{1, 1}, refuse("file_empty", "The file is empty: not even the header is there."))
		}
		if err != nil {
			return r.place(err)
		}
		if !header.blank() {
			r.width = len(header.cells)
			return r.resolve(header)
		}
	}
}

// closing checks the file's last record against the trailer.
func (r *Reader) closing() error {
	if r.held == nil {
		return r.at(place{r.scan.line, r.scan.column}, notWhole())
	}
	rec := *r.held
	// A program that pads its rows pads the trailer, too.
	cells := rec.cells
	for len(cells) > len(r.plan.trailer) && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) != len(r.plan.trailer) {
		return r.at(rec.at[0], notWhole())
	}
	count := strconv.Itoa(r.rows)
	for i, template := range r.plan.trailer {
		cell, _ := r.plan.charset.decode(rec.cells[i])
		names, _ := placeholders(template)
		if len(names) == 0 && cell != template {
			return r.at(rec.at[i], notWhole())
		}
		if template == "{rows}" {
			cell = strings.TrimLeft(strings.TrimSpace(cell), "0")
			template = strings.TrimLeft(count, "0")
		} else {
			template = strings.ReplaceAll(template, "{rows}", count)
		}
		if names, _ = placeholders(template); len(names) == 0 && cell != template {
			return r.at(rec.at[i], refuse("trailer_count", "The trailer counts other than the %s rows that are there: the file is not whole. Ask for it again.", count))
		}
	}
	return nil
}

func notWhole() *fault.Error {
	return refuse("trailer_missing", "The file does not end with its trailer: it is not whole. Ask for it again.")
}
