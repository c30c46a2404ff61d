package hl7v2

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// maxSkip bounds the blank lines or spaces that one formatting command may
// ask for, so that a short message cannot unfold into a long text.
const maxSkip = 99

// decode gives the value's text: escapes first, then the charset.
func (v Value) decode() string {
	if v.level == verbatim {
		return string(v.m.charset.appendText(nil, v.Raw()))
	}
	return v.m.decodeBytes(v.Raw())
}

func (m *Message) decodeBytes(b []byte) string {
	return decodeText(b, m.delims, m.charset)
}

// decodeText decodes b. An escape that is unknown or not closed stays as it is
// (chapter 2.7 leaves it to the receiver; losing text is never right).
func decodeText(b []byte, d delimiters, cs charset) string {
	if d.escape == 0 || bytes.IndexByte(b, d.escape) < 0 {
		if cs.table == nil && utf8.Valid(b) {
			return string(b)
		}
		return string(cs.appendText(nil, b))
	}
	dst := make([]byte, 0, len(b)+len(b)/4)
	var pending []byte // bytes given by \X..\ that may make one character with their neighbours
	for len(b) > 0 {
		i := bytes.IndexByte(b, d.escape)
		if i < 0 {
			break
		}
		j := bytes.IndexByte(b[i+1:], d.escape)
		if j < 0 {
			break
		}
		body := b[i+1 : i+1+j]
		pending = append(pending, b[:i]...)
		next, known := cs, true
		var put []byte
		switch {
		case len(body) > 1 && body[0] == 'X':
			pending, known = appendHex(pending, body[1:])
		case (len(body) == 5 || len(body) == 7) && body[0] == 'C':
			next, known = switchCharset(body[1:], cs)
		default:
			put, known = replacement(body, d)
		}
		if !known {
			// The second escape character may open a sequence of its own.
			pending = append(pending, b[i:i+1+j]...)
			b = b[i+1+j:]
			continue
		}
		if put != nil || next != cs {
			dst = cs.appendText(dst, pending)
			dst = append(dst, put...)
			pending, cs = pending[:0], next
		}
		b = b[i+j+2:]
	}
	if len(pending) > 0 {
		b = append(pending, b...) // the last byte that an escape gave may begin a character
	}
	return string(cs.appendText(dst, b))
}

var (
	newline = []byte("\n")
	nothing = []byte{}
	blanks  = bytes.Repeat([]byte(" "), maxSkip)
	lines   = bytes.Repeat(newline, maxSkip)
)

// replacement gives what an escape with this body stands for.
func replacement(body []byte, d delimiters) (text []byte, known bool) {
	if len(body) == 1 {
		var c byte
		switch body[0] {
		case 'F':
			c = d.field
		case 'S':
			c = d.component
		case 'T':
			c = d.sub
		case 'R':
			c = d.repetition
		case 'E':
			c = d.escape
		case 'P':
			c = d.truncation
		case 'H', 'N':
			return nothing, true
		}
		return []byte{c}, c != 0
	}
	if len(body) < 3 || body[0] != '.' {
		return nil, false
	}
	arg := body[3:]
	switch string(body[1:3]) {
	case "br", "ce":
		return newline, len(arg) == 0
	case "sp":
		return skip(lines, arg)
	case "sk":
		return skip(blanks, arg)
	case "fi", "nf":
		return nothing, len(arg) == 0
	case "in", "ti":
		_, err := strconv.Atoi(string(bytes.TrimLeft(arg, " ")))
		return nothing, err == nil
	}
	return nil, false
}

// skip takes as many of the fill as arg says, one if it says nothing.
func skip(fill, arg []byte) ([]byte, bool) {
	if len(arg) == 0 {
		return fill[:1], true
	}
	n, err := strconv.Atoi(string(bytes.TrimLeft(arg, " +")))
	if err != nil || n < 0 || n > maxSkip {
		return nil, false
	}
	return fill[:n], true
}

// appendHex appends the bytes that pairs of hexadecimal digits name.
func appendHex(dst, digits []byte) ([]byte, bool) {
	if !allHex(digits) {
		return dst, false
	}
	for i := 0; i < len(digits); i += 2 {
		dst = append(dst, byte(hexDigit(digits[i])<<4|hexDigit(digits[i+1])))
	}
	return dst, true
}

func allHex(digits []byte) bool {
	for _, c := range digits {
		if hexDigit(c) < 0 {
			return false
		}
	}
	return len(digits)%2 == 0
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
