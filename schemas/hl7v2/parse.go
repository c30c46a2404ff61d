package hl7v2

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"unicode/utf8"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// keepText is the size up to which a message keeps one string of its bytes,
// from which plain values are cut without allocating.
const keepText = 64 << 10

// Message is one HL7 v2 message over the bytes that Parse was given. It is
// safe for concurrent reading.
type Message struct {
	raw      []byte
	text     string // raw as a string, up to keepText
	delims   delimiters
	segs     []span
	findings []Finding
	charset  charset
	ascii    bool // no byte above 0x7F
	escapes  bool // the escape character occurs after MSH-2
	feeds    bool // the first line ends with a line feed alone
	lower    bool // the name of a segment is not in upper case
	utf8     bool // raw is valid UTF-8
	marked   bool // a byte order mark says that it is
	held     bool // findings are those of Validate
	options  Options
	tree     atomic.Pointer[tree] // built on demand
}

// span is a half-open range of raw.
type span struct{ from, to int32 }

// Parse indexes raw. It keeps raw and does not copy it: the caller leaves the
// bytes alone while the Message is in use. Values read from it may be kept.
//
// Errors are fault.Invalid; their codes begin with "hl7_".
func Parse(raw []byte, opts Options) (*Message, error) {
	opts = opts.withDefaults()
	if len(raw) > opts.MaxBytes {
		return nil, fault.New(fault.Invalid, "hl7_too_large",
			"The message has %d bytes; at most %d are read. Raise the limit if such messages are meant to come.", len(raw), opts.MaxBytes)
	}
	p, err := readPrologue(raw)
	if err != nil {
		return nil, err
	}
	m := &Message{raw: raw, delims: p.delims, options: opts}
	if len(raw) <= keepText {
		m.text = string(raw)
	}
	m.ascii = isASCII(raw[p.start:])
	m.marked = p.bom
	m.utf8 = m.ascii || utf8.Valid(raw)
	m.escapes = p.delims.escape != 0 && bytes.IndexByte(raw[p.encodingEnd:], p.delims.escape) >= 0
	m.notePrologue(p)
	if err := m.index(p.start); err != nil {
		return nil, err
	}
	if err := m.chooseCharset(); err != nil {
		return nil, err
	}
	m.chooseTruncation()
	if m.escapes {
		m.noteEscapes(p.encodingEnd)
	}
	if err := m.hold(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Message) notePrologue(p prologue) {
	if p.lower {
		m.lower = true
		m.noteLower()
	}
	if p.bom {
		m.note(Info, "byte_order_mark", "", "A byte order mark stands before MSH; it was passed over.")
	}
	if p.blanks {
		m.note(Info, "leading_blanks", "", "Blanks or line ends stand before MSH; they were passed over.")
	}
	if p.framing {
		m.note(Info, "framing_bytes", "", "MLLP framing characters stand around the message; they were passed over.")
	}
	if p.noEncoding {
		m.note(Warning, "encoding_characters_missing", "MSH-2", "MSH-2 is empty; the usual ^~\\& was assumed.")
	}
	if p.partial {
		m.note(Info, "encoding_characters_few", "MSH-2", "MSH-2 names fewer than four characters; the others are not in use.")
	}
	if p.extra {
		m.note(Warning, "encoding_characters_extra", "MSH-2", "MSH-2 names more than five characters; the first five count.")
	}
	if p.duplicate {
		m.note(Warning, "encoding_characters_repeated", "MSH-2", "MSH-2 gives one character two meanings; the first one counts.")
	}
}

func (m *Message) noteLower() {
	m.note(Info, "segment_name_case", "", "The names of segments are not all in upper case; they were read as if they were.")
}

// chooseTruncation gives \P\ its meaning where the version has it and MSH-2
// did not name a fifth character (chapter 2.5.5.2 of v2.7).
func (m *Message) chooseTruncation() {
	if m.escapes && m.delims.truncation == 0 && !m.delims.has('#') && versionAtLeast(m.Segment(0).Field(12).Component(1).String(), 2, 7, 0) {
		m.delims.truncation = '#'
	}
}

// Bytes gives the message as it was given to Parse, byte for byte.
func (m *Message) Bytes() []byte { return m.raw }

// Findings lists the tolerances that reading the message took; see Strictness
// for more. The caller does not change the slice.
func (m *Message) Findings() []Finding { return m.findings }

// Len is the number of segments.
func (m *Message) Len() int { return len(m.segs) }

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
