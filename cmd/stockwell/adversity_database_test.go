package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAdversity_TheDatabaseIsGoneForAMinute kills PostgreSQL and keeps it from
// starting. Senders are told to try again, people are told once, and all goes
// on by itself.
func TestAdversity_TheDatabaseIsGoneForAMinute(t *testing.T) {
	t.Parallel()
	flags := t.TempDir()
	h := emptyHospital(t, nil)
	away := filepath.Join(flags, "away")
	h.must(os.Chmod(filepath.Dir(flags), 0o755))
	h.set("binaries", programs(t, "[ -e "+away+" ] && [ \"$1\" = -D ] && exit 1"))
	c := h.serve("")
	h.seed()
	h.deliver(h.use(1), func() {})
	h.settled(func() {})

	h.must(os.WriteFile(away, nil, 0o644))
	h.must(syscall.Kill(h.postmaster(), syscall.SIGKILL))
	h.until("the hub notices", func() (string, error) {
		if status, _ := get(t, c.pages+"readyz"); status == http.StatusOK {
			return "it is ready", nil
		}
		return "", nil
	})
	if code, text := h.sendOnce(h.use(2)); code != "AE" || !strings.Contains(text, "Try again") {
		t.Errorf("the sender was told %s %s", code, text)
	}
	h.begins(c.pages, databaseAway, "", "The database is away")
	if status, _ := get(t, c.pages+"healthz"); status != http.StatusOK {
		t.Errorf("/healthz says %d", status)
	}

	h.must(os.Remove(away))
	h.deliver(h.use(2), func() {})
	h.settled(func() {})
	h.ends(c.pages, databaseAway, "")
	if posted, err := h.query(`SELECT count(*)::text FROM posting WHERE connector = 'theatre' AND outcome = 'applied'`); posted != "2" || err != nil {
		t.Errorf("%s uses are posted, %v", posted, err)
	}
	if n := strings.Count(h.log.String(), "the embedded database stopped unexpectedly"); n > 2 {
		t.Errorf("its deaths were told %d times", n)
	}
}
