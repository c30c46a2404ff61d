package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/s2"
)

// openArchive writes the theatre's messages down as they came, for the judge:
// the archive holds them sealed. It goes by what docs/decisions/0013 says of
// the format, and shares no code with the hub.
func (h *hospital) openArchive(ctx context.Context, conn *pgx.Conn) error {
	masters, err := h.masters()
	if err != nil {
		return err
	}
	days := map[string]cipher.AEAD{}
	rows, err := conn.Query(ctx, `SELECT trust, day::text, number, wrapped FROM archive_key`)
	if err != nil {
		return err
	}
	var trust, day string
	var number byte
	var wrapped []byte
	if _, err := pgx.ForEachRow(rows, []any{&trust, &day, &number, &wrapped}, func() error {
		secret, err := masters[trust].Open(nil, wrapped[:12], wrapped[12:], []byte(string([]byte{number})+trust+"\x00"+day))
		if err != nil {
			return fmt.Errorf("the key of %s: %w", day, err)
		}
		days[fmt.Sprint(trust, day, number)], err = gcm(secret)
		return err
	}); err != nil {
		return err
	}
	for last := int64(0); ; {
		chunk, err := openChunk(ctx, conn, days, last)
		if err != nil || len(chunk) == 0 {
			return err
		}
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{"opened"}, []string{"id", "raw"}, pgx.CopyFromRows(chunk)); err != nil {
			return err
		}
		last = chunk[len(chunk)-1][0].(int64)
	}
}

func openChunk(ctx context.Context, conn *pgx.Conn, days map[string]cipher.AEAD, after int64) (out [][]any, err error) {
	rows, err := conn.Query(ctx, `SELECT id, trust, received_on, digest, raw FROM message WHERE connector = 'theatre' AND id > $1 ORDER BY id LIMIT 5000`, after)
	if err != nil {
		return nil, err
	}
	var id int64
	var trust string
	var on time.Time
	var digest, raw []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &trust, &on, &digest, &raw}, func() error {
		day := on.Format(time.DateOnly)
		key := days[fmt.Sprint(trust, day, raw[0])]
		if key == nil {
			return fmt.Errorf("message %d: its day has no such key", id)
		}
		packed, err := key.Open(nil, raw[5:17], raw[17:], []byte(string(raw[:5])+trust+"\x00"+day+string(digest)))
		if err != nil {
			return fmt.Errorf("message %d: %w", id, err)
		}
		plain, err := s2.Decode(nil, packed)
		if err != nil || len(plain) != int(binary.BigEndian.Uint32(raw[1:])) {
			return fmt.Errorf("message %d is %d bytes long: %w", id, len(plain), err)
		}
		out = append(out, []any{id, plain})
		return nil
	})
	return out, err
}

// masters are the trusts' archive keys, as the hub made them.
func (h *hospital) masters() (map[string]cipher.AEAD, error) {
	files, err := filepath.Glob(h.path("data/secrets/*.archive.key"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("there is no archive key under data/secrets: %w", err)
	}
	out := map[string]cipher.AEAD{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, err
		}
		trust := strings.TrimSuffix(filepath.Base(name), ".archive.key")
		key, err := hkdf.Key(sha256.New, secret, nil, "stockwell/archive/1/"+trust, 32)
		if err != nil {
			return nil, err
		}
		if out[trust], err = gcm(key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
