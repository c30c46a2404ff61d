package pipeline

import (
	"slices"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// items makes a trust's own items.
type items struct {
	*loader
	reader *flatfile.Reader
	values map[string]string
}

// begin checks that the profile speaks of an item's fields.
func (g *items) begin(r *flatfile.Reader) error {
	g.reader, g.values = r, map[string]string{}
	known := func(name string) bool {
		return slices.ContainsFunc(CatalogueColumns.Columns, func(c flatfile.Column) bool { return c.Name == name })
	}
	unknown := func(name string) error {
		return fault.New(fault.Invalid, "profile_invalid", "The profile %s names the field %q, which an item does not have. docs/catalogue.md lists the fields.", g.Profile.Ref, name)
	}
	for _, c := range g.Profile.Columns {
		if c.Field != "" && !known(c.Field) {
			return unknown(c.Field)
		}
	}
	for name := range g.Profile.Set {
		if !known(name) {
			return unknown(name)
		}
	}
	return nil
}

func (g *items) row(b *batch, line int, cells []string) error {
	clear(g.values)
	for i, c := range g.Profile.Columns {
		value, ok, err := g.translated(g.reader, line, i, cells[i])
		if err != nil || !ok {
			return err
		}
		g.values[c.Field] = value
	}
	for name, value := range g.Profile.Set {
		g.values[name] = value
	}
	item, problems := catalogue.ParseRow(g.values)
	for _, p := range problems {
		field := p.Path
		p.Path = ""
		if err := g.reject(line, p, columnOf(g.Profile, field), g.reader.Shown()); err != nil {
			return err
		}
	}
	if len(problems) == 0 {
		b.lines, b.items = append(b.lines, line), append(b.items, item)
	}
	return nil
}

// bad has nothing to do: a trust's file removes nothing.
func (g *items) bad(*batch, bool) {}

func (g *items) end(*batch) error { return nil }
