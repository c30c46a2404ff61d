package hl7v2

import "bytes"

// Split cuts a file into its messages: each runs from an MSH at the beginning
// of a line until the next, or until a batch or file header or trailer (FHS,
// BHS, BTS, FTS) or the end of an MLLP frame. What stands outside a message is
// left out; the parts share raw's bytes. A file without an MSH gives none. See
// ReadFile for what the envelope says.
func Split(raw []byte) [][]byte {
	var messages [][]byte
	scan(raw, func(kind string, from, to int) {
		if kind == "MSH" {
			messages = append(messages, raw[from:to:to])
		}
	})
	return messages
}

// scan calls piece for each part of a file, in order and without a gap: kind
// is MSH for a message, FHS, BHS, BTS or FTS for a line of the envelope, and ""
// for what stands outside.
func scan(raw []byte, piece func(kind string, from, to int)) {
	open, kind := 0, ""
	var sep, header byte // the field separator of the last MSH or header, and of the last header
	cut := func(at int, next string) {
		if at > open {
			piece(kind, open, at)
		}
		open, kind = at, next
	}
	i := 0
	if bytes.HasPrefix(raw, utf8BOM) {
		i = len(utf8BOM)
	}
	for i < len(raw) {
		at := i + indent(raw[i:])
		if name := beginning(raw[at:], sep, header); name != "" {
			cut(i, name)
			switch name {
			case "FHS", "BHS":
				sep, header = raw[at+3], raw[at+3]
			case "MSH":
				sep = raw[at+3]
			}
		} else if kind != "MSH" && kind != "" {
			cut(i, "")
		}
		for i < len(raw) && !lineBreak(raw, i) {
			i++
		}
		if i < len(raw) && (raw[i] == 0x1C || raw[i] == 0x0B) {
			cut(i, "")
		}
		i++
	}
	cut(len(raw), "")
}

// indent is the length of the blanks and the padding before what a line holds,
// and of the byte order mark of a file that was joined to the one before.
func indent(line []byte) int {
	n := 0
	for {
		switch rest := line[n:]; {
		case len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t' || isPadding(rest[0])):
			n++
		case bytes.HasPrefix(rest, utf8BOM):
			n += len(utf8BOM)
		default:
			return n
		}
	}
}

// beginning names what begins with this line, "" if nothing does. A trailer has
// the delimiters of its header, or of the message before it.
func beginning(line []byte, sep, header byte) string {
	if len(line) < 3 {
		return ""
	}
	for _, name := range [...]string{"MSH", "FHS", "BHS"} {
		if foldedName(line, name) && declares(line, sep) {
			return name
		}
	}
	for _, name := range [...]string{"BTS", "FTS"} {
		if foldedName(line, name) && (len(line) == 3 || line[3] == sep || line[3] == header || sep == 0 || line[3] == '\r' || line[3] == '\n') {
			return name
		}
	}
	return ""
}

// declares reports whether delimiters follow a header's name: sep again, where
// it is known, or a separator and the characters of MSH-2. A text may begin a
// line with "MSH: ".
func declares(line []byte, sep byte) bool {
	if len(line) < 4 || !mayDelimit(line[3]) {
		return false
	}
	return sep == 0 || line[3] == sep || len(line) > 4 && line[4] != line[3] && mayDelimit(line[4])
}

// foldedName reports whether line begins with a segment's name, in upper or
// lower case.
func foldedName(line []byte, name string) bool {
	return len(line) >= 3 && line[0]&^0x20 == name[0] && line[1]&^0x20 == name[1] && line[2]&^0x20 == name[2]
}

// lineBreak reports whether a line or a frame ends at i. VT and FS inside a
// text are no framing.
func lineBreak(raw []byte, i int) bool {
	switch raw[i] {
	case '\r', '\n':
		return true
	case 0x0B:
		for _, name := range [...]string{"MSH", "FHS", "BHS", "BTS", "FTS"} {
			if foldedName(raw[i+1:], name) {
				return true
			}
		}
		return false
	case 0x1C:
		return i+1 == len(raw) || raw[i+1] == '\r' || raw[i+1] == '\n' || raw[i+1] == 0x0B || foldedName(raw[i+1:], "MSH")
	}
	return false
}
