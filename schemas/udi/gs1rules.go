package udi

// rule checks the content of one part; the length and characters are right
// when it is called.
type rule uint8

const (
	noRule rule = iota
	ruleCheck
	ruleDate // YYMMDD, DD may be 00
	ruleDay  // YYMMDD or CCYYMMDD
	ruleTime
	ruleHour
	ruleSixty
	rulePercent
	ruleAlpha
	ruleFlag
	ruleHyphen
	ruleLatitude
	ruleLongitude
	ruleNonzero
	ruleZero
	ruleWinding
	rulePiece
	ruleIBAN
	rulePair
	ruleUnpadded
	ruleMedia
	ruleSex
	ruleOrder
)

var ruleNames = map[string]rule{
	"": noRule, "check": ruleCheck, "date": ruleDate, "day": ruleDay, "time": ruleTime,
	"hour": ruleHour, "sixty": ruleSixty, "percent": rulePercent, "alpha": ruleAlpha,
	"flag": ruleFlag, "hyphen": ruleHyphen, "latitude": ruleLatitude, "longitude": ruleLongitude,
	"nonzero": ruleNonzero, "zero": ruleZero, "winding": ruleWinding, "piece": rulePiece,
	"iban": ruleIBAN, "pair": rulePair, "unpadded": ruleUnpadded, "media": ruleMedia,
	"sex": ruleSex, "order": ruleOrder,
}

// broken gives the finding's code and message if s breaks the rule, else "".
func (r rule) broken(s string) (code, message string) {
	switch r {
	case noRule:
	case ruleCheck:
		if !checked(s) {
			return CodeCheckDigit, "The check digit does not agree with the other digits: a digit was misread or the label is wrong. The value is kept as it stands."
		}
	case ruleDate, ruleDay:
		if !plausibleDate(s, r == ruleDate) {
			return CodeDate, "This is not a day of the calendar."
		}
	case ruleTime:
		if number(s[:2]) > 23 || number(s[2:]) > 59 {
			return CodeTime, "This is not a time of day."
		}
	case ruleHour:
		if number(s) > 23 {
			return CodeTime, "This is not an hour of the day."
		}
	case ruleSixty:
		if number(s) > 59 {
			return CodeTime, "Minutes and seconds go to 59."
		}
	case rulePair:
		if !alphaChecked(s) {
			return CodeCheckCharacters, "The two check characters at the end do not agree with the rest. The value is kept as it stands."
		}
	default:
		if !r.holds(s) {
			return CodeContent, "The value breaks the rule for this identifier."
		}
	}
	return "", ""
}

// holds checks the rules that health care hardly meets.
func (r rule) holds(s string) bool {
	switch r {
	case rulePercent:
		return percentEncoded(s)
	case ruleAlpha:
		return s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
	case ruleFlag:
		return s == "0" || s == "1"
	case ruleHyphen:
		return s == "-"
	case ruleLatitude:
		return number(s) <= 1800000000
	case ruleLongitude:
		return number(s) <= 3600000000
	case ruleNonzero:
		return number(s) != 0
	case ruleZero:
		return number(s) == 0
	case ruleWinding:
		return s == "0" || s == "1" || s == "9"
	case rulePiece:
		return number(s[:2]) >= 1 && number(s[:2]) <= number(s[2:])
	case ruleIBAN:
		return ibanChecked(s)
	case ruleUnpadded:
		return s[0] != '0' || s == "0"
	case ruleMedia:
		n := number(s)
		return n >= 1 && n <= 10 || n >= 80
	case ruleSex:
		return s == "0" || s == "1" || s == "2" || s == "9"
	case ruleOrder:
		return s[1] == '/' && s[0] >= '1' && s[0] <= s[2] && s[2] <= '9'
	}
	return true
}

// plausibleDate checks YYMMDD and CCYYMMDD apart from the century: 29
// February stands if the two-digit year is a multiple of four.
func plausibleDate(s string, day00 bool) bool {
	year := number(s[:len(s)-4])
	if len(s) == 6 {
		year += 2000
	}
	m, d := number(s[len(s)-4:len(s)-2]), number(s[len(s)-2:])
	if d == 0 && day00 {
		d = 1
	}
	_, ok := day3(year, m, d)
	return ok
}

func percentEncoded(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		if i+2 >= len(s) || hex(s[i+1]) < 0 || hex(s[i+2]) < 0 {
			return false
		}
		i += 2
	}
	return true
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

const (
	set82Order = `!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`
	set32      = `23456789ABCDEFGHJKLMNPQRSTUVWXYZ`
)

var (
	primes     = [...]int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83}
	set82Value = func() (v [128]int8) {
		for i := range set82Order {
			v[set82Order[i]] = int8(i)
		}
		return v
	}()
)

// CheckCharacters gives the two check characters of a Global Model Number
// (Basic UDI-DI, AI 8013) over s, which does not yet contain them (General
// Specifications 7.9.5). ok is false if s is empty, longer than 23
// characters, or holds a character that cannot stand in one.
func CheckCharacters(s string) (pair string, ok bool) {
	if s == "" || len(s) > len(primes) || badChar(s, &set82) >= 0 {
		return "", false
	}
	sum := 0
	for i := 0; i < len(s); i++ {
		sum += int(set82Value[s[i]]) * primes[len(s)-1-i]
	}
	sum %= 1021
	return string([]byte{set32[sum>>5], set32[sum&31]}), true
}

func alphaChecked(s string) bool {
	if len(s) < 3 {
		return false
	}
	pair, ok := CheckCharacters(s[:len(s)-2])
	return ok && s[len(s)-2:] == pair
}

func ibanChecked(s string) bool {
	if len(s) < 5 {
		return false
	}
	mod := 0
	for i := range len(s) {
		switch c := s[(i+4)%len(s)]; {
		case c >= '0' && c <= '9':
			mod = (mod*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			mod = (mod*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return mod == 1
}
