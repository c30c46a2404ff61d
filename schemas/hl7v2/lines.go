package hl7v2

import (
	"bytes"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// index finds the segments of raw from start on.
//
// A CR always ends a segment. A line feed ends one only if a CR stands before
// it, or if what follows looks like a segment or like nothing: otherwise it is
// text that a sender failed to escape, and stays in its field.
func (m *Message) index(start int) error {
	raw := m.raw
	end := m.trimEnd(start)
	body := raw[start:end]
	lines := bytes.Count(body, []byte{'\r'}) + 1
	feeds := bytes.IndexByte(body, '\n') >= 0
	if feeds {
		lines += bytes.Count(body, []byte{'\n'})
		m.feeds = body[bytes.IndexAny(body, "\r\n")] == '\n'
	}
	m.segs = make([]span, 0, min(lines, m.options.MaxSegments))
	crowded := bytes.Count(body, []byte{m.delims.field}) >= m.options.MaxFields
	for at := start; at < end; {
		stop, next := m.lineEnd(at, end, feeds)
		if stop > at {
			if err := m.addSegment(at, stop, crowded); err != nil {
				return err
			}
		} else {
			m.noteBlankLines()
		}
		at = next
	}
	return nil
}

// lineEnd gives the end of the segment that begins at from, and the beginning
// of the next.
func (m *Message) lineEnd(from, end int, feeds bool) (stop, next int) {
	raw := m.raw
	if !feeds {
		n := bytes.IndexByte(raw[from:end], '\r')
		if n < 0 {
			return end, end
		}
		return from + n, from + n + 1
	}
	for i := from; i < end; i++ {
		switch raw[i] {
		case '\r':
			if i+1 < end && raw[i+1] == '\n' {
				m.note(Info, "line_ends", "", "Segments end with line feeds as well as or instead of carriage returns.")
				return i, i + 2
			}
			return i, i + 1
		case '\n':
			next, ends := m.pastFeeds(i, end)
			if ends {
				m.note(Info, "line_ends", "", "Segments end with line feeds as well as or instead of carriage returns.")
				if !m.feeds {
					m.note(Warning, "line_ends_mixed", "",
						"A line feed alone ends a segment, though the first one ends otherwise: what follows may be the next line of a text. It was read as a segment.")
				}
				if next > i+1 {
					m.noteBlankLines()
				}
				return i, next
			}
			m.note(Warning, "line_feed_in_field", "",
				"A line feed stands inside a field; it was kept as text. The sender should escape it.")
			i = next - 1
		}
	}
	return end, end
}

// pastFeeds gives the beginning of the line behind the line feeds and blank
// lines at i, and whether they end a segment: a segment, a CR or nothing
// follows. Between the paragraphs of a text they do not.
func (m *Message) pastFeeds(i, end int) (next int, ends bool) {
	at := i
	for ; at < end && (m.raw[at] == '\n' || m.raw[at] == ' ' || m.raw[at] == '\t'); at++ {
		if m.raw[at] == '\n' {
			next = at + 1
		}
	}
	return next, at >= end || m.raw[at] == '\r' || m.segmentAt(at, end)
}

// segmentAt reports whether a segment begins at i. Three letters alone on a
// line may be a word: they are a segment only where lines end with line feeds,
// and if the name is known or the sender's own.
func (m *Message) segmentAt(i, end int) bool {
	raw := m.raw
	if i+3 > end || !isName(raw[i:i+3]) {
		return false
	}
	if i+3 < end && raw[i+3] != '\r' && raw[i+3] != '\n' {
		return raw[i+3] == m.delims.field
	}
	if !m.feeds {
		return false
	}
	name := string(raw[i : i+3])
	_, known := LookupSegment(name)
	return known && name != "MSH" || name[0] == 'Z'
}

func (m *Message) addSegment(from, to int, crowded bool) error {
	if len(m.segs) >= m.options.MaxSegments {
		return fault.New(fault.Invalid, "hl7_too_many_segments",
			"The message has more than %d segments. Ask the sender to split it, or raise the limit.", m.options.MaxSegments)
	}
	line := m.raw[from:to]
	named := m.named(line)
	if !named && (line[0] == ' ' || line[0] == '\t') {
		rest := bytes.TrimLeft(line, " \t")
		if len(rest) == 0 {
			m.noteBlankLines()
			return nil
		}
		if m.named(rest) {
			m.note(Info, "leading_blanks", "", "Blanks or line ends stand before MSH or before another segment; they were passed over.")
			from, line, named = to-len(rest), rest, true
		}
	}
	if !named {
		m.note(Warning, "segment_name", "", "A line does not begin with a segment name of three characters; it was kept as it stands.")
	}
	if named && !m.lower && max(line[0], line[1], line[2]) >= 'a' {
		m.lower = true
		m.noteLower()
	}
	if !named { // the frame, the byte order mark or the padding before another message
		line = bytes.TrimLeft(line, "\x00\x0b\x0c\x1a\x1c\ufeff \t")
	}
	if len(m.segs) > 0 && foldedName(line, "MSH") && declares(line, m.delims.field) {
		return fault.New(fault.Invalid, "hl7_several_messages",
			"A second MSH segment follows in the same message, so two messages would be read as one. Send each in a frame of its own.").At("MSH")
	}
	if crowded && bytes.Count(line, []byte{m.delims.field}) >= m.options.MaxFields {
		return fault.New(fault.Invalid, "hl7_too_many_fields",
			"A segment has more than %d fields. Check the sender's field separator.", m.options.MaxFields)
	}
	m.segs = append(m.segs, span{int32(from), int32(to)})
	return nil
}

func (m *Message) noteBlankLines() {
	m.note(Info, "blank_lines", "", "Blank lines stand between segments; they were passed over.")
}

// named reports whether a line begins with a segment's name.
func (m *Message) named(line []byte) bool {
	return len(line) >= 3 && isName(line[:3]) && (len(line) == 3 || line[3] == m.delims.field)
}

// trimEnd gives the end of what is read: blanks and framing after the last
// segment are passed over. A blank that ends the last segment's own line stays.
func (m *Message) trimEnd(start int) int {
	raw := m.raw
	i := len(raw)
	blanks, framing := false, false
	for i > start && (isBlank(raw[i-1]) || isPadding(raw[i-1]) || raw[i-1] == 0x1C) {
		framing = framing || raw[i-1] == 0x1C
		blanks = blanks || raw[i-1] == ' ' || raw[i-1] == '\t' || isPadding(raw[i-1])
		i--
	}
	line := i
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t') {
		i++
	}
	if framing {
		m.note(Info, "framing_bytes", "", "MLLP framing characters stand around the message; they were passed over.")
	}
	if blanks && (i == line || bytes.ContainsAny(raw[i:], " \t\x00\x0c\x1a")) {
		m.note(Info, "trailing_blanks", "", "Blanks stand after the last segment; they were passed over.")
	}
	if raw := raw[i:]; len(raw) > 0 && bytes.IndexByte(raw, '\n') >= 0 {
		m.note(Info, "line_ends", "", "Segments end with line feeds as well as or instead of carriage returns.")
	}
	return i
}

// isName reports whether b is the name of a segment: a letter, then letters or
// digits. Lower case is met in the field.
func isName(b []byte) bool {
	for i, c := range b {
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(b) == 3
}
