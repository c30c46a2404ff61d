package hl7v2

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// maxHeader bounds the MSH segment that Peek reads.
const maxHeader = 16 << 10

// Peek reads MSH and the first patient identifier of PID-3, as
// CX.1^CX.4, and looks at nothing else: it is for receiving, before a message
// is stored. The identifier is as sent; it is "" where there is none. With an
// error, Header is what could be read, to address an answer.
func Peek(raw []byte) (Header, string, error) {
	p, err := readPrologue(raw)
	if err != nil {
		return Header{}, "", err
	}
	end := nextLine(raw, p.start, p.delims.field)
	msh := raw[p.start:end]
	h := headerOf(msh, p.delims, func(s string) string {
		cs := charset{}
		if !utf8.Valid(msh) {
			cs.table = charmap.Windows1252
		}
		return decodeText([]byte(s), p.delims, cs)
	})
	if p.noEncoding {
		h.Encoding = ""
	}
	if len(msh) > maxHeader {
		return h, "", fault.New(fault.Invalid, "hl7_header_too_long",
			"The MSH segment has more than %d bytes. Check that the sender ends segments with a carriage return.", maxHeader).At("MSH")
	}
	return h, firstPatient(raw[end:], p.delims), nil
}

// nextLine gives the end of the line that begins at from: a CR, or a line feed
// with a segment behind it. It looks no further than a header may be long.
func nextLine(raw []byte, from int, sep byte) int {
	m := Message{raw: raw, delims: delimiters{field: sep}}
	for i := from; i < min(len(raw), from+maxHeader+2); i++ {
		switch raw[i] {
		case '\r':
			return i
		case '\n':
			m.feeds = true
			next, ends := m.pastFeeds(i, len(raw))
			if ends {
				return i
			}
			i = next - 1
		}
	}
	return min(len(raw), from+maxHeader+2)
}

// firstPatient finds the first PID behind a line end in rest and gives its
// first identifier. Blanks may stand before it, as Parse has it.
func firstPatient(rest []byte, d delimiters) string {
	for {
		i := bytes.IndexAny(rest, "\r\n")
		if i < 0 {
			return ""
		}
		rest = bytes.TrimLeft(rest[i:], "\r\n \t")
		if len(rest) > 3 && foldedName(rest, "PID") && rest[3] == d.field {
			return identifier(rest, d)
		}
	}
}

// identifier gives CX.1^CX.4 of the first repetition of PID-3 that has an
// identifier.
func identifier(line []byte, d delimiters) string {
	if n := bytes.IndexByte(line, '\r'); n >= 0 {
		line = line[:n]
	}
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	for range 3 {
		var more bool
		if _, line, more = cutBytes(line, d.field); !more {
			return ""
		}
	}
	line, _, _ = cutBytes(line, d.field)
	for len(line) > 0 {
		var cx []byte
		cx, line, _ = cutBytes(line, d.repetition)
		id, cx, _ := cutBytes(cx, d.component)
		id = bytes.TrimSpace(id)
		if len(id) == 0 || string(id) == `""` {
			continue
		}
		_, cx, _ = cutBytes(cx, d.component)
		_, cx, _ = cutBytes(cx, d.component)
		authority, _, _ := cutBytes(cx, d.component)
		if authority = bytes.TrimSpace(authority); len(authority) == 0 || string(authority) == `""` {
			return string(id)
		}
		return string(id) + "^" + string(authority)
	}
	return ""
}
