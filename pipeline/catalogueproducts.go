package pipeline

import (
	"strings"
	"unicode/utf8"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
	profiles "github.com/stockwell-hub/stockwell/mapping/catalogue"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// columnPlan is the columns of a profile, ready to read with.
type columnPlan struct {
	fields []catalogue.Field // of each column; -1 is not read
	set    []setting
	how    catalogue.Reading
	// name gives a field's column, for messages.
	name map[catalogue.Field]string
}

type setting struct {
	field catalogue.Field
	value string
}

func planOf(p *profiles.Profile) (columnPlan, error) {
	c := columnPlan{name: map[catalogue.Field]string{}, how: catalogue.Reading{KeyKind: catalogue.Kind(p.KeyKind), Nested: p.Packs == "nested"}}
	field := func(name string) (catalogue.Field, error) {
		f, ok := catalogue.FieldNamed(name)
		if !ok {
			return 0, fault.New(fault.Invalid, "profile_invalid", "The profile %s names the field %q, which there is not. docs/catalogue.md lists the fields.", p.Ref, name)
		}
		return f, nil
	}
	for _, x := range p.Columns {
		if x.Field == "" {
			c.fields = append(c.fields, -1)
			continue
		}
		f, err := field(x.Field)
		if err != nil {
			return c, err
		}
		c.fields = append(c.fields, f)
		c.name[f] = x.Name
	}
	for name, value := range p.Set {
		f, err := field(name)
		if err != nil {
			return c, err
		}
		c.set = append(c.set, setting{f, value})
	}
	return c, nil
}

func (g *products) begin(r *flatfile.Reader) (err error) {
	g.reader, g.byPack = r, g.Profile.Rows == "pack"
	g.columns, err = planOf(g.Profile)
	return err
}

// products makes products of the national catalogue.
type products struct {
	*loader
	columns columnPlan
	reader  *flatfile.Reader
	byPack  bool
	values  []catalogue.Values // of the product that is being read
	line    int
	spoilt  string // key of a product of which a row was rejected
}

// row takes a row up. In a file with a row for each pack a product ends where
// the next one begins.
func (g *products) row(b *batch, line int, cells []string) error {
	var v catalogue.Values
	for i, f := range g.columns.fields {
		if f < 0 || cells[i] == "" {
			continue
		}
		value, ok, err := g.translated(g.reader, line, i, cells[i])
		if err != nil {
			return err
		}
		if !ok {
			g.bad(b, false)
			return nil
		}
		v.Set(f, value)
	}
	for _, s := range g.columns.set {
		v.Set(s.field, s.value)
	}
	if g.byPack && len(g.values) > 0 && g.values[0].Key() == v.Key() {
		g.values = append(g.values, v)
		return nil
	}
	if err := g.end(b); err != nil {
		return err
	}
	g.values, g.line = append(g.values[:0], v), line
	if g.byPack {
		return nil
	}
	return g.end(b)
}

// end checks the product whose rows were read.
func (g *products) end(b *batch) error {
	if len(g.values) == 0 {
		return nil
	}
	spoilt := g.byPack && g.spoilt != "" && g.spoilt == g.values[0].Key()
	p, problems := g.columns.how.ReadProduct(g.values)
	g.values = g.values[:0]
	for _, x := range problems {
		column := g.columns.name[x.Field]
		if column == "" {
			column = x.Field.String()
		}
		if err := g.reject(g.line, x.Err, column, g.reader.Shown()); err != nil {
			return err
		}
	}
	if len(problems) > 0 || spoilt {
		if p.Key != "" {
			b.kept = append(b.kept, p.Key)
		}
		return nil
	}
	b.lines, b.products = append(b.lines, g.line), append(b.products, p)
	return nil
}

// bad keeps the product that the rejected row tells of as it is, if its key
// can be read: half of its packs are no product. In a ragged row the key may
// stand in any cell, so each that may be one is kept.
func (g *products) bad(b *batch, ragged bool) {
	if ragged {
		for _, cell := range g.reader.Cells() {
			g.stays(b, cell)
		}
		return
	}
	if at, cells := g.reader.KeyCell(columnOf(g.Profile, "key")); at >= 0 {
		g.spoilt = cells[at]
		g.stays(b, cells[at])
	}
}

// stays says that the product of this key is told of, though not rightly.
func (g *products) stays(b *batch, cell string) {
	if key := g.columns.how.Key(cell); key != "" && utf8.ValidString(key) && !strings.ContainsRune(key, 0) {
		b.kept = append(b.kept, key)
	}
}
