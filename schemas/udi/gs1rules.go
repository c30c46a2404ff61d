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
	rulePair
	ruleModel
	rulePrefix
	ruleCountry
	ruleCountry999
	ruleAlpha2
	ruleCurrency
	rulePackage
	ruleImporter
	rulePercent
	ruleFlag
	ruleHyphen
	ruleLatitude
	ruleLongitude
	ruleNonzero
	ruleZero
	ruleWinding
	rulePiece
	ruleIBAN
	ruleUnpadded
	ruleMedia
	ruleSex
	ruleOrder
	ruleBase64
	ruleCoupon
	ruleOffer
)

var ruleNames = map[string]rule{
	"": noRule, "check": ruleCheck, "date": ruleDate, "day": ruleDay, "time": ruleTime,
	"hour": ruleHour, "sixty": ruleSixty, "pair": rulePair, "model": ruleModel, "prefix": rulePrefix,
	"country": ruleCountry, "country999": ruleCountry999, "alpha2": ruleAlpha2,
	"currency": ruleCurrency, "package": rulePackage, "importer": ruleImporter,
	"percent": rulePercent, "flag": ruleFlag, "hyphen": ruleHyphen,
	"latitude": ruleLatitude, "longitude": ruleLongitude, "nonzero": ruleNonzero, "zero": ruleZero,
	"winding": ruleWinding, "piece": rulePiece, "iban": ruleIBAN, "unpadded": ruleUnpadded,
	"media": ruleMedia, "sex": ruleSex, "order": ruleOrder, "base64": ruleBase64,
	"coupon": ruleCoupon, "offer": ruleOffer,
}

const wrongCheckDigit = "The check digit does not agree with the other digits: a digit was misread or the label is wrong. The value is kept as it stands."

// broken gives the finding's code and message and the offset in s if s breaks
// the rule, else an empty code.
func (r rule) broken(s string) (code, message string, at int) {
	switch r {
	case noRule:
	case ruleCheck:
		if !checked(s) {
			return CodeCheckDigit, wrongCheckDigit, len(s) - 1
		}
	case ruleDate, ruleDay:
		if at := badDay(s, r == ruleDate); at >= 0 {
			return CodeDate, "This is not a day of the calendar.", at
		}
	case ruleTime:
		if number(s[:2]) > 23 {
			return CodeTime, "This is not a time of day.", 0
		}
		if number(s[2:]) > 59 {
			return CodeTime, "This is not a time of day.", 2
		}
	case ruleHour:
		if number(s) > 23 {
			return CodeTime, "This is not an hour of the day.", 0
		}
	case ruleSixty:
		if number(s) > 59 {
			return CodeTime, "Minutes and seconds go to 59.", 0
		}
	case rulePair, ruleModel:
		switch at := badPrefix(s); {
		case !pairChecked(s):
			return CodeCheckCharacters, "The two check characters at the end do not agree with the rest. The value is kept as it stands.", max(0, len(s)-2)
		case at >= 0:
			return CodeContent, noPrefix, at
		case r == ruleModel && allDigits(s):
			return CodeContent, "A master UDI-DI has at least one character that is no digit.", 0
		}
	case rulePrefix:
		if at := badPrefix(s); at >= 0 {
			return CodeContent, noPrefix, at
		}
	default:
		if why, at := r.rare(s); why != "" {
			return CodeContent, why, at
		}
	}
	return "", "", 0
}

const noPrefix = "A GS1 key begins with a company prefix, at least four digits."

// badPrefix gives the offset at which s has no company prefix, or -1.
func badPrefix(s string) int {
	for i := range 4 {
		if i >= len(s) || s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return -1
}

// badDay gives the offset of what is wrong in a YYMMDD or CCYYMMDD, apart from
// the century, or -1: 29 February stands if the two-digit year is a multiple
// of four. day00 allows the day 00.
func badDay(s string, day00 bool) int {
	year := number(s[:len(s)-4])
	if len(s) == 6 {
		year += 2000
	}
	m, d := number(s[len(s)-4:len(s)-2]), number(s[len(s)-2:])
	switch {
	case m < 1 || m > 12:
		return len(s) - 4
	case d == 0 && day00:
		return -1
	case d < 1 || d > monthDays(year, m):
		return len(s) - 2
	}
	return -1
}
