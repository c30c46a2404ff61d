package udi

import "strings"

// The formats of ISO/IEC 15434 that may hold a UDI.
const (
	formatGS1 = "05"
	formatDI  = "06" // ASC MH10 data identifiers, of which HIBC's "+" is one
)

// envelope gives the format and the bounds of what a message of ISO/IEC 15434
// wraps, as two-dimensional symbols may: "[)>", RS, two digits of the format,
// GS, the data, RS, EOT. Scanners and programs lose some of these control
// characters or write out their names. end is 0 if there is no envelope.
func envelope(raw string, from, to int) (format string, start, end int) {
	const head = "[)>"
	if !strings.HasPrefix(raw[from:to], head) {
		return "", 0, 0
	}
	i := from + len(head)
	i += control(raw[i:to], 0x1E, "RS")
	if i+2 > to || !allDigits(raw[i:i+2]) {
		return "", 0, 0
	}
	format = raw[i : i+2]
	i += 2
	i += control(raw[i:to], gs, "GS")
	for more := true; more; {
		more = false
		for c, name := range map[byte]string{0x1E: "RS", 0x04: "EOT", gs: "GS"} {
			if n := controlAtEnd(raw[i:to], c, name); n > 0 {
				to -= n
				more = true
			}
		}
	}
	return format, i, to
}

// control gives the length of a control character that s begins with, or of
// its name in brackets.
func control(s string, c byte, name string) int {
	switch {
	case s != "" && s[0] == c:
		return 1
	case len(s) > len(name)+1 && strings.IndexByte("<{[(", s[0]) >= 0 && hasFold(s[1:], name) && strings.IndexByte(">}])", s[len(name)+1]) >= 0:
		return len(name) + 2
	}
	return 0
}

// controlAtEnd does the same for the end of s.
func controlAtEnd(s string, c byte, name string) int {
	if s != "" && s[len(s)-1] == c {
		return 1
	}
	if n := len(name) + 2; len(s) >= n && control(s[len(s)-n:], c, name) == n {
		return n
	}
	return 0
}
