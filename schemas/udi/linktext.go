package udi

import "strings"

// compressed takes off the last segment of a path if it is the compressed form
// of a Digital Link, and gives it with what it holds. squeezed ends at 0 if it
// is none; packed is nil if it cannot be read.
func (u *UDI) compressed(segments []piece) (rest []piece, packed []Element, squeezed piece) {
	n := len(segments)
	if n < 2 || u.primaryKey(segments) >= 0 {
		return segments, nil, piece{}
	}
	p, rest := segments[n-1], segments[:n-1]
	s := u.Raw[p.from:p.to]
	if s == "" || badChar(s, &setFile) >= 0 {
		return segments, nil, piece{}
	}
	if packed, ok := unpacked(s); ok && (u.primaryKey(rest) >= 0 || hasKey(packed)) {
		return rest, packed, p
	}
	if len(s) < 10 || !squeezedHead(s) {
		return segments, nil, piece{}
	}
	return rest, nil, p
}

func hasKey(elements []Element) bool {
	for _, e := range elements {
		if lookup(e.AI).primary || formerKeys[e.AI] {
			return true
		}
	}
	return false
}

// squeezedHead reports whether the first byte of base64 text is one with which
// a compressed link begins: an identifier's first two digits, or a digit and a
// letter that stand for a usual set of identifiers.
func squeezedHead(s string) bool {
	six := func(c byte) int { return strings.IndexByte(letters+lower+digits+"-_", c) }
	head := six(s[0])<<2 | six(s[1])>>4
	hi, lo := head>>4, head&15
	if hi > 9 {
		return false
	}
	return lo > 9 || aiLength[hi*10+lo] > 0
}

// inOrder reports whether order is found, with gaps, in one of the sequences.
func inOrder(sequences [][]string, order []string) bool {
	for _, seq := range sequences {
		n := 0
		for _, code := range seq {
			if n < len(order) && order[n] == code {
				n++
			}
		}
		if n == len(order) {
			return true
		}
	}
	return len(order) == 0
}

func split(raw string, from, to int, sep byte) (out []piece) {
	start := from
	for i := from; i < to; i++ {
		if raw[i] == sep {
			out = append(out, piece{start, i})
			start = i + 1
		}
	}
	if start < to || len(out) > 0 {
		out = append(out, piece{start, to})
	}
	return out
}

// relocate moves the findings from the nth on, which count from at within a
// value that was decoded, to where they belong in source. pad is by how much
// the value was padded, width how much of source makes the next character.
func (u *UDI) relocate(nth, at, pad int, source string, width func(string) int) {
	for i := nth; i < len(u.Findings); i++ {
		f := &u.Findings[i]
		j := 0
		for k := f.Position - at - pad; k > 0 && j < len(source); k-- {
			j += width(source[j:])
		}
		f.Position = at + min(j, len(source))
	}
}

// escapeWidth is how many bytes of a URI make one character.
func escapeWidth(s string) int {
	if len(s) > 2 && s[0] == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0 {
		return 3
	}
	return 1
}

// bracketWidth is how many bytes of bracketed text make one character.
func bracketWidth(s string) int {
	if len(s) > 1 && s[0] == '\\' && (s[1] == '(' || s[1] == ')') {
		return 2
	}
	return 1
}

// unescape decodes percent escapes, and in a query plus signs, which are
// blanks there; bad is the offset of a broken escape, which stays as it is, or
// -1.
func unescape(s string, query bool) (text string, bad int) {
	if strings.IndexByte(s, '%') < 0 && (!query || strings.IndexByte(s, '+') < 0) {
		return s, -1
	}
	bad = -1
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case escapeWidth(s[i:]) == 3:
			b.WriteByte(byte(hex(s[i+1])<<4 | hex(s[i+2])))
			i += 2
			continue
		case c == '%' && bad < 0:
			bad = i
		case c == '+' && query:
			b.WriteByte(' ')
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String(), bad
}
