package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/failpoint"
)

// nationalFile is a whole catalogue of n products at a price.
func nationalFile(n int, price string) string {
	var b strings.Builder
	b.WriteString(nationalHead)
	for i := range n {
		body := fmt.Sprintf("0501234%05d", i)
		fmt.Fprintf(&b, "FAB%04d|Locking plate %d mm|%s|box|10||%s|01/04/2026\n", i, i, gtin13(body), price)
	}
	fmt.Fprintf(&b, "TRAILER|%d\n", n)
	return b.String()
}

// gtin13 gives a body of twelve digits its check digit.
func gtin13(body string) string {
	sum := 0
	for i, c := range body {
		sum += int(c-'0') * []int{1, 3}[i%2]
	}
	return fmt.Sprintf("%s%d", body, (10-sum%10)%10)
}

func TestCatalogue_ANationalFeedComesBySFTPAndALargeChangeWaitsForAPerson(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	trust := h.read(h.trustFile("trust.yaml"))
	goods, _, _ := strings.Cut(trust[strings.Index(trust, "  - name: goods"):], "\n\n")
	goods += "\n"
	for _, d := range []string{"processed", "rejected"} {
		h.must(os.MkdirAll(filepath.Join(h.stage.erpDir, "national", d), 0o755))
	}
	block := strings.NewReplacer("name: goods # what suppliers delivered; the storekeepers' system writes it", "name: national", "    mapping: generic-erp/v2\n", "",
		"/receipts", "/national", "type: goods_received", "type: catalogue\n      profile: nhs-supply-chain-full/v1").Replace(goods)
	h.write(h.trustFile("trust.yaml"), strings.Replace(trust, "\nsuppliers:", "\n"+block+"\nsuppliers:", 1))
	h.ok("check", "--offline")
	h.start()
	h.seed()
	comes := func(name, text string, where ...string) {
		t.Helper()
		h.dropIn("national", name, []byte(text))
		h.until(name+" is taken", func() (string, error) {
			for _, w := range where {
				sub, file, _ := strings.Cut(w, "/")
				if !slices.Contains(h.listed("national/"+sub), file) {
					return "it is not in " + w, nil
				}
			}
			return "", nil
		})
	}
	one := strings.Replace(nationalFile(200, "12.00"), "FAB0007|Locking", "FAB0007|=Locking", 1)
	comes("full.csv", one, "processed/full.csv", "rejected/full.csv.rejected.csv")
	refused, err := os.ReadFile(filepath.Join(h.stage.erpDir, "national/rejected/full.csv.rejected.csv"))
	if err != nil || !strings.Contains(string(refused), "cell_formula") || !strings.Contains(string(refused), "9,") || !strings.Contains(string(refused), "FAB0007 | '=Locking") {
		t.Errorf("%v\n%s", err, refused)
	}
	comes("half.csv", strings.Split(one, "TRAILER")[0], "rejected/half.csv", "rejected/half.csv.reason.txt")
	comes("dear.csv", nationalFile(200, "13.00"), "rejected/dear.csv", "rejected/dear.csv.reason.txt")
	if out := h.ok("catalogue", "show", "FAB0001"); !strings.Contains(out, "£12.00 for 10") {
		t.Errorf("a file that waits was loaded:\n%s", out)
	}
	if out := h.ok("warnings", "list"); !strings.Contains(out, "199 of 199, more than 10 in a hundred") || !strings.Contains(out, "--accept NAME") {
		t.Errorf("nobody is told:\n%s", out)
	}
	kept, err := filepath.Glob(filepath.Join(h.stage.dir, "data", "catalogue", "waiting", "*-dear.csv"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v", kept, err)
	}
	h.refuses(1, []string{"199 of 199", "--accept"}, "catalogue", "load", "--profile", "nhs-supply-chain-full/v1", kept[0])
	h.ok("catalogue", "load", "--profile", "nhs-supply-chain-full/v1", "--accept", "B. Buyer", kept[0])
	if out := h.ok("catalogue", "show", "FAB0001"); !strings.Contains(out, "£13.00 for 10") {
		t.Errorf("what a person let in is not there:\n%s", out)
	}
	if out := h.ok("warnings", "list"); strings.Contains(out, "--accept") {
		t.Errorf("it still waits:\n%s", out)
	}
	if out := h.ok("catalogue", "loads"); !strings.Contains(out, "accepted by B. Buyer") || !strings.Contains(out, "waits") || !strings.Contains(out, "refused") {
		t.Error(out)
	}
	if left, _ := os.ReadDir(filepath.Join(h.stage.dir, "data", "spool")); len(left) > 0 {
		t.Errorf("left in the spool: %v", left)
	}
}

// TestCatalogue_AKilledLoadLeavesTheOldCatalogueWhole kills the command that
// loads, the hub serving beside it, between its steps.
func TestCatalogue_AKilledLoadLeavesTheOldCatalogueWhole(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	const rows = 6000
	old, next := filepath.Join(t.TempDir(), "old.csv"), filepath.Join(t.TempDir(), "next.csv")
	h.must(os.WriteFile(old, []byte(nationalFile(rows, "12.00")), 0o644))
	h.must(os.WriteFile(next, []byte(strings.ReplaceAll(nationalFile(rows+1000, "13.00"), "Locking", "Sliding")), 0o644))
	load := func(file string) []string {
		return []string{"catalogue", "load", "--profile", "nhs-supply-chain-full/v1", "--accept", "B. Buyer", file}
	}
	h.ok(load(old)...)
	state := func() string {
		s, err := h.query(`SELECT count(*) || ' ' || count(*) FILTER (WHERE b.description LIKE 'Locking%') || ' ' || (SELECT count(DISTINCT price) FROM product_price c JOIN product q ON q.id = c.version) FROM product p JOIN product_body b ON b.id = p.body WHERE NOT p.removed`)
		h.must(err)
		return s
	}
	const whole, after = "6000 6000 1", "7000 0 1"
	if got := state(); got != whole {
		t.Fatalf("before: %s", got)
	}
	for _, point := range []failpoint.Point{failpoint.CatalogueJudged, failpoint.CatalogueHalf, failpoint.CatalogueWritten} {
		h.killed(point, load(next)...)
		if got := state(); got != whole {
			t.Errorf("killed at %s: %s", point, got)
		}
	}
	h.killed(failpoint.CatalogueInForce, load(next)...)
	if got := state(); got != after {
		t.Errorf("killed once it was in force: %s", got)
	}
	h.ok(load(next)...)
	if got := state(); got != after {
		t.Errorf("after: %s", got)
	}
	if n, err := h.query(`SELECT count(*)::text FROM product_version v JOIN catalogue_source s ON s.id = v.source WHERE v.since > s.generation OR v.until > s.generation`); n != "0" || err != nil {
		t.Errorf("%s versions of dead loads were left, %v", n, err)
	}
}

// killed runs a command as a process of its own, which kills itself at a point.
func (h *hospital) killed(point failpoint.Point, args ...string) {
	h.t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"--config", h.path("stockwell.yaml")}, args...)...)
	cmd.Env = append(append(os.Environ(), asStockwell+"=1", failpoint.Variable+"="+string(point)), h.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		h.t.Fatalf("%v did not die at %s: %v\n%s", args, point, err, out)
	}
}
