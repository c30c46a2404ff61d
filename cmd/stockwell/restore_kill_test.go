package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/failpoint"
)

// dies runs a command as a process that kills itself at a failpoint.
func (h *hospital) dies(point failpoint.Point, args ...string) {
	h.t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"--config", h.path("stockwell.yaml")}, args...)...)
	cmd.Env = append(os.Environ(), asStockwell+"=1", failpoint.Variable+"="+string(point))
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(err.Error(), "killed") {
		h.t.Fatalf("stockwell %s: the failpoint %s was not hit: %v\n%s", strings.Join(args, " "), point, err, out)
	}
}

// lateDay is a stopped hub's folder with a backup, after which an order was
// sent and messages were acknowledged; books is what it came to.
func lateDay(t *testing.T) (h *hospital, backup, books string) {
	t.Helper()
	h = emptyHospital(t, nil)
	c := h.serve("")
	h.seed()
	h.deliver(h.message("first.hl7"), func() {})
	h.settled(func() {})
	backup = filepath.Join(t.TempDir(), "stockwell.dump")
	h.ok("backup", "--to", backup)
	h.deliver(h.message("second.hl7"), func() {})
	h.settled(func() {})
	books = h.ledger()
	h.reconnect()
	c.stop()
	return h, backup, books
}

// TestRestore_KilledAnywhereItIsDoneOrNothingHappened kills restore and then
// lift at each of their failpoints: the database in use is the old one, or a
// fenced one; and run again, both come to the same books as without a death.
func TestRestore_KilledAnywhereItIsDoneOrNothingHappened(t *testing.T) {
	t.Parallel()
	day, backup, books := lateDay(t)
	for restore, lift := range map[failpoint.Point]failpoint.Point{
		failpoint.RestoreAfterData: failpoint.LiftBeforeCommit, failpoint.RestoreAfterFence: failpoint.LiftInTransaction, failpoint.RestoreAfterSwap: failpoint.LiftAfterCommit,
	} {
		t.Run(string(restore)+" and "+string(lift), func(t *testing.T) {
			t.Parallel()
			h := emptyHospital(t, nil)
			for _, part := range []string{"data", "erp"} {
				h.must(exec.Command("cp", "-a", filepath.Join(day.stage.dir, part), h.stage.dir).Run())
			}
			h.dies(restore, "restore", "--replace", backup)
			c := h.serve("")
			swapped := restore == failpoint.RestoreAfterSwap
			if fenced := strings.Contains(h.ok("fence", "show"), "HELD"); fenced != swapped {
				t.Errorf("orders are held: %v", fenced)
			}
			if now := h.ledger(); (now == books) == swapped {
				t.Errorf("the database in use is not what it must be:\n%s", now)
			}
			h.refuses(1, []string{"in use", "Nothing was changed"}, "restore", "--replace", backup)
			if !swapped {
				c.stop()
				h.reconnect()
				h.refuses(1, []string{"--replace"}, "restore", backup)
				if out := h.ok("restore", "--replace", backup); !strings.Contains(out, "is kept as stockwell_before_") {
					t.Errorf("it does not say where the former database is:\n%s", out)
				}
				c = h.serve("")
			}
			if kept, err := h.query(`SELECT count(*)::text FROM pg_database WHERE datname LIKE 'stockwell\_before\_%'`); kept != "1" || err != nil {
				t.Errorf("%s former databases are kept, %v", kept, err)
			}
			if left, err := h.query(`SELECT datname FROM pg_database WHERE datname = 'stockwell_restoring'`); left != "" || err != nil {
				t.Errorf("%s is left over, %v", left, err)
			}
			by := []string{"fence", "lift", "--by", "B. Buyer", "--reason", "Compared."}
			h.dies(lift, by...)
			if lift == failpoint.LiftAfterCommit {
				h.refuses(1, []string{"not held"}, by...)
			} else {
				if n, err := h.query(`SELECT count(*)::text FROM fence WHERE lifted_at IS NULL`); n != "1" || err != nil {
					t.Errorf("%s open fences after lift died before its commit, %v", n, err)
				}
				h.ok(by...)
			}
			for _, m := range []string{"second.hl7", "first.hl7"} {
				h.deliver(h.message(m), func() {})
			}
			h.settled(func() {})
			if got := h.ledger(); got != books {
				t.Errorf("the books were\n%s\nand are\n%s", books, got)
			}
			c.stop()
		})
	}
}

// TestFence_AHubNoticesByItselfThatItsDatabaseIsOld puts back an old copy of
// the database's files, as an administrator may, and tells nobody.
func TestFence_AHubNoticesByItselfThatItsDatabaseIsOld(t *testing.T) {
	t.Parallel()
	h := emptyHospital(t, nil)
	c := h.serve("")
	h.seed()
	h.deliver(h.message("first.hl7"), func() {})
	h.settled(func() {})
	h.reconnect()
	c.stop()
	old := filepath.Join(t.TempDir(), "old")
	h.must(exec.Command("cp", "-a", h.database(), old).Run())
	c = h.serve("")
	h.deliver(h.message("second.hl7"), func() {})
	h.settled(func() {})
	books, files := h.ledger(), h.atERP()
	h.reconnect()
	c.stop()
	h.must(os.RemoveAll(h.database()))
	h.must(exec.Command("cp", "-a", old, h.database()).Run())

	c = h.serve("")
	if out := h.ok("fence", "show"); !strings.Contains(out, "HELD") || !strings.Contains(out, "1 messages and sent 1 orders") {
		t.Fatalf("the hub did not notice:\n%s", out)
	}
	h.deliver(h.message("second.hl7"), func() {})
	h.handled()
	if h.atERP() != files {
		t.Error("an order was sent while orders are held")
	}

	// Its ERP is away, too: then a person must say what it has.
	h.stopERP()
	lift := []string{"fence", "lift", "--by", "B. Buyer", "--reason", "Asked the ERP's people."}
	h.refuses(1, []string{"could not be read", "--without-far-side"}, lift...)
	h.refuses(2, []string{"--after NUMBER"}, append(lift, "--without-far-side")...)
	h.refuses(2, []string{"PO-000021"}, append(lift, "--without-far-side", "--after", "twenty-one")...)
	if out := h.ok(append(lift, "--without-far-side", "--after", "PO-000020")...); !strings.Contains(out, "PO-000018") || !strings.Contains(out, "number 21") {
		t.Errorf("lifted without the far side: %s", out)
	}
	h.startERP()
	h.settled(func() {})
	if got := h.ledger(); got != books {
		t.Errorf("the books were\n%s\nand are\n%s", books, got)
	}
	if h.atERP() != files {
		t.Error("the ERP has something else than before")
	}
	c.stop()
}
