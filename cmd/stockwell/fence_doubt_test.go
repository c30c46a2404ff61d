package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/failpoint"
)

// readyOrder is a running hub with an order that waits for its ERP, and whose
// orders are then held by hand.
func readyOrder(t *testing.T) *hospital {
	t.Helper()
	h := newHospital(t)
	h.stopERP()
	h.start()
	h.seed()
	h.send(h.message("first.hl7"))
	h.until("the order is tried", func() (string, error) {
		n, err := h.query(`SELECT number FROM purchase_order WHERE state = 'ready' AND tried_at IS NOT NULL`)
		if n == "" {
			return "it is not", err
		}
		return "", err
	})
	h.ok("fence", "set", "--by", "DBA", "--reason", "Restored to 09:00.")
	if out := h.ok("fence", "set", "--by", "DBA", "--reason", "Again."); !strings.Contains(out, "nothing changed") {
		t.Errorf("held twice: %s", out)
	}
	h.startERP()
	return h
}

var liftNow = []string{"fence", "lift", "--by", "B. Buyer", "--reason", "Compared."}

func TestFence_SetByHandItHoldsWhatIsReadyUntilItIsLifted(t *testing.T) {
	t.Parallel()
	h := readyOrder(t)
	h.send(h.message("second.hl7"))
	h.until("the order waits behind the fence, and the need is only suggested", func() (string, error) {
		n, err := h.query(`SELECT concat_ws(' ', (SELECT code FROM queue_hold WHERE code = 'orders_held'), (SELECT count(*) FROM suggestion WHERE state = 'approved'))`)
		if n != "orders_held 1" {
			return n, err
		}
		return "", err
	})
	if h.atERP() != "" {
		t.Errorf("the ERP has %s", h.atERP())
	}
	for _, args := range [][]string{{"fence", "show"}, {"fence", "check"}} {
		_, out, _ := h.cli(append([]string{"--json"}, args...)...)
		validJSON(t, strings.Join(args, " "), out)
	}
	validJSON(t, "fence lift", h.ok(append([]string{"--json"}, liftNow...)...))
	h.quiet()
	for _, must := range []string{"PO-000017.csv", "PO-000018.csv"} {
		if !strings.Contains(h.atERP(), must) {
			t.Errorf("%s is not at the ERP", must)
		}
	}
	h.refuses(1, []string{"not held"}, liftNow...)
}

func TestFence_AnotherOrderUnderTheNumberWaitsForAPerson(t *testing.T) {
	t.Parallel()
	h := readyOrder(t)
	file := filepath.Join(h.stage.erpDir, "orders", "PO-000017.csv")
	h.must(os.WriteFile(file, []byte("somebody else's order"), 0o644))
	if r := h.checked(); len(r.Doubtful) != 1 || r.Doubtful[0].Code != "order_differs" {
		t.Errorf("doubtful are %+v", r.Doubtful)
	}
	h.ok(liftNow...)
	h.quiet()
	if out := h.ok("orders", "show", "PO-000017"); !strings.Contains(out, "Another order under the number PO-000017") {
		t.Errorf("the order does not say why it waits:\n%s", out)
	}
	h.must(os.Remove(file))
	h.ok("orders", "resend", "PO-000017")
	h.until("it is sent when a person says so", func() (string, error) {
		return h.query(`SELECT 'it is ' || state FROM purchase_order WHERE number = 'PO-000017' AND state <> 'sent'`)
	})
}

func TestFence_WithoutNotesNobodyKnowsWhetherAnOrderWasTaken(t *testing.T) {
	t.Parallel()
	h := readyOrder(t)
	h.must(os.RemoveAll(filepath.Join(h.stage.dir, "data", "witness")))
	if r := h.checked(); len(r.Doubtful) != 1 || r.Doubtful[0].Code != "order_maybe_sent" {
		t.Errorf("doubtful are %+v", r.Doubtful)
	}
	h.ok(append(liftNow, "--after", "PO-000030")...)
	h.quiet()
	if h.atERP() != "" {
		t.Errorf("it was sent: %s", h.atERP())
	}
	h.send(h.message("second.hl7"))
	h.quiet()
	if !strings.Contains(h.atERP(), "PO-000031.csv") {
		t.Errorf("numbering does not go on behind what the person gave: %s", h.atERP())
	}
}

// TestFence_ADeliveryThatNobodySawEndIsDecidedByAPerson kills the hub between
// noting an order and delivering it, and then loses the database.
func TestFence_ADeliveryThatNobodySawEndIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	for name, atERP := range map[string]bool{"the ERP does not have it": false, "the ERP has it, and took the file away": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := emptyHospital(t, nil)
			c := h.serve("")
			h.seed()
			backup := filepath.Join(t.TempDir(), "stockwell.dump")
			h.ok("backup", "--to", backup)
			c.stop()
			c = h.serve(string(failpoint.DispatchBeforeDelivery))
			server := h.postmaster()
			h.deliver(h.message("first.hl7"), func() {})
			<-c.ended
			h.removed(server)
			h.ok("restore", backup)
			c = h.serve("")
			if got := strings.Join(lostNumbers(h.checked()), ", "); got != "PO-000017 uncertain" {
				t.Errorf("lost are %s", got)
			}
			h.refuses(1, []string{"PO-000017 (uncertain)", "--leave-out"}, liftNow...)
			want := "PO-000018 sent"
			if atERP {
				h.ok(append(liftNow, "--sent", "PO-000017")...)
				want = "PO-000017 sent"
			} else {
				h.ok(append(liftNow, "--leave-out", "PO-000017")...)
			}
			h.deliver(h.message("first.hl7"), func() {})
			h.settled(func() {})
			if got, err := h.query(`SELECT string_agg(number || ' ' || state, ', ') FROM purchase_order WHERE NOT imported`); got != want || err != nil {
				t.Errorf("orders are %s, not %s, %v", got, want, err)
			}
			c.stop()
			c = h.serve("")
			if out := h.ok("fence", "show"); strings.Contains(out, "HELD") {
				t.Errorf("what was decided is held again:\n%s", out)
			}
			h.reconnect()
			c.stop()
		})
	}
}

func TestFence_AnOrderIsTakenUpFromItsFileOnce(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.send(h.message("first.hl7"))
	h.quiet()
	raw, err := os.ReadFile(filepath.Join(h.stage.erpDir, "orders", "PO-000017.csv"))
	h.must(err)
	file := filepath.Join(t.TempDir(), "PO-000044.csv")
	h.must(os.WriteFile(file, []byte(strings.ReplaceAll(string(raw), "PO-000017", "PO-000044")), 0o644))
	validJSON(t, "fence take", h.ok("--json", "fence", "take", file, "--by", "B. Buyer"))
	if out := h.ok("fence", "take", file, "--by", "B. Buyer"); !strings.Contains(out, "nothing changed") {
		t.Errorf("taken up twice: %s", out)
	}
	if out := h.ok("orders", "show", "PO-000044"); !strings.Contains(out, "HIP-STEM-12") || !strings.Contains(out, "sent") {
		t.Errorf("the order is\n%s", out)
	}
	h.refuses(2, []string{"order_number"}, "fence", "take", h.path(h.trustFile("catalogue.csv")), "--by", "B. Buyer")
	if n, err := h.query(`SELECT next_number::text FROM purchasing`); n != "45" || err != nil {
		t.Errorf("the next number is %s, %v", n, err)
	}
}
