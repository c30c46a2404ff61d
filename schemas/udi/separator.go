package udi

import "strings"

// gs is how a scanner sends FNC1.
const gs = 0x1D

// standIns are what keyboard wedges and screens make of FNC1: the longest
// first where one begins another. Characters that GS1 values may hold stand
// only in the longer ones.
var standIns = [...]string{
	"<GS>", "{GS}", "[GS]", "(GS)", "<gs>", "{gs}", "[gs]",
	"<FNC1>", "{FNC1}", "[FNC1]", "<F1>", "{F1}",
	`\x1d`, `\x1D`, `\u001d`, `\u001D`, `\035`, "&#29;", "%1D", "%1d", "<0x1D>", "<0x1d>",
	"^]", "\u241d", "\u2194", "\u00e8", "\xe8", "^", "|", "~", "`", "@", "#", "$", "\x1e", "\x1f", "\t",
}

// mayBegin marks the first bytes of separators.
var mayBegin = func() (t [256]bool) {
	t[gs] = true
	for _, s := range standIns {
		t[s[0]] = true
	}
	return t
}()

// separator gives the length of the separator at i, or 0. hash says that a #
// may be data here.
func separator(raw string, i, to int, hash bool) (n int, standIn bool) {
	c := raw[i]
	if !mayBegin[c] {
		return 0, false
	}
	if c == gs {
		return 1, false
	}
	if c == '#' && hash {
		return 0, false
	}
	for _, s := range &standIns {
		if s[0] == c && strings.HasPrefix(raw[i:to], s) {
			return len(s), true
		}
	}
	return 0, false
}
