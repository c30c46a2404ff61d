package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBeside_ALongNameIsNeverCutToTheOneInUse(t *testing.T) {
	t.Parallel()
	if got := beside("stockwell", "_restoring"); got != "stockwell_restoring" {
		t.Error(got)
	}
	for _, live := range []string{strings.Repeat("a", 63), strings.Repeat("é", 31)} {
		got := beside(live, "_restoring")
		if len(got) > 63 || got == live || !strings.HasSuffix(got, "_restoring") || !utf8.ValidString(got) {
			t.Errorf("beside %q stands %q", live, got)
		}
	}
}
