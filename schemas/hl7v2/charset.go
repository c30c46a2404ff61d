package hl7v2

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// charset is how a message's bytes become text.
type charset struct {
	// table maps single bytes; nil means UTF-8.
	table *charmap.Charmap
	// plain is set when the message's bytes are UTF-8 as they stand.
	plain bool
	// declared is set when the sender or the configuration named it.
	declared bool
}

// charsets are the names of HL7 table 0211 that are read, and what senders
// write in their place, as charsetName spells them. Who declares 8859/1 means
// Windows-1252, which differs only where 8859/1 has control characters.
var charsets = map[string]*charmap.Charmap{
	"ASCII": nil, "USASCII": nil, "IR6": nil, "UNICODEUTF8": nil, "UTF8": nil, "UNICODE": nil, "IR192": nil,
	"88591": charmap.Windows1252, "IR100": charmap.Windows1252, "LATIN1": charmap.Windows1252,
	"WINDOWS1252": charmap.Windows1252, "WIN1252": charmap.Windows1252, "CP1252": charmap.Windows1252, "1252": charmap.Windows1252,
	"88592": charmap.ISO8859_2, "IR101": charmap.ISO8859_2, "88593": charmap.ISO8859_3, "IR109": charmap.ISO8859_3,
	"88594": charmap.ISO8859_4, "IR110": charmap.ISO8859_4, "88595": charmap.ISO8859_5, "IR144": charmap.ISO8859_5,
	"88596": charmap.ISO8859_6, "IR127": charmap.ISO8859_6, "88597": charmap.ISO8859_7, "IR126": charmap.ISO8859_7,
	"88598": charmap.ISO8859_8, "IR138": charmap.ISO8859_8, "88599": charmap.ISO8859_9, "IR148": charmap.ISO8859_9,
	"885910": charmap.ISO8859_10, "885913": charmap.ISO8859_13, "885914": charmap.ISO8859_14,
	"885915": charmap.ISO8859_15, "IR203": charmap.ISO8859_15, "LATIN9": charmap.ISO8859_15, "885916": charmap.ISO8859_16,
}

// charsetName brings a declared name to the form of the table's keys: letters
// and digits, without the ISO before them and the year behind them.
func charsetName(s string) string {
	s, _, _ = strings.Cut(strings.ToUpper(s), ":")
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s)
	return strings.TrimPrefix(s, "ISO")
}

// chooseCharset settles how the message is decoded, and notes where the
// declaration and the bytes disagree.
func (m *Message) chooseCharset() error {
	name := charsetName(m.options.Charset)
	overridden := name != ""
	if !overridden {
		msh18 := m.Segment(0).Field(18).Repetition(1)
		name = charsetName(string(msh18.Component(1).Raw()))
	}
	if strings.Contains(name, "UTF16") || strings.Contains(name, "UTF32") || strings.Contains(name, "UCS") {
		return fault.New(fault.Invalid, "hl7_charset_unsupported",
			"The message declares a charset of two or four bytes a character, which is not read. Set the sender to UNICODE UTF-8 or 8859/1.").At("MSH-18")
	}
	table, known := charsets[name]
	m.charset = charset{table: table, plain: table == nil || m.ascii, declared: known && name != "ASCII" && name != "USASCII" && name != "IR6"}
	if m.ascii {
		if name != "" && !known {
			m.noteUnknownCharset()
		}
		return nil
	}
	if known && table != nil {
		if !overridden && m.utf8 {
			m.note(Warning, "charset_doubtful", "MSH-18", "The bytes read as UTF-8 although MSH-18 declares another charset; they were read as declared. Set the connector's charset if the sender is wrong.")
		}
		return nil
	}
	isUTF8 := m.utf8 || utf8Within(m.raw, m.delims.escape)
	switch {
	case name != "" && !known:
		m.noteUnknownCharset()
	case m.marked && isUTF8:
		return nil
	case name == "" || !m.charset.declared:
		m.note(Warning, "charset_undeclared", "MSH-18", "Characters beyond ASCII occur, but MSH-18 declares no charset for them. They were read as UTF-8 if they are, else as Windows-1252.")
	case !isUTF8:
		m.note(Warning, "charset_mismatch", "MSH-18", "MSH-18 declares UTF-8, but the bytes are not. They were read as Windows-1252.")
	}
	if !isUTF8 {
		m.charset.table, m.charset.plain = charmap.Windows1252, false
	}
	return nil
}

// utf8Within reports whether raw is UTF-8 once the bytes that escapes name, as
// \X82AC\, stand in their place: an escape may cut a character in two.
func utf8Within(raw []byte, escape byte) bool {
	if escape == 0 || bytes.IndexByte(raw, escape) < 0 {
		return false
	}
	flat := make([]byte, 0, len(raw))
	for {
		i := bytes.IndexByte(raw, escape)
		if i < 0 {
			break
		}
		flat = append(flat, raw[:i]...)
		raw = raw[i:]
		end := bytes.IndexByte(raw[1:], escape) + 1
		if end > 2 && raw[1] == 'X' && allHex(raw[2:end]) {
			flat, _ = appendHex(flat, raw[2:end])
			raw = raw[end+1:]
			continue
		}
		flat = append(flat, escape)
		raw = raw[1:]
	}
	return utf8.Valid(append(flat, raw...))
}

func (m *Message) noteUnknownCharset() {
	m.note(Warning, "charset_unknown", "MSH-18", "MSH-18 declares a charset that is not known here. The text was read as UTF-8 if it is, else as Windows-1252.")
}

// appendText appends b, decoded, to dst.
func (c charset) appendText(dst, b []byte) []byte {
	if c.table == nil {
		return appendUTF8(dst, b)
	}
	for _, x := range b {
		if x < utf8.RuneSelf {
			dst = append(dst, x)
			continue
		}
		dst = utf8.AppendRune(dst, c.table.DecodeByte(x))
	}
	return dst
}

// appendUTF8 appends b, reading a byte that is not UTF-8 as Windows-1252. It
// occurs only where an escape gave the byte: messages are settled as a whole.
func appendUTF8(dst, b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		dst = utf8.AppendRune(dst, r)
		b = b[n:]
	}
	return dst
}

// appendRune appends r in the message's charset; false if it has no such
// character.
func (c charset) appendRune(dst []byte, r rune) ([]byte, bool) {
	if r < utf8.RuneSelf {
		return append(dst, byte(r)), true
	}
	if c.table == nil {
		return utf8.AppendRune(dst, r), r != utf8.RuneError
	}
	b, ok := c.table.EncodeRune(r)
	return append(dst, b), ok
}
