package store

import (
	"hash/fnv"

	"github.com/jackc/pgx/v5/pgconn"
)

// hash64 names a thing for an advisory lock.
func hash64(parts ...string) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p))
		_, _ = h.Write([]byte{0})
	}
	return int64(h.Sum64())
}

func ignoreTag(pgconn.CommandTag) error { return nil }
