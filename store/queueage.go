package store

import (
	"context"
	"time"
)

// QueueOldest tells which of the messages that wait to be posted has waited
// longest, and how long; zero is none.
func (s *Store) QueueOldest(ctx context.Context) (seq int64, waited time.Duration, err error) {
	var number *int64
	var seconds *float64
	if err := s.background.QueryRow(ctx, `SELECT o_seq, o_waited FROM queue_oldest(1::smallint)`).Scan(&number, &seconds); err != nil || number == nil {
		return 0, 0, err
	}
	return *number, time.Duration(*seconds * float64(time.Second)), nil
}
