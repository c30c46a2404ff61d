package udi

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestKeys_OnlyValidValuesAreMade(t *testing.T) {
	parse := map[string]func(string) (string, error){
		"gtin": func(s string) (string, error) { v, err := ParseGTIN(s); return v.String(), err },
		"gln":  func(s string) (string, error) { v, err := ParseGLN(s); return v.String(), err },
		"sscc": func(s string) (string, error) { v, err := ParseSSCC(s); return v.String(), err },
		"gsrn": func(s string) (string, error) { v, err := ParseGSRN(s); return v.String(), err },
		"grai": func(s string) (string, error) { v, err := ParseGRAI(s); return v.String(), err },
		"giai": func(s string) (string, error) { v, err := ParseGIAI(s); return v.String(), err },
	}
	for _, c := range []struct{ kind, in, want, code string }{
		{"gtin", "09504000059118", "09504000059118", ""},
		{"gtin", "9504000059118", "09504000059118", ""},
		{"gtin", " 036000291452 ", "00036000291452", ""},
		{"gtin", "40170725", "00000040170725", ""},
		{"gtin", "00208851107345", "", "check_digit"},
		{"gtin", "950400005911", "", "check_digit"},
		{"gtin", "95040000591", "", "length"},
		{"gtin", "", "", "not_digits"},
		{"gtin", "0950400005911X", "", "not_digits"},
		{"gln", "9504000059101", "9504000059101", ""},
		{"gln", "9504000059102", "", "check_digit"},
		{"gln", "950400005910", "", "length"},
		{"sscc", "006141411234567890", "006141411234567890", ""},
		{"sscc", "006141411234567891", "", "check_digit"},
		{"gsrn", gsrn, gsrn, ""},
		{"gsrn", gsrn[:17], "", "length"},
		{"grai", "9504000059101SER1", "9504000059101SER1", ""},
		{"grai", "09504000059101SER1", "9504000059101SER1", ""},
		{"grai", "00000000000000SER1", "", "ambiguous"},
		{"grai", "9504000059101", "9504000059101", ""},
		{"grai", "9504000059102S", "", "check_digit"},
		{"grai", "9504000059101S 1", "", "character"},
		{"grai", "9504000059101" + strings.Repeat("1", 17), "", "length"},
		{"giai", "95040000ABC-1", "95040000ABC-1", ""},
		{"giai", "ABC12345", "", "company_prefix"},
		{"giai", "9504 1", "", "character"},
		{"giai", "950", "", "length"},
	} {
		got, err := parse[c.kind](c.in)
		var e *Error
		if errors.As(err, &e) != (c.code != "") || e != nil && e.Code != c.code || got != c.want {
			t.Errorf("%s %q: %q, %v; want %q, %q", c.kind, c.in, got, err, c.want, c.code)
		}
	}
}

func TestGRAI_HasATypeAndASerial(t *testing.T) {
	g, err := ParseGRAI("9504000059101SER1")
	if err != nil || g.Type() != "9504000059101" || g.Serial() != "SER1" {
		t.Error(g, err)
	}
	if g = (GRAI{}); g.Type() != "" || g.Serial() != "" {
		t.Error("the zero value")
	}
}

func TestUDI_GTINIsGivenOnlyWithARightCheckDigit(t *testing.T) {
	if g, ok := Parse("(01)09504000059118", today).GTIN(); !ok || g.String() != device {
		t.Error(g, ok)
	}
	if _, ok := Parse("(01)00208851107345", today).GTIN(); ok {
		t.Error("a wrong check digit gave a GTIN")
	}
	if _, ok := Parse(hib("+A99912345"), today).GTIN(); ok {
		t.Error("HIBC gave a GTIN")
	}
}

func TestUDI_JSONHasStableNamesAndISODates(t *testing.T) {
	b, err := json.Marshal(Parse("(01)09504000059118(17)261231(11)250102", today))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"issuer":"GS1","carrier":"bracketed","di":"09504000059118","lot":"","serial":"","expiry":"2026-12-31","manufactured":"2025-01-02","quantity":"","elements":[{"ai":"01","value":"09504000059118","title":"GTIN","position":4},{"ai":"17","value":"261231","title":"USE BY or EXPIRY","position":22},{"ai":"11","value":"250102","title":"PROD DATE","position":32}],"raw":"(01)09504000059118(17)261231(11)250102","findings":[]}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	var u UDI
	if err := json.Unmarshal(b, &u); err != nil || u.Expiry.String() != "2026-12-31" {
		t.Error(u.Expiry, err)
	}
}

func TestKeys_TextThatIsNoKeyIsRefused(t *testing.T) {
	t.Parallel()
	type keys struct {
		GTIN GTIN
		GLN  GLN
		SSCC SSCC
		GSRN GSRN
		GRAI GRAI
		GIAI GIAI
	}
	const whole = `{"GTIN":"09504000059118","GLN":"9504000059101","SSCC":"006141411234567890","GSRN":"` + gsrn + `","GRAI":"9504000059101SER1","GIAI":"95040000ABC-1"}`
	var k, none keys
	if err := json.Unmarshal([]byte(whole), &k); err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(k); err != nil || string(b) != whole {
		t.Errorf("%s %v", b, err)
	}
	for _, wrong := range []string{`{"GTIN":"00208851107345"}`, `{"GLN":"1"}`, `{"SSCC":"x"}`, `{"GSRN":"1"}`, `{"GRAI":"1"}`, `{"GIAI":"ABC12345"}`} {
		before := k
		if err := json.Unmarshal([]byte(wrong), &k); err == nil || k != before {
			t.Errorf("%s was taken: %+v", wrong, k)
		}
	}
	if err := json.Unmarshal([]byte(`{"GTIN":"","GLN":"","SSCC":"","GSRN":"","GRAI":"","GIAI":""}`), &k); err != nil || k != none || !k.GTIN.IsZero() {
		t.Errorf("%+v %v", k, err)
	}
}

func TestGTIN_ShortIsTheFormOfItsSymbol(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"40170725": "40170725", "036000291452": "036000291452", "9504000059118": "9504000059118", "19504000059115": "19504000059115"} {
		if g, err := ParseGTIN(in); err != nil || g.Short() != want {
			t.Errorf("%s: %s %v", in, g.Short(), err)
		}
	}
}

func TestDate_OrdersAndReads(t *testing.T) {
	a, _ := ParseDate("2026-02-28")
	b, _ := ParseDate("2026-03-01")
	if !a.Before(b) || b.Before(a) || a.Before(a) || !(Date{}).IsZero() {
		t.Error("order")
	}
	for _, bad := range []string{"2026-02-29", "2026-2-28", "20260228", "2026-13-01"} {
		if _, err := ParseDate(bad); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	if DateOf(today).String() != "2026-03-03" {
		t.Error(DateOf(today))
	}
}

func TestCheckCharacters_OfAModelNumber(t *testing.T) {
	// the General Specifications' own example
	if pair, ok := CheckCharacters("1987654Ad4X4bL5ttr2310c"); !ok || pair != "2K" {
		t.Error(pair, ok)
	}
	for _, bad := range []string{"", "A B", strings.Repeat("1", 24)} {
		if _, ok := CheckCharacters(bad); ok {
			t.Errorf("%q", bad)
		}
	}
}

func TestIdentifiers_TheTableHoldsWhatHealthCareMeets(t *testing.T) {
	type row struct {
		fixed  bool
		lo, hi int
	}
	for code, w := range map[string]row{
		"00": {true, 18, 18}, "01": {true, 14, 14}, "02": {true, 14, 14}, "10": {false, 1, 20}, "21": {false, 1, 20},
		"11": {true, 6, 6}, "17": {true, 6, 6}, "20": {true, 2, 2}, "22": {false, 1, 20}, "235": {false, 1, 28},
		"240": {false, 1, 30}, "251": {false, 1, 30}, "30": {false, 1, 8}, "37": {false, 1, 8}, "400": {false, 1, 30},
		"402": {false, 17, 17}, "410": {true, 13, 13}, "417": {true, 13, 13}, "254": {false, 1, 20}, "710": {false, 1, 20},
		"717": {false, 1, 20}, "7003": {false, 10, 10}, "8003": {false, 14, 30}, "8004": {false, 1, 30}, "8013": {false, 1, 25},
		"8014": {false, 1, 25}, "8017": {false, 18, 18}, "8018": {false, 18, 18}, "8019": {false, 1, 10}, "90": {false, 1, 30}, "99": {false, 1, 90},
		"3105": {true, 6, 6}, "3929": {false, 1, 15}, "423": {false, 3, 15}, "8008": {false, 8, 12},
	} {
		a := lookup(code)
		if a == nil || (row{a.predefined, a.min, a.max}) != w {
			t.Errorf("(%s): %+v, want %+v", code, a, w)
		}
	}
	seen := map[string]bool{}
	for _, id := range Identifiers() {
		if seen[id.AI] || id.Title == "" || id.MinLength > id.MaxLength {
			t.Errorf("%+v", id)
		}
		seen[id.AI] = true
	}
	if len(seen) < 500 {
		t.Errorf("the table has only %d identifiers", len(seen))
	}
}

func TestUDI_AWristbandIsNeverLogged(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	wristband, _ := ParseGSRN(gsrn)
	log.Info("x", "udi", Parse("(8018)"+gsrn, today), "gsrn", wristband)
	if strings.Contains(out.String(), gsrn) {
		t.Errorf("logged: %s", out.String())
	}
}
