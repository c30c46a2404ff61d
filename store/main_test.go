package store

import (
	"context"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m, func(ctx context.Context, dsn string) error {
		_, err := Migrate(ctx, dsn, DefaultRuntimeRole)
		return err
	})
}
