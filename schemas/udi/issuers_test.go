package udi

import "testing"

// hib gives a HIBC code its check character.
func hib(s string) string {
	c, ok := HIBCCheckCharacter(s)
	if !ok {
		panic(s)
	}
	return s + string(c)
}

func TestParse_HIBCPrimary(t *testing.T) {
	for raw, w := range map[string]want{
		hib("+A99912345"):                {di: "A99912345"},
		"*" + hib("+A99912345") + "*":    {di: "A99912345"},
		hib("+H1230"):                    {di: "H1230", codes: CodeTooShort},
		hib("+H123PARTNO12345678901201"): {di: "H123PARTNO12345678901201", codes: CodeTooLong},
		hib("+A9991234X"):                {di: "A9991234X", codes: CodeContent},
		"+A99912345X":                    {di: "A99912345", codes: CodeCheckCharacter},
		"+A999a2345X":                    {di: "A999a2345", codes: CodeCharacter + " " + CodeCharacter},
		hib("+/EAH783/Z34H159"):          {codes: CodeUnknownFlag},
		"+":                              {codes: CodeTooShort},
	} {
		w.issuer, w.carrier = HIBCC, "hibc"
		check(t, raw, w)
	}
}

func TestParse_HIBCSecondaryInAllDateAndQuantityForms(t *testing.T) {
	for body, w := range map[string]want{
		"05271":                {expiry: "2005-09-28"},
		"052713C001":           {expiry: "2005-09-28", lot: "3C001"},
		"$3C001":               {lot: "3C001"},
		"$+0001":               {serial: "0001"},
		"$$09053C001":          {expiry: "2005-09-30", lot: "3C001"},
		"$$20928053C001":       {expiry: "2005-09-28", lot: "3C001"},
		"$$30509283C001":       {expiry: "2005-09-28", lot: "3C001"},
		"$$4050928223C001":     {expiry: "2005-09-28", lot: "3C001"},
		"$$5052713C001":        {expiry: "2005-09-28", lot: "3C001"},
		"$$605271223C001":      {expiry: "2005-09-28", lot: "3C001"},
		"$$73C001":             {lot: "3C001"},
		"$$82409053C001":       {quantity: "24", expiry: "2005-09-30", lot: "3C001"},
		"$$82420928053C001":    {quantity: "24", expiry: "2005-09-28", lot: "3C001"},
		"$$82430509283C001":    {quantity: "24", expiry: "2005-09-28", lot: "3C001"},
		"$$8244050928223C001":  {quantity: "24", expiry: "2005-09-28", lot: "3C001"},
		"$$8245052713C001":     {quantity: "24", expiry: "2005-09-28", lot: "3C001"},
		"$$824605271223C001":   {quantity: "24", expiry: "2005-09-28", lot: "3C001"},
		"$$82473C001":          {quantity: "24", lot: "3C001"},
		"$$824":                {quantity: "24"},
		"$$90010009053C001":    {quantity: "100", expiry: "2005-09-30", lot: "3C001"},
		"$$90010020928053C001": {quantity: "100", expiry: "2005-09-28", lot: "3C001"},
		"$$90010073C001":       {quantity: "100", lot: "3C001"},
		"$$900100":             {quantity: "100"},
		"$$+09050001":          {expiry: "2005-09-30", serial: "0001"},
		"$$+20928050001":       {expiry: "2005-09-28", serial: "0001"},
		"$$+30509280001":       {expiry: "2005-09-28", serial: "0001"},
		"$$+4050928220001":     {expiry: "2005-09-28", serial: "0001"},
		"$$+5052710001":        {expiry: "2005-09-28", serial: "0001"},
		"$$+605271220001":      {expiry: "2005-09-28", serial: "0001"},
		"$$+70001":             {serial: "0001"},
		"$$0905":               {expiry: "2005-09-30"},
		"$$1305X":              {lot: "X", codes: CodeDate},
		"$$2093105X":           {lot: "X", codes: CodeDate},
		"$$405092825X":         {expiry: "2005-09-28", lot: "X", codes: CodeTime},
		"$$09":                 {codes: CodeTooShort},
		"$$82":                 {codes: CodeTooShort},
		"$$X":                  {codes: CodeContent},
		"$":                    {codes: CodeTooShort},
	} {
		w.issuer, w.carrier = HIBCC, "hibc"
		check(t, hib("+"+body+"L"), w) // alone, with its link character
		w.di = "H124009993020351"
		check(t, hib("+H124009993020351/"+body), w) // after its primary
	}
}

func TestParse_HIBCConcatenated(t *testing.T) {
	for raw, w := range map[string]want{
		"+A99912345/$$52001510X3/16D20111212/S77DE1G45-": {di: "A99912345", expiry: "2020-01-15", lot: "10X3", made: "2011-12-12", serial: "77DE1G45"},
		"*+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C*": {
			di: "H123PARTNO1234567890120", expiry: "2020-02-02", lot: "LOT123456789012345", made: "2013-02-02", serial: "XYZ456789012345678", codes: CodeCheckCharacter},
		"+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202": {
			di: "H123PARTNO1234567890120", expiry: "2020-02-02", lot: "LOT123456789012345", made: "2013-02-02", serial: "XYZ456789012345678", codes: CodeCheckMissing},
		hib("+A99912345/$LOT1/14D20271231/Q500"): {di: "A99912345", lot: "LOT1", expiry: "2027-12-31", quantity: "500"},
		hib("+A99912345/$$0127LOT1/14D20271231"): {di: "A99912345", lot: "LOT1", expiry: "2027-01-31", codes: CodeConflict},
		hib("+A99912345/$$+70001/S0002"):         {di: "A99912345", serial: "0001", codes: CodeRepeated},
		hib("+A99912345/16D20111313"):            {di: "A99912345", codes: CodeDate},
		hib("+A99912345/$LOT1/Z9"):               {di: "A99912345", lot: "LOT1", codes: CodeUnknownFlag},
	} {
		w.issuer, w.carrier = HIBCC, "hibc"
		check(t, raw, w)
	}
	check(t, "]d1"+hib("+A99912345/$LOT1"), want{issuer: HIBCC, carrier: "data_matrix", di: "A99912345", lot: "LOT1"})
	check(t, "]C0"+hib("+A99912345"), want{issuer: HIBCC, carrier: "code_128", di: "A99912345"})
}

func TestParse_HIBCCheckCharacterMayBeASlashOrASpace(t *testing.T) {
	// found by search: bodies whose check character is the one wanted
	for _, wanted := range []byte{'/', ' '} {
		body := "+A9991234"
		for i := range 260 {
			b := body + string(rune('A'+i/10)) + string(rune('0'+i%10))
			if c, _ := HIBCCheckCharacter(b); c == wanted {
				body = b
				break
			}
		}
		w := want{issuer: HIBCC, carrier: "hibc", di: body[1:]}
		check(t, body+string(wanted), w)
		check(t, body+string(wanted)+"\r\n", w)
		if wanted == ' ' {
			check(t, "*"+body+"_*", w)
			w.di, w.codes = body[1:len(body)-1], CodeCheckCharacter+" "+CodeContent
			check(t, body, w) // cut off: flagged, nothing is guessed
		}
	}
}

func TestParse_ICCBBA(t *testing.T) {
	full := want{di: "A9999XYZ100T0944", serial: "000025", expiry: "2014-02-01", made: "2013-02-01", lot: "000000000000XYZ123"}
	for raw, w := range map[string]want{
		"=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123":        full,
		"=+06000=A99971312345600=/A9999XYZ100T0944=,000025=>014032=}013032&,1000000000000XYZ123": full,
		"=)1TE123456A&)RZ12345678":  {di: "1TE123456A", lot: "RZ12345678"},
		"=/A9999XYZ100T0944":        {di: "A9999XYZ100T0944"},
		"=>014366":                  {codes: CodeDate},
		"=>016366":                  {expiry: "2016-12-31"},
		"=>999001":                  {expiry: "1999-01-01"},
		"&>0140322359":              {expiry: "2014-02-01"},
		"&>0140322460":              {expiry: "2014-02-01", codes: CodeTime},
		"&}0130320000":              {made: "2013-02-01"},
		"=]202402":                  {expiry: "2024-02-29"},
		"=/A9999XYZ":                {di: "A9999XYZ", codes: CodeTooShort},
		"=/A9999XYZ100T0944EXTRA":   {di: "A9999XYZ100T0944", codes: CodeTooLong},
		"=+03000=/A9999XYZ100T0944": {di: "A9999XYZ100T0944", codes: CodeConflict},
		"=^ABC=/A9999XYZ100T0944":   {di: "A9999XYZ100T0944", codes: CodeUnknownFlag},
		"=>014032=>014033":          {expiry: "2014-02-01", codes: CodeConflict},
		"=":                         {codes: CodeTooShort},
		// flags 60 to 96 check the number: 17 for this one, which makes 77
		"=G12349865432177": {},
		"=G12349865432178": {codes: CodeCheckCharacters},
		"=G12349865432100": {},
		"=G123498654321N7": {},
		"&,4PL001499Z549917123456A00T041600320281231":                          {expiry: "2028-12-31"},
		"=+02000=/A9999XYZ100T0944&,4PL001499Z549917123456A00T041600320281232": {di: "A9999XYZ100T0944", codes: CodeDate},
	} {
		w.issuer, w.carrier = ICCBBA, "isbt_128"
		check(t, raw, w)
	}
}

func TestCombine_JoinsTwoSymbolsOfOneProduct(t *testing.T) {
	a := Parse("]C10109504000059118", today)
	b := Parse("]C1172612311012345", today)
	if !b.Has(CodeRequires) {
		t.Error("the lot alone should ask for its GTIN")
	}
	for _, u := range []UDI{Combine(a, b), Combine(b, a)} {
		if u.DI != device || u.Lot != "12345" || u.Expiry.String() != "2026-12-31" || len(u.Findings) != 0 || len(u.Elements) != 3 {
			t.Errorf("%+v", u)
		}
		for _, e := range u.Elements {
			if u.Raw[e.Position:e.Position+len(e.Value)] != e.Value {
				t.Errorf("%s is not at %d", e.Value, e.Position)
			}
		}
	}
}

func TestCombine_WhatWasDoubtfulAloneIsSettled(t *testing.T) {
	t.Parallel()
	u := Combine(Parse("0109504000059118", today), Parse("1726123110AB12", today))
	if u.DI != device || u.Lot != "AB12" || u.Expiry.String() != "2026-12-31" || len(u.Findings) != 0 {
		t.Errorf("%+v", u)
	}
}

func TestCombine_ContradictionsAreReported(t *testing.T) {
	for _, c := range []struct{ a, b, code string }{
		{"(01)09504000059118(10)A", "(01)09504000059118(10)B", CodeConflict},
		{"(01)09504000059118", "(01)19504000059115", CodeConflict},
		{"(01)09504000059118", hib("+$LOT1L"), CodeConflict},
		{"(01)09504000059118(240)A", "(240)B(10)C", CodeConflict},
		{"(01)09504000059118", "(02)09504000059118(37)1(00)006141411234567890", CodeExcludes},
		{hib("+A99912345"), hib("+$LOT1?L"[:6] + "L"), CodeConflict},
	} {
		if u := Combine(Parse(c.a, today), Parse(c.b, today)); !u.Has(c.code) {
			t.Errorf("%s and %s: %+v", c.a, c.b, u.Findings)
		}
	}
}

func TestCombine_HIBCSymbolsAreLinkedByTheirCheckCharacter(t *testing.T) {
	primary := hib("+A99912345")
	link := primary[len(primary)-1:]
	u := Combine(Parse(primary, today), Parse(hib("+$$0927LOT1"+link), today))
	if u.DI != "A99912345" || u.Lot != "LOT1" || u.Expiry.String() != "2027-09-30" || len(u.Findings) != 0 {
		t.Errorf("%+v", u)
	}
	if v := Combine(UDI{}, u); v.Raw != u.Raw || v.DI != u.DI {
		t.Error("nothing combined with something should be the something")
	}
}
