package feeds

import (
	"strings"
	"time"
	"unicode/utf8"
)

// message is an HL7 v2 message while it is written.
type message struct {
	b      strings.Builder
	latin1 bool
}

var escapes = strings.NewReplacer(`\`, `\E\`, "|", `\F\`, "^", `\S\`, "~", `\R\`, "&", `\T\`, "\x1d", `\X1D\`)

// text is a value as it stands within a field.
func text(s string) string { return escapes.Replace(s) }

// seg adds a segment; fields are as they stand on the wire, empty ones at its
// end are left out.
func (m *message) seg(name string, fields ...string) {
	for len(fields) > 0 && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	m.b.WriteString(name)
	for _, f := range fields {
		m.b.WriteByte('|')
		m.b.WriteString(f)
	}
	m.b.WriteByte('\r')
}

// at makes the fields of a segment from single ones, by number.
func at(fields map[int]string) []string {
	most := 0
	for n := range fields {
		most = max(most, n)
	}
	out := make([]string, most)
	for n, f := range fields {
		out[n-1] = f
	}
	return out
}

// comps puts components together; empty ones at the end are left out.
func comps(parts ...string) string {
	for i, p := range parts {
		parts[i] = text(p)
	}
	return strings.TrimRight(strings.Join(parts, "^"), "^")
}

// bytes gives the message in its character set; what 8859/1 does not have is
// a question mark, as engines write it.
func (m *message) bytes() []byte {
	s := m.b.String()
	if !m.latin1 {
		return []byte(s)
	}
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		if r > 0xff {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return out
}

// stamp writes a time as the dialect does.
func (w writer) stamp(t time.Time) string {
	if withOffset(w.s.Dialect) {
		return t.In(w.zone).Format("20060102150405-0700")
	}
	return t.In(w.zone).Format("20060102150405")
}

// gs1 is a device label's code: with brackets, or as a scanner gives it.
func gs1(gtin, lot, expiry, serial string, brackets bool) string {
	open, end, sep := "", "", "\x1d"
	if brackets {
		open, end, sep = "(", ")", ""
	}
	ai := func(n string) string { return open + n + end }
	out := ai("01") + gtin
	if len(expiry) == 10 {
		out += ai("17") + expiry[2:4] + expiry[5:7] + expiry[8:10]
	}
	if lot != "" {
		out += ai("10") + lot
		if serial != "" {
			out += sep
		}
	}
	if serial != "" {
		out += ai("21") + serial
	}
	return out
}

// day is a day without hyphens.
func day(iso string) string { return strings.ReplaceAll(iso, "-", "") }
