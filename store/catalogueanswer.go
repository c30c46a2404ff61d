package store

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
)

// answersOf says what counts of each field: the trust's own word first, then
// that of the sources by rank, of those that tell of the product no longer last.
// What shares no code is answered for separately, and so is what an open
// conflict says to be two things.
func answersOf(items []journal.CatalogueItem, products []journal.Product, open []journal.CatalogueConflict) []journal.Answers {
	var tellings []catalogue.Telling
	var names [][]string
	for _, i := range items {
		tellings, names = append(tellings, itemTelling(i)), append(names, itemNames(i))
	}
	for _, p := range byPrecedence(products) {
		tellings, names = append(tellings, productTelling(p)), append(names, productNames(p))
	}
	out := []journal.Answers{}
	dispute := func(i, j int) bool {
		return slices.ContainsFunc(open, func(c journal.CatalogueConflict) bool {
			a, b := tellings[i].Who, tellings[j].Who
			return (c.A == a && c.B == b || c.A == b && c.B == a) && slices.Contains([]string{catalogue.CodeTwice, catalogue.Contradicted, catalogue.TwoProducts, catalogue.CodeTaken}, c.Kind)
		})
	}
	for _, group := range catalogue.Together(names, dispute) {
		a := journal.Answers{Fields: []journal.FieldAnswer{}}
		var voices []catalogue.Telling
		for _, i := range group {
			a.Of, voices = append(a.Of, tellings[i].Who), append(voices, tellings[i])
		}
		for _, x := range catalogue.Answers(voices) {
			f := journal.FieldAnswer{Field: x.Field, Value: x.Value, Source: x.Who}
			for _, o := range x.Others {
				f.Others = append(f.Others, journal.OtherValue{Source: o.Who, Value: o.Value})
			}
			a.Fields = append(a.Fields, f)
		}
		out = append(out, a)
	}
	return out
}

// byPrecedence gives the products in the order in which their sources count.
func byPrecedence(all []journal.Product) []journal.Product {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b journal.Product) int {
		if a.Removed != b.Removed {
			if a.Removed {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Rank, b.Rank)
	})
	return out
}

func itemTelling(i journal.CatalogueItem) catalogue.Telling {
	t := catalogue.Telling{Who: itemName(i.Item)}
	code := map[string]string{}
	for _, c := range i.Codes {
		if c.To == "" {
			code[c.Kind] = c.Value
		}
	}
	t.Facts = append(t.Facts, catalogue.Fact{Field: "description", Value: i.Description}, catalogue.Fact{Field: "manufacturer", Value: i.Manufacturer}, catalogue.Fact{Field: "mpc", Value: code["mpc"]},
		catalogue.Fact{Field: "npc", Value: code["npc"]}, catalogue.Fact{Field: "base_unit", Value: i.BaseUnit})
	for _, c := range i.Codes {
		if c.Kind == "gtin" && c.To == "" {
			t.Facts = append(t.Facts, packFact(c.Ratio, "gtin", c.Value))
		}
	}
	t.Facts = append(t.Facts, catalogue.Fact{Field: "supplier", Value: i.Supplier}, catalogue.Fact{Field: "device_class", Value: i.DeviceClass})
	// An item's row tells no from nothing; only yes is a word.
	for _, f := range []struct {
		name string
		yes  bool
	}{{"implantable", i.Implantable}, {"reportable", i.Reportable}, {"lot_tracked", i.LotTracked}, {"serial_tracked", i.Serial}, {"expiry_tracked", i.Expiry}} {
		if f.yes {
			t.Facts = append(t.Facts, catalogue.Fact{Field: f.name, Value: "yes"})
		}
	}
	t.Facts = append(t.Facts, catalogue.Fact{Field: "price", Value: priceWords(i.Price)})
	return t
}

func productTelling(p journal.Product) catalogue.Telling {
	t := catalogue.Telling{Who: p.Source + " " + p.Key}
	add := func(field, value string) { t.Facts = append(t.Facts, catalogue.Fact{Field: field, Value: value}) }
	add("description", p.Description)
	add("manufacturer", p.Manufacturer)
	add("mpc", p.MPC)
	add("npc", p.NPC)
	add("base_unit", p.BaseUnit)
	for _, k := range p.Packs {
		if k.DI != "" {
			t.Facts = append(t.Facts, packFact(k.Ratio, k.Issuer, k.DI))
		}
	}
	add("supplier", p.Supplier)
	add("route", p.Route)
	add("eclass", p.EClass)
	add("gmdn", p.GMDN)
	add("emdn", p.EMDN)
	add("device_class", p.DeviceClass)
	for _, f := range []struct {
		name string
		told *bool
	}{{"implantable", p.Implantable}, {"reportable", p.Reportable}, {"lot_tracked", p.LotTracked}, {"serial_tracked", p.Serial}, {"expiry_tracked", p.Expiry}} {
		switch {
		case f.told == nil:
		case *f.told:
			add(f.name, "yes")
		default:
			add(f.name, "no")
		}
	}
	add("price", priceWords(p.Price))
	return t
}

// packFact is the code of a pack level: each has its own answer.
func packFact(ratio int64, issuer, di string) catalogue.Fact {
	return catalogue.Fact{Field: "code_of_" + strconv.FormatInt(ratio, 10), Value: issuer + " " + di}
}

// priceWords writes a price list as a field's value.
func priceWords(p *journal.ProductPrice) string {
	if p == nil {
		return ""
	}
	var b strings.Builder
	for i, x := range p.Bands {
		if i == 0 {
			fmt.Fprintf(&b, "%s %s for %d, %s", x.Price, p.Currency, p.Units, p.Tax)
			continue
		}
		fmt.Fprintf(&b, "; %s from %d packs", x.Price, x.FromPacks)
	}
	return b.String()
}

// itemNames are what an item may be joined by.
func itemNames(i journal.CatalogueItem) (out []string) {
	for _, c := range i.Codes {
		switch {
		case c.To != "":
		case c.Kind == "mpc":
			out = appendName(out, makerCode(i.Manufacturer, c.Value))
		case c.Kind != "erp":
			out = append(out, c.Kind+" "+c.Value)
		}
	}
	return out
}

func productNames(p journal.Product) (out []string) {
	for _, k := range p.Packs {
		if k.DI != "" {
			out = append(out, k.Issuer+" "+k.DI)
		}
	}
	if p.NPC != "" {
		out = append(out, "npc "+p.NPC)
	}
	if p.MPC != "" {
		out = appendName(out, makerCode(p.Manufacturer, p.MPC))
	}
	return out
}

func appendName(out []string, name string) []string {
	if name == "" {
		return out
	}
	return append(out, name)
}
