package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A falsification is something wrong that the judge must find: proof that it
// can say no. found is how the check's name begins that tells of it.
type falsification struct {
	name, about, found string
	sql                string
}

var forgeries = []falsification{
	{"lost", "an acknowledged message's archive row is removed", "an acknowledged message is not in the archive",
		`DELETE FROM message WHERE id = (SELECT max(id) FROM message WHERE connector = 'theatre')`},
	{"ack", "an acknowledgement is logged that the hub never gave", "an acknowledged message is not in the archive",
		`INSERT INTO acked SELECT sender, n + 1000000, at, 'use', 'S0-never', repeat('0', 64), patient, case_no, shelf, '' FROM acked LIMIT 1`},
	{"unposted", "a message's posting is removed", "an acknowledged message was neither posted nor stopped",
		`DELETE FROM posting WHERE message_id = (SELECT max(id) FROM message WHERE connector = 'theatre')`},
	{"movement", "a use's movement is removed", "a use does not stand with item, shelf and quantity as told last",
		`DELETE FROM movement WHERE id = (SELECT max(id) FROM movement m WHERE kind = 'use' AND NOT EXISTS (SELECT 1 FROM movement r WHERE r.reverses = m.id))`},
	{"doubled", "a use's movement is posted a second time, with its balance", "a use stands twice",
		`INSERT INTO movement (trust, id, kind, item, lot, from_place, to_place, quantity, occurred_at, accounted_on, usage_line, message_id, origin, profile)
		 SELECT trust, (SELECT max(id) + 1 FROM movement), kind, item, lot, from_place, to_place, quantity, occurred_at, accounted_on, usage_line, message_id, origin, profile
		   FROM movement m WHERE kind = 'use' AND NOT EXISTS (SELECT 1 FROM movement r WHERE r.reverses = m.id) LIMIT 1`},
	{"balance", "a balance is raised by one", "a balance is not the fold of its movements",
		`UPDATE balance SET quantity = quantity + 1 WHERE ctid = (SELECT ctid FROM balance LIMIT 1)`},
	{"line", "an acknowledged use's line is removed", "a use that was told is not recorded",
		`DELETE FROM usage_line WHERE id = (SELECT max(id) FROM usage_line)`},
	{"number", "an order is removed", "order numbers have a gap",
		`DELETE FROM purchase_order_line WHERE order_id = (SELECT max(id) - 1 FROM purchase_order);
		 UPDATE suggestion SET state = 'declined', order_id = NULL WHERE order_id = (SELECT max(id) - 1 FROM purchase_order);
		 DELETE FROM purchase_order WHERE id = (SELECT max(id) - 1 FROM purchase_order)`},
	{"file", "an order's file at the ERP is cut short", "an order was not sent, or its file is missing",
		`UPDATE erp_file SET whole = false, digest = repeat('0', 64) WHERE name = (SELECT max(name) FROM erp_file)`},
	{"stray", "a file lies at the ERP that no order names", "a file at the ERP belongs to no order",
		`INSERT INTO erp_file VALUES ('PO-999999.csv', repeat('0', 64), 2, true)`},
	{"held", "a key is left parked", "something waits, is held, parked or stopped",
		`INSERT INTO queue_hold (trust, queue, key, lane, until, code, reason) VALUES ('ZZ7', 1, 1, 1, 'infinity', 'parked', 'parked')`},
}

func forgery(name string) (falsification, bool) {
	i := slices.IndexFunc(forgeries, func(f falsification) bool { return f.name == name })
	if i < 0 {
		return falsification{}, false
	}
	return forgeries[i], true
}

func forgeryNames() string {
	var names []string
	for _, f := range forgeries {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// commit falsifies; it fails if there was nothing to falsify.
func (f falsification) commit(ctx context.Context, conn *pgx.Conn) error {
	results, err := conn.PgConn().Exec(ctx, f.sql).ReadAll()
	if err != nil {
		return fmt.Errorf("falsify %s: %w", f.name, err)
	}
	if results[len(results)-1].CommandTag.RowsAffected() == 0 {
		return fmt.Errorf("falsify %s: there was nothing to falsify", f.name)
	}
	return nil
}
