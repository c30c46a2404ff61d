package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// How much the catalogue's page shows at once.
const (
	hitsShown      = 25
	conflictsShown = 20
	loadsShown     = 8
)

// cataloguePageData is the catalogue's page: what was searched for, or what
// waits and what was loaded.
type cataloguePageData struct {
	Search           string
	Found            *journal.CatalogueFound
	Conflicts        []journal.CatalogueConflict
	MoreConflicts    bool
	Loads            []journal.Load
	Earlier, Further templ.SafeURL
}

// catalogue searches, or shows what needs somebody.
func (c *console) catalogue(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	p := c.of(trust, "catalogue", "Catalogue")
	d := cataloguePageData{Search: strings.TrimSpace(r.URL.Query().Get("q"))}
	if d.Search == "" {
		if d.Conflicts, err = c.Conflicts(r.Context(), trust, conflictsShown+1); err != nil {
			return nil, err
		}
		d.MoreConflicts = len(d.Conflicts) > conflictsShown
		d.Conflicts = d.Conflicts[:min(len(d.Conflicts), conflictsShown)]
		d.Loads, err = c.Loads(r.Context(), trust, loadsShown)
		return cataloguePage(p, d), err
	}
	page := 1
	if s := r.URL.Query().Get("page"); s != "" {
		if page, err = strconv.Atoi(s); err != nil || page < 1 {
			return nil, fault.New(fault.Invalid, "bad_page", "page is the number of a page, from 1.").At("page")
		}
	}
	found, err := c.SearchCatalogue(r.Context(), trust, journal.CatalogueSearch{Text: d.Search, Limit: hitsShown, Page: page}, c.Now())
	if err != nil {
		return nil, err
	}
	d.Found = &found
	link := func(n int) templ.SafeURL { return query(p.to("catalogue"), "q", d.Search, "page", strconv.Itoa(n)) }
	if page > 1 {
		d.Earlier = link(page - 1)
	}
	if page*hitsShown < found.Total {
		d.Further = link(page + 1)
	}
	return cataloguePage(p, d), nil
}

// catalogueEntry is all that is known of what a code names, on a day.
func (c *console) catalogueEntry(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	code, on := strings.TrimSpace(r.URL.Query().Get("code")), c.Now().In(c.Zone)
	if s := r.URL.Query().Get("on"); s != "" {
		if on, err = time.Parse(time.DateOnly, s); err != nil {
			return nil, fault.New(fault.Invalid, "bad_day", "Write the day as 2026-03-14.").At("on")
		}
	}
	e, err := c.CatalogueEntry(r.Context(), trust, code, on, c.Now())
	if err != nil {
		return nil, err
	}
	return entryPage(c.of(trust, "catalogue", "Catalogue entry").under("Catalogue", "catalogue"), e), nil
}

// entry is the address of what a code names.
func (p page) entry(code string) templ.SafeURL {
	return query(p.to("catalogue", "entry"), "code", code)
}

// hitCode is what leads to a hit's entry.
func hitCode(h journal.CatalogueHit) string {
	if h.Item != "" {
		return h.Item
	}
	return h.Key
}

// whose says whether a hit is the trust's own, or of which source.
func whose(h journal.CatalogueHit) string {
	if h.Item != "" {
		return "own item"
	}
	return h.Source
}

// readAs says what mistyped words were read as.
func readAs(f *journal.CatalogueFound) string {
	var parts []string
	for _, w := range slices.Sorted(maps.Keys(f.Read)) {
		parts = append(parts, fmt.Sprintf("“%s” is read as %s.", w, strings.Join(f.Read[w], ", ")))
	}
	return strings.Join(parts, " ")
}

// matched says by which code a hit was found.
func matched(h journal.CatalogueHit) string {
	if h.Ratio > 1 {
		return fmt.Sprintf("%s, a pack of %d", h.Matched, h.Ratio)
	}
	return h.Matched
}

// bands writes a price list in one line.
func bands(p *journal.ProductPrice) string {
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
	text := fmt.Sprintf("%s for %d, %s, since %s", strings.Join(parts, ", "), p.Units, tax, p.From)
	if p.To != "" {
		text += " until " + p.To
	}
	return text
}

// itemCode writes an item's code, with its days if it has it no longer.
func itemCode(k journal.ItemCode, unit string) string {
	text := fmt.Sprintf("%s %s, %d %s", k.Kind, k.Value, k.Ratio, unit)
	if k.To != "" {
		text += ", until " + k.To
	}
	return text
}

// answeredBy says whose word a field is, and who says otherwise.
func answeredBy(f journal.FieldAnswer) string {
	text := "by " + f.Source
	for _, o := range f.Others {
		text += "; but " + o.Source + " says " + o.Value
	}
	return text
}

// packLine writes a pack level.
func packLine(k journal.ProductPack) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s %s %s", k.Ratio, k.Unit, strings.ToUpper(k.Issuer), k.DI))
}

// standsInFor writes an alternative.
func standsInFor(a journal.Alternative) string {
	text := a.Key
	if a.Description != "" {
		text += ", " + a.Description
	}
	if a.Kind == "indirect" {
		text += ": indirect alternative, for a clinician to choose"
	} else {
		text += ": direct alternative"
	}
	if a.State != "" {
		text += "; but it is " + a.State
	}
	return text
}

// productTag is a product's state in a word, if it has one.
func productTag(x journal.Product) string {
	switch {
	case x.Removed:
		return "removed"
	case x.Discontinued:
		return "discontinued"
	case x.Suspended:
		return "suspended"
	}
	return ""
}
