package store

import (
	"context"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// LoadCatalogue adds and changes a trust's items, all of rows in one
// transaction but for those it rejects: a supplier that the trust does not
// have, a code that names another item already, an item told twice. rejected
// is by index. A file is loaded by OpenItemLoad, which holds no more than a
// part of it in memory.
func (s *Store) LoadCatalogue(ctx context.Context, trust string, rows []catalogue.Row) (added, changed, same int, rejected map[int]*fault.Error, err error) {
	l, err := s.OpenItemLoad(ctx, NewLoad{Trust: trust, Source: "items", Profile: "items/v1"}, nil)
	if err != nil {
		return 0, 0, 0, nil, err
	}
	defer l.Close()
	lines := make([]int, len(rows))
	for i := range lines {
		lines[i] = i + 1
	}
	if err := l.Add(ctx, lines, rows); err != nil {
		return 0, 0, 0, nil, err
	}
	never := func(ctx context.Context) error { return ctx.Err() }
	v, refused, err := l.Judge(ctx, never)
	if err == nil {
		err = l.Publish(ctx, v, never, func(int64, int64) {})
	}
	rejected = map[int]*fault.Error{}
	for _, r := range refused {
		rejected[int(r.Line)-1] = r.Err.At(r.Column)
	}
	return int(v.Added), int(v.Changed), int(v.Same), rejected, err
}
