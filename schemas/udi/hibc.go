package udi

import (
	"strings"
	"time"
)

// hibc reads a HIBC code, whose "+" is at from, or after an asterisk as in
// the text beneath a symbol. last is the end of what is not blank and to the
// end with spaces, because the check character may be a space. Several symbols
// of one product may follow one another.
func (u *UDI) hibc(from, last, to int, now time.Time) {
	u.Issuer = HIBCC
	if u.Carrier == "" {
		u.Carrier = "hibc"
	}
	raw, caption := u.Raw, false
	if raw[from] == '*' {
		from++
		if raw[last-1] == '*' {
			last--
			to, caption = last, true
		}
	}
	u.Elements = make([]Element, 0, 6)
	primary := byte(0) // the check character of the primary symbol
	for {
		next := nextSymbol(raw, from, last)
		if next < 0 {
			u.hibcSymbol(hibcSymbol{from, last, to, caption, primary}, now)
			return
		}
		end := next
		if star := strings.IndexByte(raw[from:next], '*'); star > 0 {
			end = from + star
		}
		for end > from && strings.IndexByte("\r\n\t\x1d", raw[end-1]) >= 0 {
			end--
		}
		data := end
		for data > from && raw[data-1] == ' ' {
			data--
		}
		check := u.hibcSymbol(hibcSymbol{from, data, end, caption, primary}, now)
		if primary == 0 && raw[from+1] >= 'A' {
			primary = check
		}
		from = next
	}
}

// nextSymbol gives where a second symbol begins that a scanner sent together
// with the one at from, or -1. A primary has no "+" but as its check
// character, a secondary only in its flags, its link and its check character.
func nextSymbol(raw string, from, last int) int {
	i := from + 1
	for i < last && (raw[i] == '$' || raw[i] == '+') {
		i++
	}
	for ; i+5 <= last; i++ {
		switch c, before := raw[i], raw[i-1]; {
		case c != '+':
		case raw[i+1] == '+': // the first is a check character
		case before == '$' && strings.IndexByte(raw[from:i], '/') >= 0: // a flag
		default:
			return i
		}
	}
	return -1
}

// hibcSymbol is one symbol in a text: last is the end of what is no blank, to
// the end of the blanks after it.
type hibcSymbol struct {
	from, last, to int
	caption        bool
	// primary is the check character of the primary symbol before it, or 0.
	primary byte
}

// hibcSymbol reads one symbol and gives its check character.
func (u *UDI) hibcSymbol(s hibcSymbol, now time.Time) (check byte) {
	if s.last-s.from < 3 {
		u.fail(CodeTooShort, s.from, "This HIBC code holds no data.")
		return 0
	}
	ends, n := hibcEnds(u.Raw, s)
	end := ends[0]
	switch n {
	case 1:
		u.hibcBody(s, end, now)
	case 0:
		end = u.hibcWrong(s)
		u.hibcBody(s, end, now)
	default:
		end = u.hibcEither(s, ends[:n], now)
	}
	if end < s.to {
		return u.Raw[end]
	}
	return 0
}

// hibcBody reads the data of a symbol, which end at end.
func (u *UDI) hibcBody(s hibcSymbol, end int, now time.Time) {
	raw, from := u.Raw, s.from
	if from+1 >= end {
		u.fail(CodeTooShort, from, "This HIBC code holds no data.")
		return
	}
	switch c := raw[from+1]; {
	case c == '$' || c >= '0' && c <= '9' || s.primary != 0:
		u.hibcAlone(s, end-1, now)
	case c >= 'A' && c <= 'Z':
		slash := strings.IndexByte(raw[from:end], '/')
		if slash < 0 {
			u.hibcPrimary(from+1, end)
			return
		}
		u.hibcPrimary(from+1, from+slash)
		u.secondarySegments(from+slash+1, end, now)
	case c == '/':
		u.warn(CodeUnknownFlag, from+1, "This HIBC code is a hospital's or laboratory's own label and names no product; its content is kept unread.")
		u.Elements = append(u.Elements, Element{Flag: "+", Value: raw[from+1 : end], Position: from + 1})
	default:
		u.fail(CodeUnknownFlag, from+1, "This HIBC code begins in none of the ways that are known; its content is kept unread.")
		u.Elements = append(u.Elements, Element{Flag: "+", Value: raw[from+1 : end], Position: from + 1})
	}
}

// hibcAlone reads a secondary symbol, whose last character before the check
// character, at end, links it to its primary.
func (u *UDI) hibcAlone(s hibcSymbol, end int, now time.Time) {
	if s.from+1 >= end {
		u.fail(CodeTooShort, s.from, "This HIBC code holds no data.")
		return
	}
	u.secondarySegments(s.from+1, end, now)
	link := u.Raw[end]
	switch {
	case s.primary == 0:
		u.Elements = append(u.Elements, Element{Flag: "link", Value: u.Raw[end : end+1], Title: "LINK", Position: end})
	case s.primary != link:
		u.fail(CodeConflict, end, "The secondary symbol's link character does not agree with the primary symbol. They may belong to different products.")
	}
}

// hibcPrimary reads labeller (4), item (1 to 18) and unit of measure (1).
func (u *UDI) hibcPrimary(from, end int) {
	s := u.Raw[from:end]
	u.DI = s
	u.Elements = append(u.Elements, Element{Flag: "+", Value: s, Title: "DI", Position: from})
	switch {
	case len(s) < 6:
		u.fail(CodeTooShort, end, "A labeller of four characters, an item and a unit of measure are expected.")
		return
	case len(s) > 23:
		u.fail(CodeTooLong, from+23, "An item number has at most 18 characters.")
	}
	if at := badChar(s, &setUpper); at >= 0 {
		u.fail(CodeCharacter, from+at, "Labeller and item have capitals and digits only.")
	}
	if c := s[len(s)-1]; c < '0' || c > '9' {
		u.fail(CodeContent, end-1, "The unit of measure must be a digit.")
	}
}
