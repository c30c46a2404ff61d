package udi

import "strings"

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
