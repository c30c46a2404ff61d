package catalogue_test

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
)

func TestParseRow_TellsWhatASpreadsheetDidToACode(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"5.01234E+12": "code_shortened", "5E+12": "code_shortened", "5,01235E+12": "code_shortened", "05012345000122": "gtin_invalid", "5012345000121": "", "05012345000121": "",
	} {
		_, problems := catalogue.ParseRow(row(map[string]string{"gtin": value}))
		got := ""
		for _, p := range problems {
			got += p.Code
		}
		if got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{"5.01234E+12": "code_shortened", "12E4": "", "A1.2E+5": "", "1.2E+": "", "E+5": "", "12.5E+3": ""} {
		_, problems := catalogue.ParseRow(row(map[string]string{"mpc": value}))
		got := ""
		for _, p := range problems {
			got += p.Code
		}
		if got != want {
			t.Errorf("maker's number %s: %q, want %q", value, got, want)
		}
	}
}

func TestParseRow_ATextIsOneLineAndBounded(t *testing.T) {
	t.Parallel()
	r, problems := catalogue.ParseRow(row(map[string]string{"description": " Plate,\r\n\tlocking \x1b[2J "}))
	if len(problems) > 0 || r.Description != "Plate, locking [2J" {
		t.Errorf("%q, %v", r.Description, problems)
	}
	for column, size := range map[string]int{"item": 81, "description": 2001, "mpc": 2001, "supplier_code": 2001} {
		_, problems := catalogue.ParseRow(row(map[string]string{column: strings.Repeat("x", size)}))
		if len(problems) != 1 || problems[0].Code != "text_too_long" || problems[0].Path != column {
			t.Errorf("%s: %v", column, problems)
		}
	}
}

func TestParseRow_ReadsPricesByTheNumberOfPacks(t *testing.T) {
	t.Parallel()
	r, problems := catalogue.ParseRow(row(map[string]string{"pack_size": "12", "price": "48.00", "band2_packs": "5", "band2_price": "45.50", "band3_packs": "20", "band3_price": "40", "tax": "Exempt", "price_from": "2026-04-01", "price_to": "2027-03-31"}))
	if len(problems) > 0 || r.Prices.Units != 12 || r.Prices.Tax != "exempt" || r.Prices.From.Year() != 2026 || r.Prices.To.Year() != 2027 {
		t.Fatalf("%+v, %v", r.Prices, problems)
	}
	for packs, want := range map[int64]string{1: "48", 4: "48", 5: "45.5", 19: "45.5", 20: "40", 1000: "40"} {
		if p, ok := r.Prices.For(packs); !ok || p.Trim(0).String() != want {
			t.Errorf("%d packs: %s, want %s", packs, p, want)
		}
	}
	if _, ok := (catalogue.PriceList{}).For(1); ok {
		t.Error("there is a price without one")
	}
	if r, problems = catalogue.ParseRow(row(map[string]string{"price": "0.00"})); len(problems) > 0 || len(r.Prices.Bands) != 1 {
		t.Errorf("nothing to pay is a price: %+v, %v", r.Prices, problems)
	}
	for column, c := range map[string][2]string{"tax": {"some", "tax_unknown"}, "price_from": {"01/04/2026", "date_invalid"}, "band2_price": {"50", "band_order"}, "price": {"£48.00", "price_invalid"}} {
		_, problems := catalogue.ParseRow(row(map[string]string{column: c[0]}))
		if len(problems) != 1 || problems[0].Code != c[1] {
			t.Errorf("%s %s: %v, want %s", column, c[0], problems, c[1])
		}
	}
}
