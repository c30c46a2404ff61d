package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/failpoint"
)

// preparedData gives a stopped hub's data folder with the trust's stock in it.
func preparedData(t *testing.T) string {
	t.Helper()
	h := emptyHospital(t, nil)
	c := h.serve("")
	h.seed()
	c.stop()
	return filepath.Join(h.stage.dir, "data")
}

// realHospital has a data folder of its own, a copy of data, with PostgreSQL
// in it.
func realHospital(t *testing.T, data string) *hospital {
	t.Helper()
	h := emptyHospital(t, nil)
	h.must(exec.Command("cp", "-a", data, h.stage.dir).Run())
	return h
}

// message is a file of what comes in on such a day.
func (h *hospital) message(name string) []byte {
	h.t.Helper()
	raw, err := os.ReadFile(filepath.Join(journeys, "killed", name))
	h.must(err)
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r"))
}

// day is what happens in each of these tests: two uses of different cases, the
// ERP's answer, and a delivery of which one row is bad. between is called before, between and after them.
func (h *hospital) day(between func(), dead func()) {
	h.t.Helper()
	between()
	h.deliver(h.message("first.hl7"), dead)
	between()
	h.settled(dead)
	h.deliver(h.message("second.hl7"), dead)
	between()
	h.settled(dead)
	h.drop("ack.csv", h.message("ack.csv"))
	between()
	h.settled(dead)
	h.dropIn("receipts", "goods.csv", h.message("goods.csv"))
	between()
	h.settled(dead)
}

var (
	anyMessage = regexp.MustCompile(`message \d+`)
	deliveries = regexp.MustCompile(`, delivered \d+ times`)
)

// undisturbed is the books without what a death may change: how often a
// message had to be sent, and gaps in the archive's numbers.
func (h *hospital) undisturbed() string {
	h.t.Helper()
	return deliveries.ReplaceAllString(anyMessage.ReplaceAllString(h.books(), "message N"), "")
}

// TestKill_NoDeathLosesOrDoublesAnything kills the hub at every failpoint, and
// the hub and PostgreSQL between the steps of a day. What is in the books and
// at the ERP is then what a day without deaths leaves: each use posted once,
// one order a need, one whole file (laws 1, 2 and 6).
func TestKill_NoDeathLosesOrDoublesAnything(t *testing.T) {
	t.Parallel()
	data := preparedData(t)
	calm := realHospital(t, data)
	calm.serve("")
	calm.day(func() {}, func() { t.Fatal("nobody killed it") })
	want := calm.undisturbed()
	for _, must := range []string{"order PO-000017", "PO-000018 to ORTHO", "received PO-000017.csv", "goods.csv.rejected.csv"} {
		if !strings.Contains(want, must) {
			t.Fatalf("the day has no %q:\n%s", must, want)
		}
	}
	for _, p := range failpoint.Points() {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			h := realHospital(t, data)
			c := h.serve(string(p))
			died := false
			h.day(func() {}, func() {
				if died {
					return
				}
				<-c.ended
				died = true
				c = h.serve("")
			})
			if !died {
				t.Fatal("the failpoint was never hit")
			}
			h.same(want)
		})
	}
	for name, target := range map[string]func(h *hospital, c *child){
		"hub killed between all steps":                func(_ *hospital, c *child) { c.kill() },
		"PostgreSQL killed between all steps":         func(h *hospital, _ *child) { _ = syscall.Kill(h.postmaster(), syscall.SIGKILL) },
		"hub and PostgreSQL killed between all steps": func(h *hospital, c *child) { _ = syscall.Kill(h.postmaster(), syscall.SIGKILL); c.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := realHospital(t, data)
			c := h.serve("")
			h.day(func() {
				target(h, c)
				select {
				case <-c.ended:
					c = h.serve("")
				default:
				}
			}, func() {})
			h.same(want)
		})
	}
	t.Run("answered before it was marked as sent", func(t *testing.T) {
		t.Parallel()
		h := realHospital(t, data)
		c := h.serve(string(failpoint.DispatchAfterDelivery) + ":hang")
		h.deliver(h.message("first.hl7"), func() {})
		h.until("the order's file is at the ERP", func() (string, error) {
			_, err := os.Stat(filepath.Join(h.stage.erpDir, "orders", "PO-000017.csv"))
			return "", err
		})
		h.drop("ack.csv", h.message("ack.csv"))
		h.until("the answer waits for the order", func() (string, error) {
			waits, err := h.query(`SELECT reason FROM queue_hold WHERE code = 'order_not_sent_yet'`)
			if waits == "" {
				return "it does not", err
			}
			return "", err
		})
		c.kill()
		h.serve("")
		h.settled(func() {})
		h.deliver(h.message("second.hl7"), func() {})
		h.settled(func() {})
		if o, err := h.query(`SELECT state FROM purchase_order WHERE number = 'PO-000017'`); o != "accepted" || err != nil {
			t.Errorf("the order is %s, %v", o, err)
		}
	})
	t.Run("hub killed with a message acknowledged and not posted", func(t *testing.T) {
		t.Parallel()
		h := realHospital(t, data)
		c := h.serve(string(failpoint.PostBeforeCommit) + ":hang")
		acknowledged := false
		h.day(func() {
			if acknowledged {
				return
			}
			if posted, err := h.query(`SELECT count(*)::text FROM message WHERE connector = 'theatre'`); err == nil && posted == "1" {
				c.kill()
				h.serve("")
				acknowledged = true
			}
		}, func() {})
		h.same(want)
	})
}

func TestServe_AFailpointThatThereIsNotIsRefused(t *testing.T) {
	t.Parallel()
	h := emptyHospital(t, nil)
	cmd := exec.Command(os.Args[0], "--config", h.path("stockwell.yaml"), "serve")
	cmd.Env = append(os.Environ(), asStockwell+"=1", failpoint.Variable+"=post.before_comit")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), failpoint.Variable) {
		t.Errorf("%v: %s", err, out)
	}
}

func (h *hospital) same(want string) {
	h.t.Helper()
	if got := h.undisturbed(); got != want {
		h.t.Errorf("the books differ from those of a day without deaths:\n%s\nthe hub says:\n%s", difference(want, got), h.log)
	}
}
