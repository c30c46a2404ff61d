package udi

import "strings"

// gs is how a scanner sends FNC1.
const gs = 0x1D

// separators tells what stands for FNC1 at a place.
type separator uint8

const (
	noSeparator separator = iota
	fnc1
	// standInSure holds a character that no value may hold.
	standInSure
	// standInText is made of characters that a value may hold, too.
	standInText
	// standInTwice can be read as two stand-ins of different lengths, and what
	// follows is whole either way.
	standInTwice
)

// standInTexts are what keyboard wedges, screens and other programs make of
// FNC1. Capitals and small letters count as the same.
var standInTexts = [...]string{
	"<gs>", "{gs}", "[gs]", "(gs)", "<fnc1>", "{fnc1}", "[fnc1]", "(fnc1)", "<f1>", "{f1}", "[f1]",
	"<0x1d>", "{0x1d}", "[0x1d]", "<1d>", "{1d}", "[1d]", "%1d", "&#29;", "&#x1d;", "_x001d_",
	`\x1d`, `\u001d`, `\u{1d}`, `\035`, `\029`, `\d029`, `\f`, `\gs`, `\fnc1`, "^fnc1", "^gs", "^]",
	"~1", "~029", "~d029", "~x1d", "~f1",
	"alt-029", "alt+029", "alt029", "alt 029", "alt-0029", "alt+0029", "alt0029",
	"<alt-029>", "<alt+029>", "<alt029>", "[alt-029]", "[alt+029]", "[alt029]", "{alt-029}", "{alt+029}", "{alt029}",
	"\u241d", "\u2194", "\u00e8", "\xe8", "]c1", "]d2", "]q3", "]e0", "|]e0",
	"^", "|", "~", "`", "@", "#", "$", "]", "\x1c", "\x1e", "\x1f", "\t", " ",
}

// standIn is one of standInTexts.
type standIn struct {
	text string
	sure bool
}

// standIns are ordered by the bytes that they begin with.
var standIns = func() (t [256][]standIn) {
	for _, s := range standInTexts {
		x := standIn{s, badChar(s, &set82) >= 0}
		t[s[0]] = append(t[s[0]], x)
		if c := s[0]; c >= 'a' && c <= 'z' {
			t[c-'a'+'A'] = append(t[c-'a'+'A'], x)
		}
	}
	return t
}()

// mayBegin marks the first bytes of separators.
var mayBegin = func() (t [256]bool) {
	t[gs] = true
	for c := range t {
		t[c] = t[c] || len(standIns[c]) > 0
	}
	return t
}()

// separatorAt tells whether a separator is at i, and its length. Something else
// than FNC1 separates only if an identifier follows it, or at the end nothing.
// hash says that a # may be data here; used is the first byte of a stand-in
// that came before, or 0.
func separatorAt(raw string, i, to int, hash bool, used byte) (n int, what separator) {
	c := raw[i]
	if c == gs {
		return 1, fnc1
	}
	whole := 0 // how many ways leave a whole element behind
	for _, s := range standIns[c] {
		k := len(s.text)
		if !s.at(raw[i:to]) || c == '#' && hash || (k == 1 || !s.sure) && i+k == to && c != used {
			continue
		}
		next := continuation(raw[i+k : to])
		strict := !s.sure || s.text == " " || s.text == "\t"
		switch {
		case next == nothingFollows, next == beginningFollows && (strict || whole > 0):
			continue
		case next == wholeFollows:
			whole++
		}
		// A way that leaves a whole element goes first, then the longer.
		if n == 0 || next == wholeFollows && whole == 1 || k > n {
			n, what = k, standInText
			if s.sure {
				what = standInSure
			}
		}
	}
	if whole > 1 {
		what = standInTwice
	}
	return n, what
}

// at reports whether text begins with the stand-in.
func (s *standIn) at(text string) bool {
	k := len(s.text)
	return len(text) >= k && (k == 1 || text[1]|0x20 == s.text[1]|0x20 && strings.EqualFold(text[:k], s.text))
}

// follows tells how what comes after a stand-in begins.
type follows uint8

const (
	nothingFollows   follows = iota // nothing that GS1 has
	beginningFollows                // an identifier, whose value is not right
	wholeFollows                    // an identifier with a right beginning, or the end
)

func continuation(s string) follows {
	if s == "" || s[0] == gs {
		return wholeFollows
	}
	a, n := leading(s)
	switch {
	case n == 0:
		return nothingFollows
	case a == nil:
		return beginningFollows
	}
	p := &a.parts[0]
	v := strings.TrimLeft(s[n:], " ")
	if len(v) < p.min || p.badChar(v[:p.min]) >= 0 {
		return beginningFollows
	}
	if p.min == p.max && p.rule != ruleCheck {
		if code, _, _ := p.rule.broken(v[:p.max]); code != "" {
			return beginningFollows
		}
	}
	return wholeFollows
}
