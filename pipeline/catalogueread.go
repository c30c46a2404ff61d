package pipeline

import (
	"context"
	"errors"
	"io"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// columns of a profile, ready to read with.
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

func (l *productLoader) plan() (columnPlan, error) {
	p := l.Profile
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

// batch is what goes to the database together.
type productBatch struct {
	lines    []int
	products []catalogue.Product
	kept     []string
}

// read reads the whole file and stages its good rows. The reading goes on
// while the database takes the rows before.
func (l *productLoader) read(ctx context.Context) error {
	before, err := l.whole()
	if err != nil {
		return err
	}
	src, err := l.file.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	full, staged := make(chan *productBatch, 2), make(chan error, 1)
	free := make(chan *productBatch, 4)
	for range cap(free) {
		free <- &productBatch{}
	}
	go func() {
		var failed error
		for b := range full {
			if failed == nil {
				if failed = l.keep(ctx, b); failed != nil {
					stop(failed)
				}
			}
			b.lines, b.products, b.kept = b.lines[:0], b.products[:0], b.kept[:0]
			free <- b
		}
		staged <- failed
	}()
	err = l.rows(reading, io.TeeReader(src, countTo{l}), full, free)
	close(full)
	if failed := <-staged; failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	after, err := l.file.State()
	if err != nil || after != before {
		return fault.New(fault.Invalid, "file_changed", "The file changed while it was read: it is not whole yet. Load it when it is.").At(l.file.Name)
	}
	return nil
}

// countTo counts and digests what is read.
type countTo struct{ l *productLoader }

func (c countTo) Write(p []byte) (int, error) {
	c.l.bytes += int64(len(p))
	return c.l.sum.Write(p)
}

// whole refuses a file whose delivery is not over, as far as that can be told
// before it is read.
func (l *productLoader) whole() (string, error) {
	if l.Profile.Whole == "marker" && !l.file.Marker() {
		return "", fault.New(fault.Conflict, "marker_missing", "The file's marker %s.done is not there: the file may not be whole. Load it when the sender has put it there.", l.file.Name).At(l.file.Name)
	}
	return l.file.State()
}

func (l *productLoader) keep(ctx context.Context, b *productBatch) error {
	if err := l.Pause(ctx); err != nil {
		return err
	}
	if len(b.kept) > 0 {
		if err := l.stage.Keep(ctx, b.kept); err != nil {
			return err
		}
	}
	return l.stage.Add(ctx, b.lines, b.products)
}

// rows reads row by row and gathers what tells of one product.
func (l *productLoader) rows(ctx context.Context, src io.Reader, full chan<- *productBatch, free <-chan *productBatch) error {
	columns, err := l.plan()
	if err != nil {
		return err
	}
	r, err := flatfile.NewReader(src, l.Profile.Layout(), flatfile.Options{Name: l.file.Name})
	if err != nil {
		return err
	}
	l.report.Ignored = append(l.report.Ignored, r.Extra()...)
	g := &gatherer{l: l, columns: columns, reader: r, byPack: l.Profile.Rows == "pack", batch: <-free}
	for {
		line, cells, err := r.Next()
		var bad *flatfile.RowError
		switch {
		case errors.Is(err, io.EOF):
			if err := g.end(); err != nil {
				return err
			}
			return send(ctx, full, g.batch)
		case errors.As(err, &bad):
			l.report.Rows++
			for _, p := range bad.Problems {
				if err := l.reject(bad.Line, p, "", r.Cells()); err != nil {
					return err
				}
			}
			g.shield()
		case err != nil:
			return err
		default:
			l.report.Rows++
			if err := g.row(line, cells); err != nil {
				return err
			}
		}
		if len(g.batch.products) >= stageRows || len(g.batch.kept) >= stageRows {
			if err := send(ctx, full, g.batch); err != nil {
				return err
			}
			select {
			case g.batch = <-free:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			l.Progress("reading", l.report.Rows, l.bytes)
		}
	}
}

func send(ctx context.Context, to chan<- *productBatch, b *productBatch) error {
	select {
	case to <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// gatherer makes products of rows.
type gatherer struct {
	l       *productLoader
	columns columnPlan
	reader  *flatfile.Reader
	byPack  bool
	batch   *productBatch
	values  []catalogue.Values // of the product that is being read
	line    int
	spoilt  string // key of a product of which a row was rejected
}

// row takes a row up. In a file with a row for each pack a product ends where
// the next one begins.
func (g *gatherer) row(line int, cells []string) error {
	var v catalogue.Values
	for i, f := range g.columns.fields {
		if f < 0 || cells[i] == "" {
			continue
		}
		c := &g.l.Profile.Columns[i]
		value, ok := c.Translate(cells[i])
		if !ok {
			e := fault.New(fault.Invalid, "code_not_listed", "The code in column %q is not in the profile's table, which has: %s.", c.Name, c.Listed())
			if err := g.l.reject(line, e, c.Name, g.reader.Cells()); err != nil {
				return err
			}
			g.shield()
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
	if err := g.end(); err != nil {
		return err
	}
	g.values, g.line = append(g.values[:0], v), line
	if g.byPack {
		return nil
	}
	return g.end()
}

// end checks the product whose rows were read.
func (g *gatherer) end() error {
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
		if err := g.l.reject(g.line, x.Err, column, g.reader.Cells()); err != nil {
			return err
		}
	}
	if len(problems) > 0 || spoilt {
		if p.Key != "" {
			g.batch.kept = append(g.batch.kept, p.Key)
		}
		return nil
	}
	g.batch.lines, g.batch.products = append(g.batch.lines, g.line), append(g.batch.products, p)
	return nil
}

// shield keeps the product that the rejected row tells of as it is, if its key
// can be read: half of its packs are no product.
func (g *gatherer) shield() {
	at, cells := g.reader.KeyCell(keyColumn(g.l.Profile))
	if at < 0 {
		return
	}
	g.spoilt = cells[at]
	var v catalogue.Values
	v.Set(0, cells[at])
	if p, _ := g.columns.how.ReadProduct([]catalogue.Values{v}); p.Key != "" {
		g.batch.kept = append(g.batch.kept, p.Key)
	}
}
