package hl7v2

import (
	"bytes"

	"golang.org/x/text/encoding/charmap"
)

// switches are the character sets that \Cxxyy\ may change to, by the bytes of
// their ISO 2022 escape sequence (chapter 2.7.2). Those of several bytes, which
// \Mxxyyzz\ names, are not read: see noteEscapes.
var switches = map[string]*charmap.Charmap{
	"2D41": charmap.Windows1252, "2D42": charmap.ISO8859_2, "2D43": charmap.ISO8859_3,
	"2D44": charmap.ISO8859_4, "2D4C": charmap.ISO8859_5, "2D47": charmap.ISO8859_6,
	"2D46": charmap.ISO8859_7, "2D48": charmap.ISO8859_8, "2D4D": charmap.ISO8859_9, "2D56": charmap.ISO8859_10,
	"2D59": charmap.ISO8859_13, "2D5F": charmap.ISO8859_14, "2D62": charmap.ISO8859_15, "2D66": charmap.ISO8859_16,
}

// switchCharset gives the charset that holds from here to the end of the value.
func switchCharset(code []byte, now charset) (charset, bool) {
	switch name := string(bytes.ToUpper(code)); name {
	case "2842":
		return now, true // back to ASCII: the message's own set holds it
	case "2547", "252F47", "252F48", "252F49":
		return charset{}, true // UTF-8
	default:
		table, known := switches[name]
		if !known {
			return now, false
		}
		return charset{table: table}, true
	}
}

// noteEscapes notes, from i on, the escapes that stay in the text as they are.
func (m *Message) noteEscapes(i int) {
	d := m.delims
	for {
		n := bytes.IndexByte(m.raw[i:], d.escape)
		if n < 0 {
			return
		}
		from := i + n + 1
		end := from
		for end < len(m.raw) && m.raw[end] != d.escape && !d.has(m.raw[end]) && m.raw[end] != '\r' {
			end++
		}
		body := m.raw[from:end]
		closed := end < len(m.raw) && m.raw[end] == d.escape
		switch {
		case closed && readable(body, d):
			i = end + 1
			continue
		case closed && len(body) > 4 && (body[0] == 'C' || body[0] == 'M') && allHex(body[1:]):
			m.note(Warning, "charset_switch_kept", "", "An escape switches to a charset that is not read here. It and the text after it were kept as they stand.")
		default:
			m.note(Info, "escape_unknown", "", "An escape character stands alone or begins an escape that has no meaning here. It was kept as it stands.")
		}
		i = from
	}
}

// readable reports whether an escape with this body has a meaning here.
func readable(body []byte, d delimiters) bool {
	known := false
	switch {
	case len(body) > 1 && body[0] == 'X':
		known = allHex(body[1:])
	case (len(body) == 5 || len(body) == 7) && body[0] == 'C':
		_, known = switchCharset(body[1:], charset{})
	default:
		_, known = replacement(body, d)
	}
	return known
}
