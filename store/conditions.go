package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// hubItself is the subject of the warnings that tell of a condition.
const hubItself = "hub"

// Answers fails while the database does not answer.
func (s *Store) Answers(ctx context.Context) error { return s.background.Ping(ctx) }

// ProbeDisk takes some of the database's disk and gives it back. It fails as
// storing a message would.
func (s *Store) ProbeDisk(ctx context.Context) error {
	_, err := s.background.Exec(ctx, `SELECT disk_probe()`)
	return err
}

// Clocks tells the database's time, and the latest time that any hub or the
// database has ever told.
func (s *Store) Clocks(ctx context.Context, hub time.Time) (database, latest time.Time, err error) {
	err = s.background.QueryRow(ctx, `SELECT o_database, o_latest FROM clock_look($1)`, hub).Scan(&database, &latest)
	return database, latest, err
}

// MendHolds lets go of a trust's keys that wait for a try further ahead than
// longest, which only a clock that was set back can have brought about, and
// tells how many.
func (s *Store) MendHolds(ctx context.Context, trust string, longest time.Duration) (mended int64, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT queue_mend($1)`, longest).Scan(&mended)
	})
	return mended, err
}

// OpenAlert raises a warning of the hub itself that began at since, and tells
// whether it was not open already.
func (s *Store) OpenAlert(ctx context.Context, trust, kind, subject, text, action string, since time.Time) (opened bool, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		opened, err = openAlert(ctx, trust, kind, subject, text, action, since)
		return err
	})
	return opened, err
}

func openAlert(ctx context.Context, trust, kind, subject, text, action string, since time.Time) (opened bool, err error) {
	tag, err := pgtx.From(ctx).Exec(ctx, `
		INSERT INTO warning (trust, id, kind, subject, text, action, severity, opened_at)
		SELECT $1, nextval('warning_id'), $2, $3, $4, $5, 'warning', $6
		ON CONFLICT (trust, kind, subject) WHERE closed_at IS NULL DO NOTHING`, trust, kind, subject, text, action, since)
	return err == nil && tag.RowsAffected() > 0, err
}

// CloseAlert closes a warning of the hub itself, and tells whether it was open.
func (s *Store) CloseAlert(ctx context.Context, trust, kind, subject, why string, at time.Time) (closed bool, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		closed, err = closeAlert(ctx, trust, kind, subject, why, at)
		return err
	})
	return closed, err
}

func closeAlert(ctx context.Context, trust, kind, subject, why string, at time.Time) (closed bool, err error) {
	tag, err := pgtx.From(ctx).Exec(ctx, `UPDATE warning SET closed_at = $4, closed_why = $5 WHERE trust = $1 AND kind = $2 AND subject = $3 AND closed_at IS NULL`,
		trust, kind, subject, at, why)
	return err == nil && tag.RowsAffected() > 0, err
}

// KeepCondition keeps the warning of a condition: open, or closed if it has
// ended meanwhile.
func (s *Store) KeepCondition(ctx context.Context, trust string, c journal.Condition, ended *time.Time) error {
	if _, err := s.OpenAlert(ctx, trust, c.Kind, hubItself, c.Text, c.Action, c.Since); err != nil || ended == nil {
		return err
	}
	_, err := s.CloseAlert(ctx, trust, c.Kind, hubItself, "It is over.", *ended)
	return err
}

// Conditions lists the conditions of the hub whose warnings are open in a
// trust: those that began before a restart, too.
func (s *Store) Conditions(ctx context.Context, trust string) (out []journal.Condition, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `SELECT kind, trust, text, action, opened_at FROM warning WHERE trust = $1 AND subject = $2 AND closed_at IS NULL`,
			pgx.RowToStructByPos[journal.Condition], trust, hubItself)
		return err
	})
	return out, err
}
