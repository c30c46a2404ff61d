package hl7v2

import (
	"bytes"
	"crypto/sha256"
	"hash"
)

// Digest tells two deliveries of one message from two messages (law 2): a
// SHA-256 over the content without MSH-7, without blanks at the end of a line
// or of the message, and with every kind of line end as one. Where MSH-10 is
// empty MSH-7 is all that tells two messages apart, so then it counts.
//
// It never fails: what is not HL7 v2 is digested as it stands.
func Digest(raw []byte) [32]byte {
	h := sha256.New()
	p, err := readPrologue(raw)
	if err != nil {
		writeLines(h, raw)
	} else {
		line := raw[p.start:]
		if n := bytes.IndexAny(line[:min(len(line), maxHeader)], "\r\n"); n >= 0 {
			line = line[:n]
		}
		from, to := sentAt(line, p.delims.field)
		if from == to {
			writeLines(h, raw[p.start:])
		} else {
			h.Write(raw[p.start : p.start+from])
			writeLines(h, raw[p.start+to:])
		}
	}
	var sum [32]byte
	h.Sum(sum[:0])
	return sum
}

// sentAt gives the range of MSH-7 in the MSH segment; an empty one if it is
// to count.
func sentAt(line []byte, sep byte) (from, to int) {
	at := 3
	for n := 2; n <= 10; n++ {
		at++
		end := len(line)
		if i := bytes.IndexByte(line[at:], sep); i >= 0 {
			end = at + i
		}
		switch n {
		case 7:
			from, to = at, end
		case 10:
			if id := bytes.TrimSpace(line[at:end]); len(id) > 0 && string(id) != `""` {
				return from, to
			}
		}
		if at = end; at == len(line) {
			break
		}
	}
	return 0, 0
}

// writeLines hashes b with one CR for each run of line ends, and without the
// blanks before them. It hashes the longest stretches that it can.
func writeLines(h hash.Hash, b []byte) {
	b = bytes.TrimRight(b, " \t\r\n\x00\x0c\x1a\x1c")
	feeds := bytes.IndexByte(b, '\n') >= 0
	start, at := 0, 0
	for at < len(b) {
		n := 0
		if feeds {
			n = bytes.IndexAny(b[at:], "\r\n")
		} else {
			n = bytes.IndexByte(b[at:], '\r')
		}
		if n < 0 {
			break
		}
		end := at + n
		at = end + 1
		for at < len(b) && isBlank(b[at]) {
			at++
		}
		stop := end
		for stop > start && (b[stop-1] == ' ' || b[stop-1] == '\t') {
			stop--
		}
		if stop == end && at == end+1 && b[end] == '\r' {
			continue // nothing to leave out: it stays in the stretch
		}
		h.Write(b[start:stop])
		h.Write(carriageReturn)
		start = at
	}
	h.Write(b[start:])
}

var carriageReturn = []byte{'\r'}
