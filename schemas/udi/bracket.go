package udi

import (
	"strings"
	"time"
)

// bracketAt gives the index of the first "(nn)" to "(nnnn)" in raw[from:to]
// whose digits could be an application identifier, or -1.
func bracketAt(raw string, from, to int) int {
	for i := from; i+3 < to; i++ {
		if raw[i] == '(' && headAt(raw, i, to) > 0 {
			return i
		}
	}
	return -1
}

// headAt gives the number of digits of the bracketed identifier at i, or 0.
// An escaped bracket is no head.
func headAt(raw string, i, to int) int {
	if i > 0 && raw[i-1] == '\\' {
		return 0
	}
	n := 0
	for i+1+n < to && n < 5 && raw[i+1+n] >= '0' && raw[i+1+n] <= '9' {
		n++
	}
	if n < 2 || n > 4 || i+1+n >= to || raw[i+1+n] != ')' {
		return 0
	}
	return n
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
	u.Elements = make([]Element, 0, 6)
	for i < to {
		n := headAt(raw, i, to)
		code, v := raw[i+1:i+1+n], i+n+2
		next := nextHead(raw, v, to)
		i = next
		for v < next && blank(raw[v]) {
			v++
		}
		for next > v && (blank(raw[next-1]) || raw[next-1] == gs) {
			next--
		}
		value := raw[v:next]
		if strings.IndexByte(value, '\\') >= 0 {
			value = strings.NewReplacer(`\(`, "(", `\)`, ")").Replace(value)
		}
		a := lookup(code)
		if a == nil {
			u.unknownAI(code, value, v)
			continue
		}
		u.element(a, value, v, elementContext{delimited: true, now: now})
	}
	u.associations()
}

// nextHead finds the next identifier of the table in brackets; digits in
// brackets that are none are data.
func nextHead(raw string, from, to int) int {
	for j := from; j < to; j++ {
		if raw[j] == '(' {
			if n := headAt(raw, j, to); n > 0 && (lookup(raw[j+1:j+1+n]) != nil || aiLength[number(raw[j+1:j+3])] == uint8(n)) {
				return j
			}
		}
	}
	return to
}
