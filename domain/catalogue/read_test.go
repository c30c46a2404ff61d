package catalogue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
)

// told makes a row of fields and values, over those of a good one.
func told(t *testing.T, change ...string) catalogue.Values {
	t.Helper()
	var v catalogue.Values
	good := []string{"key", "FAB1234", "description", "Locking plate", "base_unit", "each", "di", "05012345000121", "pack2_unit", "box", "pack2_size", "10", "pack2_di", "15012345000128",
		"price", "120.50", "band2_packs", "10", "band2_price", "110"}
	for _, all := range [][]string{good, change} {
		for i := 0; i+1 < len(all); i += 2 {
			f, ok := catalogue.FieldNamed(all[i])
			if !ok {
				t.Fatalf("there is no field %q", all[i])
			}
			v.Set(f, all[i+1])
		}
	}
	return v
}

var npc = catalogue.Reading{KeyKind: catalogue.NPC}

func TestReadProduct_EveryProblemHasItsFieldAndCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"no key":                        {[]string{"key", ""}, "key value_missing"},
		"a key that is none":            {[]string{"key", "12345"}, "key npc_invalid"},
		"no description":                {[]string{"description", " "}, "description value_missing"},
		"a formula":                     {[]string{"description", "=cmd|' /C calc'!A0"}, "description cell_formula"},
		"a formula that begins with +":  {[]string{"manufacturer", "+SUM(A1)"}, "manufacturer cell_formula"},
		"a very long text":              {[]string{"description", strings.Repeat("x", 2001)}, "description text_too_long"},
		"a wrong check digit":           {[]string{"di", "05012345000122"}, "di gtin_invalid"},
		"an unknown action":             {[]string{"action", "perhaps"}, "action action_unknown"},
		"an unknown status":             {[]string{"status", "lost"}, "status status_unknown"},
		"an unknown route":              {[]string{"route", "by air"}, "route route_unknown"},
		"an unknown class":              {[]string{"device_class", "IV"}, "device_class device_class_invalid"},
		"an unknown flag":               {[]string{"implantable", "perhaps"}, "implantable flag_invalid"},
		"an eClass that is none":        {[]string{"eclass", "F1"}, "eclass eclass_invalid"},
		"half a pack":                   {[]string{"pack2_size", "2.5"}, "pack2_size size_invalid pack2_di pack_di_without_size"},
		"a pack that is no larger":      {[]string{"pack3_size", "10"}, "pack3_size pack_not_larger"},
		"a pack that the lower misfit":  {[]string{"pack3_size", "25"}, "pack3_size pack_ratio_invalid"},
		"one code for two levels":       {[]string{"pack2_di", "05012345000121"}, "di pack_di_same"},
		"a code of a pack without size": {[]string{"pack3_di", "25012345000125"}, "pack3_di pack_di_without_size"},
		"a price with a comma":          {[]string{"price", "1,240.00"}, "price price_invalid"},
		"five decimals":                 {[]string{"price", "1.00001"}, "price price_invalid"},
		"a band before the one before":  {[]string{"band3_packs", "5", "band3_price", "100"}, "band3_packs band_order"},
		"a band without a number":       {[]string{"band2_packs", ""}, "band2_packs band_order"},
		"a currency that is none":       {[]string{"currency", "POUND"}, "currency currency_invalid"},
		"an unknown tax basis":          {[]string{"tax", "some"}, "tax tax_unknown"},
		"dates the wrong way round":     {[]string{"price_from", "2026-04-01", "price_to", "2026-03-01"}, "price_to dates_crossed"},
		"a date in another style":       {[]string{"price_from", "01/04/2026"}, "price_from date_invalid"},
		"an alternative to itself":      {[]string{"alternatives_direct", "FAB1234"}, "alternatives_direct alternative_itself"},
		"both direct and indirect":      {[]string{"alternatives_direct", "FAB9", "alternatives_indirect", "FAB9"}, "alternatives_indirect alternative_twice"},
		"an unknown kind of code":       {[]string{"former_code", "X1", "former_kind", "barcode"}, "former_kind code_kind_unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := npc.ReadProduct([]catalogue.Values{told(t, c.change...)})
			var got []string
			for _, p := range problems {
				got = append(got, p.Field.String()+" "+p.Err.Code)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("problems %v, want %s", got, c.want)
			}
		})
	}
}

func TestReadProduct_ReadsPacksPricesAndStatus(t *testing.T) {
	t.Parallel()
	p, problems := npc.ReadProduct([]catalogue.Values{told(t, "pack3_unit", "case", "pack3_size", "100", "currency", "gbp", "tax", "inclusive", "price_from", "2026-04-01", "status", "suspended", "suspended_reason", "Recall",
		"suspended_from", "2026-05-01", "alternatives_direct", "FAB2;FAB3", "alternatives_indirect", "FAB4", "implantable", "yes", "lot_tracked", "no", "former_code", "OLD1", "former_to", "2025-12-31")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := fmt.Sprint(p.Packs); got != "[{each 1 gtin 05012345000121} {box 10 gtin 15012345000128} {case 100  }]" {
		t.Errorf("packs %s", got)
	}
	if got := fmt.Sprintf("%v %s %s %d %d", p.Prices.Bands, p.Prices.Currency, p.Prices.Tax, p.Prices.Units, p.OrderUnits); got != "[{1 120.5} {10 110}] GBP inclusive 10 10" {
		t.Errorf("prices %s", got)
	}
	if p.Suspension == nil || p.Suspension.Reason != "Recall" || p.Suspension.From.Format(time.DateOnly) != "2026-05-01" {
		t.Errorf("suspension %+v", p.Suspension)
	}
	if p.Implantable != catalogue.Yes || p.LotTracked != catalogue.No || p.SerialTracked != catalogue.NotTold {
		t.Errorf("flags %v %v %v", p.Implantable, p.LotTracked, p.SerialTracked)
	}
	if got := fmt.Sprint(p.Alternatives); got != "[{true FAB2} {true FAB3} {false FAB4}]" {
		t.Errorf("alternatives %s", got)
	}
	if len(p.Codes) != 1 || p.Codes[0].Kind != catalogue.NPC || p.Codes[0].Value != "OLD1" || p.NPC != "" {
		t.Errorf("codes %+v, NPC %s", p.Codes, p.NPC)
	}
}

func TestReadProduct_NestedPacksCountTheLevelBelow(t *testing.T) {
	t.Parallel()
	p, problems := catalogue.Reading{KeyKind: catalogue.NPC, Nested: true}.ReadProduct([]catalogue.Values{told(t, "pack3_unit", "case", "pack3_size", "12")})
	if len(problems) > 0 || p.Packs[2].Ratio != 120 {
		t.Errorf("%v, %v", p.Packs, problems)
	}
}

func TestReadProduct_WhatIsTakenOutTellsNothingElse(t *testing.T) {
	t.Parallel()
	for _, change := range [][]string{{"action", "remove", "description", ""}, {"status", "removed"}} {
		p, problems := npc.ReadProduct([]catalogue.Values{told(t, change...)})
		if len(problems) > 0 || !p.Gone || p.Key != "FAB1234" || p.Description != "" {
			t.Errorf("%v: %+v, %v", change, p, problems)
		}
	}
}

func TestReadProduct_AHierarchyOfPacksComesInAnyOrder(t *testing.T) {
	t.Parallel()
	row := func(pack, contains, count string) catalogue.Values {
		return told(t, "key", "05012345000121", "di", "", "pack2_size", "", "pack2_di", "", "pack_di", pack, "pack_contains", contains, "pack_count", count)
	}
	how := catalogue.Reading{KeyKind: catalogue.DI}
	p, problems := how.ReadProduct([]catalogue.Values{row("05012345000121", "", ""), row("25012345000125", "15012345000128", "20"), row("15012345000128", "05012345000121", "5")})
	if got := fmt.Sprint(p.Packs); len(problems) > 0 || got != "[{each 1 gtin 05012345000121} {pack 5 gtin 15012345000128} {pack 100 gtin 25012345000125}]" {
		t.Errorf("%s, %v", got, problems)
	}
	if _, problems = how.ReadProduct([]catalogue.Values{row("", "", ""), row("25012345000125", "35012345000122", "20")}); len(problems) != 1 || problems[0].Err.Code != "pack_contents_unknown" {
		t.Errorf("contents that are nowhere: %v", problems)
	}
	if _, problems = how.ReadProduct([]catalogue.Values{row("", "", ""), row("15012345000128", "05012345000121", "")}); len(problems) != 1 || problems[0].Err.Code != "pack_count_missing" {
		t.Errorf("a pack of nobody knows how many: %v", problems)
	}
}

func TestReadProduct_OtherIssuersCodesAreKept(t *testing.T) {
	t.Parallel()
	p, problems := catalogue.Reading{KeyKind: catalogue.DI}.ReadProduct([]catalogue.Values{told(t, "key", "A99912345", "di", "", "issuer", "HIBCC", "pack2_size", "", "pack2_di", "")})
	if len(problems) > 0 || p.Packs[0].Issuer != catalogue.HIBCC || p.Packs[0].DI != "A99912345" {
		t.Errorf("%+v, %v", p.Packs, problems)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Femoral stem, 54mm":       "54 femoral mm stem",
		"NM-AC-54":                 "54 ac nm",
		"Café crème ÆØ":            "aeo cafe creme",
		"":                         "",
		"  ,;- ":                   "",
		"Stem stem STEM":           "stem",
		strings.Repeat("long", 20): strings.Repeat("long", 10),
		"5µm 日本":                   "5 um 日本",
	} {
		if got := strings.Join(catalogue.Words(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := strings.Join(catalogue.Spoken("stem 54 femoral stem"), " "); got != "stem 54 femoral" {
		t.Errorf("spoken %q", got)
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	for typed, word := range map[string]string{"stnet": "stent", "femral": "femoral", "acetablar": "acetabular", "titanum": "titanium", "acetab": "acetabular", "xtent": "stent", "cathater": "catheter", "hydrophobik": "hydrophobic"} {
		if !catalogue.Near(typed, word) {
			t.Errorf("%s is not taken for %s", typed, word)
		}
	}
	for typed, word := range map[string]string{"stent": "stapler", "nail": "nylon", "femoral": "humeral", "pins": "lens"} {
		if catalogue.Near(typed, word) {
			t.Errorf("%s is taken for %s", typed, word)
		}
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"5012345000121":                                  "[{gtin 05012345000121} { 5012345000121}] false",
		"(01)05012345000121(10)L77":                      "[{gtin 05012345000121}] true",
		"+A99912345/$$52001510X3/16D20111212/S77DE1G45-": "[{hibcc A99912345}] true",
		"fab1234":  "[{ fab1234} { FAB1234}] false",
		"hip stem": "[{ hip stem} { HIP STEM}] false",
		" ":        "[] false",
	} {
		a := catalogue.Ask(text, now)
		if got := fmt.Sprint(a.Codes, a.Scan != nil); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestDisagree(t *testing.T) {
	t.Parallel()
	code := catalogue.Code{Kind: catalogue.GTIN, Value: "05012345000121"}
	voice := func(source, description, class string, ratio int64) catalogue.Voice {
		return catalogue.Voice{Name: source + " 1", Source: source, Description: description, DeviceClass: class, Ratio: ratio}
	}
	base := voice("a", "Locking plate, titanium, 54 mm", "IIb", 10)
	for name, c := range map[string]struct {
		other catalogue.Voice
		want  string
	}{
		"the same in other words":            {voice("b", "PLATE LOCKING TI 54MM", "IIb", 10), ""},
		"abbreviated":                        {voice("b", "Tit. lock pl.", "IIb", 10), ""},
		"mistyped":                           {voice("b", "Lokking plaat", "", 0), ""},
		"nothing told":                       {voice("b", "54 mm", "", 0), ""},
		"another thing of the same size":     {voice("b", "Suture absorbable 54 mm", "IIb", 10), "description"},
		"another pack":                       {voice("b", "Plate", "IIb", 5), "pack_ratio"},
		"another class":                      {voice("b", "Plate", "III", 10), "device_class"},
		"two products of the very same code": {voice("a", "Suture", "III", 5), "code_twice"},
	} {
		t.Run(name, func(t *testing.T) {
			c.other.Name = c.other.Source + " 2"
			var kinds []string
			for _, x := range catalogue.Disagree(code, base, c.other) {
				kinds = append(kinds, x.Kind)
				if x.A != "a 1" || x.Code != "gtin 05012345000121" || len(x.Text) < 20 {
					t.Errorf("%+v", x)
				}
			}
			if got := strings.Join(kinds, " "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestVerdict_ALargeShareIsTooMuch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    catalogue.Verdict
		want bool
	}{
		{catalogue.Verdict{Before: 1000, Added: 5000}, false}, {catalogue.Verdict{Before: 1000, Changed: 60, Removed: 40}, false}, {catalogue.Verdict{Before: 1000, Changed: 60, Removed: 41}, true},
		{catalogue.Verdict{Before: 1000, Removed: 1000}, true}, {catalogue.Verdict{Before: 100, Removed: 100}, false}, {catalogue.Verdict{}, false},
	} {
		if got := c.v.TooMuch(10); got != c.want {
			t.Errorf("%+v: %v", c.v, got)
		}
	}
}

func FuzzReadProduct(f *testing.F) {
	f.Add("FAB1234", "Locking plate", "05012345000121", "10", "120.50", "2026-04-01")
	f.Add("=", "\x00", "+", "-1", "1e9", "0000-00-00")
	f.Fuzz(func(t *testing.T, key, description, di, size, price, day string) {
		var v catalogue.Values
		for name, s := range map[string]string{"key": key, "description": description, "di": di, "pack2_size": size, "price": price, "price_from": day, "pack2_di": di, "pack_di": di, "pack_contains": key, "pack_count": size, "alternatives_direct": description} {
			field, _ := catalogue.FieldNamed(name)
			v.Set(field, s)
		}
		for _, kind := range []catalogue.Kind{catalogue.NPC, catalogue.DI, catalogue.ERP} {
			p, problems := catalogue.Reading{KeyKind: kind}.ReadProduct([]catalogue.Values{v, v})
			if len(problems) > 0 || p.Gone {
				continue
			}
			last := int64(0)
			for i, pack := range p.Packs {
				if i == 0 && pack.Ratio != 1 || pack.Ratio < 1 {
					t.Fatalf("packs %v", p.Packs)
				}
				last = pack.Ratio
			}
			if p.Key == "" || p.Description == "" || last == 0 || p.OrderUnits < 1 {
				t.Fatalf("%+v has no problems", p)
			}
		}
	})
}
