package hl7v2

import "bytes"

// Split cuts a file into its messages: each runs from an MSH at the beginning
// of a line until the next, or until a batch or file header or trailer (FHS,
// BHS, BTS, FTS) or the end of an MLLP frame. What stands outside a message is
// left out; the parts share raw's bytes. A file without an MSH gives none.
func Split(raw []byte) [][]byte {
	var messages [][]byte
	open, sep := -1, byte(0)
	closeAt := func(i int) {
		if open >= 0 {
			messages = append(messages, raw[open:i:i])
			open = -1
		}
	}
	raw = bytes.TrimPrefix(raw, utf8BOM)
	for i := 0; i < len(raw); {
		line := raw[i:]
		switch {
		case len(line) > 3 && string(line[:3]) == "MSH" && mayDelimit(line[3]):
			closeAt(i)
			open, sep = i, line[3]
		case envelope(line, sep):
			closeAt(i)
		}
		for i < len(raw) && !lineBreak(raw, i) {
			i++
		}
		if i < len(raw) && (raw[i] == 0x1C || raw[i] == 0x0B) {
			closeAt(i)
		}
		i++
	}
	closeAt(len(raw))
	return messages
}

// lineBreak reports whether a line or a frame ends at i. VT and FS inside a
// text are no framing.
func lineBreak(raw []byte, i int) bool {
	switch raw[i] {
	case '\r', '\n':
		return true
	case 0x0B:
		return bytes.HasPrefix(raw[i+1:], []byte("MSH"))
	case 0x1C:
		return i+1 == len(raw) || raw[i+1] == '\r' || raw[i+1] == '\n' || raw[i+1] == 0x0B
	}
	return false
}

// envelope reports whether line is a segment of a batch's envelope.
func envelope(line []byte, sep byte) bool {
	if len(line) < 3 {
		return false
	}
	switch string(line[:3]) {
	case "FHS", "BHS":
		return len(line) > 3 && mayDelimit(line[3])
	case "BTS", "FTS":
		return len(line) == 3 || line[3] == sep || sep == 0 || line[3] == '\r' || line[3] == '\n'
	}
	return false
}
