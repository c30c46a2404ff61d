package udi

import (
	"strings"
	"testing"
)

// valueOf makes a right value of the identifier, its free parts as short or as
// long as they may be.
func valueOf(a *ai, long bool) string {
	var b strings.Builder
	for i := range a.parts {
		p := &a.parts[i]
		n := p.min
		if long {
			n = p.max
		}
		if p.optional && !long {
			break
		}
		b.WriteString(partOf(p.rule, n))
	}
	return b.String()
}

func partOf(r rule, n int) string {
	nines := strings.Repeat("9", n)
	switch r {
	case ruleCheck:
		d, _ := CheckDigit(nines[1:])
		return nines[1:] + string(d)
	case ruleDate, ruleDay:
		return "20260228"[8-n:]
	case ruleTime, ruleSixty, ruleHour:
		return "2359"[:n]
	case rulePair, ruleModel:
		stem := "95040" + strings.Repeat("A", max(0, n-7))
		pair, _ := CheckCharacters(stem)
		return stem + pair
	case ruleCountry, ruleCountry999:
		return "826"
	case ruleCurrency:
		return "978"
	case ruleAlpha2:
		return "GB"
	case rulePackage:
		return map[bool]string{true: "8", false: "APE"}[n == 1]
	case ruleLatitude, ruleLongitude, ruleZero, ruleFlag, ruleSex:
		return strings.Repeat("0", n)
	case ruleHyphen:
		return "-"
	case rulePiece:
		return "0102"
	case ruleIBAN:
		return "GB98MIDL07009312345678"
	case ruleMedia:
		return "01"
	case ruleOrder:
		return "1/2"
	case ruleCoupon:
		return "012345612345611110123"
	case ruleOffer:
		return "001234561234560123456"
	case rulePrefix:
		return strings.Repeat("9", max(4, n))
	}
	return nines
}

// errorsOf gives the codes of the errors, apart from those about companions.
func errorsOf(u UDI) (codes []string) {
	for _, f := range u.Findings {
		if f.Severity == SeverityError {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

func TestParse_EveryIdentifierTakesItsShortestAndLongestValue(t *testing.T) {
	t.Parallel()
	for i := range aiTable {
		a := &aiTable[i]
		if a.code == "90" {
			continue // is the companion below
		}
		for _, long := range []bool{false, true} {
			value := valueOf(a, long)
			for _, raw := range []string{"]d2" + a.code + value + "\x1d9000", "(" + a.code + ")" + value + "(90)00"} {
				u := Parse(raw, today)
				if codes := errorsOf(u); codes != nil || len(u.Elements) != 2 || u.Elements[0].Value != value || u.Elements[0].AI != a.code || u.Elements[1].Value != "00" {
					t.Errorf("%q: %v %+v", raw, codes, u.Elements)
				}
			}
		}
	}
}

func TestParse_EveryIdentifierRefusesWrongLengthsAndCharacters(t *testing.T) {
	t.Parallel()
	for i := range aiTable {
		a := &aiTable[i]
		at := len(a.code) + 2
		for name, c := range map[string]struct {
			value, code string
			position    int
		}{
			"empty":     {"", CodeTooShort, at},
			"too short": {strings.Repeat("9", a.min-1), CodeTooShort, at + a.min - 1},
			"too long":  {strings.Repeat("9", a.max+1), CodeTooLong, at + a.max},
			"blank":     {" " + strings.Repeat("9", a.min-1), CodeCharacter, at},
			"accent":    {strings.Repeat("9", a.min-1) + "é", "", 0},
		} {
			if name == "blank" {
				c.value = "~" + c.value[1:] // blanks are trimmed
			}
			u := Parse("("+a.code+")"+c.value, today)
			f := Finding{}
			for _, x := range u.Findings {
				if f.Code == "" && x.Severity == SeverityError {
					f = x
				}
			}
			if f.Code == "" || c.code != "" && (f.Code != c.code || f.Position != c.position) {
				t.Errorf("(%s) %s: %+v, want %s at %d", a.code, name, u.Findings, c.code, c.position)
			}
		}
	}
}

func TestParse_FindingsPointAtWhatIsWrong(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Finding{
		"(00)123456789012345678":                {Code: CodeCheckDigit, Position: 21},
		"]d200123456789012345678":               {Code: CodeCheckDigit, Position: 22},
		"(11)120132":                            {Code: CodeDate, Position: 8},
		"(11)121331":                            {Code: CodeDate, Position: 6},
		"(4324)1212312400":                      {Code: CodeTime, Position: 12},
		"(4324)1212312360":                      {Code: CodeTime, Position: 14},
		"(8008)121231235960":                    {Code: CodeTime, Position: 16},
		"(423)004894004894003":                  {Code: CodeContent, Position: 17},
		"(7030)998A":                            {Code: CodeContent, Position: 6},
		"(4300)12%1G12":                         {Code: CodeContent, Position: 8},
		"(7040)123!":                            {Code: CodeContent, Position: 9},
		"(8001)00010000100121":                  {Code: CodeContent, Position: 18},
		"(8010)01a":                             {Code: CodeCharacter, Position: 8},
		"(8010)0#-/1":                           {Code: CodeContent, Position: 7},
		"(8013)1987654Ad4X4bL5ttr2310cXK":       {Code: CodeCheckCharacters, Position: 29},
		"(8014)498632974253099023195":           {Code: CodeContent, Position: 6},
		"(8110)012345612345600104123":           {Code: CodeContent, Position: 19},
		"(8110)0123456123456101041233201232":    {Code: CodeContent, Position: 32},
		"(01)09504000059118(10)AB":              {},
		"https://a/01/02345674":                 {Code: CodeCheckDigit, Position: 20},
		"https://a/01/09504000059118/10/A%2F~B": {Code: CodeCharacter, Position: 35},
		`(10)A\(B\)~C`:                          {Code: CodeCharacter, Position: 10},
	} {
		u := Parse(raw, today)
		var got Finding
		for _, f := range u.Findings {
			if f.Severity == SeverityError {
				got = f
				break
			}
		}
		if got.Code != want.Code || got.Position != want.Position {
			t.Errorf("%s: %s at %d, want %s at %d", raw, got.Code, got.Position, want.Code, want.Position)
		}
	}
}

func TestIdentifiers_FixedLengthsAreTheOnesThatTheStandardPredefines(t *testing.T) {
	t.Parallel()
	// General Specifications 7.8.5: by the first two digits.
	predefined := map[string]int{"00": 20, "01": 16, "02": 16, "03": 16, "11": 8, "12": 8, "13": 8, "15": 8, "16": 8, "17": 8, "20": 4,
		"31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16}
	for _, id := range Identifiers() {
		n, fixed := predefined[id.AI[:2]]
		if id.Predefined != fixed || fixed && (id.MinLength != id.MaxLength || len(id.AI)+id.MaxLength != n) {
			t.Errorf("%+v", id)
		}
	}
	if len(countries) != 249 || len(countryLetters) != 249 {
		t.Errorf("ISO 3166 has 249 countries, not %d and %d", len(countries), len(countryLetters))
	}
}

func TestParse_AnOlderLabelMayBearACurrencyThatIsGone(t *testing.T) {
	t.Parallel()
	for currency, right := range map[string]bool{"826": true, "924": true, "191": true, "694": true, "932": true, "931": false, "280": false, "000": false} {
		if u := Parse("(8020)REF7(415)9504000059101(3912)"+currency+"1250", today); u.HasErrors() == right {
			t.Errorf("%s: %+v", currency, u.Findings)
		}
	}
}
