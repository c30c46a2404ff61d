package udi

import (
	"slices"
	"strings"
	"time"
)

// hibcEnds gives each end of the data of a symbol after which the right check
// character stands. There is more than one where blanks follow: two of them may
// be the code's own, a link and a check character.
func hibcEnds(raw string, s hibcSymbol) (ends [3]int, n int) {
	for end := s.last - 1; end < s.to && end < s.last+2; end++ {
		check, ok := HIBCCheckCharacter(raw[s.from:end])
		if ok && (raw[end] == check || s.caption && raw[end] == '_' && check == ' ') {
			ends[n] = end
			n++
		}
	}
	return ends, n
}

// hibcWrong reports what is wrong with a symbol that has no right check
// character, and gives the end of its data.
func (u *UDI) hibcWrong(s hibcSymbol) (end int) {
	text, last := u.Raw[s.from:s.last], s.last
	if at := badChar(text, &set43); at >= 0 && (!s.caption || at != len(text)-1) {
		u.fail(CodeCharacter, s.from+at, "HIBC codes have capitals, digits and a few signs only.")
		return last - 1
	}
	if slash := strings.LastIndexByte(text, '/'); slash > 0 && wholeDate(text[slash+1:]) {
		u.fail(CodeCheckMissing, last, "The check character at the end is not there. Type or scan the code whole.")
		return last
	}
	if whole, ok := HIBCCheckCharacter(text); ok && whole == ' ' {
		u.fail(CodeCheckCharacter, last-1, "The check character does not agree with the rest, or it is a space that was cut off on the way and the last value lacks a character. Let the scanner send spaces and scan again.")
		return last - 1
	}
	u.fail(CodeCheckCharacter, last-1, "The check character does not agree with the rest: a character was misread or the label is wrong. The values are kept as they stand.")
	return last - 1
}

// hibcEither reads a symbol that may end in several places. Where only one
// reading is without error it stands; else the values in which the readings
// differ are not taken. It gives the end that was read.
func (u *UDI) hibcEither(s hibcSymbol, ends []int, now time.Time) (end int) {
	before := *u
	var good []UDI
	for _, e := range ends {
		v := before
		v.Elements, v.Findings = slices.Clone(before.Elements), slices.Clone(before.Findings)
		v.hibcBody(s, e, now)
		if failed := v.Findings[len(before.Findings):]; !slices.ContainsFunc(failed, func(f Finding) bool { return f.Severity == SeverityError }) {
			good, end = append(good, v), e
		}
	}
	if len(good) == 0 {
		u.hibcBody(s, ends[0], now)
		return ends[0]
	}
	*u = good[len(good)-1]
	if len(good) == 1 {
		return end
	}
	u.fail(CodeAmbiguous, s.last-1, "The blank at the end can be this code's check character, or none of it. Let the scanner send nothing after the code, and scan again.")
	for _, v := range good {
		if v.DI != u.DI {
			u.DI = before.DI
		}
		if v.Lot != u.Lot {
			u.Lot = before.Lot
		}
		if v.Serial != u.Serial {
			u.Serial = before.Serial
		}
		if v.Quantity != u.Quantity {
			u.Quantity = before.Quantity
		}
		if v.Expiry != u.Expiry {
			u.Expiry = before.Expiry
		}
		if v.Manufactured != u.Manufactured {
			u.Manufactured = before.Manufactured
		}
	}
	return end
}

// wholeDate reports whether s is a complete supplementary date.
func wholeDate(s string) bool {
	return len(s) == 11 && (s[:3] == "16D" || s[:3] == "14D") && allDigits(s[3:])
}
