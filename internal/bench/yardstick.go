package main

import (
	"context"
	_ "embed"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// The yardstick for posting. yardstick.sql copies the definitions of the
// tables that posting writes, without triggers, foreign keys and row-level
// security, and the rows that are there. stage.sql lays out the rows that a
// run of the hub left, in sets of 256 messages.
var (
	//go:embed yardstick.sql
	copyTables string
	//go:embed stage.sql
	stageRows string
)

// writeSet are the statements that write one set ($1), as a program would that
// knew all rows beforehand. Balances come last, in the order of their key, so
// that two writers cannot deadlock.
var writeSet = []string{
	`INSERT INTO yard.patient SELECT (r).* FROM stage.patient WHERE set = $1`,
	`INSERT INTO yard.place SELECT (r).* FROM stage.place WHERE set = $1`,
	`INSERT INTO yard.patient_identifier SELECT (r).* FROM stage.patient_identifier WHERE set = $1`,
	`INSERT INTO yard.patient_demographics SELECT (r).* FROM stage.patient_demographics WHERE set = $1`,
	`INSERT INTO yard.theatre_case SELECT (r).* FROM stage.theatre_case WHERE set = $1`,
	`INSERT INTO yard.case_alias SELECT (r).* FROM stage.case_alias WHERE set = $1`,
	`INSERT INTO yard.usage_line SELECT (r).* FROM stage.usage_line WHERE set = $1`,
	`INSERT INTO yard.movement SELECT (r).* FROM stage.movement WHERE set = $1`,
	`INSERT INTO yard.posting SELECT (r).* FROM stage.posting WHERE set = $1`,
	`INSERT INTO yard.balance AS b SELECT (r).trust, (r).from_place, (r).item, (r).lot, (r).serial, (r).owner, -sum((r).quantity)::bigint
	   FROM stage.movement WHERE set = $1 AND (r).kind = 'use' GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
	 ON CONFLICT (trust, place, item, lot, serial, owner) DO UPDATE SET quantity = b.quantity + excluded.quantity`,
}

type yardstick struct {
	r     *rig
	conns []*pgx.Conn
	costs []float64 // milliseconds of CPU for each message
}

// newYardstick copies the tables and opens as many connections as the hub has
// workers.
func (r *rig) newYardstick(ctx context.Context) (*yardstick, error) {
	y := &yardstick{r: r}
	if _, err := r.super.Exec(ctx, copyTables); err != nil {
		return nil, err
	}
	const workers = 2
	for range workers {
		c, err := pgx.ConnectConfig(ctx, r.super.Config().ConnConfig)
		if err != nil {
			y.close()
			return nil, err
		}
		y.conns = append(y.conns, c)
	}
	return y, nil
}

func (y *yardstick) close() {
	for _, c := range y.conns {
		_ = c.Close(context.Background())
	}
}

func (y *yardstick) lastMessage(ctx context.Context) (id int64, err error) {
	err = y.r.super.QueryRow(ctx, `SELECT coalesce(max(message_id), 0) FROM posting WHERE trust = $1`, trustCode).Scan(&id)
	return id, err
}

// write stages what the hub wrote for messages after first, writes it by plain
// SQL, and gives the rate in messages a second. Only the writing counts.
func (y *yardstick) write(ctx context.Context, first int64) (float64, error) {
	if _, err := y.r.super.Exec(ctx, fmt.Sprintf(stageRows, first)); err != nil {
		return 0, err
	}
	var messages, sets int64
	if err := y.r.super.QueryRow(ctx, `SELECT count(*), coalesce(max(set), -1) + 1 FROM stage.posting`).Scan(&messages, &sets); err != nil {
		return 0, err
	}
	var next atomic.Int64
	before, start := y.r.usage(), time.Now()
	err := together(len(y.conns), func(i int) error {
		for set := next.Add(1) - 1; set < sets; set = next.Add(1) - 1 {
			if err := writeOneSet(ctx, y.conns[i], set); err != nil {
				return err
			}
		}
		return nil
	})
	took := time.Since(start)
	if messages > 0 {
		y.costs = append(y.costs, y.r.usage().each(before, messages))
	}
	return rate(messages, took), err
}

func writeOneSet(ctx context.Context, conn *pgx.Conn, set int64) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	batch := &pgx.Batch{}
	for _, sql := range writeSet {
		batch.Queue(sql, set)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
