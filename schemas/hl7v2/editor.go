package hl7v2

import (
	"bytes"

	"golang.org/x/text/encoding/charmap"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Editor changes a copy of a message. What is not set keeps its bytes, line
// ends included. An Editor is for one goroutine.
type Editor struct {
	m    *Message // what the delimiters, the charset and the limits come from
	head []byte   // what stands before the first segment
	segs []edited
	// wrote is set when the message holds text beyond ASCII, which stands in
	// wroteIn.
	wrote   bool
	wroteIn *charmap.Charmap
}

// edited is a segment and what stands between it and the next.
type edited struct{ line, end []byte }

// Edit begins a change. The message itself stays as it is.
func (m *Message) Edit() *Editor {
	e := &Editor{m: m, head: m.raw[:m.segs[0].from], wrote: !m.ascii, wroteIn: m.charset.table}
	for i, s := range m.segs {
		next := len(m.raw)
		if i+1 < len(m.segs) {
			next = int(m.segs[i+1].from)
		}
		e.segs = append(e.segs, edited{m.raw[s.from:s.to], m.raw[s.to:next]})
	}
	return e
}

// New begins a message with this MSH, in the standard delimiters unless h
// names others.
func New(h Header) (*Editor, error) {
	raw := append([]byte{'M', 'S', 'H', or1(h.FieldSep)}, or(h.Encoding, `^~\&`)...)
	m, err := Parse(append(raw, '\r'), Options{})
	if err != nil {
		return nil, err
	}
	e := m.Edit()
	for _, f := range []struct{ path, text string }{
		{"MSH-18", h.CharacterSet}, // first: the texts after it are written in it
		{"MSH-3", h.SendingApplication}, {"MSH-4", h.SendingFacility},
		{"MSH-5", h.ReceivingApplication}, {"MSH-6", h.ReceivingFacility}, {"MSH-7", h.SentAt},
		{"MSH-9.1", h.Code}, {"MSH-9.2", h.Trigger}, {"MSH-9.3", h.Structure},
		{"MSH-10", h.ControlID}, {"MSH-11", h.ProcessingID}, {"MSH-12", h.Version},
		{"MSH-15", h.AcceptAck}, {"MSH-16", h.ApplicationAck},
	} {
		if f.text == "" {
			continue
		}
		if err := e.Set(f.path, f.text); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Set puts text at path, escaped and in the message's charset, so that reading
// the path gives text again. The path names one place: without an index the
// first segment and the first repetition. Places before it are made, empty, if
// they are missing; the segment has to be there, see Append.
func (e *Editor) Set(path, text string) error {
	value, err := e.encode(text)
	if err != nil {
		return at(err, path)
	}
	return e.put(path, value)
}

// SetNull puts two double quotes at path: "delete what you have".
func (e *Editor) SetNull(path string) error { return e.put(path, []byte(`""`)) }

// Append adds a segment at the end, its fields holding these texts.
func (e *Editor) Append(name string, fields ...string) error {
	if !isName([]byte(name)) || name == "MSH" {
		return fault.New(fault.Invalid, "hl7_segment_name", "A segment's name has three characters, a letter and then letters or digits, and MSH comes first only.")
	}
	line := []byte(name)
	for i, text := range fields {
		value, err := e.encode(text)
		if err != nil {
			return at(err, Path{segment: name, field: i + 1}.String())
		}
		line = append(append(line, e.m.delims.field), value...)
	}
	last := &e.segs[len(e.segs)-1]
	if len(last.end) == 0 || last.end[0] != '\r' && last.end[0] != '\n' {
		last.end = carriageReturn
	}
	end := carriageReturn
	if first := e.segs[0].end; bytes.HasPrefix(first, []byte("\r\n")) || bytes.HasPrefix(first, []byte("\n")) {
		end = first[:bytes.IndexByte(first, '\n')+1]
	}
	e.segs = append(e.segs, edited{line, end})
	return nil
}

// Message parses what was made. It fails if a change of MSH-18 would make
// text that was there before read differently.
func (e *Editor) Message() (*Message, error) {
	size := len(e.head)
	for _, s := range e.segs {
		size += len(s.line) + len(s.end)
	}
	raw := append(make([]byte, 0, size), e.head...)
	for _, s := range e.segs {
		raw = append(append(raw, s.line...), s.end...)
	}
	m, err := Parse(raw, e.m.options)
	if err != nil {
		return nil, err
	}
	if !m.ascii && m.charset.table != e.wroteIn {
		return nil, fault.New(fault.Conflict, "hl7_charset_changed",
			"The text was written in another charset than MSH-18 now declares. Set MSH-18 before any text.").At("MSH-18")
	}
	return m, nil
}

// encode gives text as it stands in a message of this charset.
func (e *Editor) encode(text string) ([]byte, error) {
	d := e.m.delims
	if text == `""` { // unescaped it would mean delete
		if d.escape == 0 {
			return nil, noEscape()
		}
		return []byte{d.escape, 'X', '2', '2', '2', '2', d.escape}, nil
	}
	dst := make([]byte, 0, len(text)+8)
	for _, r := range text {
		if r < 0x80 {
			if d.escape == 0 && (d.has(byte(r)) || r < 0x20 || r == 0x7F) {
				return nil, noEscape()
			}
			dst = d.appendEscaped(dst, byte(r))
			continue
		}
		if !e.wrote {
			e.wrote, e.wroteIn = true, e.m.charset.table
		}
		var ok bool
		if dst, ok = e.m.charset.appendRune(dst, r); !ok {
			return nil, fault.New(fault.Invalid, "hl7_charset_cannot_hold",
				"The text holds a character that the message's charset does not have. Declare UNICODE UTF-8 in MSH-18, or change the text.")
		}
	}
	return dst, nil
}

func noEscape() error {
	return fault.New(fault.Invalid, "hl7_no_escape", "The text holds a delimiter, and MSH-2 names no escape character to write it with.")
}

func at(err error, path string) error { return fault.Of(err).At(path) }
