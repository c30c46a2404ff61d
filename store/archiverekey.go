package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// MasterUse says how many days' keys a master key wraps.
type MasterUse struct {
	Fingerprint string    `json:"fingerprint"`
	Keys        int64     `json:"keys"`
	First       time.Time `json:"first_day"`
	Last        time.Time `json:"last_day"`
}

// Masters lists the master keys that a trust's archive needs.
func (s *Store) Masters(ctx context.Context, trust string) (out []MasterUse, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `SELECT master, count(*), min(day), max(day) FROM archive_key WHERE trust = $1 AND wrapped IS NOT NULL GROUP BY 1 ORDER BY 3, 1`,
			pgx.RowToStructByPos[MasterUse], trust)
		return err
	})
	return out, err
}

// rekeyChunk is how many keys one transaction wraps anew.
const rekeyChunk = 100

// Rekey wraps a trust's days' keys anew under the master key in force, and
// says how many they were. Messages stay as they are. It may be killed at any
// moment and be called again.
func (s *Store) Rekey(ctx context.Context, trust string) (total int, err error) {
	masters, err := s.sealing.keysOf(trust)
	if err != nil {
		return 0, err
	}
	for n := rekeyChunk; n == rekeyChunk; total += n {
		err := pgtx.Run(ctx, s.background, trust, func(ctx context.Context) (err error) {
			n, err = rekey(ctx, masters)
			return err
		})
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func rekey(ctx context.Context, masters ArchiveKeys) (int, error) {
	type key struct {
		Day     time.Time
		Number  int16
		Wrapped []byte
		Master  string
	}
	tx := pgtx.From(ctx)
	keys, err := collect(ctx, tx, `SELECT day, number, wrapped, master FROM archive_key WHERE trust = $1 AND wrapped IS NOT NULL AND master <> $2 ORDER BY day, number LIMIT $3 FOR UPDATE`,
		pgx.RowToStructByPos[key], masters.trust, masters.masters[0].fingerprint, rekeyChunk)
	if err != nil {
		return 0, err
	}
	batch := &pgx.Batch{}
	for _, k := range keys {
		secret, err := masters.unwrap(k.Day, byte(k.Number), k.Wrapped, k.Master)
		if err != nil {
			return 0, err
		}
		wrapped, print := masters.wrap(k.Day, byte(k.Number), secret)
		batch.Queue(`UPDATE archive_key SET wrapped = $4, master = $5 WHERE trust = $1 AND day = $2 AND number = $3`, masters.trust, k.Day, k.Number, wrapped, print)
	}
	return len(keys), tx.SendBatch(ctx, batch).Close()
}

// GiveUp forgets the days' keys that a lost master key wraps, so that the hub
// starts without it, and says how many they were. The raw bytes that they
// sealed can then never be read again.
func (s *Store) GiveUp(ctx context.Context, trust, fingerprint string) (n int64, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, `UPDATE archive_key SET wrapped = NULL WHERE trust = $1 AND master = $2 AND wrapped IS NOT NULL`, trust, fingerprint)
		if n = tag.RowsAffected(); err == nil && n == 0 {
			return fault.New(fault.NotFound, "archive_key_not_used", "The archive of trust %s holds nothing under an archive key with fingerprint %s. `stockwell archive status` lists the keys.", trust, fingerprint)
		}
		return err
	})
	return n, err
}
