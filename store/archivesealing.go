package store

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// dayKeyID names a day's key.
type dayKeyID struct {
	trust  string
	day    int64 // days since 1970
	number byte
}

// sealing is what a process knows of keys: the masters that it was given, and
// days' keys that it has unwrapped.
type sealing struct {
	mu      sync.RWMutex
	masters map[string]ArchiveKeys
	open    map[dayKeyID]dayKey
	current map[dayKeyID]dayKey // by number 0: the one to seal with
}

func idOf(trust string, day time.Time, number byte) dayKeyID {
	return dayKeyID{trust, day.Unix() / 86400, number}
}

func (s *sealing) keysOf(trust string) (ArchiveKeys, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.masters[trust]
	if !ok {
		return k, fault.New(fault.Stopped, "archive_key_unknown", "This process was given no archive key of trust %s. Start it with the trust's configuration.", trust)
	}
	return k, nil
}

func (s *sealing) find(in map[dayKeyID]dayKey, id dayKeyID) (dayKey, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := in[id]
	return k, ok
}

// mostKeys bounds the unwrapped keys that a process keeps: a replay of years
// must not gather them all.
const mostKeys = 512

func (s *sealing) keep(in map[dayKeyID]dayKey, id dayKeyID, k dayKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(in) >= mostKeys {
		clear(in)
	}
	in[id] = k
}

// UseArchiveKeys gives the keys with which a trust's messages are sealed and
// opened. It fails with fault.Denied if messages are sealed under a key that
// is not among them.
func (s *Store) UseArchiveKeys(ctx context.Context, k ArchiveKeys) error {
	var missing string
	var days int
	err := pgtx.Run(ctx, s.background, k.trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT master, count(*) FROM archive_key WHERE trust = $1 AND wrapped IS NOT NULL AND master <> ALL ($2) GROUP BY master ORDER BY master LIMIT 1`,
			k.trust, k.Fingerprints()).Scan(&missing, &days)
	})
	if err == nil {
		return fault.New(fault.Denied, "archive_key_missing",
			"The archive of trust %s has %d keys of days under the archive key with fingerprint %s, which is not configured. Add it to secrets.archive_keys_former. If it is lost for good, `stockwell archive give-up %s` tells what that costs.", k.trust, days, missing, missing).At("secrets.archive_key")
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	s.sealing.mu.Lock()
	defer s.sealing.mu.Unlock()
	s.sealing.masters[k.trust] = k
	return nil
}

// sealingKey gives the key that seals messages of a day, and makes it if there
// is none. Hubs that make one at the same time end with the same.
func (s *Store) sealingKey(ctx context.Context, trust string, day time.Time) (dayKey, error) {
	id := idOf(trust, day, 0)
	if k, ok := s.sealing.find(s.sealing.current, id); ok {
		return k, nil
	}
	masters, err := s.sealing.keysOf(trust)
	if err != nil {
		return dayKey{}, err
	}
	var k dayKey
	err = pgtx.Run(ctx, s.receive, trust, func(ctx context.Context) error {
		k, err = currentKey(ctx, masters, day)
		return err
	})
	if err != nil {
		return dayKey{}, err
	}
	s.sealing.keep(s.sealing.current, id, k)
	return k, nil
}

// currentKey takes the first of a day's keys that the masters unwrap. If there
// is none it adds one: what another hub's configuration is behind with, or a
// lost key, must not stop receiving.
func currentKey(ctx context.Context, masters ArchiveKeys, day time.Time) (dayKey, error) {
	tx := pgtx.From(ctx)
	for number := byte(1); ; number++ {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // it never fails
		wrapped, print := masters.wrap(day, number, secret)
		if _, err := tx.Exec(ctx, `INSERT INTO archive_key (trust, day, number, wrapped, master) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			masters.trust, day, number, wrapped, print); err != nil {
			return dayKey{}, err
		}
		k, err := readKey(ctx, masters, day, number)
		if err == nil || !fault.Is(err, fault.Stopped) || number == 255 {
			return k, err
		}
	}
}

// readKey unwraps a day's key that is in the database.
func readKey(ctx context.Context, masters ArchiveKeys, day time.Time, number byte) (dayKey, error) {
	var wrapped []byte
	var print string
	err := pgtx.From(ctx).QueryRow(ctx, `SELECT wrapped, master FROM archive_key WHERE trust = $1 AND day = $2 AND number = $3`, masters.trust, day, number).Scan(&wrapped, &print)
	if errors.Is(err, pgx.ErrNoRows) {
		return dayKey{}, fault.New(fault.Stopped, "archive_key_gone",
			"The key that sealed the messages of %s is not in the database. Put the row of archive_key back from a backup, and replay the message.", day.Format(time.DateOnly))
	}
	if err != nil {
		return dayKey{}, err
	}
	secret, err := masters.unwrap(day, number, wrapped, print)
	if err != nil {
		return dayKey{}, err
	}
	aead, err := newGCM(secret)
	return dayKey{number, aead}, err
}

// openRaw gives a message's bytes as they came, inside the transaction that
// ctx carries. What only this message suffers from is a fault.Stopped.
func (s *Store) openRaw(ctx context.Context, trust string, day time.Time, digest []byte, seal int16, raw []byte) ([]byte, error) {
	if seal == sealPlain {
		return raw, nil
	}
	if seal != sealDay || len(raw) == 0 {
		return nil, changed()
	}
	id := idOf(trust, day, raw[0])
	k, ok := s.sealing.find(s.sealing.open, id)
	if !ok {
		masters, err := s.sealing.keysOf(trust)
		if err != nil {
			return nil, err
		}
		if k, err = readKey(ctx, masters, day, raw[0]); err != nil {
			return nil, err
		}
		s.sealing.keep(s.sealing.open, id, k)
	}
	return k.open(trust, day, digest, raw)
}
