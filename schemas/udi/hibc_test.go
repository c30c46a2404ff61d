package udi

import "testing"

func TestParse_HIBCSymbolsThatCameTogether(t *testing.T) {
	t.Parallel()
	for raw, w := range map[string]want{
		"+A123BJC5D6E71G+$$52001510X3GD":         {di: "A123BJC5D6E71", lot: "10X3", expiry: "2020-01-15"},
		"+A123BJC5D6E71G\r\n+$$52001510X3GD\r\n": {di: "A123BJC5D6E71", lot: "10X3", expiry: "2020-01-15"},
		"*+A123BJC5D6E71G**+$$52001510X3GD*":     {di: "A123BJC5D6E71", lot: "10X3", expiry: "2020-01-15"},
		"+A123BJC5D6E71G+$$+52001510X3GB":        {di: "A123BJC5D6E71", serial: "10X3", expiry: "2020-01-15"},
		"+A123BJCMD6E79++$$52001510X3+ ":         {di: "A123BJCMD6E79", lot: "10X3", expiry: "2020-01-15"},
		"+J123AQ3451T+25330BC34567T2+S4012TJ":    {di: "J123AQ3451", lot: "BC34567", serial: "4012", expiry: "2025-11-26"},
		"+A123BJC5D6E71G+$$52001510X3+ ":         {di: "A123BJC5D6E71", lot: "10X3", expiry: "2020-01-15", codes: CodeConflict},
		"+A123BJC5D6E71++$$52001510X3+D":         {di: "A123BJC5D6E71", lot: "10X3", expiry: "2020-01-15", codes: CodeCheckCharacter + " " + CodeCheckCharacter},
	} {
		w.issuer, w.carrier = HIBCC, "hibc"
		check(t, raw, w)
	}
}

func TestParse_HIBCOfPublishedLabels(t *testing.T) {
	t.Parallel()
	for raw, w := range map[string]want{
		"+A99912345/$$812710X3/16D20111212/14D20200906/S77DEFG453":                                {di: "A99912345", lot: "10X3", serial: "77DEFG45", expiry: "2020-09-06", made: "2011-12-12", quantity: "12"},
		"+A99912345/$$902345710X3/16D20111212/14D20200906/S77DEFG45F":                             {di: "A99912345", lot: "10X3", serial: "77DEFG45", expiry: "2020-09-06", made: "2011-12-12", quantity: "2345"},
		"+E203PB414109/$$8243280112R00089525J":                                                    {di: "E203PB414109", lot: "R00089525", expiry: "2028-01-12", quantity: "24"},
		"+EHWD3551419/$$900100F":                                                                  {di: "EHWD3551419", quantity: "100"},
		"+EHWD3551419/$/Q100X":                                                                    {di: "EHWD3551419", quantity: "100"},
		"+A99912345/$$812710X3/$$+320090677DEFG45/16D20111212.":                                   {di: "A99912345", lot: "10X3", serial: "77DEFG45", expiry: "2020-09-06", made: "2011-12-12", quantity: "12"},
		"+E308T800206X0/$$7230513/14D20260413F":                                                   {di: "E308T800206X0", lot: "230513", expiry: "2026-04-13"},
		"+J123AQ3451/$$1125BC34567/S4012L":                                                        {di: "J123AQ3451", lot: "BC34567", serial: "4012", expiry: "2025-11-30"},
		"+J123AQ3451/$$0125BC34567/S4012K":                                                        {di: "J123AQ3451", lot: "BC34567", serial: "4012", expiry: "2025-01-31"},
		"+A123ABCDEFGHI1234567891/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202$": {di: "A123ABCDEFGHI1234567891", lot: "LOT123456789012345", serial: "XYZ456789012345678", expiry: "2020-02-02", made: "2013-02-02"},
		"+$$0624J139276%5":                                                                        {lot: "J139276", expiry: "2024-06-30"},
	} {
		w.issuer, w.carrier = HIBCC, "hibc"
		check(t, raw, w)
	}
}

func TestParse_HIBCThatBreaksItsRules(t *testing.T) {
	t.Parallel()
	const primary = "+A123BJC5D6E71"
	for body, code := range map[string]string{
		"+A1231":                                  CodeTooShort,
		"+A123BJC5D6E7123456789012":               CodeTooLong,
		"+A123BJC5D6E7A":                          CodeContent,
		"+A123BJ.C5D6E71":                         CodeCharacter,
		"+A123BJ-C5D6E71":                         CodeCharacter,
		"+$$8052713C001L":                         CodeDate,
		"+$$5ABCDE3C001L":                         CodeDate,
		"+$$505271ABCDEFGHIJKLMNOPQRSTL":          CodeTooLong,
		primary + "/$$3231031ABCDEFGHIJKLMNOPQRS": CodeTooLong,
		primary + "/$$3231031ABC%":                CodeCharacter,
		primary + "/":                             CodeTooShort,
		primary + "/$10X3/17D20111231":            CodeUnknownFlag,
		primary + "/$10X3/16D2011123":             CodeDate,
		primary + "/$10X3/14D20201331":            CodeDate,
		"+%A123BJC5D6E71":                         CodeUnknownFlag,
	} {
		if u := Parse(hib(body), today); !u.HasErrors() || !u.Has(code) {
			t.Errorf("%s: %+v, want %s", body, u.Findings, code)
		}
	}
	if u := Parse(hib(primary+"/$10X3/Q500/S123"), today); u.HasErrors() || !u.Has(CodeContent) || u.Quantity != "500" || u.Serial != "123" {
		t.Errorf("%+v", u)
	}
	if u := Parse("+/EU720060FF0/O523201W", today); u.HasErrors() || !u.Has(CodeUnknownFlag) || u.DI != "" {
		t.Errorf("%+v", u)
	}
}

func TestParse_ICCBBAAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	for raw, w := range map[string]want{
		"=/A9999XYZ100T0944=,000025=A99971312345600= >014032=}013032&,1000000000000XYZ123": {di: "A9999XYZ100T0944", serial: "000025", expiry: "2014-02-01", made: "2013-02-01", lot: "000000000000XYZ123"},
		"=)1TE123456A &)RZ12345678": {di: "1TE123456A", lot: "RZ12345678"},
		"=/08717648200274=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123": {di: "08717648200274", serial: "000025", expiry: "2014-02-01", made: "2013-02-01", lot: "000000000000XYZ123", codes: CodeTooShort},
		"=A9997A312345600": {codes: CodeContent},
		"=O99971312345600": {codes: CodeContent},
		"=A999713123456":   {codes: CodeTooShort},
	} {
		w.issuer, w.carrier = ICCBBA, "isbt_128"
		check(t, raw, w)
	}
	if u := Parse("=A99971312345600=/A9999XYZ100T0944", today); len(u.Elements) != 2 || u.Elements[0].Flag != "=" || u.Elements[0].Value != "A99971312345600" {
		t.Errorf("%+v", u.Elements)
	}
}
