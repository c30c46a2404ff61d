package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type catalogueSearch struct {
	Text  []string `arg:"" help:"A code, what a scanner sent (in quotes), or words of the description."`
	Limit int      `default:"20" help:"How many answers on a page, at most 200."`
	Page  int      `default:"1" help:"Which page."`
}

// Run searches. The exit status is 1 if nothing was found.
func (c catalogueSearch) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		found, err := s.SearchCatalogue(a.ctx, trust, journal.CatalogueSearch{Text: strings.Join(c.Text, " "), Limit: c.Limit, Page: c.Page}, clock.Now())
		if err != nil {
			return err
		}
		if a.JSON {
			if err := a.printJSON(found); err != nil {
				return err
			}
		} else {
			printFound(a, found)
		}
		if found.Total == 0 {
			return errNo
		}
		return nil
	})
}

func printFound(a *app, f journal.CatalogueFound) {
	if f.Scan != nil {
		fmt.Fprintf(a.out, "Scanned: %s%s%s%s\n", f.Scan.DI, labelled(", lot ", f.Scan.Lot), labelled(", serial ", f.Scan.Serial), labelled(", expires ", f.Scan.Expiry))
		for _, x := range f.Scan.Findings {
			fmt.Fprintln(a.out, "  "+x)
		}
	}
	for _, w := range slices.Sorted(maps.Keys(f.Read)) {
		fmt.Fprintf(a.out, "%q is no word of the catalogue; read as %s.\n", w, strings.Join(f.Read[w], ", "))
	}
	if f.By == "near" {
		fmt.Fprintln(a.out, "Nothing has all of the words; these have some of them.")
	}
	var rows [][]any
	for _, h := range f.Hits {
		whose, code := "own item", h.Item
		if h.Item == "" {
			whose, code = h.Source, h.Key
		}
		matched := h.Matched
		if h.Ratio > 1 {
			matched += fmt.Sprintf(" (a pack of %d)", h.Ratio)
		}
		rows = append(rows, []any{whose, code, h.Description, orDash(h.Manufacturer), orDash(matched), orDash(h.State)})
	}
	if f.Total == 0 || len(rows) > 0 {
		a.printTable("Nothing found.", []any{"whose", "code", "description", "manufacturer", "found by", "state"}, rows)
	}
	switch pages := (f.Total + f.Limit - 1) / f.Limit; {
	case f.Total == 0:
	case f.Page > pages:
		fmt.Fprintf(a.out, "There is no page %d: %d answers fill %d.\n", f.Page, f.Total, pages)
	case f.More:
		fmt.Fprintf(a.out, "Page %d of %d. There is more than the %d best that are listed: add a word.\n", f.Page, pages, f.Total)
	case pages > 1:
		fmt.Fprintf(a.out, "Page %d of %d; %d in all.\n", f.Page, pages, f.Total)
	}
}

func labelled(label, value string) string {
	if value == "" {
		return ""
	}
	return label + value
}

type catalogueShow struct {
	Code []string `arg:"" help:"Any code of the item or product, or what a scanner sent, in quotes."`
	On   string   `help:"As it was on this day, CCYY-MM-DD: what it cost, and what was said of it. Default: today." placeholder:"DATE"`
}

// Run shows an entry of the catalogue.
func (c catalogueShow) Run(a *app) error {
	on := clock.Now()
	if c.On != "" {
		var err error
		if on, err = time.Parse(time.DateOnly, c.On); err != nil {
			return fault.New(fault.Invalid, "date_invalid", "Write the day as 2026-03-14.").At("--on")
		}
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		e, err := s.CatalogueEntry(a.ctx, trust, strings.Join(c.Code, " "), on, clock.Now())
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(e)
		}
		for _, i := range e.Items {
			printItem(a, i, e.On)
		}
		for _, p := range e.Products {
			printProduct(a, p, e.On)
		}
		for _, x := range e.Answers {
			printAnswers(a, x)
		}
		for _, x := range e.Open {
			fmt.Fprintf(a.out, "Conflict %d, %s: %s and %s disagree. %s\n", x.ID, x.Code, x.A, x.B, x.Text)
		}
		return nil
	})
}

func printItem(a *app, i journal.CatalogueItem, on string) {
	fmt.Fprintf(a.out, "Own item %s: %s\n", i.Item, i.Description)
	fmt.Fprintf(a.out, "  price on %s: %s\n  supplier: %s%s\n", on, priceText(i.Price), i.Supplier, labelled("; manufacturer: ", i.Manufacturer))
	for _, x := range i.Codes {
		fmt.Fprintf(a.out, "  code: %s %s, %d %s%s%s\n", x.Kind, x.Value, x.Ratio, i.BaseUnit, labelled(", since ", x.From), labelled(", until ", x.To))
	}
	facts := []string{}
	for _, f := range []struct {
		name string
		told bool
	}{{"implantable", i.Implantable}, {"reportable", i.Reportable}, {"lot tracked", i.LotTracked}, {"serial tracked", i.Serial}, {"expiry tracked", i.Expiry}} {
		if f.told {
			facts = append(facts, f.name)
		}
	}
	if i.DeviceClass != "" {
		facts = append([]string{"device of class " + i.DeviceClass}, facts...)
	}
	if len(facts) > 0 {
		fmt.Fprintf(a.out, "  it is: %s\n", strings.Join(facts, ", "))
	}
	printAlternatives(a, i.Alternatives)
	fmt.Fprintln(a.out)
}

// printAnswers tells what counts of each field where several tell of one thing.
func printAnswers(a *app, x journal.Answers) {
	if len(x.Of) < 2 {
		return
	}
	fmt.Fprintf(a.out, "What counts of %s:\n", strings.Join(x.Of, ", "))
	for _, f := range x.Fields {
		others := ""
		for _, o := range f.Others {
			others += "; but " + o.Source + " says " + o.Value
		}
		fmt.Fprintf(a.out, "  %s: %s, by %s%s\n", journal.FieldLabel(f.Field), f.Value, f.Source, others)
	}
	fmt.Fprintln(a.out)
}

func printAlternatives(a *app, all []journal.Alternative) {
	for _, x := range all {
		how := "direct alternative"
		if x.Kind == "indirect" {
			how = "indirect alternative, for a clinician to choose"
		}
		fmt.Fprintf(a.out, "  %s: %s%s%s%s\n", how, x.Key, labelled(", ", x.Description), labelled(", by ", x.By), labelled("; but it is ", x.State))
	}
}

func printProduct(a *app, p journal.Product, on string) {
	fmt.Fprintf(a.out, "%s %s: %s\n", p.Source, p.Key, p.Description)
	fmt.Fprintf(a.out, "  price on %s: %s\n", on, priceText(p.Price))
	facts := [][2]string{{"manufacturer", strings.TrimSpace(p.Manufacturer + " " + p.MPC)}, {"NPC", p.NPC}, {"supplier", strings.TrimSpace(p.Supplier + " " + p.SupplierCode)}, {"route", p.Route},
		{"NHS-eClass", p.EClass}, {"GMDN", p.GMDN}, {"EMDN", p.EMDN}, {"device class", p.DeviceClass}, {"implantable", yesNo(p.Implantable)}, {"reportable", yesNo(p.Reportable)},
		{"lot tracked", yesNo(p.LotTracked)}, {"serial tracked", yesNo(p.Serial)}, {"expiry tracked", yesNo(p.Expiry)}}
	for _, f := range facts {
		if f[1] != "" {
			fmt.Fprintf(a.out, "  %s: %s\n", f[0], f[1])
		}
	}
	for _, k := range p.Packs {
		fmt.Fprintf(a.out, "  pack: %d %s%s\n", k.Ratio, k.Unit, labelled(", "+k.Issuer+" ", k.DI))
	}
	for _, k := range p.Codes {
		fmt.Fprintf(a.out, "  code: %s %s%s%s\n", k.Kind, k.Value, labelled(", from ", k.From), labelled(", to ", k.To))
	}
	printAlternatives(a, p.Alternatives)
	if p.Suspended {
		fmt.Fprintf(a.out, "  suspended: %s%s%s\n", p.SuspendedWhy, labelled(", from ", p.SuspendedFrom), labelled(", to ", p.SuspendedTo))
	}
	if p.Discontinued {
		fmt.Fprintf(a.out, "  discontinued%s\n", labelled(" on ", p.DiscontinuedOn))
	}
	if p.Removed {
		fmt.Fprintln(a.out, "  removed: the source tells of it no longer")
	}
	if x := p.Approved; x != nil {
		word := "refused"
		if x.Approved {
			word = "approved"
		}
		fmt.Fprintf(a.out, "  %s for the trust by %s on %s%s\n", word, x.By, x.At.Local().Format(time.DateOnly), labelled(": ", x.Reason))
	}
	if p.ToldOn > on {
		fmt.Fprintf(a.out, "  first told on %s, after the day that is asked for\n", p.ToldOn)
	} else {
		fmt.Fprintf(a.out, "  told so since %s\n", p.ToldOn)
	}
	fmt.Fprintln(a.out)
}

func priceText(p *journal.ProductPrice) string {
	if p == nil {
		return "not known"
	}
	var parts []string
	for _, b := range p.Bands {
		text := money(b.Price, p.Currency)
		if b.FromPacks > 1 {
			text += fmt.Sprintf(" from %d packs on", b.FromPacks)
		}
		parts = append(parts, text)
	}
	tax := map[string]string{"exclusive": "without VAT", "inclusive": "with VAT", "exempt": "exempt from VAT"}[p.Tax]
	return fmt.Sprintf("%s for %d, %s, since %s%s%s", strings.Join(parts, ", "), p.Units, tax, p.From, labelled(" until ", p.To), labelled(", told on ", p.ToldOn))
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}
