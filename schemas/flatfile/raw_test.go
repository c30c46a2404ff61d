package flatfile

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestRawRows_ARowIsAsItCame(t *testing.T) {
	t.Parallel()
	l := Layout{Delimiter: ";", Header: true, Columns: []Column{{Name: "a", Field: "a"}, {Name: "b", Field: "b"}}}
	for name, c := range map[string]struct {
		raw, header string
		rows        []RawRow
	}{
		"ends of lines":     {"a;b\r\n1;2\n\r\n3;4\r5;6", "a;b", []RawRow{{2, "1;2"}, {4, "3;4"}, {5, "5;6"}}},
		"a mark before it":  {"\xef\xbb\xbfa;b\n1;2\n", "a;b", []RawRow{{2, "1;2"}}},
		"a quoted newline":  {"a;b\n\"x\ny\";2\n3;4\n", "a;b", []RawRow{{2, "\"x\ny\";2"}, {4, "3;4"}}},
		"too few cells":     {"a;b\n1\n", "a;b", []RawRow{{2, "1"}}},
		"blank lines first": {"\n\na;b\n1;2\n", "a;b", []RawRow{{4, "1;2"}}},
		"no rows":           {"a;b\n", "a;b", nil},
	} {
		t.Run(name, func(t *testing.T) {
			header, rows, err := RawRows([]byte(c.raw), l)
			if err != nil || header != c.header || fmt.Sprint(rows) != fmt.Sprint(c.rows) {
				t.Errorf("%q, %v, %v", header, rows, err)
			}
		})
	}
	if _, _, err := RawRows([]byte("a;b\n\"x"), l); fault.Of(err).Code != "quote_unterminated" {
		t.Errorf("a file that cannot be cut: %v", err)
	}
}

// TestRawRows_HaveTheLinesThatReadingGives reads any file both ways.
func TestRawRows_HaveTheLinesThatReadingGives(t *testing.T) {
	t.Parallel()
	l := Layout{Header: true, Columns: []Column{{Name: "a", Field: "a"}, {Name: "b", Field: "b", Format: "integer"}}}
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom([]string{"", "1", "x", `"q"`, `"a,b"`, "\"n\nm\"", `"d""d"`})
		raw := "a,b\n"
		for range rapid.IntRange(0, 8).Draw(t, "rows") {
			raw += strings.Join(rapid.SliceOfN(cell, 1, 3).Draw(t, "cells"), ",") + rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end")
		}
		table, err := Decode([]byte(raw), l, Options{})
		_, rows, cut := RawRows([]byte(raw), l)
		if (err == nil) != (cut == nil) || err == nil && len(rows) != len(table.Rows)+len(table.Bad) {
			t.Fatalf("%q: %d rows, and %d and %d bad: %v, %v", raw, len(rows), len(table.Rows), len(table.Bad), err, cut)
		}
		lines := map[int]bool{}
		for _, r := range rows {
			lines[r.Line] = true
		}
		for _, r := range table.Rows {
			if !lines[r.Line] {
				t.Fatalf("%q: no raw row at line %d", raw, r.Line)
			}
		}
		for _, r := range table.Bad {
			if !lines[r.Line] {
				t.Fatalf("%q: no raw row at line %d", raw, r.Line)
			}
		}
	})
}

func TestWhole_TellsByTheTrailer(t *testing.T) {
	t.Parallel()
	l := Layout{Header: true, Columns: []Column{{Name: "a", Field: "a"}, {Name: "b", Field: "b"}}, Trailer: &Trailer{Cells: []string{"T", "{rows}"}}}
	for raw, code := range map[string]string{
		"a,b\n1,2\n3,4\nT,2\n": "", "a,b\nT,0\n": "", "a,b\nx\nT,1\n": "",
		"": "file_empty", "a,b\n": "trailer_missing", "a,b\n1,2\n3,4\n": "trailer_missing", "a,b\n1,2\nT,2\n": "trailer_count", "a,b\n1,2\nT": "trailer_missing", "a,b\n1,\"2": "quote_unterminated",
	} {
		err := Whole([]byte(raw), l)
		if code == "" && err != nil || code != "" && fault.Of(err).Code != code {
			t.Errorf("%q: %v, want %q", raw, err, code)
		}
	}
	l.Trailer = nil
	if err := Whole([]byte("a,b\n1"), l); err != nil {
		t.Errorf("without a trailer: %v", err)
	}
}
