package udi

import (
	"strings"
	"time"
)

// hibc reads a HIBC code, whose "+" is at from, or after an asterisk as in
// the text beneath a symbol. last is the end of what is not blank and to the
// end with spaces, because the check character may be a space.
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
	if last-from < 3 {
		u.fail(CodeTooShort, from, "This HIBC code holds no data.")
		return
	}
	end := u.hibcEnd(from, last, to, caption)
	if from+1 >= end {
		u.fail(CodeTooShort, from, "This HIBC code holds no data.")
		return
	}
	u.Elements = make([]Element, 0, 6)
	switch c := raw[from+1]; {
	case c == '$' || c >= '0' && c <= '9':
		end--
		if from+1 >= end {
			u.fail(CodeTooShort, from, "This HIBC code holds no data.")
			return
		}
		if first := u.secondarySegments(from+1, end, now); first {
			u.Elements = append(u.Elements, Element{Flag: "link", Value: raw[end : end+1], Title: "LINK", Position: end})
		}
	case c >= 'A' && c <= 'Z':
		slash := strings.IndexByte(raw[from:end], '/')
		if slash < 0 {
			u.hibcPrimary(from+1, end)
			return
		}
		u.hibcPrimary(from+1, from+slash)
		u.secondarySegments(from+slash+1, end, now)
	default:
		u.fail(CodeUnknownFlag, from+1, "This HIBC code does not name a product; it may be a hospital's own label.")
		u.Elements = append(u.Elements, Element{Flag: "+", Value: raw[from+1 : end], Position: from + 1})
	}
}

// hibcEnd settles which character is the check character, reports what is
// wrong with it, and gives the end of the data before it.
func (u *UDI) hibcEnd(from, last, to int, caption bool) (end int) {
	raw := u.Raw
	body := raw[from : last-1]
	if at := badChar(raw[from:last], &set43); at >= 0 && (!caption || from+at != last-1) {
		u.fail(CodeCharacter, from+at, "HIBC codes have capitals, digits and a few signs only.")
		return last - 1
	}
	check, ok := HIBCCheckCharacter(body)
	if ok && (raw[last-1] == check || caption && raw[last-1] == '_' && check == ' ') {
		return last - 1
	}
	cut := false
	if whole, ok := HIBCCheckCharacter(raw[from:last]); ok && whole == ' ' {
		if to > last {
			return last
		}
		cut = true
	}
	if slash := strings.LastIndexByte(raw[from:last], '/'); slash > 0 && wholeDate(raw[from+slash+1:last]) {
		u.fail(CodeCheckMissing, last, "The check character at the end is not there. Type or scan the code whole.")
		return last
	}
	if cut {
		u.fail(CodeCheckCharacter, last-1, "The check character does not agree with the rest, or it is a space that was cut off on the way and the last value lacks a character. Let the scanner send spaces and scan again.")
		return last - 1
	}
	u.fail(CodeCheckCharacter, last-1, "The check character does not agree with the rest: a character was misread or the label is wrong. The values are kept as they stand.")
	return last - 1
}

// wholeDate reports whether s is a complete supplementary date.
func wholeDate(s string) bool {
	return len(s) == 11 && (s[:3] == "16D" || s[:3] == "14D") && allDigits(s[3:])
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
	if at := badChar(s, &setHIBC); at >= 0 {
		u.fail(CodeCharacter, from+at, "Labeller and item have capitals and digits only.")
	}
	if c := s[len(s)-1]; c < '0' || c > '9' {
		u.fail(CodeContent, end-1, "The unit of measure must be a digit.")
	}
}

var setHIBC = charsOf(digits + letters)
