package store

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stockwell-hub/stockwell/connectors"
)

func TestReceive_WhateverASenderWritesInItsHeaderIsStored(t *testing.T) {
	t.Parallel()
	s := open(t)
	long := strings.Repeat("x", 10_000)
	in := []connectors.Envelope{envelope("nul\x00", "a"), envelope("bad\xff\xfe", "b"), envelope(long+"1", "c"), envelope(long+"2", "d")}
	in[0].Sender, in[1].Type = "A\x00|B", "\xc3("
	got, err := s.Receive(t.Context(), "ZZ1", in, make([]int64, 4))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int64]bool{}
	for _, r := range got {
		if r.Duplicate || seen[r.MessageID] {
			t.Errorf("taken for another message: %+v", got)
		}
		seen[r.MessageID] = true
	}
	for _, text := range []string{"nul\x00", "bad\xff\xfe", long} {
		if f := fit(text); !utf8.ValidString(f) || strings.Contains(f, "\x00") || len(f) > longest+8 {
			t.Errorf("fit gives %q", f)
		}
	}
}
