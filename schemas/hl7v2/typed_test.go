package hl7v2_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// value gives FLD-1 of a message that holds text there.
func value(t *testing.T, text string) hl7v2.Value {
	t.Helper()
	return mustParse(t, "MSH|^~\\&|A\rFLD|"+text+"\r").Segment(1).Field(1)
}

func TestTyped_EachTypeGivesItsPartsAsSent(t *testing.T) {
	t.Parallel()
	nhs := hl7v2.HD{Namespace: "NHS", UniversalID: "2.16.840", UniversalIDType: "ISO"}
	for _, c := range []struct{ got, want any }{
		{value(t, "9990000018^^^NHS&2.16.840&ISO^NH^^20200101^20301231").CX(),
			hl7v2.CX{ID: "9990000018", Authority: nhs, Type: "NH", Effective: "20200101", Expires: "20301231"}},
		{value(t, "a~b^^^X").Repetition(2).CX(), hl7v2.CX{ID: "b", Authority: hl7v2.HD{Namespace: "X"}}},
		{value(t, "NHS^2.16.840^ISO").HD(), nhs},
		{value(t, "x^NHS&2.16.840&ISO").Component(2).HD(), nhs},
		{value(t, "P1^NS^U^ISO").EI(), hl7v2.EI{ID: "P1", Namespace: "NS", UniversalID: "U", UniversalIDType: "ISO"}},
		{value(t, "P1&NS^F1&NT").Component(2).EI(), hl7v2.EI{ID: "F1", Namespace: "NT"}},
		{value(t, "W37.1^Total hip^OPCS4^x^y^z^4.10^^hip").CWE(),
			hl7v2.CWE{Code: "W37.1", Text: "Total hip", System: "OPCS4", AltCode: "x", AltText: "y", AltSystem: "z", Version: "4.10", OriginalText: "hip"}},
		{value(t, "Ash&van&Ash^Ann^Q^Jr^Dr^BSc^L").XPN(), hl7v2.XPN{Family: "Ash", Given: "Ann", Second: "Q", Suffix: "Jr", Prefix: "Dr", Degree: "BSc", Type: "L"}},
		{value(t, "C9999998^Doe^John^^^Mr^^GMC^GMC&x^L^^^PRN^RH8").XCN(),
			hl7v2.XCN{ID: "C9999998", XPN: hl7v2.XPN{Family: "Doe", Given: "John", Prefix: "Mr", Type: "L"}, SourceTable: "GMC",
				Authority: hl7v2.HD{Namespace: "GMC", UniversalID: "x"}, IDType: "PRN", Facility: hl7v2.HD{Namespace: "RH8"}}},
		{value(t, "1 High St&High St&1^Flat 2^Northmoor^Oxon^NM1 1AA^GBR^H").XAD(),
			hl7v2.XAD{Street: "1 High St", Other: "Flat 2", City: "Northmoor", County: "Oxon", Postcode: "NM1 1AA", Country: "GBR", Type: "H"}},
		{value(t, "^PRN^PH^a@b^44^1865^123456^7^any^^^+441865123456").XTN(),
			hl7v2.XTN{Use: "PRN", Equipment: "PH", Address: "a@b", Country: "44", Area: "1865", Local: "123456", Extension: "7", Text: "any", Unformatted: "+441865123456"}},
		{value(t, "Northmoor^L^^^^ODS^XX^RH8^^RH802").XON(),
			hl7v2.XON{Name: "Northmoor", NameType: "L", Authority: hl7v2.HD{Namespace: "ODS"}, IDType: "XX", Facility: hl7v2.HD{Namespace: "RH8"}, Identifier: "RH802"}},
		{value(t, "TH1^R2&x^B3^ZZ101^A^T^N^2^Theatre one").PL(),
			hl7v2.PL{PointOfCare: "TH1", Room: "R2", Bed: "B3", Facility: hl7v2.HD{Namespace: "ZZ101"}, Status: "A", Type: "T", Building: "N", Floor: "2", Description: "Theatre one"}},
		{hl7v2.Value{}.CX(), hl7v2.CX{}},
		{value(t, `""`).CWE(), hl7v2.CWE{}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%T (-want +got):\n%s", c.want, diff)
		}
	}
	q, err := value(t, "2.50^mg&milligram").CQ()
	if u, scale, ok := q.Quantity.Decimal(); err != nil || !ok || u != 250 || scale != 2 || q.Units.Code != "mg" || q.Units.Text != "milligram" {
		t.Errorf("CQ: %+v, %v", q, err)
	}
	p, err := value(t, "202607010900^202607011030+0000").DR(nil)
	if err != nil || p.End.At.Sub(p.Start.At).Minutes() != 150 {
		t.Errorf("DR: %+v, %v", p, err)
	}
}

func TestNumber_IsExactAndNeverGuessed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text     string
		unscaled int64
		scale    int
		whole    int64
		isWhole  bool
	}{
		{"0", 0, 0, 0, true}, {"12", 12, 0, 12, true}, {"-2", -2, 0, -2, true}, {"+3.00", 300, 2, 3, true}, {" 1.5 ", 15, 1, 0, false},
		{"-.25", -25, 2, 0, false}, {"7.", 7, 0, 7, true}, {"0.10", 10, 2, 0, false}, {"999999999999999999", 999999999999999999, 0, 999999999999999999, true},
	} {
		n, err := hl7v2.ParseNumber(c.text)
		u, scale, ok := n.Decimal()
		if err != nil || !ok || u != c.unscaled || scale != c.scale {
			t.Errorf("%q: %d/%d %v %v", c.text, u, scale, ok, err)
		}
		if w, ok := n.Int(); ok != c.isWhole || ok && w != c.whole {
			t.Errorf("%q: whole %d %v", c.text, w, ok)
		}
	}
	for _, text := range []string{"1,5", "1e3", "one", "1 000", "--1", "+-1", "1.2.3", ".", "-", "5mg", "0x1"} {
		if n, err := hl7v2.ParseNumber(text); fault.Of(err).Code != "hl7_number" {
			t.Errorf("%q: %v %v", text, n, err)
		}
	}
	for _, text := range []string{"", " ", `""`} {
		if n, err := hl7v2.ParseNumber(text); err != nil || n.Given() {
			t.Errorf("%q: %v %v", text, n, err)
		}
	}
	if n, err := hl7v2.ParseNumber("12345678901234567890.5"); err != nil || n.Text != "12345678901234567890.5" {
		t.Error("a number of many digits is kept as text")
	} else if _, _, ok := n.Decimal(); ok {
		t.Error("and is not cut")
	}
}

func TestClock_IsATimeWithoutADate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]hl7v2.Clock{
		"09": {Hour: 9, Precision: hl7v2.Hour}, "0930": {Hour: 9, Minute: 30, Precision: hl7v2.Minute},
		"235959":    {Hour: 23, Minute: 59, Second: 59, Precision: hl7v2.Second},
		"093015.25": {Hour: 9, Minute: 30, Second: 15, Nanosecond: 250_000_000, Precision: hl7v2.Fraction}, "": {}, `""`: {},
	} {
		if got, err := hl7v2.ParseClock(text); err != nil || got != want {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
	if got, err := hl7v2.ParseClock("0930+0100"); err != nil || got.Zone == nil || got.Zone.String() != "+0100" {
		t.Errorf("an offset: %+v %v", got, err)
	}
	for _, text := range []string{"9", "24", "0960", "093060", "09:30", "0930.5", "20260105", "093015.", "noon", "+0100"} {
		if got, err := hl7v2.ParseClock(text); fault.Of(err).Code != "hl7_time" {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
}
