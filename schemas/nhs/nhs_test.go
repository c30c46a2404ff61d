package nhs

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCheck_ReadsEachKindToItsCanonicalForm(t *testing.T) {
	for _, c := range []struct{ kind, value, want string }{
		{"nhs_number", "9990000018", "9990000018"},
		{"nhs_number", "999 000 0026", "9990000026"},
		{"nhs-number", " 999-000-0034 ", "9990000034"},
		{"NHS_NUMBER", "9449305552", "9449305552"},
		{"nhs_number_status", "1", "01"},
		{"ods", "rh8", "RH8"},
		{"site", "RH802", "RH802"},
		{"site", "R9998", "R9998"},
		{"site", "89999", "89999"},
		{"site", "89997", "89997"},
		{"gmc", "1234567", "1234567"},
		{"gdc", "61234", "061234"},
		{"consultant", "C1234567", "C1234567"},
		{"consultant", "CD123456", "CD123456"},
		{"consultant", "c9999998", "C9999998"},
		{"consultant", "CD999998", "CD999998"},
		{"consultant", "D9999998", "D9999998"},
		{"consultant", "H9999998", "H9999998"},
		{"consultant", "M9999998", "M9999998"},
		{"consultant", "N9999998", "N9999998"},
		{"opcs4", "W37.1", "W371"},
		{"opcs4", "w3711", "W371"},
		{"opcs4", "W37.1A", "W371"},
		{"snomed", "22298006", "22298006"},
		{"snomed", "999000011000001104", "999000011000001104"},
		{"dmd", "39720311000001101", "39720311000001101"},
		{"npc", "ftc123", "FTC123"},
		{"eclass", "faa", "FAA"},
		{"treatment_function", "110", "110"},
		{"ods", "rh802", "RH802"},
		{"trust", "RH8", "RH8"},
		{"ODS site", "RH802", "RH802"},
		{"NHS Number Status", "08", "08"},
		{"opcs-4", "Z94.2", "Z942"},
		{"dm+d", "39720311000001101", "39720311000001101"},
		{"SNOMED-CT", "138875005", "138875005"},
		{"nhs-eclass", "FAA", "FAA"},
		// published by the NHS and by SNOMED International
		{"nhs_number", "943 476 5919", "9434765919"},
		{"nhs_number", "401 023 2137", "4010232137"},
		{"nhs_number", "987 654 3210", "9876543210"},
		{"snomed", "100005", "100005"},
		{"snomed", "100014", "100014"},
		{"snomed", "100022", "100022"},
		{"snomed", "1290023401004", "1290023401004"},
		{"snomed", "9940000001029", "9940000001029"},
		{"snomed", "11000001102", "11000001102"},
		{"snomed", "10989121108", "10989121108"},
		{"snomed", "999999990989121104", "999999990989121104"},
		{"snomed", "900000000000207008", "900000000000207008"},
	} {
		if r, ok := Check(c.kind, c.value); !ok || !r.Valid || r.Canonical != c.want {
			t.Errorf("Check(%q, %q) = %+v; want %q", c.kind, c.value, r, c.want)
		}
	}
}

func TestCheck_TellsWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct {
		kind, value, code string
		position          int
	}{
		{"nhs_number", "", "empty", 0},
		{"nhs_number", "9990000019", "check_digit", 0},
		{"nhs_number", "999000000", "length", 0},
		{"nhs_number", "999 000 00I8", "character", 10},
		{"ods", "RH", "length", 0},
		{"ods", "RH80", "length", 0},
		{"trust", "RH802", "length", 0},
		{"ods", " R!8", "character", 2},
		{"ods", "ſH8", "character", 0},
		{"site", "RH8", "length", 0},
		{"gmc", "123456", "length", 0},
		{"gmc", "12345X7", "character", 5},
		{"gdc", "1234567", "length", 0},
		{"consultant", "C123456", "length", 0},
		{"consultant", "D1234567", "format", 0},
		{"consultant", "C12345D7", "format", 0},
		{"opcs4", "I371", "format", 0},
		{"opcs4", "W37", "length", 0},
		{"opcs4", "W37.1.", "format", 0},
		{"snomed", "22298007", "check_digit", 7},
		{"snomed", "022298006", "format", 0},
		{"snomed", "12345", "length", 0},
		{"dmd", "1153011", "check_digit", 6},
		{"npc", "F1C123", "format", 1},
		{"npc", "FTC12A", "format", 5},
		{"eclass", "FA", "length", 0},
		{"eclass", "F1A", "character", 1},
		{"treatment_function", "099", "format", 0},
	} {
		r, ok := Check(c.kind, c.value)
		if !ok || r.Valid || r.Canonical != "" || len(r.Findings) != 1 || r.Findings[0].Severity != "error" || r.Findings[0].Code != c.code || r.Findings[0].Position != c.position {
			t.Errorf("Check(%q, %q) = %+v; want one error %s at %d", c.kind, c.value, r, c.code, c.position)
		}
	}
}

func TestCheck_RemarksOnWhatIsRightButUnusual(t *testing.T) {
	for _, c := range []struct{ kind, value, code string }{
		{"nhs_number", "9990000018", "test_number"},
		{"nhs_number", "0000000000", "unallocated"},
		{"opcs4", "W37.1A", "local_suffix"},
		{"opcs4", "Z94.2", "qualifier"},
		{"consultant", "C9999998", "default_code"},
		{"site", "89999", "default_code"},
	} {
		r, _ := Check(c.kind, c.value)
		if !r.Valid || len(r.Findings) != 1 || r.Findings[0].Code != c.code {
			t.Errorf("Check(%q, %q) remarks %+v; want %s", c.kind, c.value, r, c.code)
		}
	}
}

func TestCheck_SaysWhatACodeMeans(t *testing.T) {
	for _, c := range []struct{ kind, value, text string }{
		{"nhs_number", "9990000018", "999 000 0018"},
		{"nhs_number_status", "1", "Number present and verified"},
		{"opcs4", "Z942", "Z94.2, side: right"},
		{"opcs4", "W371", "W37.1"},
		{"consultant", "C9999998", "Consultant, number not known"},
		{"site", "89999", "Non-NHS provider in the UK without a code"},
		{"snomed", "100014", "description"},
		{"gmc", "1234567", ""},
	} {
		if r, _ := Check(c.kind, c.value); r.Text != c.text {
			t.Errorf("Check(%q, %q) says %q; want %q", c.kind, c.value, r.Text, c.text)
		}
	}
	if _, ok := Check("passport", "1"); ok {
		t.Error("there is no such kind")
	}
}

func TestParseNHSNumber_AStemThatNeedsTenHasNoNumber(t *testing.T) {
	for d := range 10 {
		if _, err := ParseNHSNumber(fmt.Sprintf("999000000%d", d)); err == nil {
			t.Errorf("stem 999000000 with digit %d was taken", d)
		}
	}
}

func TestParseNHSNumber_AnyOneWrongDigitIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := rapid.SampledFrom([]string{"9990000018", "9990000026", "9990000034", "9449305552"}).Draw(t, "number")
		i := rapid.IntRange(0, 9).Draw(t, "place")
		d := byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		bad := good[:i] + string(d) + good[i+1:]
		if _, err := ParseNHSNumber(bad); (err == nil) != (bad == good) {
			t.Fatalf("%s: %v", bad, err)
		}
	})
}

func TestParseSNOMED_AnyOneWrongDigitIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := rapid.SampledFrom([]string{"22298006", "999000011000001104", "39720311000001101"}).Draw(t, "identifier")
		i := rapid.IntRange(0, len(good)-1).Draw(t, "place")
		d := byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		bad := good[:i] + string(d) + good[i+1:]
		if _, err := ParseSNOMED(bad); (err == nil) != (bad == good) {
			t.Fatalf("%s: %v", bad, err)
		}
	})
}

func TestNHSNumber_IsNeverLoggedNorPutInAnError(t *testing.T) {
	var out bytes.Buffer
	n, err := ParseNHSNumber("9990000018")
	if err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "number", n)
	if strings.Contains(out.String(), "999000") {
		t.Errorf("logged: %s", out.String())
	}
	_, err = ParseNHSNumber("9990000019")
	var e *Error
	if !errors.As(err, &e) || strings.Contains(e.Text, "999000") {
		t.Errorf("error %v", err)
	}
}

func TestNHSNumber_TestRangeAndSpacedForm(t *testing.T) {
	if n := NHSNumber("9990000018"); !n.IsTest() || n.Allocated() || n.Spaced() != "999 000 0018" {
		t.Error("test range")
	}
	if n := NHSNumber("4505577104"); n.IsTest() || !n.Allocated() {
		t.Error("live range")
	}
	// Scotland's begin with the day and month of a birth
	for n, want := range map[NHSNumber]bool{"0101011113": true, "2902000000": true, "3112999999": true, "3002000000": false, "3104000000": false, "0113011113": false, "0001000000": false, "3200000000": true, "5000000000": false} {
		if n.Allocated() != want {
			t.Errorf("%s: %v", n, !want)
		}
	}
}

func TestOPCS4_SideComesFromChapterZ(t *testing.T) {
	for code, want := range map[OPCS4]string{"Z941": "bilateral", "Z942": "right", "Z943": "left", "Z944": "unknown", "W371": ""} {
		if got := code.Side(); got != want {
			t.Errorf("%s: %q", code, got)
		}
	}
	if OPCS4("W371").Dotted() != "W37.1" || OPCS4("W371").IsQualifier() || !OPCS4("Y712").IsQualifier() {
		t.Error("dotted form or qualifier")
	}
}

func TestConsultantCode_HoldsAGMCNumber(t *testing.T) {
	if g, ok := ConsultantCode("C1234567").GMC(); !ok || g != "1234567" {
		t.Error(g, ok)
	}
	for _, c := range []ConsultantCode{ConsultantUnknown, "CD123456", ""} {
		if _, ok := c.GMC(); ok {
			t.Errorf("%s has no GMC number", c)
		}
	}
}

func TestSiteCode_BelongsToItsTrust(t *testing.T) {
	if !SiteCode("RH802").Of("RH8") || SiteCode("RH902").Of("RH8") || SiteCode("").Of("") {
		t.Error("site and trust")
	}
}

func FuzzCheck(f *testing.F) {
	for _, k := range Kinds() {
		f.Add(k.Name, "9990000018")
		f.Add(k.Name, " W37.1\xff")
	}
	f.Fuzz(func(t *testing.T, kind, value string) {
		r, ok := Check(kind, value)
		if !ok {
			return
		}
		failed := false
		for _, x := range r.Findings {
			failed = failed || x.Severity == "error"
			if x.Position < 0 || x.Position > len(value) {
				t.Fatalf("position %d of %d", x.Position, len(value))
			}
		}
		if failed == r.Valid || r.Valid != (r.Canonical != "") {
			t.Fatalf("%+v", r)
		}
		if r.Valid {
			if again, _ := Check(kind, r.Canonical); again.Canonical != r.Canonical {
				t.Fatalf("%q reads again as %q", r.Canonical, again.Canonical)
			}
		}
	})
}
