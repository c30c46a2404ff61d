package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/clock"
)

// TestAdversity_TheClocksAreSetBackAnHour sets the hub's and PostgreSQL's
// clocks back while an order waits for its next try. It is sent soon, once and
// under its number, and times told meanwhile harm nothing.
func TestAdversity_TheClocksAreSetBackAnHour(t *testing.T) {
	t.Parallel()
	found, _ := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if len(found) == 0 {
		t.Fatal("this test needs libfaketime; install it with: make deps-test")
	}
	dir, err := os.MkdirTemp("", "stockwell-clock-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	file := filepath.Join(dir, "offset")
	h := emptyHospital(t, nil)
	h.must(os.Chmod(dir, 0o755))
	set := func(offset string) {
		h.must(os.WriteFile(file+".new", []byte(offset+"\n"), 0o644))
		h.must(os.Rename(file+".new", file))
	}
	set("+0h")
	h.env = []string{clock.Variable + "=" + file}
	h.set("binaries", programs(t, `[ "$1" = -D ] && export LD_PRELOAD=`+found[0]+` FAKETIME_TIMESTAMP_FILE=`+file+` FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1`))
	c := h.serve("")
	h.seed()
	// The catalogue's prices hold from today on, which an hour ago may not have been.
	_, err = h.query(`WITH u AS (UPDATE item_price SET valid_from = valid_from - 1 RETURNING 1) SELECT count(*)::text FROM u`)
	h.must(err)
	h.stopERP()
	h.deliver(h.message("first.hl7"), func() {})
	waits := func() {
		t.Helper()
		h.until("the order waits for its next try", func() (string, error) {
			got, err := h.query(`SELECT 'order' FROM queue_hold WHERE queue <> 1 AND until > now()`)
			if got == "" {
				return "it does not", err
			}
			return "", err
		})
	}
	waits()
	_, err = h.query(`INSERT INTO queue_hold (trust, queue, key, lane, until, code, reason) VALUES ('ZZ1', 1, 77, 77, 'infinity', 'parked', 'for the test')`)
	h.must(err)

	h.until("the time is noted", func() (string, error) {
		got, err := h.query(`SELECT 'noted' FROM clock_mark`)
		if got == "" {
			return "it is not", err
		}
		return "", err
	})
	set("-1h")
	h.begins(c.pages, clockWrong, "", "A clock is wrong")
	h.startERP()
	h.deliver(h.message("second.hl7"), func() {})
	h.deliver(h.message("first.hl7"), func() {}) // again
	h.settled(func() {})
	if behind, err := h.query(`SELECT 'behind' FROM message m, message n WHERE m.control_id = 'MSG000441' AND n.control_id = 'MSG000702' AND n.received_at < m.received_at - interval '50 minutes'
		AND (SELECT max(posted_at) FROM posting WHERE control_id = 'MSG000702') < m.received_at`); behind == "" || err != nil {
		t.Errorf("the clocks were not set back: %v", err)
	}
	if orders, err := h.query(`SELECT string_agg(number || ' ' || state, ', ' ORDER BY id) FROM purchase_order WHERE NOT imported`); orders != "PO-000017 sent, PO-000018 sent" || err != nil {
		t.Errorf("the orders are %s, %v", orders, err)
	}
	files, _ := filepath.Glob(filepath.Join(h.stage.erpDir, "orders", "*.csv"))
	if len(files) != 2 {
		t.Errorf("at the ERP are %v", files)
	}
	if parked, err := h.query(`SELECT 'parked' FROM queue_hold WHERE key = 77 AND until = 'infinity'`); parked == "" || err != nil {
		t.Errorf("a parked key was let go, %v", err)
	}
	if out := h.ok("warnings", "list"); strings.Contains(out, "silent") {
		t.Errorf("a feed was told to be silent:\n%s", out)
	}
	_, metrics := get(t, c.pages+"metrics")
	if negative := regexp.MustCompile(`(?m)^stockwell_.* -.*$`).FindString(metrics); negative != "" {
		t.Errorf("below zero: %s", negative)
	}

	set("+0h")
	h.ends(c.pages, clockWrong, "")
	h.settled(func() {})
}
