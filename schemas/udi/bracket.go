package udi

import (
	"strings"
	"time"
)

// bracketAt gives the index of the first "(nn)" to "(nnnn)", or the same in
// square brackets, in raw[from:to], or -1.
func bracketAt(raw string, from, to int) int {
	for i := from; i+3 < to; i++ {
		if headAt(raw, i, to) > 0 {
			return i
		}
	}
	return -1
}

// headAt gives the number of digits of the bracketed identifier at i, or 0.
// An escaped bracket is no head.
func headAt(raw string, i, to int) int {
	if raw[i] != '(' && raw[i] != '[' || i > 0 && raw[i-1] == '\\' {
		return 0
	}
	n := 0
	for i+1+n < to && n < 5 && raw[i+1+n] >= '0' && raw[i+1+n] <= '9' {
		n++
	}
	if n < 2 || n > 4 || i+1+n >= to || raw[i+1+n] != closing(raw[i]) {
		return 0
	}
	return n
}

func closing(opening byte) byte {
	if opening == '(' {
		return ')'
	}
	return ']'
}

// bracketed reads "(01)...(17)..." from raw[from:to]. A bracket within a value
// is data unless it holds the digits of an identifier; "\(" is always data.
func (u *UDI) bracketed(from, to int, now time.Time) {
	raw := u.Raw
	u.Issuer = GS1
	if u.Carrier == "" {
		u.Carrier = "bracketed"
	}
	i := bracketAt(raw, from, to)
	if lead := trim(raw[from:i]); lead != "" {
		u.warn(CodeUnrecognised, from, "The text before the first bracket is not read.")
	}
	u.Elements = make([]Element, 0, 4)
	for style := raw[i]; i < to && !u.full(i); {
		n := headAt(raw, i, to)
		code, head, v := raw[i+1:i+1+n], i, i+n+2
		next := nextHead(raw, v, to, style)
		i = next
		for v < next && blank(raw[v]) {
			v++
		}
		next = valueEnd(raw, v, next, to)
		source := raw[v:next]
		value := source
		if strings.IndexByte(value, '\\') >= 0 {
			value = strings.NewReplacer(`\(`, "(", `\)`, ")").Replace(value)
		}
		a := lookup(code)
		if a == nil {
			u.unknownAI(code, value, head+1, v)
			continue
		}
		before := len(u.Findings)
		u.element(a, value, v, elementContext{delimited: true, now: now})
		if len(value) < len(source) {
			u.relocate(before, v, 0, source, bracketWidth)
		}
	}
	u.associations()
}

// valueEnd takes blanks, and a separator that was written out, off the end of
// a value that another bracket follows.
func valueEnd(raw string, v, next, to int) int {
	more := next < to
	for next > v && (blank(raw[next-1]) || raw[next-1] == gs) {
		next--
	}
	if !more {
		return next
	}
	for i := max(v, next-7); i < next; i++ {
		for _, s := range standIns[raw[i]] {
			if len(s.text) == next-i && (s.sure || s.text[0] == '<') && s.at(raw[i:next]) {
				return i
			}
		}
	}
	return next
}

// nextHead finds the next identifier of the table in such brackets; digits in
// brackets that are none are data.
func nextHead(raw string, from, to int, style byte) int {
	for j := from; j < to; j++ {
		if raw[j] == style {
			if n := headAt(raw, j, to); n > 0 && (lookup(raw[j+1:j+1+n]) != nil || aiLength[number(raw[j+1:j+3])] == uint8(n)) {
				return j
			}
		}
	}
	return to
}
