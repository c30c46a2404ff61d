package catalogue_test

import (
	"fmt"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
)

func TestReadProduct_AnotherCodeOfTheDeviceIsNoPack(t *testing.T) {
	t.Parallel()
	row := func(di, kind, issuer, contains, count string) catalogue.Values {
		return told(t, "key", "05012345000121", "di", "", "pack2_size", "", "pack2_di", "", "pack_di", di, "pack_kind", kind, "issuer", issuer, "pack_contains", contains, "pack_count", count)
	}
	how := catalogue.Reading{KeyKind: catalogue.DI}
	p, problems := how.ReadProduct([]catalogue.Values{
		row("05012345000121", "pack", "GS1", "", ""), row("15012345000128", "pack", "GS1", "05012345000121", "5"),
		row("A999LP1", "also", "HIBCC", "", ""), row("A999LP1", "also", "HIBCC", "", ""), row("25012345000125", "none", "GS1", "", ""),
	})
	if len(problems) > 0 || fmt.Sprint(p.Packs) != "[{each 1 gtin 05012345000121} {pack 5 gtin 15012345000128}]" || len(p.Codes) != 1 || p.Codes[0].Code != (catalogue.Code{Kind: catalogue.HIBCC, Value: "A999LP1"}) {
		t.Errorf("%v %v, %v", p.Packs, p.Codes, problems)
	}
	if _, problems = how.ReadProduct([]catalogue.Values{row("", "pack", "GS1", "", ""), row("15012345000128", "box", "GS1", "", "")}); len(problems) != 1 || problems[0].Err.Code != "pack_kind_unknown" {
		t.Errorf("an unknown kind: %v", problems)
	}
	// HIBCC's codes are written with their flag or without.
	hibc := told(t, "key", "+A99912345", "di", "", "pack2_size", "", "pack2_di", "", "pack_di", "+A99912345", "issuer", "HIBCC")
	if p, problems = how.ReadProduct([]catalogue.Values{hibc}); len(problems) > 0 || len(p.Packs) != 1 || p.Packs[0].DI != "A99912345" {
		t.Errorf("%v, %v", p.Packs, problems)
	}
}

func TestReadProduct_WhatTheDatabaseWouldRefuse(t *testing.T) {
	t.Parallel()
	p, problems := npc.ReadProduct([]catalogue.Values{told(t, "status", "suspended", "discontinued_on", "2027-01-01")})
	if len(problems) > 0 || !p.Discontinued || p.Suspension == nil {
		t.Errorf("suspended, to be discontinued: %+v, %v", p, problems)
	}
	p, problems = catalogue.Reading{KeyKind: catalogue.DI}.ReadProduct([]catalogue.Values{told(t, "key", "05012345000121", "former_code", "5012345000138")})
	if len(problems) > 0 || fmt.Sprint(p.Codes[0].Code) != "{gtin 05012345000138}" {
		t.Errorf("a former code without its kind: %+v, %v", p.Codes, problems)
	}
	p, problems = npc.ReadProduct([]catalogue.Values{told(t, "alternatives_direct", "fab2")})
	if len(problems) > 0 || p.Alternatives[0].Key != "FAB2" {
		t.Errorf("an alternative in small letters: %+v, %v", p.Alternatives, problems)
	}
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"ordered in no pack":        {[]string{"order_units", "7"}, "order_units pack_unknown"},
		"a formula for a unit":      {[]string{"pack2_unit", "=cmd"}, "pack2_unit cell_formula"},
		"a formula for another":     {[]string{"alternatives_indirect", "=cmd"}, "alternatives_indirect cell_formula"},
		"a number with an exponent": {[]string{"di", "5.01234E+12"}, "di code_shortened"},
		"a price with an exponent":  {[]string{"price", "1.2E3"}, "price price_invalid"},
		"a code that lost a zero":   {[]string{"di", "12345678901"}, "di gtin_invalid"},
	} {
		_, problems := npc.ReadProduct([]catalogue.Values{told(t, c.change...)})
		got := ""
		for _, p := range problems {
			got += p.Field.String() + " " + p.Err.Code
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
