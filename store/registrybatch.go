package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Gatherable gives the versions that are to leave now, and the number of
// their batch, under the registrar's lock: the oldest first, at most most. They
// leave when the oldest has waited for as long as records are gathered, when
// there are enough for a batch, or when a person asked since.
func (b *Books) Gatherable(ctx context.Context, now time.Time, most int) (number int64, all []registry.Version, err error) {
	tx := pgtx.From(ctx)
	var asked, due bool
	var n int
	if err := tx.QueryRow(ctx, `SELECT r.next_batch, coalesce(min(s.ready_at) <= r.asked_at, false), coalesce(min(s.ready_at) + r.every <= $2, false), count(s.ready_at)
		  FROM registry r LEFT JOIN LATERAL (SELECT s.ready_at FROM submission s WHERE s.trust = $1 AND s.state = 'ready' ORDER BY s.ready_at LIMIT $3) s ON true
		 WHERE r.trust = $1 GROUP BY r.next_batch, r.asked_at, r.every`, b.trust, now, most).Scan(&number, &asked, &due, &n); err != nil {
		return 0, nil, err
	}
	if n == 0 || !asked && !due && n < most {
		return 0, nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT record, version, action, content FROM submission WHERE trust = $1 AND state = 'ready' ORDER BY ready_at, record, version LIMIT $2`, b.trust, most)
	if err != nil {
		return 0, nil, err
	}
	var v registry.Version
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&v.Record, &v.Number, &v.Action, &sealed}, func() error {
		v.Content = registry.Record{}
		if err := b.sealer.open(sealed, &v.Content); err != nil {
			return err
		}
		all = append(all, v)
		return nil
	})
	return number, all, err
}

// KeepBatch gives a batch its number and keeps its files as they will leave.
func (b *Books) KeepBatch(ctx context.Context, x registry.Batch, versions []registry.Version) error {
	tx := pgtx.From(ctx)
	sealed, err := b.sealer.seal(x.Body)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO registry_batch (trust, number, name, file, profile, records, body, manifest, digest, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		b.trust, x.Number, x.Name, x.File, x.Profile, len(versions), sealed, x.Manifest, x.Digest[:], x.CreatedAt); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE registry SET next_batch = $2 + 1 WHERE trust = $1`, b.trust, x.Number); err != nil {
		return err
	}
	records, numbers := make([]string, len(versions)), make([]int64, len(versions))
	for i, v := range versions {
		records[i], numbers[i] = v.Record, int64(v.Number)
	}
	_, err = tx.Exec(ctx, `UPDATE submission s SET state = 'batched', batch = $2 FROM unnest($3::text[], $4::bigint[]) u (record, version)
		WHERE s.trust = $1 AND s.record = u.record AND s.version = u.version AND s.state = 'ready'`, b.trust, x.Number, records, numbers)
	return err
}

// BatchToSend reads a batch as it leaves, and notes that it is about to.
func (b *Books) BatchToSend(ctx context.Context, number int64) (x registry.Batch, err error) {
	var sealed, digest []byte
	var sent *time.Time
	err = pgtx.From(ctx).QueryRow(ctx, `UPDATE registry_batch SET tried_at = clock_timestamp() WHERE trust = $1 AND number = $2 RETURNING number, name, file, profile, body, manifest, digest, created_at, sent_at`, b.trust, number).
		Scan(&x.Number, &x.Name, &x.File, &x.Profile, &sealed, &x.Manifest, &digest, &x.CreatedAt, &sent)
	if errors.Is(err, pgx.ErrNoRows) {
		return x, fault.New(fault.NotFound, "batch_not_found", "There is no registry batch %d. It cannot be sent.", number)
	}
	if err != nil {
		return x, err
	}
	copy(x.Digest[:], digest)
	x.Sent = sent != nil
	return x, b.sealer.open(sealed, &x.Body)
}

// MarkBatchSent records that a batch's files stand at the registry under their
// final names. Sent twice is recorded once.
func (b *Books) MarkBatchSent(ctx context.Context, number int64) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE registry_batch SET sent_at = clock_timestamp() WHERE trust = $1 AND number = $2 AND sent_at IS NULL`, b.trust, number).Exec(ignoreTag)
	batch.Queue(`WITH gone AS (UPDATE submission SET state = 'sent', sent_at = clock_timestamp() WHERE trust = $1 AND batch = $2 AND state = 'batched' RETURNING line)
		UPDATE registry_use u SET state = 'sent', since = clock_timestamp() FROM gone g WHERE u.trust = $1 AND u.line = g.line AND u.state = 'ready'`, b.trust, number).Exec(ignoreTag)
	// Whether something is left to say is seen when they are looked at again.
	batch.Queue(`INSERT INTO registry_due (trust, kind, subject) SELECT DISTINCT $1, 'case', u.case_id FROM submission s JOIN registry_use u ON u.trust = s.trust AND u.line = s.line WHERE s.trust = $1 AND s.batch = $2 AND s.state = 'sent'`, b.trust, number).Exec(ignoreTag)
	return pgtx.From(ctx).SendBatch(ctx, batch).Close()
}

// Overdue counts the versions that were sent before a time and are not
// answered, and names the oldest batch of them.
func (b *Books) Overdue(ctx context.Context, before time.Time) (n int64, oldest string, err error) {
	err = pgtx.From(ctx).QueryRow(ctx, `SELECT count(*), coalesce((array_agg(x.name ORDER BY s.sent_at))[1], '') FROM submission s JOIN registry_batch x ON x.trust = s.trust AND x.number = s.batch
		WHERE s.trust = $1 AND s.state = 'sent' AND s.sent_at < $2`, b.trust, before).Scan(&n, &oldest)
	return n, oldest, err
}

// AskBatch has what is complete leave at once. It tells how many versions
// that are.
func (s *Store) AskBatch(ctx context.Context, trust, by string) (ready int64, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, `UPDATE registry SET asked_at = clock_timestamp(), asked_by = $2 WHERE trust = $1 AND rules <> ''`, trust, by)
		if err == nil && tag.RowsAffected() == 0 {
			return noRegistry(trust)
		}
		if err != nil {
			return err
		}
		return pgtx.From(ctx).QueryRow(ctx, `SELECT count(*) FROM submission WHERE trust = $1 AND state = 'ready'`, trust).Scan(&ready)
	})
	return ready, err
}

func noRegistry(trust string) error {
	return fault.New(fault.NotFound, "no_registry", "Trust %s has no registry on this hub yet. Add a block registry to trust.yaml and start the hub.", trust)
}

// TellAgain has a rejected version told once more as it is.
func (s *Store) TellAgain(ctx context.Context, trust, record, by, why string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		var line int64
		err := tx.QueryRow(ctx, `UPDATE submission s SET again_by = $3, again_why = $4
			 WHERE s.trust = $1 AND s.record = $2 AND s.state = 'rejected' AND NOT EXISTS (SELECT 1 FROM submission o WHERE o.trust = s.trust AND o.line = s.line AND o.made > s.made) RETURNING s.line`,
			trust, record, by, why).Scan(&line)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, "record_not_rejected", "Record %s is not one that the registry rejected last. `stockwell submissions list --state rejected` shows those.", record)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO registry_due (trust, kind, subject) SELECT $1, 'case', case_id FROM usage_line WHERE trust = $1 AND id = $2`, trust, line)
		return err
	})
}

// ResendBatch gives a batch whose sending was stopped back to be sent.
func (s *Store) ResendBatch(ctx context.Context, trust, name string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, `
			WITH gone AS (
				DELETE FROM queue_stopped q USING queue k, registry_batch x
				 WHERE q.trust = $1 AND k.id = q.queue AND k.topic = 'registry.submit' AND x.trust = q.trust AND x.number = q.subject AND x.name = $2
				RETURNING q.trust, q.queue, q.seq, q.lane, q.key, q.subject, q.uuid, q.payload, q.metadata, q.published_at)
			INSERT INTO queue_message (trust, queue, seq, lane, key, subject, uuid, payload, metadata, published_at) SELECT * FROM gone`, trust, name)
		if err == nil && tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "batch_not_stopped", "Batch %s is not one whose sending was stopped. `stockwell submissions batches` tells where each stands.", name)
		}
		return err
	})
}
