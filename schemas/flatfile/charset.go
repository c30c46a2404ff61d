package flatfile

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const byteOrderMark = "\xef\xbb\xbf"

// charset turns cells into text and back; nil tables are UTF-8. The
// delimiter, quotes and newlines are the same byte in all of them, so a file
// is cut into cells before it is decoded.
type charset struct {
	name  string
	table *charmap.Charmap
}

func charsetOf(name string) (c charset, mark, known bool) {
	switch name {
	case "", "utf-8":
		return charset{name: "utf-8"}, false, true
	case "utf-8-bom":
		return charset{name: "utf-8"}, true, true
	case "windows-1252":
		return charset{name: name, table: charmap.Windows1252}, false, true
	case "iso-8859-1":
		return charset{name: name, table: charmap.ISO8859_1}, false, true
	}
	return charset{}, false, false
}

// decode gives the text of a cell; ok is false where the bytes are none.
func (c charset) decode(cell string) (text string, ok bool) {
	if c.table == nil {
		return cell, utf8.ValidString(cell)
	}
	// Letters beyond ASCII that make valid UTF-8 are UTF-8: read by a table, the
	// name Café would be CafÃ©.
	if ascii(cell) {
		return cell, true
	}
	if utf8.ValidString(cell) {
		return "", false
	}
	var b strings.Builder
	b.Grow(len(cell))
	for i := 0; i < len(cell); i++ {
		b.WriteRune(c.table.DecodeByte(cell[i]))
	}
	return b.String(), true
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// encode gives the bytes of a text; ok is false where the charset lacks one
// of its characters.
func (c charset) encode(text string) (cell string, ok bool) {
	if !utf8.ValidString(text) {
		return "", false
	}
	if c.table == nil {
		return text, true
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		one, ok := c.table.EncodeRune(r)
		if !ok {
			return "", false
		}
		b.WriteByte(one)
	}
	return b.String(), true
}
