package udi

import (
	"strings"
	"time"
)

// Parse reads one scan, or one line that somebody typed. It never fails: what
// it cannot read is a finding with the 0-based byte offset into raw. now
// settles the century of two-digit years and nothing else.
//
// Understood are GS1 element strings with or without a symbology prefix and
// with FNC1 as 0x1D or as a keyboard wedge's stand-in, the same with brackets
// or with no separators at all, GS1 Digital Link URIs, a bare GTIN, HIBC
// primary, secondary and concatenated, ICCBBA's ISBT 128, and the first two in
// the envelope of ISO/IEC 15434. What is longer than any symbol can be is not
// read.
func Parse(raw string, now time.Time) UDI {
	u := UDI{Raw: raw, Elements: []Element{}, Findings: []Finding{}}
	if len(raw) > mostBytes {
		u.fail(CodeTooLong, mostBytes, "No symbol holds so much. Give one scan at a time.")
		return u
	}
	from, to := 0, len(raw)
	for from < to && blank(raw[from]) {
		from++
	}
	if strings.HasPrefix(raw[from:], "\ufeff") {
		from += 3
	}
	last := to // HIBC's check character may be a space
	for last > from && blank(raw[last-1]) {
		last--
	}
	for to > last && raw[to-1] != ' ' {
		to--
	}
	if from >= last {
		u.fail(CodeEmpty, 0, "There is nothing to read. Scan the symbol again.")
		return u
	}
	s := symbol{}
	if raw[from] == ']' && last-from >= 3 {
		s = symbolOf(raw[from+1], raw[from+2])
		u.Carrier = s.name
		from += 3
	}
	if from >= last {
		u.fail(CodeEmpty, from, "There is nothing after the symbology prefix. Scan the symbol again.")
		return u
	}
	if format, start, end := envelope(raw, from, last); end > 0 {
		if from, to, last = start, end, end; from >= last {
			u.fail(CodeEmpty, from, "There is nothing in the envelope. Scan the symbol again.")
			return u
		}
		for last > from && blank(raw[last-1]) {
			last--
		}
		if s.gs1 = format == formatGS1; !s.gs1 && (format != formatDI || raw[from] != '+') {
			u.fail(CodeUnrecognised, from, "This symbol holds data of another system than GS1, HIBC or ICCBBA. Scan another symbol of the label.")
			return u
		}
	}
	switch c := raw[from]; {
	case c == '+' || c == '*' && last-from > 2 && raw[from+1] == '+':
		u.hibc(from, last, to, now)
	case c == '=' || c == '&':
		u.iccbba(from, last)
	case linkAt(raw[from:last]):
		u.digitalLink(from, last, now)
	case headAt(raw, from, last) > 0, !s.gs1 && (c < '0' || c > '9') && bracketAt(raw, from, last) >= 0:
		u.bracketed(from, last, now)
	case s.gtin > 0:
		u.symbolGTIN(s, from, last, now)
	case u.bare(s, from, last, now):
	default:
		u.plain(s, from, last, now)
	}
	return u
}

// mostBytes is more than the largest symbol holds (a QR code 7,089 digits),
// mostElements more than any label has.
const (
	mostBytes    = 8 << 10
	mostElements = 64
)

// full reports, and tells once, that there are more elements than are read.
func (u *UDI) full(at int) bool {
	if len(u.Elements) < mostElements {
		return false
	}
	u.fail(CodeTooLong, at, "There are more elements than any label has; the rest is not read. Give one scan at a time.")
	return true
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// symbol is what a symbology prefix (ISO/IEC 15424) promises.
type symbol struct {
	name string
	gs1  bool // its data are GS1 element strings
	gtin int  // its data are a GTIN of so many digits
	// addOn: two or five digits of a supplement may follow.
	addOn bool
}

func symbolOf(code, modifier byte) symbol {
	switch code {
	case 'C':
		if modifier == '1' {
			return symbol{name: "gs1_128", gs1: true}
		}
		return symbol{name: "code_128"}
	case 'd':
		if modifier == '2' || modifier == '5' {
			return symbol{name: "gs1_datamatrix", gs1: true}
		}
		return symbol{name: "data_matrix"}
	case 'Q':
		if modifier == '3' || modifier == '4' {
			return symbol{name: "gs1_qr", gs1: true}
		}
		return symbol{name: "qr"}
	case 'e':
		if modifier == '0' {
			return symbol{name: "gs1_databar", gs1: true}
		}
		return symbol{name: "gs1_composite", gs1: true}
	case 'J':
		if modifier == '1' {
			return symbol{name: "gs1_dotcode", gs1: true}
		}
		return symbol{name: "dotcode"}
	case 'E':
		if modifier == '4' {
			return symbol{name: "ean_8", gtin: 8}
		}
		return symbol{name: "ean_13", gtin: 13, addOn: modifier == '3'}
	case 'I':
		return symbol{name: "itf_14", gtin: 14}
	case 'A':
		return symbol{name: "code_39"}
	case 'z':
		return symbol{name: "aztec"}
	case 'L':
		return symbol{name: "pdf417"}
	}
	return symbol{name: "other_symbol"}
}
