package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/connectors/sftp/sshdtest"
)

// realERP moves the trust's ERP to OpenSSH's own server.
func (h *hospital) realERP() {
	h.t.Helper()
	addr, root, key, user, known := sshdtest.Start(h.t)
	for _, d := range append([]string{"orders/taken"}, erpFolders...) {
		h.must(os.MkdirAll(filepath.Join(root, d), 0o755))
	}
	h.write(h.trustFile("secrets/erp.key"), string(key))
	h.stopERP()
	h.stage.erpDir = root
	h.set("address", addr)
	h.set("user", user)
	h.set("known_hosts", known)
	text := strings.Replace(h.read(h.trustFile("trust.yaml")), "password: file:secrets/erp.password", "private_key: file:secrets/erp.key\n      archive: "+root+"/orders/taken", 1)
	for _, d := range []string{"out: /", "in: /", "processed: /", "rejected: /"} {
		text = strings.Replace(text, d, strings.TrimSuffix(d, "/")+root+"/", 1)
	}
	text = strings.ReplaceAll(text, "password: file:secrets/erp.password", "private_key: file:secrets/erp.key")
	h.write(h.trustFile("trust.yaml"), strings.ReplaceAll(text, ": /receipts", ": "+root+"/receipts"))
}

// usage is first.hl7 or second.hl7 as a message and a case of its own.
func (h *hospital) usage(name, control, number string) []byte {
	old := map[string][2]string{"first.hl7": {"MSG000441", "4411"}, "second.hl7": {"MSG000702", "4412"}}[name]
	return bytes.ReplaceAll(bytes.ReplaceAll(h.message(name), []byte(old[0]), []byte(control)), []byte(old[1]), []byte(number))
}

// ledger is what must be the same before a disaster and after all was replayed.
func (h *hospital) ledger() string {
	h.t.Helper()
	text, err := h.query(`SELECT concat_ws(E'\n',
		(SELECT string_agg(concat_ws(' ', 'stock', p.code, i.code, b.lot, b.serial, b.quantity), E'\n' ORDER BY p.code, i.code, b.lot, b.serial) FROM balance b JOIN place p ON p.id = b.place JOIN item i ON i.id = b.item),
		(SELECT string_agg(concat_ws(' ', 'on order', p.code, i.code, n), E'\n' ORDER BY p.code, i.code) FROM (SELECT place, item, sum(open_packs * pack_size) AS n FROM purchase_order_line GROUP BY 1, 2 HAVING sum(open_packs) > 0) l JOIN place p ON p.id = l.place JOIN item i ON i.id = l.item),
		(SELECT string_agg(concat_ws(' ', 'order', number, o.state, (SELECT string_agg(concat_ws(' ', i.code, l.packs, l.pack_size, l.state), ', ') FROM purchase_order_line l JOIN item i ON i.id = l.item WHERE l.order_id = o.id)), E'\n' ORDER BY number) FROM purchase_order o WHERE NOT imported),
		(SELECT string_agg(concat_ws(' ', kind, n), E'\n' ORDER BY kind) FROM (SELECT kind, count(*) AS n FROM movement GROUP BY 1) m),
		(SELECT string_agg(concat_ws(' ', connector, control_id, n), E'\n' ORDER BY connector, control_id) FROM (SELECT connector, control_id, count(*) AS n FROM message WHERE connector <> 'import' GROUP BY 1, 2) m))`)
	h.must(err)
	return text
}

// atERP lists the orders that the ERP has, wherever they lie, with a digest of
// their content.
func (h *hospital) atERP() string {
	h.t.Helper()
	var all []string
	for _, pattern := range []string{"orders/*.csv", "orders/taken/*.csv"} {
		names, err := filepath.Glob(filepath.Join(h.stage.erpDir, pattern))
		h.must(err)
		for _, n := range names {
			raw, err := os.ReadFile(n)
			h.must(err)
			all = append(all, filepath.Base(n)+" "+string(raw))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// reconnect lets go of a database that is no more.
func (h *hospital) reconnect() {
	if h.conn != nil {
		_ = h.conn.Close(context.Background())
		h.conn = nil
	}
}

// destroyed kills the hub and removes its database; keys and notes stay.
func (h *hospital) destroyed(c *child) {
	h.t.Helper()
	pid := h.postmaster()
	c.kill()
	h.removed(pid)
}

// removed removes the database of a hub that is dead, as soon as its server is.
func (h *hospital) removed(pid int) {
	h.t.Helper()
	h.reconnect()
	h.until("the database's processes are gone", func() (string, error) {
		if alive(pid) {
			return "the postmaster lives", nil
		}
		return "", nil
	})
	h.must(os.RemoveAll(h.database()))
}

// checked is what `fence check` finds.
func (h *hospital) checked() (r fenceReport) {
	h.t.Helper()
	_, out, stderr := h.cli("--json", "fence", "check")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		h.t.Fatalf("%v: %s%s", err, out, stderr)
	}
	return r
}

func controls(r fenceReport) (all []string) {
	for _, m := range r.Missing {
		all = append(all, m.Connector+" "+m.ControlID)
	}
	slices.Sort(all)
	return all
}

func lostNumbers(r fenceReport) (all []string) {
	for _, o := range r.Lost {
		all = append(all, o.Number+" "+o.State)
	}
	return all
}

// handled waits until every stored message was handled, though orders are held.
func (h *hospital) handled() {
	h.t.Helper()
	h.until("every message is handled", func() (string, error) {
		return h.query(`SELECT concat_ws(', ', (SELECT 'messages wait' FROM queue_message WHERE queue = 1 LIMIT 1), (SELECT 'a policy is due' FROM policy_due d JOIN policy y USING (trust, place, item) WHERE y.active LIMIT 1))`)
	})
}

func (h *hospital) page(c *child, path string) string {
	h.t.Helper()
	r, err := http.Get(c.pages + path)
	h.must(err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	h.must(err)
	return string(body)
}

// nothingOfPatients looks for the day's patients in the hub's notes (law 9).
func (h *hospital) nothingOfPatients() {
	h.t.Helper()
	notes, err := filepath.Glob(filepath.Join(h.stage.dir, "data", "witness", "ZZ1", "*.log"))
	h.must(err)
	if len(notes) < 2 {
		h.t.Errorf("the hub noted nothing: %v", notes)
	}
	for _, n := range notes {
		raw, err := os.ReadFile(n)
		h.must(err)
		for _, word := range []string{"TESTPATIENT", "TESTPERSON", "9990000018", "9990000026", "T00412", "T00413", "1954"} {
			if bytes.Contains(raw, []byte(word)) {
				h.t.Errorf("law 9: %s holds %s", n, word)
			}
		}
	}
}

// TestFence_AnOldBackupAfterOrdersWereSent is the disaster that the fence is
// for: after the backup messages were acknowledged and orders sent, then the
// database is gone. Whatever order things are put right in, each message has
// its effect once, no number is given twice, and nothing is ordered twice.
func TestFence_AnOldBackupAfterOrdersWereSent(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"senders replay after the fence is lifted": false, "senders replay while orders are held": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := emptyHospital(t, nil)
			h.realERP()
			c := h.serve("")
			h.seed()
			before := h.usage("first.hl7", "MSG000441", "4411")
			h.deliver(before, func() {})
			h.settled(func() {})
			backup := filepath.Join(t.TempDir(), "stockwell.dump")
			h.ok("backup", "--to", backup)

			after := [][]byte{h.usage("second.hl7", "MSG000702", "4412"), h.usage("first.hl7", "MSG000801", "4501"), h.usage("first.hl7", "MSG000802", "4502")}
			for _, m := range after {
				h.deliver(m, func() {})
				h.settled(func() {})
			}
			h.drop("ack.csv", h.message("ack.csv")) // it answers PO-000017
			h.settled(func() {})
			// The ERP has taken one of the orders; it lies in its archive.
			h.must(os.Rename(filepath.Join(h.stage.erpDir, "orders", "PO-000018.csv"), filepath.Join(h.stage.erpDir, "orders", "taken", "PO-000018.csv")))
			books, files := h.ledger(), h.atERP()
			for _, must := range []string{"order PO-000019 sent HIP-STEM-12 2 1", "order PO-000018 sent HIP-CUP-52", "order PO-000017 accepted"} {
				if !strings.Contains(books, must) {
					t.Fatalf("the day has no %q:\n%s", must, books)
				}
			}

			h.destroyed(c)
			h.ok("restore", backup)
			c = h.serve("")
			if !strings.Contains(h.log.String(), "ORDERS ARE HELD") {
				t.Errorf("the hub does not say that orders are held:\n%s", h.log)
			}
			if status := h.page(c, "ZZ1"); !strings.Contains(status, "Orders are held since a restore") {
				t.Error("the status page does not say it")
			}
			if metrics := h.page(c, "metrics"); !strings.Contains(metrics, `stockwell_fenced{trust="ZZ1"} 1`) {
				t.Error("the metric does not say it")
			}
			r := h.checked()
			if got := strings.Join(controls(r), ", "); got != "erp ack.csv, theatre MSG000702, theatre MSG000801, theatre MSG000802" {
				t.Errorf("the gap is %s", got)
			}
			if got := strings.Join(lostNumbers(r), ", "); got != "PO-000018 sent, PO-000019 sent" || r.Numbers.Next != 20 || !r.Witness.Reaches {
				t.Errorf("lost are %s; %+v", got, r.Numbers)
			}

			replay := func() {
				for _, m := range append([][]byte{before}, after...) {
					h.deliver(m, func() {})
				}
				h.must(os.Rename(filepath.Join(h.stage.erpDir, "answers", "processed", "ack.csv"), filepath.Join(h.stage.erpDir, "answers", "ack.csv")))
			}
			if early {
				replay()
				h.handled()
				if n, err := h.query(`SELECT count(*)::text FROM suggestion WHERE state = 'approved'`); n == "0" || err != nil {
					t.Errorf("%s suggestions wait behind the fence, %v: the case proves nothing", n, err)
				}
				if h.atERP() != files {
					t.Error("an order was sent while orders are held")
				}
			}
			h.ok("fence", "lift", "--by", "B. Buyer", "--reason", "Compared with the ERP.")
			if !early {
				replay()
			}
			h.settled(func() {})
			h.until("the answer is taken", func() (string, error) {
				return h.query(`SELECT 'PO-000017 is ' || state FROM purchase_order WHERE number = 'PO-000017' AND state <> 'accepted'`)
			})
			if got := h.ledger(); got != books {
				t.Errorf("the books were\n%s\nand are\n%s", books, got)
			}
			if got := h.atERP(); got != files {
				t.Errorf("the ERP had\n%s\nand has\n%s", files, got)
			}
			if r := h.checked(); len(r.Missing) != 0 || len(r.Lost) != 0 {
				t.Errorf("after all, %v and %v are missing", r.Missing, r.Lost)
			}
			h.nothingOfPatients()
			// A need that is new gets a number that is new.
			h.deliver(bytes.ReplaceAll(bytes.ReplaceAll(h.usage("second.hl7", "MSG000901", "4601"), []byte("CUP52"), []byte("HEAD32")), []byte("AC24093"), []byte("FH25011")), func() {})
			h.settled(func() {})
			if n, err := h.query(`SELECT max(number) FROM purchase_order`); err != nil || n != "PO-000020" {
				t.Errorf("the next order is %s, %v", n, err)
			}
			// And a restart fences nothing again.
			c.stop()
			c = h.serve("")
			if metrics := h.page(c, "metrics"); !strings.Contains(metrics, `stockwell_fenced{trust="ZZ1"} 0`) {
				t.Error("the restarted hub is fenced again")
			}
			if out := h.ok("fence", "show"); !strings.Contains(out, "B. Buyer") || !strings.Contains(out, "Compared with the ERP.") {
				t.Errorf("who lifted it, and why, is not on record:\n%s", out)
			}
		})
	}
}
