package store

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// NewLoad is what is known of a load before its file is read.
type NewLoad struct {
	Trust   string // empty: the national catalogue
	Source  string
	KeyKind string
	Rank    int16
	Profile string
	Full    bool
	File    string
}

// ProductLoad is a file of the national catalogue on its way in. It has one
// connection to itself, whose temporary tables hold the file until it is
// published. One is under way at a time: another waits for its turn.
type ProductLoad struct {
	s        *Store
	conn     *pgxpool.Conn
	what     NewLoad
	id       int64
	source   int16
	products int64 // in force before
	fresh    bool  // nothing was loaded before, of any source
	encoder  encoder
	lastLine int64
	rows     int64
	planned  int64
	more     int64
	words    map[string]struct{}
	newWords []string
	learn    bool
}

// catalogueLock is held by the session that loads the national catalogue.
const catalogueLock = int64(0x5357_0000_6361_7400)

// OpenProductLoad waits for its turn, takes back what a load that died has
// left, and makes ready. Waiting is told once there is a wait; learn is false
// for a load that is only tried out.
func (s *Store) OpenProductLoad(ctx context.Context, what NewLoad, learn bool, waiting func()) (*ProductLoad, error) {
	conn, err := s.background.Acquire(ctx)
	if err != nil {
		return nil, Unreachable(err)
	}
	l := &ProductLoad{s: s, conn: conn, what: what, learn: learn, words: map[string]struct{}{}}
	if err := l.open(ctx, waiting); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *ProductLoad) open(ctx context.Context, waiting func()) error {
	if err := takeTurn(ctx, l.conn, catalogueLock, waiting); err != nil {
		return err
	}
	for {
		var n int64
		if err := l.conn.QueryRow(ctx, `SELECT catalogue_undo(2000)`).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	var generation int64
	err := l.conn.QueryRow(ctx, `SELECT o_id, o_generation, o_products FROM catalogue_source_of($1, $2, $3)`, l.what.Source, l.what.KeyKind, l.what.Rank).Scan(&l.source, &generation, &l.products)
	if err == pgx.ErrNoRows {
		return fault.New(fault.Conflict, "source_keys_differ", "The source %s was loaded before with keys of another kind. One source has one kind of key: give the profile the former one, or a source of its own.", l.what.Source)
	}
	if err != nil {
		return err
	}
	if err := l.conn.QueryRow(ctx, `SELECT NOT EXISTS (SELECT 1 FROM catalogue_source WHERE generation > 0)`).Scan(&l.fresh); err != nil {
		return err
	}
	if l.id, err = beginLoad(ctx, l.conn, l.what); err != nil {
		return err
	}
	_, err = l.conn.Exec(ctx, `SELECT catalogue_stage()`)
	return err
}

// takeTurn takes a lock of the session. It asks again and again rather than
// wait in the server: a statement that waits holds a snapshot, which keeps the
// queue from being cleaned.
func takeTurn(ctx context.Context, conn *pgxpool.Conn, lock int64, waiting func()) error {
	for told := false; ; told = true {
		var got bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lock).Scan(&got); err != nil || got {
			return err
		}
		if !told && waiting != nil {
			waiting()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// beginLoad notes that a load began, and which ones died.
func beginLoad(ctx context.Context, conn *pgxpool.Conn, what NewLoad) (id int64, err error) {
	mode := "delta"
	if what.Full {
		mode = "full"
	}
	err = pgtx.Run(ctx, conn, what.Trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if _, err := tx.Exec(ctx, `UPDATE catalogue_load SET state = 'died', ended_at = clock_timestamp(), text = 'It ended before it was published; the catalogue is as it was before it.'
			WHERE trust = $1 AND state IN ('checking', 'publishing')`, what.Trust); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `INSERT INTO catalogue_load (trust, id, source, profile, mode, file, state) VALUES ($1, nextval('catalogue_load_id'), $2, $3, $4, $5, 'checking') RETURNING id`,
			what.Trust, what.Source, what.Profile, mode, fit(what.File)).Scan(&id)
	})
	return id, err
}

// ID is the load's number.
func (l *ProductLoad) ID() int64 { return l.id }

// Add stages products, each with the line that told of it.
func (l *ProductLoad) Add(ctx context.Context, lines []int, products []catalogue.Product) error {
	l.encoder.reset()
	for i := range products {
		for _, w := range l.encoder.add(lines[i], &products[i]) {
			l.note(w)
		}
		l.lastLine = int64(lines[i])
	}
	if l.encoder.rows > 0 {
		if _, err := l.conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(l.encoder.out), stageColumns); err != nil {
			return err
		}
		l.rows += int64(l.encoder.rows)
	}
	if len(l.newWords) < 4000 {
		return nil
	}
	return l.flushWords(ctx)
}

// note keeps a word that may be new. It forgets now and then what it saw, for
// it may not grow with the file.
func (l *ProductLoad) note(w string) {
	if !l.learn || !catalogue.Lettered(w) {
		return
	}
	if _, seen := l.words[w]; seen {
		return
	}
	if len(l.words) >= 100_000 {
		clear(l.words)
	}
	l.words[w] = struct{}{}
	l.newWords = append(l.newWords, w)
}

func (l *ProductLoad) flushWords(ctx context.Context) error {
	if len(l.newWords) == 0 {
		return nil
	}
	_, err := l.conn.Exec(ctx, `SELECT catalogue_words($1)`, l.newWords)
	l.newWords = l.newWords[:0]
	return err
}

// Keep says that products are told of by rows that are rejected: they stay as
// they are.
func (l *ProductLoad) Keep(ctx context.Context, keys []string) error {
	_, err := l.conn.Exec(ctx, `INSERT INTO stage_kept SELECT unnest($1::text[])`, keys)
	return err
}

// How many lines or rows one statement deals with, so that none takes long.
const (
	planLines  = 50_000
	changeRows = 20_000
	twiceRows  = 1_000_000
	firstChunk = 1000
	largeChunk = 10_000
	chunkAim   = 50 * time.Millisecond
	knownShare = 10 // a load that changes a tenth has PostgreSQL look at it
)

// Publish writes what was judged, in small transactions, and brings it into
// force in the last one. pause is called between them; done is told how far
// it is.
func (l *ProductLoad) Publish(ctx context.Context, v catalogue.Verdict, pause func(context.Context) error, done func(n, of int64)) error {
	how := published(v)
	how.State = "publishing"
	if err := l.mark(ctx, how); err != nil {
		return err
	}
	// What is written is in force with the last commit, which waits for the disk
	// and so for all before it; none of those need wait for themselves.
	if _, err := l.conn.Exec(ctx, `SET synchronous_commit = off`); err != nil {
		return err
	}
	size := int64(firstChunk)
	for from := int64(1); from <= l.planned; {
		if err := pause(ctx); err != nil {
			return err
		}
		to := min(from+size-1, l.planned)
		start := time.Now()
		if _, err := l.conn.Exec(ctx, `SELECT catalogue_publish($1, $2, $3, $4)`, l.source, l.id, from, to); err != nil {
			return err
		}
		if took := time.Since(start); took > 0 {
			size = min(max(int64(float64(size)*min(2, float64(chunkAim)/float64(took))), 200), largeChunk)
		}
		from = to + 1
		done(to, l.planned)
	}
	if _, err := l.conn.Exec(ctx, `RESET synchronous_commit`); err != nil {
		return err
	}
	return pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
		if _, err := pgtx.From(ctx).Exec(ctx, `SELECT catalogue_flip($1, $2, $3)`, l.source, l.id, l.more); err != nil {
			return err
		}
		return endLoad(ctx, l.what.Trust, l.id, published(v))
	})
}

// published is how a load reads that did what v says.
func published(v catalogue.Verdict) journal.Load {
	return journal.Load{State: "published", Added: v.Added, Changed: v.Changed, Same: v.Same, Suspended: v.Suspended, Removed: v.Removed, Fields: v.Fields}
}

// Settle does what may follow once a load is in force: what PostgreSQL must know
// of the tables, when much has changed.
func (l *ProductLoad) Settle(ctx context.Context) error {
	if l.planned*knownShare < l.products {
		return nil
	}
	_, err := l.conn.Exec(ctx, `SELECT catalogue_known()`)
	return err
}

// End notes how a load ended that was not published.
func (l *ProductLoad) End(ctx context.Context, how journal.Load) error { return l.mark(ctx, how) }

func (l *ProductLoad) mark(ctx context.Context, how journal.Load) error {
	return pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error { return endLoad(ctx, l.what.Trust, l.id, how) })
}

// endLoad writes a load's state and figures.
func endLoad(ctx context.Context, trust string, id int64, how journal.Load) error {
	fields, err := json.Marshal(how.Fields)
	if err != nil {
		return err
	}
	if how.Fields == nil {
		fields = []byte("{}")
	}
	rejections, err := json.Marshal(how.Rejections)
	if err != nil {
		return err
	}
	if how.Rejections == nil {
		rejections = []byte("{}")
	}
	_, err = pgtx.From(ctx).Exec(ctx, `UPDATE catalogue_load SET state = $3, rows = greatest(rows, $4), added = $5, changed = $6, same = $7, suspended = $8, removed = $9, rejected = greatest(rejected, $10), fields = $11, text = $12,
			accepted_by = CASE WHEN $13 <> '' THEN $13 ELSE accepted_by END, ended_at = CASE WHEN $3 = 'publishing' THEN NULL ELSE clock_timestamp() END,
			bytes = greatest(bytes, $14), digest = CASE WHEN $15::bytea IS NULL THEN digest ELSE $15 END, rejections = $16
		WHERE trust = $1 AND id = $2`, trust, id, how.State, how.Rows, how.Added, how.Changed, how.Same, how.Suspended, how.Removed, how.Rejected, fields, how.Text, how.AcceptedBy, how.Bytes, how.Digest, rejections)
	return err
}

// Close gives the connection back; what is staged is forgotten. The server
// forgets it, too, when the session ends.
func (l *ProductLoad) Close() { giveBack(l.conn) }
