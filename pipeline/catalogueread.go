package pipeline

import (
	"context"
	"errors"
	"io"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// batch is what goes to the database together.
type batch struct {
	lines    []int
	products []catalogue.Product
	items    []catalogue.Row
	kept     []string
}

func (b *batch) reset() {
	b.lines, b.products, b.items, b.kept = b.lines[:0], b.products[:0], b.items[:0], b.kept[:0]
}

// maker makes what is staged of the rows of a file.
type maker interface {
	// begin is called once the header was read.
	begin(r *flatfile.Reader) error
	// row takes a row up, bad is told of one that is wrong. In a ragged one the
	// cells may stand in other columns than theirs.
	row(b *batch, line int, cells []string) error
	bad(b *batch, ragged bool)
	// end takes up what the last rows tell of.
	end(b *batch) error
}

// read reads the whole file and stages its good rows. The reading goes on
// while the database takes the rows before.
func (l *loader) read(ctx context.Context) error {
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
	full, staged := make(chan *batch, 2), make(chan error, 1)
	free := make(chan *batch, 4)
	for range cap(free) {
		free <- &batch{}
	}
	go func() {
		var failed error
		for b := range full {
			if failed == nil {
				if failed = l.stow(ctx, b); failed != nil {
					stop(failed)
				}
			}
			b.reset()
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
type countTo struct{ l *loader }

func (c countTo) Write(p []byte) (int, error) {
	c.l.bytes += int64(len(p))
	return c.l.sum.Write(p)
}

// whole refuses a file whose delivery is not over, as far as that can be told
// before it is read.
func (l *loader) whole() (string, error) {
	if l.Profile.Whole == "marker" && !l.file.Marker() {
		return "", fault.New(fault.Conflict, "marker_missing", "The file's marker %s.done is not there: the file may not be whole. Load it when the sender has put it there.", l.file.Name).At(l.file.Name)
	}
	return l.file.State()
}

func (l *loader) stow(ctx context.Context, b *batch) error {
	if err := l.Pause(ctx); err != nil {
		return err
	}
	return l.keep(ctx, b)
}

// rows reads row by row.
func (l *loader) rows(ctx context.Context, src io.Reader, full chan<- *batch, free <-chan *batch) error {
	r, err := flatfile.NewReader(src, l.Profile.Layout(), flatfile.Options{Name: l.file.Name})
	if err != nil {
		return err
	}
	l.report.Ignored = append(l.report.Ignored, r.Extra()...)
	if err := l.make.begin(r); err != nil {
		return err
	}
	b := <-free
	for {
		line, cells, err := r.Next()
		var bad *flatfile.RowError
		switch {
		case errors.Is(err, io.EOF):
			if err := l.make.end(b); err != nil {
				return err
			}
			return send(ctx, full, b)
		case errors.As(err, &bad):
			l.report.Rows++
			for _, p := range bad.Problems {
				if err := l.reject(bad.Line, p, "", r.Shown()); err != nil {
					return err
				}
			}
			l.make.bad(b, bad.Problems[0].Code == "row_ragged")
		case err != nil:
			return err
		default:
			l.report.Rows++
			if err := l.make.row(b, line, cells); err != nil {
				return err
			}
		}
		if len(b.lines) >= stageRows || len(b.kept) >= stageRows {
			if err := send(ctx, full, b); err != nil {
				return err
			}
			select {
			case b = <-free:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			l.Progress("reading", l.report.Rows, l.bytes)
		}
	}
}

// translated gives what a cell means by its column's table. One that is not
// listed is rejected, and ok is false.
func (l *loader) translated(r *flatfile.Reader, line, column int, cell string) (value string, ok bool, err error) {
	c := &l.Profile.Columns[column]
	if value, ok = c.Translate(cell); ok {
		return value, true, nil
	}
	e := fault.New(fault.Invalid, "code_not_listed", "The code is not in the profile's table of this column, which has: %s.", c.Listed())
	return "", false, l.reject(line, e, c.Name, r.Shown())
}

func send(ctx context.Context, to chan<- *batch, b *batch) error {
	select {
	case to <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
