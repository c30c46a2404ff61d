package udi

import (
	"strings"
	"testing"
	"time"
)

var today = time.Date(2026, time.March, 3, 12, 0, 0, 0, time.UTC)

// want lists what a case expects; codes are all findings in their order.
type want struct {
	issuer, carrier, di, lot, serial, expiry, made, quantity string
	codes                                                    string
}

func check(t *testing.T, raw string, w want) {
	t.Helper()
	u := Parse(raw, today)
	var codes []string
	for _, f := range u.Findings {
		codes = append(codes, f.Code)
	}
	got := want{u.Issuer, u.Carrier, u.DI, u.Lot, u.Serial, u.Expiry.String(), u.Manufactured.String(), u.Quantity, strings.Join(codes, " ")}
	if got != w {
		t.Errorf("Parse(%q)\n got %+v\nwant %+v\n%+v", raw, got, w, u.Elements)
	}
	if u.Raw != raw {
		t.Errorf("Parse(%q) changed raw to %q", raw, u.Raw)
	}
}

const (
	device = "09504000059118"
	gsrn   = "506001234567890125"
)

func TestParse_OneProductInEveryGS1Form(t *testing.T) {
	full := want{issuer: GS1, di: device, lot: "7654321D", serial: "10987654d321", expiry: "2014-11-20"}
	for raw, carrier := range map[string]string{
		"(01)09504000059118(17)141120(10)7654321D(21)10987654d321":                                   "bracketed",
		"(01) 09504000059118 (17) 141120 (10) 7654321D (21) 10987654d321\r\n":                        "bracketed",
		"]C1010950400005911817141120107654321D\x1d2110987654d321":                                    "gs1_128",
		"]d2010950400005911817141120107654321D\x1d2110987654d321":                                    "gs1_datamatrix",
		"]e0010950400005911817141120107654321D\x1d2110987654d321":                                    "gs1_databar",
		"]Q3010950400005911817141120107654321D\x1d2110987654d321":                                    "gs1_qr",
		"]J1010950400005911817141120107654321D\x1d2110987654d321":                                    "gs1_dotcode",
		"\x1d010950400005911817141120107654321D\x1d2110987654d321\x1d":                               "element_string",
		"010950400005911817141120107654321D\x1d2110987654d321":                                       "element_string",
		"0109504000059118\x1d17141120\x1d107654321D\x1d2110987654d321\n":                             "element_string",
		"https://id.gs1.org/01/09504000059118/10/7654321D/21/10987654d321?17=141120":                 "digital_link",
		"https://example.com/some/stem/01/9504000059118/10/7654321D/21/10987654d321?x=y&17=141120#z": "digital_link",
		"HTTP://EXAMPLE.COM/gtin/09504000059118/lot/7654321D/ser/10987654d321?exp=141120":            "digital_link",
	} {
		w := full
		w.carrier = carrier
		check(t, raw, w)
	}
}

func TestParse_StandInsOfKeyboardWedgesSeparate(t *testing.T) {
	for _, s := range standInTexts {
		check(t, "0109504000059118107654321D"+s+"2110987654d321", want{
			issuer: GS1, carrier: "element_string", di: device, lot: "7654321D", serial: "10987654d321", codes: CodeStandIn})
	}
	check(t, "^0109504000059118", want{issuer: GS1, carrier: "element_string", di: device})
	check(t, "@0109504000059118", want{issuer: GS1, carrier: "plain", di: device})
}

func TestParse_AWrongCheckDigitIsFlaggedAndKept(t *testing.T) {
	check(t, "(01)00208851107345", want{issuer: GS1, carrier: "bracketed", di: "00208851107345", codes: CodeCheckDigit})
	check(t, "]d20100208851107345", want{issuer: GS1, carrier: "gs1_datamatrix", di: "00208851107345", codes: CodeCheckDigit})
	check(t, "9504000059119", want{issuer: GS1, carrier: "plain", di: "09504000059119", codes: CodeCheckDigit})
}

func TestParse_ALostSeparatorIsReportedAndNeverGuessed(t *testing.T) {
	for raw, w := range map[string]want{
		// 22 characters where 20 is the most
		"0109504000059118107654321D2110987654d321":    {carrier: "plain", codes: CodeMissingSeparator},
		"]C10109504000059118107654321D2110987654d321": {carrier: "gs1_128", codes: CodeMissingSeparator},
		// a serial may hide in the lot
		"0109504000059118107654321D21109876": {carrier: "plain", codes: CodeAmbiguous},
		// a date that may lack its time: too few figures for another element
		"01095040000591187011030102": {carrier: "plain"},
		// an expiry may hide in the lot
		"010950400005911810ABC17261231": {carrier: "plain", codes: CodeAmbiguous},
		// 13 is no month: nothing hides
		"010950400005911810ABC17261331": {carrier: "plain", lot: "ABC17261331"},
		// what follows the separator says that the scanner sends it
		"21X\x1d010950400005911810ABC17261231": {carrier: "element_string", lot: "ABC17261231", serial: "X"},
		// a symbol that is marked as GS1's is read as the standard says
		"]d2010950400005911810ABC17261231": {carrier: "gs1_datamatrix", lot: "ABC17261231", codes: CodeAmbiguous},
	} {
		w.issuer, w.di = GS1, device
		check(t, raw, w)
	}
}

func TestParse_BareKeysOfRetailPacks(t *testing.T) {
	for raw, w := range map[string]want{
		"09504000059118":     {carrier: "plain", di: device},
		"9504000059118":      {carrier: "plain", di: device},
		" 9504000059118\t":   {carrier: "plain", di: device},
		"]E09504000059118":   {carrier: "ean_13", di: device},
		"]E440170725":        {carrier: "ean_8", di: "00000040170725"},
		"40170725":           {carrier: "plain", di: "00000040170725"},
		"]I109504000059118":  {carrier: "itf_14", di: device},
		"036000291452":       {carrier: "plain", di: "00036000291452"},
		gsrn:                 {carrier: "plain", codes: CodeAmbiguous},
		"]E012345":           {carrier: "ean_13", di: "12345", codes: CodeTooShort},
		"]E3950400005911812": {carrier: "ean_13", di: device, codes: CodeContent},
		// no GTIN, for the check digit would be wrong, but a whole date
		"17261231":       {carrier: "plain", expiry: "2026-12-31", codes: CodeRequires + " " + CodeUnmarked},
		"70032612312359": {carrier: "plain", expiry: "2026-12-31", codes: CodeRequires + " " + CodeUnmarked},
		// a GTIN and a date; a lot and a GTIN that may have been mistyped
		"17261227":      {carrier: "plain", codes: CodeAmbiguous},
		"1012345678901": {carrier: "plain", codes: CodeAmbiguous},
		"]C117261231":   {carrier: "gs1_128", expiry: "2026-12-31", codes: CodeRequires},
	} {
		w.issuer = GS1
		check(t, raw, w)
	}
}

func TestParse_DatesOfGS1(t *testing.T) {
	for raw, w := range map[string]want{
		"(01)09504000059118(17)260200":                 {expiry: "2026-02-28"},
		"(01)09504000059118(17)280200":                 {expiry: "2028-02-29"},
		"(01)09504000059118(17)280229":                 {expiry: "2028-02-29"},
		"(01)09504000059118(17)270229":                 {codes: CodeDate},
		"(01)09504000059118(17)261300":                 {codes: CodeDate},
		"(01)09504000059118(17)260431":                 {codes: CodeDate},
		"(01)09504000059118(17)76123":                  {codes: CodeTooShort},
		"(01)09504000059118(17)1A1231":                 {codes: CodeCharacter},
		"(01)09504000059118(17)750101":                 {expiry: "2075-01-01"},
		"(01)09504000059118(17)760101":                 {expiry: "2076-01-01"},
		"(01)09504000059118(17)770101":                 {expiry: "1977-01-01"},
		"(01)09504000059118(11)250102":                 {made: "2025-01-02"},
		"(01)09504000059118(7003)2612312359":           {expiry: "2026-12-31"},
		"(01)09504000059118(7003)2612312460":           {expiry: "2026-12-31", codes: CodeTime},
		"(01)09504000059118(7003)2612002359":           {expiry: "2026-12-31", codes: CodeDate},
		"(01)09504000059118(17)261230(7003)2612312359": {expiry: "2026-12-30", codes: CodeConflict},
		"(01)09504000059118(8008)25010213":             {made: "2025-01-02"},
	} {
		w.issuer, w.carrier, w.di = GS1, "bracketed", device
		check(t, raw, w)
	}
}

func TestCentury_TheDifferenceToThisYearDecides(t *testing.T) {
	for _, c := range []struct{ year, yy, want int }{
		{2026, 26, 2026}, {2026, 76, 2076}, {2026, 77, 1977}, {2026, 99, 1999}, {2026, 0, 2000},
		{2000, 50, 2050}, {2000, 51, 1951}, {2060, 10, 2110}, {2060, 11, 2011}, {2099, 49, 2149}, {2099, 50, 2050},
	} {
		if got := century(c.yy, time.Date(c.year, 1, 1, 0, 0, 0, 0, time.UTC)); got != c.want {
			t.Errorf("%02d in %d: %d, want %d", c.yy, c.year, got, c.want)
		}
	}
}

func TestParse_CompanionsAndExclusions(t *testing.T) {
	for raw, w := range map[string]want{
		"(10)ABC": {lot: "ABC", codes: CodeRequires},
		"(01)09504000059118(02)09504000059118(37)2":      {di: device, quantity: "2", codes: CodeExcludes + " " + CodeExcludes + " " + CodeRequires},
		"(02)09504000059118":                             {codes: CodeRequires},
		"(00)006141411234567890(02)09504000059118(37)12": {quantity: "12"},
		"(01)09504000059118(250)X":                       {di: device, codes: CodeRequires},
		"(01)09504000059118(21)Y(250)X":                  {di: device, serial: "Y"},
		"(01)09504000059118(235)Z(21)Y":                  {di: device, serial: "Y", codes: CodeExcludes},
		"(8017)" + gsrn + "(8018)" + gsrn:                {codes: CodeExcludes + " " + CodeExcludes},
		"(8018)" + gsrn + "(8019)12":                     {},
		"(414)9504000059101(254)A1":                      {},
		"(254)A1":                                        {codes: CodeRequires},
		"(01)09504000059118(3102)000123(3103)000123":     {di: device, codes: CodeExcludes + " " + CodeExcludes},
		"(01)09504000059118(3922)1299(3103)000123":       {di: device},
		"(01)09504000059118(10)A(10)A":                   {di: device, lot: "A"},
		"(01)09504000059118(10)A(10)B":                   {di: device, lot: "A", codes: CodeRepeated},
		"(01)09504000059118(30)24":                       {di: device, quantity: "24"},
	} {
		w.issuer, w.carrier = GS1, "bracketed"
		check(t, raw, w)
	}
}

func TestParse_ForeignIdentifiersNeverDerailAScan(t *testing.T) {
	for raw, w := range map[string]want{
		"]d20109504000059118" + "8099FOREIGN\x1d10ABC":                       {lot: "ABC", codes: CodeUnknownAI},
		"]d20109504000059118" + "14260101" + "10ABC":                         {lot: "ABC", codes: CodeUnknownAI},
		"]d20109504000059118" + "5012345\x1d10ABC":                           {lot: "ABC", codes: CodeUnknownAI},
		"]d20109504000059118" + "3103001750" + "10ABC":                       {lot: "ABC"},
		"]d20109504000059118" + "7240PROTO\x1d10ABC":                         {lot: "ABC"},
		"]d20109504000059118" + "91" + strings.Repeat("z", 90) + "\x1d10ABC": {lot: "ABC"},
	} {
		w.issuer, w.carrier, w.di = GS1, "gs1_datamatrix", device
		check(t, raw, w)
	}
	check(t, "(01)09504000059118(8099)X(10)ABC", want{issuer: GS1, carrier: "bracketed", di: device, lot: "ABC", codes: CodeUnknownAI})
	check(t, "https://id.gs1.org/01/09504000059118/10/ABC?8099=X", want{issuer: GS1, carrier: "digital_link", di: device, lot: "ABC", codes: CodeUnknownAI})
}

func TestParse_BracketsWithinAValueAreData(t *testing.T) {
	for raw, w := range map[string]want{
		`(01)09504000059118(10)A(B)C`:     {lot: "A(B)C"},
		`(01)09504000059118(10)A(99999)C`: {lot: "A(99999)C"},
		`(01)09504000059118(10)A\(21)C`:   {lot: "A(21)C"},
	} {
		w.issuer, w.carrier, w.di = GS1, "bracketed", device
		check(t, raw, w)
	}
}

func TestParse_WrongValuesAreFlaggedAndKept(t *testing.T) {
	for raw, w := range map[string]want{
		"(01)09504000059118(10)" + strings.Repeat("A", 21):  {lot: strings.Repeat("A", 21), codes: CodeTooLong},
		"(01)09504000059118(10)":                            {codes: CodeTooShort},
		"(01)09504000059118(10)A B":                         {lot: "A B", codes: CodeCharacter},
		"(01)09504000059118(30)2x":                          {codes: CodeCharacter},
		"(01)09504000059118(8003)19504000059101X":           {codes: CodeContent},
		"(01)09504000059118(8013)1987654Ad4X4bL5ttr2310c2K": {},
		"(01)09504000059118(8013)1987654Ad4X4bL5ttr2310c2X": {codes: CodeCheckCharacters},
	} {
		w.issuer, w.carrier, w.di = GS1, "bracketed", device
		check(t, raw, w)
	}
}

func TestParse_DigitalLinksThatAreNone(t *testing.T) {
	for raw, w := range map[string]want{
		"https://example.com/products/42":                {carrier: "digital_link", codes: CodeUnrecognised},
		"https://id.gs1.org/01/09504000059118/21/Y/10/X": {issuer: GS1, carrier: "digital_link", di: device, lot: "X", serial: "Y", codes: CodePathOrder},
		"https://id.gs1.org/01/09504000059118/10/A%2":    {issuer: GS1, carrier: "digital_link", di: device, lot: "A%2", codes: CodeEncoding},
		"https://id.gs1.org/01/09504000059118/":          {issuer: GS1, carrier: "digital_link", di: device, codes: CodePathOrder},
		"https://id.gs1.org/8018/" + gsrn + "/8019/1":    {issuer: GS1, carrier: "digital_link"},
		"id.gs1.org/01/09504000059118":                   {issuer: GS1, carrier: "digital_link", di: device},
	} {
		check(t, raw, w)
	}
}

func TestParse_WhatIsNoCodeIsReported(t *testing.T) {
	check(t, "", want{codes: CodeEmpty})
	check(t, " \r\n", want{codes: CodeEmpty})
	check(t, "]d2", want{carrier: "gs1_datamatrix", codes: CodeEmpty})
	check(t, "hip stem", want{codes: CodeUnrecognised})
	check(t, "\x00\xff", want{codes: CodeUnrecognised})
	check(t, "]C00109504000059118", want{issuer: GS1, carrier: "code_128", di: device, codes: CodeNotGS1Symbol})
}
