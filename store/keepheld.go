package store

import (
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
)

// keepHolds brings the holds of usage lines in step with what came back never
// opened. One that a person has released is not made again for as many.
func (b *Books) keepHolds(batch *pgx.Batch, holds []posting.Hold) {
	n := len(holds)
	if n == 0 {
		return
	}
	line, place, item, quantity, message := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	lot, serial := make([]string, n), make([]string, n)
	for i, h := range holds {
		line[i], place[i], item[i], quantity[i], message[i] = int64(h.Line), int64(h.Place), int64(h.Item), h.Quantity, h.Message
		lot[i], serial[i] = h.Lot, h.Serial
	}
	const told = ` unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]) AS r (line, place, item, lot, serial, quantity, message) `
	batch.Queue(`UPDATE stock_hold h SET released_at = clock_timestamp(), released_by = 'hub', released_why = 'It was corrected at its source.'
		FROM`+told+`WHERE h.trust = $1 AND h.line = r.line AND h.released_at IS NULL
		 AND (r.quantity = 0 OR (h.place, h.item, h.lot, h.serial, h.quantity) IS DISTINCT FROM (r.place, r.item, r.lot, r.serial, r.quantity))`,
		b.trust, line, place, item, lot, serial, quantity, message).Exec(ignoreTag)
	batch.Queue(`INSERT INTO stock_hold (trust, kind, place, item, lot, serial, quantity, why, line, message_id, held_by)
		SELECT $1, 'returned', place, item, lot, serial, quantity, 'It came back never opened.', line, message, 'hub' FROM`+told+`
		 WHERE quantity > 0 AND NOT EXISTS (SELECT 1 FROM stock_hold h WHERE h.trust = $1 AND h.line = r.line
			AND (h.released_at IS NULL OR h.released_by <> 'hub' AND (h.place, h.item, h.lot, h.serial) = (r.place, r.item, r.lot, r.serial) AND h.quantity >= r.quantity))
		 ORDER BY line`,
		b.trust, line, place, item, lot, serial, quantity, message).Exec(ignoreTag)
}

// keepReplaced keeps the words that corrections replaced.
func (b *Books) keepReplaced(batch *pgx.Batch, rs []posting.Replaced) {
	n := len(rs)
	if n == 0 {
		return
	}
	cases, line, told, by := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	source, part, word, superseded := make([]string, n), make([]string, n), make([]string, n), make([]bool, n)
	for i, r := range rs {
		cases[i], line[i], told[i], by[i] = int64(r.Case), int64(r.Line), r.Told, r.By
		source[i], part[i], word[i], superseded[i] = r.Source, r.Part, string(r.Word), r.Superseded
	}
	batch.Queue(`INSERT INTO told_before (trust, case_id, line, source, part, word, told, replaced, superseded)
		SELECT $1, c, nullif(l, 0), source, part, word::json, told, by, late
		  FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::boolean[]) AS r (c, l, source, part, word, told, by, late)`,
		b.trust, cases, line, source, part, word, told, by, superseded).Exec(ignoreTag)
}

// keepJoined points cases at those into which a person joined them, and with
// them what was joined into them before.
func (b *Books) keepJoined(batch *pgx.Batch, js []posting.Joined) {
	for _, j := range js {
		batch.Queue(`UPDATE theatre_case SET joined_into = $3 WHERE trust = $1 AND (id = $2 OR joined_into = $2)`, b.trust, int64(j.Case), int64(j.Into)).Exec(ignoreTag)
	}
}
