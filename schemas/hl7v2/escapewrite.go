package hl7v2

// appendEscaped appends the ASCII character c so that it can only be read as
// itself: delimiters by their letter, a line feed as \.br\, other control
// characters in hexadecimal, for a CR would end the segment and VT or FS the
// frame. Without an escape character such a character becomes a blank.
func (d delimiters) appendEscaped(dst []byte, c byte) []byte {
	letter := byte(0)
	switch {
	case c == 0, c < 0x20, c == 0x7F:
	case c == d.field:
		letter = 'F'
	case c == d.component:
		letter = 'S'
	case c == d.repetition:
		letter = 'R'
	case c == d.escape:
		letter = 'E'
	case c == d.sub:
		letter = 'T'
	case c == d.truncation:
		letter = 'P'
	default:
		return append(dst, c)
	}
	if d.escape == 0 {
		return append(dst, ' ')
	}
	dst = append(dst, d.escape)
	switch {
	case letter != 0:
		dst = append(dst, letter)
	case c == '\n':
		dst = append(dst, ".br"...)
	default:
		dst = append(dst, 'X', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, d.escape)
}

const hexDigits = "0123456789ABCDEF"
