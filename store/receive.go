package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Receive stores messages of one trust in one commit and says what became of
// each, in order. No two may be equal in connector, sender, control ID and
// digest. Nothing is stored if it fails; the error is fault.Unavailable.
func (s *Store) Receive(ctx context.Context, trust string, in []connectors.Envelope, keys []int64) ([]connectors.Receipt, error) {
	n := len(in)
	connector, format, typ, sender, control, peer := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	digest, raw, at := make([][]byte, n), make([][]byte, n), make([]time.Time, n)
	for i, e := range in {
		connector[i], format[i], typ[i], sender[i], control[i], peer[i] = e.Connector, e.Format, e.Type, e.Sender, e.ControlID, e.Peer
		digest[i], raw[i], at[i] = e.Digest[:], e.Raw, e.ReceivedAt
	}
	const query = `SELECT o_ord, o_message_id, o_duplicate, o_reused FROM receive($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`
	rows, err := s.receive.Query(ctx, query, trust, connector, format, typ, sender, control, keys, digest, peer, raw, at)
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

func notStored(err error) error {
	return fault.Wrap(err, fault.Unavailable, "not_stored", "The message could not be stored. Send it again.")
}
