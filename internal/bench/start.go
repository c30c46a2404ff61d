package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
)

// startPart starts the hub with its own PostgreSQL in a folder of its own: a
// cold start makes the database, a warm one finds it with messages in the
// archive. Then messages are pushed through, and memory is read.
func startPart(ctx context.Context, b *bench) error {
	folder, data := filepath.Join(b.folder, "start"), filepath.Join(b.folder, "start-data")
	if err := writeTrust(folder, trustCode, false); err != nil {
		return err
	}
	if _, err := b.program(ctx); err != nil {
		return err
	}
	h, err := b.start(ctx, folder, data)
	if err != nil {
		return err
	}
	b.add(shown("cold start to ready", "s", h.took.Seconds(), 0))
	err = fillArchive(ctx, data, b.archive)
	h.stop()
	if err != nil {
		return fmt.Errorf("fill the archive: %w", err)
	}
	var warm []float64
	for range rounds {
		if h, err = b.start(ctx, folder, data); err != nil {
			return err
		}
		warm = append(warm, h.took.Seconds())
		if len(warm) < rounds {
			h.stop()
		}
	}
	defer h.stop()
	b.add(below(fmt.Sprintf("start to ready, %d messages in the archive", b.archive), "s", median(warm), 2))
	return memory(ctx, b, h)
}

// memory reads the hub's resident memory as messages go through. Their items
// are in no catalogue: each line is recorded as unidentified.
func memory(ctx context.Context, b *bench, h *hub) error {
	r := &rig{b: b, hub: h}
	b.say("hub memory when ready: %.0f MB", residentMB(h.pid()))
	for range 4 {
		if _, _, err := r.push(ctx, 4, b.last(1200*time.Millisecond), nil); err != nil {
			return err
		}
		b.say("after %d messages: %.0f MB", r.next, residentMB(h.pid()))
	}
	b.add(below(fmt.Sprintf("hub memory after %d messages", r.next), "MB", residentMB(h.pid()), 150))
	return nil
}

// fillArchive puts n posted messages into the archive of the hub that runs on
// data.
func fillArchive(ctx context.Context, data string, n int) error {
	return onBooks(ctx, data, func(conn *pgx.Conn) error {
		const set = 20000
		for done := 0; done < n; done += set {
			if _, err := conn.Exec(ctx, `
				WITH new AS (SELECT nextval('message_id') AS id, 'OLD' || s AS control, sha256(s::text::bytea) AS digest, now() - interval '1 hour' AS at FROM generate_series($2::bigint, $3::bigint) s),
				archived AS (INSERT INTO message (trust, id, received_on, received_at, connector, format, type, sender, control_id, key, digest, peer, reused, seal, raw)
					SELECT $1, id, (at AT TIME ZONE 'UTC')::date, at, 'theatre', 'hl7v2', 'DFT^P03', 'THEATRE', control, 0, digest, '', false, 0, digest FROM new),
				keyed AS (INSERT INTO message_key (trust, connector, sender, control_id, digest, message_id, last_seen_at)
					SELECT $1, 'theatre', 'THEATRE', control, digest, id, at FROM new)
				INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary)
					SELECT $1, id, 1, 'DFT^P03', 'theatre', 'THEATRE', control, 'generic-theatre/v2', 'applied', '12 lines posted.' FROM new`, trustCode, done+1, min(done+set, n)); err != nil {
				return err
			}
		}
		return nil
	})
}

// onBooks gives fn the database of a hub that keeps itself in data and does not
// run.
func onBooks(ctx context.Context, data string, fn func(*pgx.Conn) error) error {
	server, err := embeddedpg.Open(ctx, embeddedpg.Config{Dir: filepath.Join(data, "postgres")})
	if err != nil {
		return err
	}
	defer server.Close()
	conn, err := pgx.Connect(ctx, server.SuperDSN(embeddedpg.Database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return fn(conn)
}
