package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// mostTold is how many waiting messages are told apart by their connector: a
// page stays quick, however many wait. Of more, each connector's share is
// taken from the first so many.
const mostTold = 20_000

// waitingIn tells each connector's flow how many of its messages wait to be
// handled, all of which were received on the days near.
func waitingIn(ctx context.Context, tx pgx.Tx, trust string, near days, flows []journal.Flow) error {
	var all, told int64
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM queue_message WHERE trust = $1 AND queue = 1`, trust).Scan(&all); err != nil || all == 0 {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT o_connector, o_messages, o_oldest FROM waiting_by_connector($1, $2, $3, $4)`, trust, near.from, near.to, mostTold)
	if err != nil {
		return err
	}
	type waits struct {
		connector string
		messages  int64
		oldest    time.Time
	}
	by, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w waits, err error) {
		err = row.Scan(&w.connector, &w.messages, &w.oldest)
		told += w.messages
		return w, err
	})
	if err != nil {
		return err
	}
	for _, w := range by {
		for i := range flows {
			if flows[i].Connector == w.connector {
				flows[i].Waiting, flows[i].Oldest = w.messages*max(all, told)/told, &w.oldest
			}
		}
	}
	return nil
}
