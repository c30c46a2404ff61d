package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Given is what a person gives the hub: a file, or a decision. Together its
// texts and its bytes tell one from another.
type Given struct {
	Connector, Format, Type, Sender, ControlID, Peer string
	Raw                                              []byte
}

// DecisionAbout leads the control ID of what a person decides or records about
// a case, which is named by its number, or as KIND:VALUE.
func DecisionAbout(name string) string { return "case " + name + " at " }

// tries is how often what a person gives is posted anew where it met a batch
// that had taken the same rows the other way round.
const tries = 5

// Take archives what a person gives and does fn with it, in one transaction:
// all or none. The same given twice has the effect of once: done is then
// false, and message is the first one.
func (s *Store) Take(ctx context.Context, trust string, g Given, fn func(ctx context.Context, message int64) error) (message int64, done bool, err error) {
	for try := 1; ; try++ {
		message, done, err = s.take(ctx, trust, g, fn)
		if met := pgtx.State(err); met != "40P01" && met != "40001" || try == tries {
			return message, done, err
		}
	}
}

func (s *Store) take(ctx context.Context, trust string, g Given, fn func(ctx context.Context, message int64) error) (message int64, done bool, err error) {
	digest := sha256.Sum256(g.Raw)
	now := time.Now()
	key, err := s.sealingKey(ctx, trust, dayOf(now))
	if err != nil {
		return 0, false, err
	}
	sealed := key.seal(trust, dayOf(now), digest[:], g.Raw)
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, hash64("import", trust)); err != nil {
			return err
		}
		var seen int
		err := tx.QueryRow(ctx, `INSERT INTO message_key AS k (trust, connector, sender, control_id, digest, message_id, last_seen_at)
			VALUES ($1, $2, $3, $4, $5, nextval('message_id'), $6)
			ON CONFLICT (trust, connector, sender, control_id, digest) DO UPDATE SET seen = k.seen + 1, last_seen_at = excluded.last_seen_at
			RETURNING message_id, seen`, trust, g.Connector, fit(g.Sender), fit(g.ControlID), digest[:], now).Scan(&message, &seen)
		if err != nil || seen > 1 {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO message (trust, id, received_on, received_at, connector, format, type, sender, control_id, key, digest, peer, reused, raw)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, false, $12)`,
			trust, message, dayOf(now), now, g.Connector, g.Format, g.Type, fit(g.Sender), fit(g.ControlID), digest[:], fit(g.Peer), sealed); err != nil {
			return err
		}
		done = true
		return fn(ctx, message)
	})
	return message, done && err == nil, err
}
