package flatfile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestParts_EachHasHeaderTrailerAndItsRowsOnTheirLines(t *testing.T) {
	t.Parallel()
	l := Layout{Header: true, Columns: []Column{{Name: "a", Field: "a"}, {Name: "b", Field: "b"}}, Trailer: &Trailer{Cells: []string{"T", "{rows}", "{day}"}}}
	parts, err := Parts([]byte("\xef\xbb\xbfa,b\r\n1,2\r\n\r\n\"x\ny\",4\r\n5,6\r\nT,0003,\"20 Mar\"\r\n"), l, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n\"x\ny\",4\r\nT,2,20 Mar\n", "\xef\xbb\xbfa,b\r\n\n\n\n\n5,6\r\nT,1,20 Mar\n"}
	var got []string
	for _, p := range parts {
		got = append(got, string(p))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestParts_WhatIsNotTooLongIsNotCut(t *testing.T) {
	t.Parallel()
	l := Layout{Header: true, Columns: []Column{{Name: "a", Field: "a"}}}
	for _, raw := range []string{"a", "a\n", "a\n1\n2\n", "a\n1\n\n\n\n2"} {
		if parts, err := Parts([]byte(raw), l, 2); err != nil || parts != nil {
			t.Errorf("%q: %q, %v", raw, parts, err)
		}
	}
	for raw, code := range map[string]string{"": "file_empty", "a\n1\n2\n\"3": "quote_unterminated"} {
		if _, err := Parts([]byte(raw), l, 1); fault.Of(err).Code != code {
			t.Errorf("%q: %v", raw, err)
		}
	}
	l.Trailer = &Trailer{Cells: []string{"T", "{rows}"}}
	if _, err := Parts([]byte("a\n1\n2\nT,3\n"), l, 1); fault.Of(err).Code != "trailer_count" {
		t.Error(err)
	}
}

// TestParts_TogetherSayWhatTheWholeSays cuts any file and reads it both ways.
func TestParts_TogetherSayWhatTheWholeSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := Layout{Header: rapid.Bool().Draw(t, "header"), Columns: []Column{{Name: "a", Field: "a"}, {Name: "b", Field: "b", Format: "integer"}}}
		cell := rapid.SampledFrom([]string{"", "1", "x", `"q"`, `"a,b"`, "\"n\nm\"", `"d""d"`})
		raw, n := rapid.SampledFrom([]string{"", "\xef\xbb\xbf"}).Draw(t, "mark"), rapid.IntRange(0, 12).Draw(t, "rows")
		if l.Header {
			raw += "a,b\n"
		}
		for range n {
			raw += strings.Join(rapid.SliceOfN(cell, 1, 3).Draw(t, "cells"), ",") + rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end")
		}
		whole, err := Decode([]byte(raw), l, Options{})
		most := rapid.IntRange(1, 5).Draw(t, "most")
		parts, cut := Parts([]byte(raw), l, most)
		if (err == nil) != (cut == nil) {
			t.Fatalf("%q: %v, %v", raw, err, cut)
		}
		rows := len(whole.Rows) + len(whole.Bad)
		if want := (rows + most - 1) / most; rows > most && len(parts) != want || rows <= most && parts != nil {
			t.Fatalf("%q: %d rows, %d parts", raw, rows, len(parts))
		}
		if parts == nil {
			return
		}
		var all Table
		for _, p := range parts {
			one, err := Decode(p, l, Options{})
			if err != nil || len(one.Rows)+len(one.Bad) > most {
				t.Fatalf("%q: %v", p, err)
			}
			all.Rows, all.Bad = append(all.Rows, one.Rows...), append(all.Bad, one.Bad...)
		}
		if diff := cmp.Diff(whole.Rows, all.Rows); diff != "" || fmt.Sprint(whole.Bad) != fmt.Sprint(all.Bad) {
			t.Fatalf("%q: %s, %v and %v", raw, diff, whole.Bad, all.Bad)
		}
	})
}
