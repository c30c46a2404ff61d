package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Receive seals messages of one trust, stores them in one commit and says what
// became of each, in order. No two may be equal in connector, sender, control ID and
// digest. Nothing is stored if it fails: with fault.Unavailable the same may
// succeed later, with fault.Internal one of the messages cannot be stored.
func (s *Store) Receive(ctx context.Context, trust string, in []connectors.Envelope, keys []int64) ([]connectors.Receipt, error) {
	n := len(in)
	connector, format, typ, sender, control, peer := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	digest, raw, at := make([][]byte, n), make([][]byte, n), make([]time.Time, n)
	for i, e := range in {
		connector[i], format[i], typ[i], sender[i], control[i], peer[i] = e.Connector, e.Format, fit(e.Type), fit(e.Sender), fit(e.ControlID), fit(e.Peer)
		digest[i], at[i] = e.Digest[:], e.ReceivedAt
		day := dayOf(e.ReceivedAt)
		key, err := s.sealingKey(ctx, trust, day)
		if err != nil {
			// Whatever is the matter with keys is mended outside the message.
			return nil, fault.Wrap(err, fault.Unavailable, "not_stored", "The message could not be sealed for the archive. Send it again.")
		}
		raw[i] = key.seal(trust, day, digest[i], e.Raw)
	}
	query := `SELECT o_ord, o_message_id, o_duplicate, o_reused FROM receive($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`
	args := []any{trust, connector, format, typ, sender, control, keys, digest, peer, raw, at}
	if more := resourcesOf(in); more != nil {
		query, args = receiveResources, append(args, more...)
	}
	rows, err := s.receive.Query(ctx, query, args...)
	if err != nil {
		return nil, notStored(err)
	}
	out := make([]connectors.Receipt, n)
	var ord int64
	var r connectors.Receipt
	seen := 0
	_, err = pgx.ForEachRow(rows, []any{&ord, &r.MessageID, &r.Duplicate, &r.Reused}, func() error {
		out[ord-1] = r
		seen++
		return nil
	})
	if err != nil {
		return nil, notStored(err)
	}
	if seen != n {
		return nil, fault.New(fault.Internal, "receive_incomplete", "The database answered for %d of %d messages. None was acknowledged.", seen, n)
	}
	return out, nil
}

// notStored tells a database that went away, where the same may succeed
// later, from one that refuses the message.
func notStored(err error) error {
	if pgtx.Transient(err) || pgtx.Gone(err) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "not_stored", "The message could not be stored. Send it again.")
	}
	return fault.Wrap(err, fault.Internal, "not_storable", "The database refuses to store the message.")
}

// longest is the greatest length of a text that a sender chooses and an index
// holds.
const longest = 200

// fit makes a sender's text storable: valid UTF-8 without NUL, and short; of
// a longer one a digest keeps what would tell it from another.
func fit(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= longest {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:longest-20], "") + "…" + hex.EncodeToString(sum[:8])
}
