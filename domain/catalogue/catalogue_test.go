package catalogue_test

import (
	"fmt"
	"maps"
	"strconv"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	g, n, x := catalogue.Code{Kind: catalogue.GTIN, Value: "1"}, catalogue.Code{Kind: catalogue.NPC, Value: "2"}, catalogue.Code{Kind: catalogue.GTIN, Value: "9"}
	known := map[catalogue.Code]catalogue.Meaning{g: {Item: 1, Ratio: 10}, n: {Item: 1, Ratio: 1}, {Kind: catalogue.MPC, Value: "3"}: {Item: 2, Ratio: 1}}
	for name, c := range map[string]struct {
		codes    []catalogue.Code
		item     catalogue.ItemID
		ratio    int64
		disagree bool
	}{
		"no code is no item":               {nil, 0, 0, false},
		"an unknown code is no item":       {[]catalogue.Code{x}, 0, 0, false},
		"the first known code decides":     {[]catalogue.Code{x, n, g}, 1, 1, false},
		"codes of one item agree":          {[]catalogue.Code{g, n}, 1, 10, false},
		"codes of two items disagree":      {[]catalogue.Code{g, {Kind: catalogue.MPC, Value: "3"}}, 1, 10, true},
		"a value means nothing as another": {[]catalogue.Code{{Kind: catalogue.ERP, Value: "1"}}, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, _, disagree := catalogue.Resolve(c.codes, known)
			if m.Item != c.item || m.Ratio != c.ratio || disagree != c.disagree {
				t.Errorf("got %+v, disagree %v", m, disagree)
			}
		})
	}
}

func row(change map[string]string) map[string]string {
	v := map[string]string{"item": "HIP01", "description": "Hip stem", "base_unit": "each", "supplier": "S1", "gtin": "09504000059118", "price": "620.00"}
	maps.Copy(v, change)
	return v
}

func TestParseRow_EveryProblemHasItsColumnAndCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change       map[string]string
		column, code string
	}{
		"a missing item":                  {map[string]string{"item": " "}, "item", "value_missing"},
		"a missing description":           {map[string]string{"description": ""}, "description", "value_missing"},
		"a missing unit":                  {map[string]string{"base_unit": ""}, "base_unit", "value_missing"},
		"a missing supplier":              {map[string]string{"supplier": ""}, "supplier", "value_missing"},
		"a wrong check digit":             {map[string]string{"gtin": "09504000059119"}, "gtin", "gtin_invalid"},
		"an NPC that is none":             {map[string]string{"npc": "12345"}, "npc", "npc_invalid"},
		"a pack of nothing":               {map[string]string{"pack_size": "0"}, "pack_size", "pack_size_invalid"},
		"a pack of a billion":             {map[string]string{"pack_size": "1000000000"}, "pack_size", "pack_size_invalid"},
		"half a pack":                     {map[string]string{"pack_size": "2.5"}, "pack_size", "pack_size_invalid"},
		"a pack code without a pack":      {map[string]string{"pack_gtin": "10614141000415"}, "pack_gtin", "pack_gtin_without_pack"},
		"a pack with the item's own code": {map[string]string{"pack_gtin": "09504000059118", "pack_size": "5"}, "pack_gtin", "pack_gtin_same"},
		"a price with a comma":            {map[string]string{"price": "1,240.00"}, "price", "price_invalid"},
		"a negative price":                {map[string]string{"price": "-1"}, "price", "price_invalid"},
		"five decimals":                   {map[string]string{"price": "0.00001"}, "price", "price_invalid"},
		"a price that no order can hold":  {map[string]string{"price": "999999999999999.00"}, "price", "price_invalid"},
		"a currency that is none":         {map[string]string{"currency": "POUND"}, "currency", "currency_invalid"},
		"a device class that is none":     {map[string]string{"device_class": "IV"}, "device_class", "device_class_invalid"},
		"half a ceiling":                  {map[string]string{"case_ceiling": "2.5"}, "case_ceiling", "case_ceiling_invalid"},
		"a ceiling below zero":            {map[string]string{"case_ceiling": "-1"}, "case_ceiling", "case_ceiling_invalid"},
		"a ceiling of a billion":          {map[string]string{"case_ceiling": "1000000000"}, "case_ceiling", "case_ceiling_invalid"},
		"a flag that is none":             {map[string]string{"reportable": "perhaps"}, "reportable", "flag_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := catalogue.ParseRow(row(c.change))
			if len(problems) != 1 || problems[0].Path != c.column || problems[0].Code != c.code {
				t.Errorf("problems %v, want %s: %s", problems, c.column, c.code)
			}
		})
	}
}

func TestParseRow_ReadsAWholeRow(t *testing.T) {
	t.Parallel()
	r, problems := catalogue.ParseRow(row(map[string]string{"pack_size": "5", "pack_gtin": "10614141000415", "npc": "FAB1234", "mpc": " M-1 ", "currency": "gbp", "reportable": "Yes", "lot_tracked": "true", "device_class": "III"}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[catalogue.Code]int64{{Kind: catalogue.ERP, Value: "HIP01"}: 1, {Kind: catalogue.GTIN, Value: "09504000059118"}: 1, {Kind: catalogue.GTIN, Value: "10614141000415"}: 5,
		{Kind: catalogue.NPC, Value: r.NPC}: 1, {Kind: catalogue.MPC, Value: "M-1"}: 1}
	if !maps.Equal(r.Codes(), want) || r.NPC == "" {
		t.Errorf("codes %v", r.Codes())
	}
	if !r.Reportable || !r.LotTracked || r.SerialTracked || fmt.Sprint(r.Prices) != "{[{1 620}] GBP exclusive 5 0001-01-01 00:00:00 +0000 UTC 0001-01-01 00:00:00 +0000 UTC}" || r.PackSize != 5 {
		t.Errorf("got %+v", r)
	}
}

func TestParseRow_ACeilingIsToldTakenAwayOrNotTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "not told", " ": "not told", "0": "0", "12": "12"} {
		r, problems := catalogue.ParseRow(row(map[string]string{"case_ceiling": text}))
		got := "not told"
		if r.CaseCeiling != nil {
			got = strconv.FormatInt(*r.CaseCeiling, 10)
		}
		if len(problems) > 0 || got != want {
			t.Errorf("%q: %s, want %s, %v", text, got, want, problems)
		}
	}
}
