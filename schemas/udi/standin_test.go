package udi

import (
	"strings"
	"testing"
)

func TestParse_AStandInSeparatesOnlyBeforeAnIdentifier(t *testing.T) {
	t.Parallel()
	const head = "0109504000059118" + "10"
	for tail, w := range map[string]want{
		"AB~C":               {carrier: "plain", lot: "AB~C", codes: CodeCharacter},
		"ABC^":               {carrier: "plain", lot: "ABC^", codes: CodeCharacter},
		"ABC^21X^":           {carrier: "element_string", lot: "ABC", serial: "X", codes: CodeStandIn},
		"A B":                {carrier: "plain", lot: "A B", codes: CodeCharacter},
		"A 17 261231":        {carrier: "element_string", lot: "A", expiry: "2026-12-31", codes: CodeStandIn},
		"A 17 BC":            {carrier: "plain", lot: "A 17 BC", codes: CodeCharacter},
		"ABC%1D21XYZ":        {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn},
		"ABC%1DXYZ":          {carrier: "plain", lot: "ABC%1DXYZ"},
		"ABC~121XYZ":         {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn},
		"ABC~117261231":      {carrier: "element_string", lot: "ABC", expiry: "2026-12-31", codes: CodeStandIn},
		"ABC~d02921XYZ":      {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn},
		"ABC~1110010110X":    {carrier: "element_string", made: "2000-10-11", codes: CodeStandIn + " " + CodeAmbiguous + " " + CodeUnknownAI},
		"ABC\x1d21XY~Z":      {carrier: "element_string", lot: "ABC", serial: "XY~Z", codes: CodeCharacter},
		"ABC%1D21X\x1d21XYZ": {carrier: "element_string", lot: "ABC%1D21X", serial: "XYZ", codes: CodeStandIn},
		"ABC]C121XYZ":        {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn},
		"ABC<GS>(21)X":       {carrier: "plain", codes: CodeAmbiguous},
		"ABC^8099X^21XYZ":    {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn + " " + CodeUnknownAI},
		"Salt029":            {carrier: "plain", lot: "Salt029"},
		"SAlt-02921XYZ":      {carrier: "element_string", lot: "S", serial: "XYZ", codes: CodeStandIn},
		"ABC\u241d1726123":   {carrier: "element_string", lot: "ABC", codes: CodeStandIn + " " + CodeTooShort},
		"ABC\\F21XYZ\\F":     {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn},
		"ABC\\u001d21XYZ":    {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn},
		"ABCALT 02921XYZ":    {carrier: "element_string", lot: "ABC", serial: "XYZ", codes: CodeStandIn},
		"ABC{GS}21X{GS}305":  {carrier: "element_string", lot: "ABC", serial: "X", quantity: "5", codes: CodeStandIn},
	} {
		w.issuer, w.di = GS1, device
		check(t, head+tail, w)
	}
}

func TestParse_AStandInOfLegalCharactersIsAWarning(t *testing.T) {
	t.Parallel()
	for s, severity := range map[string]Severity{"<GS>": SeverityWarning, "Alt-029": SeverityWarning, "%1D": SeverityWarning, "^": SeverityInfo, "{GS}": SeverityInfo, `\x1d`: SeverityInfo, "~1": SeverityInfo} {
		u := Parse("010950400005911810ABC"+s+"21XYZ", today)
		if len(u.Findings) != 1 || u.Findings[0].Severity != severity || u.Findings[0].Position != 21 {
			t.Errorf("%s: %+v", s, u.Findings)
		}
	}
}

func TestParse_TextAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	full := want{issuer: GS1, di: device, lot: "7654321D", expiry: "2014-11-20"}
	for raw, w := range map[string]want{
		"01 09504000059118 17 141120 10 7654321D":        {carrier: "element_string", codes: CodeStandIn},
		"[01]09504000059118[17]141120[10]7654321D":       {carrier: "bracketed"},
		"GTIN: (01)09504000059118(17)141120(10)7654321D": {carrier: "bracketed", codes: CodeUnrecognised},
		"(01)09504000059118<GS>(17)141120^(10)7654321D":  {carrier: "bracketed"},
		"\ufeff(01)09504000059118(17)141120(10)7654321D": {carrier: "bracketed"},
	} {
		w.issuer, w.di, w.lot, w.expiry = full.issuer, full.di, full.lot, full.expiry
		check(t, raw, w)
	}
}

func TestParse_UnmarkedTextWithoutAProductIsDoubtful(t *testing.T) {
	t.Parallel()
	check(t, "240UNKNOWN-CATALOGUE-CODE", want{issuer: GS1, carrier: "plain", codes: CodeRequires + " " + CodeUnmarked})
	check(t, "1726123110AB12", want{issuer: GS1, carrier: "plain", expiry: "2026-12-31", lot: "AB12", codes: CodeRequires + " " + CodeRequires + " " + CodeUnmarked})
	check(t, "00006141411234567890", want{issuer: GS1, carrier: "plain"})
}

func TestParse_MoreThanALabelHoldsIsNotRead(t *testing.T) {
	t.Parallel()
	check(t, strings.Repeat("9", mostBytes+1), want{codes: CodeTooLong})
	u := Parse("(01)09504000059118"+strings.Repeat("(99)A", 1000), today)
	if u.DI != device || len(u.Elements) != mostElements || !u.Has(CodeTooLong) || len(u.Findings) != 1 {
		t.Errorf("%d elements, %+v", len(u.Elements), u.Findings)
	}
}

func TestParse_SymbolsThatHoldAGTIN(t *testing.T) {
	t.Parallel()
	for raw, w := range map[string]want{
		"]E0036000291452":                  {carrier: "ean_13", di: "00036000291452", codes: CodeTooShort},
		"]E040170725":                      {carrier: "ean_13", di: "00000040170725", codes: CodeTooShort},
		"]E09504000059118]C117261231":      {carrier: "ean_13", di: device, expiry: "2026-12-31"},
		"]E09504000059118|]e010ABC\x1d21X": {carrier: "ean_13", di: device, lot: "ABC", serial: "X"},
		"]E0950400005911A":                 {carrier: "ean_13", di: "950400005911A", codes: CodeCharacter},
	} {
		w.issuer = GS1
		check(t, raw, w)
	}
}

func TestElementString_EndsAValueThatLooksLikeTwo(t *testing.T) {
	t.Parallel()
	elements := []Element{{AI: "10", Value: "A%1D21X"}}
	text := must(ElementString(elements))
	if u := Parse(text, today); u.Lot != "A%1D21X" || u.Serial != "" {
		t.Errorf("%q reads as %+v", text, u)
	}
}
