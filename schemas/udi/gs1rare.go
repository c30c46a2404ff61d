package udi

import "strings"

// rare checks the rules that health care hardly meets, and gives why s breaks
// this one, and where.
func (r rule) rare(s string) (why string, at int) {
	switch r {
	case ruleCountry:
		if !countries[s] {
			return "This is no country of ISO 3166.", 0
		}
	case ruleCountry999:
		if !countries[s] && s != "999" {
			return "This is no country of ISO 3166, nor 999.", 0
		}
	case ruleAlpha2:
		if !countryLetters[s] {
			return "This is no country of ISO 3166.", 0
		}
	case ruleCurrency:
		if !currencies[s] {
			return "This is no currency of ISO 4217.", 0
		}
	case rulePackage:
		if !packages[s] {
			return "This is no code of a package type.", 0
		}
	case ruleImporter:
		if badChar(s, &setFile) >= 0 {
			return "An importer's index is a letter, a digit, a hyphen or an underscore.", 0
		}
	case rulePercent:
		if at := badPercent(s); at >= 0 {
			return "A percent sign must be followed by two hexadecimal digits.", at
		}
	case ruleIBAN:
		return badIBAN(s)
	case ruleBase64:
		return badPadding(s)
	case ruleCoupon, ruleOffer:
		end := couponEnd
		if r == ruleOffer {
			end = offerEnd
		}
		if at := end(s); at >= 0 {
			return "The coupon breaks its own grammar here.", at
		}
	default:
		if !r.holds(s) {
			return "The value breaks the rule for this identifier.", 0
		}
	}
	return "", 0
}

// holds checks the rules that need a line.
func (r rule) holds(s string) bool {
	switch r {
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

func badPercent(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		if i+2 >= len(s) || hex(s[i+1]) < 0 || hex(s[i+2]) < 0 {
			return i
		}
		i += 2
	}
	return -1
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

// badIBAN checks an international bank account number (ISO 13616).
func badIBAN(s string) (why string, at int) {
	switch {
	case len(s) <= 10:
		return "An IBAN has more than ten characters.", 0
	case !countryLetters[s[:2]]:
		return "An IBAN begins with a country of ISO 3166.", 0
	}
	if at := badChar(s, &setUpper); at >= 0 {
		return "An IBAN has capitals and digits only.", at
	}
	mod := 0
	for i := range len(s) {
		if c := s[(i+4)%len(s)]; c <= '9' {
			mod = (mod*10 + int(c-'0')) % 97
		} else {
			mod = (mod*100 + int(c-'A') + 10) % 97
		}
	}
	if allDigits(s[2:4]) && mod == 1 {
		return "", 0
	}
	return "The check digits of this IBAN do not agree with the rest.", 2
}

// badPadding checks the equals signs that may fill up a signature: at most
// two, at the end, to a length that is a multiple of three, as GS1 has it.
func badPadding(s string) (why string, at int) {
	data := strings.TrimRight(s, "=")
	pads := len(s) - len(data)
	if at := badChar(data, &setFile); at >= 0 {
		return "An equals sign may stand at the end only.", at
	}
	if pads > 2 || pads > 0 && len(s)%3 != 0 {
		return "The signature is filled up with a wrong number of equals signs.", len(data)
	}
	return "", 0
}
