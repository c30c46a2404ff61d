package hl7v2

import (
	"bytes"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// delimiters are MSH-1 and the characters of MSH-2. Zero means not in use.
type delimiters struct {
	field, component, repetition, escape, sub, truncation byte
}

var standard = delimiters{'|', '^', '~', '\\', '&', 0}

// prologue is what has to be known before anything else can be read: where
// the message begins and which delimiters it declares.
type prologue struct {
	start int // of "MSH"
	// encodingEnd is the end of MSH-2
	encodingEnd int
	delims      delimiters
	bom         bool
	blanks      bool
	framing     bool
	noEncoding  bool // MSH-2 is empty
	duplicate   bool // one character twice
	extra       bool // more than five characters
	partial     bool // fewer than four characters
	lower       bool // msh
}

var utf8BOM = []byte{0xEF, 0xBB, 0xBF}

// readPrologue skips what may stand before MSH and reads the delimiters.
func readPrologue(raw []byte) (prologue, error) {
	p := prologue{}
	i := 0
	if bytes.HasPrefix(raw, utf8BOM) {
		p.bom, i = true, len(utf8BOM)
	}
	for ; i < len(raw) && (isBlank(raw[i]) || isPadding(raw[i]) || raw[i] == 0x0B); i++ {
		if raw[i] == 0x0B {
			p.framing = true
		} else {
			p.blanks = true
		}
	}
	if !p.bom && bytes.HasPrefix(raw[i:], utf8BOM) {
		p.bom, i = true, i+len(utf8BOM)
	}
	p.start = i
	rest := raw[i:]
	switch {
	case len(rest) == 0:
		return p, fault.New(fault.Invalid, "hl7_empty", "The message is empty. Nothing was read.")
	case wideCharacters(rest):
		return p, fault.New(fault.Invalid, "hl7_charset_unsupported",
			"The message is written in UTF-16 or UTF-32. Set the sender to UNICODE UTF-8 or 8859/1.").At("MSH-18")
	case !foldedName(rest, "MSH"):
		return p, fault.New(fault.Invalid, "hl7_no_msh",
			"The message does not begin with an MSH segment, so it is not HL7 v2. Check what the sender's interface sends.").At("MSH")
	case len(rest) < 4 || !mayDelimit(rest[3]):
		return p, fault.New(fault.Invalid, "hl7_delimiters",
			"MSH-1 gives no usable field separator. It is the character straight after MSH, normally a vertical bar.").At("MSH-1")
	}
	p.lower = string(rest[:3]) != "MSH"
	err := p.readEncoding(rest)
	return p, err
}

// readEncoding reads MSH-1 and MSH-2 of rest, which begins with MSH.
func (p *prologue) readEncoding(rest []byte) error {
	d := &p.delims
	d.field = rest[3]
	n := 4
	for n < len(rest) && rest[n] != d.field && rest[n] != '\r' && rest[n] != '\n' {
		n++
	}
	enc := rest[4:n]
	p.encodingEnd = p.start + n
	if len(enc) == 0 {
		p.noEncoding = true
		f := d.field
		*d = standard
		d.field = f
		return nil
	}
	if len(enc) == 5 && enc[2] == enc[3] { // ^~\\&: an escape character that was itself escaped on the way
		p.duplicate = true
		enc = append(enc[:3:3], enc[4])
	}
	p.partial, p.extra = len(enc) < 4, len(enc) > 5
	slots := [...]*byte{&d.component, &d.repetition, &d.escape, &d.sub, &d.truncation}
	for i, c := range enc {
		if !mayDelimit(c) {
			return fault.New(fault.Invalid, "hl7_delimiters",
				"MSH-2 holds characters that cannot be delimiters. It names the component, repetition, escape and subcomponent characters, normally ^~\\&.").At("MSH-2")
		}
		if i >= len(slots) {
			continue
		}
		if d.has(c) {
			p.duplicate = true
			continue
		}
		*slots[i] = c
	}
	return nil
}

// has reports whether c is one of the delimiters.
func (d delimiters) has(c byte) bool {
	return c != 0 && (c == d.field || c == d.component || c == d.repetition || c == d.escape || c == d.sub || c == d.truncation)
}

// mayDelimit reports whether c can be told from text and from framing.
func mayDelimit(c byte) bool {
	switch {
	case c >= 0x80, isPadding(c), c == ' ', c == '"', c == '\r', c == '\n', c == 0x0B, c == 0x1C:
		return false
	case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
		return false
	}
	return true
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// isPadding reports whether c fills up a record or ends a file of an old
// system: NUL, form feed, SUB. Around a message they are as blanks.
func isPadding(c byte) bool { return c == 0 || c == 0x0C || c == 0x1A }

// wideCharacters recognises the beginning of UTF-16 and UTF-32 text: a byte
// order mark, or MS in two or four bytes each.
func wideCharacters(b []byte) bool {
	for _, beginning := range [...]string{"\xFF\xFE", "\xFE\xFF", "M\x00S", "\x00M\x00S", "M\x00\x00\x00", "\x00\x00\x00M\x00"} {
		if len(b) >= 4 && bytes.HasPrefix(b, []byte(beginning)) {
			return true
		}
	}
	return false
}
