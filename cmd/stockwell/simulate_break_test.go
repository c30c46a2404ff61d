package main

import (
	"context"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// breaks changes the books by hand, behind the hub's back, one thing at a time:
// --verify must name the very thing, and nothing else, and fail.
func (x *simulated) breaks() {
	x.t.Helper()
	x.stop()
	conn, err := pgx.Connect(x.t.Context(), x.db.SuperDSN)
	x.must(err)
	defer conn.Close(context.WithoutCancel(x.t.Context()))
	// The ledger's own triggers would refuse most of it.
	_, err = conn.Exec(x.t.Context(), `SET session_replication_role = replica`)
	x.must(err)
	for what, b := range map[string]struct{ do, undo, says string }{
		"a balance": {
			`UPDATE balance SET quantity = quantity + 1 WHERE (place, item, lot, serial) = (SELECT place, item, lot, serial FROM balance WHERE lot <> '' ORDER BY 1, 2, 3, 4 LIMIT 1)`,
			`UPDATE balance SET quantity = quantity - 1 WHERE (place, item, lot, serial) = (SELECT place, item, lot, serial FROM balance WHERE lot <> '' ORDER BY 1, 2, 3, 4 LIMIT 1)`,
			`^balances that are not the fold of their movements: the hub says 1, and should say 0\nstock of \S+ at TH\d+, lot \S+, serial \S+: the hub says -?\d+, and should say -?\d+\n\d+ comparisons, 2 differences.\n$`},
		"a case's patient": {
			`UPDATE theatre_case c SET patient = -c.patient WHERE id = (SELECT min(id) FROM theatre_case WHERE patient > 0)`,
			`UPDATE theatre_case c SET patient = -c.patient WHERE patient < 0`,
			`^case \d+: its patient: the hub says nobody, and should say T\d+\n\d+ comparisons, 1 difference.\n$`},
		"an order's line": {
			`UPDATE purchase_order_line SET packs = packs + 1 WHERE (order_id, line) = (SELECT l.order_id, l.line FROM purchase_order_line l JOIN purchase_order o ON o.id = l.order_id WHERE NOT o.imported ORDER BY 1, 2 LIMIT 1)`,
			`UPDATE purchase_order_line SET packs = packs - 1 WHERE (order_id, line) = (SELECT l.order_id, l.line FROM purchase_order_line l JOIN purchase_order o ON o.id = l.order_id WHERE NOT o.imported ORDER BY 1, 2 LIMIT 1)`,
			`^order PO-\d+ line \d+: packs of \S+: the hub says \d+, and should say \d+\n\d+ comparisons, 1 difference.\n$`},
		"what the registry said of a version": {
			`UPDATE submission SET state = 'rejected', code = 'by hand' WHERE made = (SELECT min(made) FROM submission WHERE state = 'accepted')`,
			`UPDATE submission SET state = 'accepted', code = '' WHERE code = 'by hand'`,
			`^record MDOR-\S+, version \d+: the hub says \S+ rejected \S+, and should say \S+ accepted \S+\n\d+ comparisons, 1 difference.\n$`},
		"where a use stands with the registry": {
			`UPDATE registry_use SET state = 'incomplete', why = 'by hand' WHERE line = (SELECT min(u.line) FROM registry_use u JOIN usage_line l ON l.id = u.line WHERE u.state = 'accepted' AND l.state = 'posted')`,
			`UPDATE registry_use SET state = 'accepted', why = '' WHERE why = 'by hand'`,
			`^case \d+, line \S+: where it stands with the registry: the hub says incomplete, and should say told\n\d+ comparisons, 1 difference.\n$`},
	} {
		tag, err := conn.Exec(x.t.Context(), b.do)
		x.must(err)
		if code, out := x.run(x.t.Context(), simulateCmd{Verify: true}); tag.RowsAffected() != 1 || code != 1 || !regexp.MustCompile(b.says).MatchString(out) {
			x.t.Errorf("%s: %d rows changed, status %d, %s", what, tag.RowsAffected(), code, out)
		}
		_, err = conn.Exec(x.t.Context(), b.undo)
		x.must(err)
	}
	if code, out := x.run(x.t.Context(), simulateCmd{Verify: true}); code != 0 || !strings.Contains(out, " 0 differences") {
		x.t.Errorf("undone: status %d, %s", code, out)
	}
}
