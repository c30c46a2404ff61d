package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// insideVariable is set for a test that runs in mounts of its own.
const insideVariable = "STOCKWELL_TEST_INSIDE"

// inMountsOfItsOwn reports whether the test may mount file systems that
// nobody else sees, and that are gone when it ends. If not it has run itself
// so, as another process.
func inMountsOfItsOwn(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideVariable) != "" {
		return true
	}
	if err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt").Run(); err != nil {
		t.Skip("needs root that may mount: a small disk of the test's own is filled")
	}
	cmd := exec.Command("unshare", "-m", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// smallDisk gives a hospital whose data folder is a disk of its own.
func smallDisk(t *testing.T) *hospital {
	t.Helper()
	h := emptyHospital(t, strings.NewReplacer("disk_free: 1GiB", "disk_free: 1MiB"))
	data := filepath.Join(h.stage.dir, "data")
	h.must(os.MkdirAll(data, 0o755))
	h.must(syscall.Mount("none", data, "tmpfs", 0, "size=256m,mode=755"))
	t.Cleanup(func() { _ = syscall.Unmount(data, 0) })
	return h
}

func (h *hospital) ballast() string { return filepath.Join(h.stage.dir, "data", "ballast") }

// fill takes all that the disk has left.
func (h *hospital) fill() {
	h.t.Helper()
	f, err := os.OpenFile(h.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	h.must(err)
	defer f.Close()
	for _, chunk := range []int{1 << 20, 4096} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, chunk))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			h.t.Fatal(err)
		}
	}
}

// large is a use whose message does not compress.
func (h *hospital) large(n int) []byte {
	var noise bytes.Buffer
	_, _ = io.CopyN(hex.NewEncoder(&noise), rand.Reader, 40_000)
	return append(h.use(n), []byte("NTE|1||"+noise.String()+"\r")...)
}

// TestAdversity_TheDiskIsFull fills the disk under the embedded database.
// Nothing is acknowledged that is not stored, nothing is stopped as if it were
// to blame, and all goes on by itself when there is room.
func TestAdversity_TheDiskIsFull(t *testing.T) {
	t.Parallel()
	if !inMountsOfItsOwn(t) {
		return
	}
	h := smallDisk(t)
	c := h.serve("")
	h.seed()
	h.deliver(h.use(1), func() {})
	h.settled(func() {})
	h.fill()
	taken := 1
	for n, refused := 2, 0; refused < 3; n++ {
		switch code, text := h.sendOnce(h.large(n)); {
		case code == "AA":
			taken++
		case code == "AE" && strings.Contains(text, "Try again"):
			refused++
		default:
			t.Fatalf("the sender was told %s %s", code, text)
		}
		if n > 500 {
			t.Fatal("the disk does not fill")
		}
	}
	h.begins(c.pages, diskFull, "", "The disk is full")
	h.begins(c.pages, diskLow, "", "The disk is nearly full")
	if status, _ := get(t, c.pages+"readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz says %d", status)
	}
	h.must(os.Remove(h.ballast()))
	h.deliver(h.large(1000), func() {})
	h.settled(func() {})
	h.ends(c.pages, diskFull, "")
	h.ends(c.pages, diskLow, "")
	h.nothingStopped(taken + 1)
}

// TestAdversity_TheDatabasesLogFindsNoRoom is the disk full at the moment when
// PostgreSQL needs more of it for its log: it dies, and cannot start.
func TestAdversity_TheDatabasesLogFindsNoRoom(t *testing.T) {
	t.Parallel()
	if !inMountsOfItsOwn(t) {
		return
	}
	h := smallDisk(t)
	c := h.serve("")
	h.seed()
	h.deliver(h.use(1), func() {})
	h.settled(func() {})
	h.fill()
	h.until("the database finds no room for its log", func() (string, error) {
		conn, err := pgx.Connect(t.Context(), h.super)
		if err == nil {
			for err == nil {
				_, err = conn.Exec(t.Context(), `SELECT pg_logical_emit_message(true, 'filler', 'x'), pg_switch_wal()`)
			}
			_ = conn.Close(t.Context())
		}
		if !strings.Contains(h.log.String(), "stopped unexpectedly") {
			return "it lives", nil
		}
		return "", nil
	})
	if code, text := h.sendOnce(h.use(2)); code != "AE" {
		t.Errorf("the sender was told %s %s", code, text)
	}
	h.begins(c.pages, diskFull, "", "The disk is full")
	h.must(os.Remove(h.ballast()))
	h.deliver(h.use(2), func() {})
	h.settled(func() {})
	h.ends(c.pages, diskFull, "")
	h.nothingStopped(2)
}

// nothingStopped sees that every acknowledged use is posted, and none stopped.
// More may be: an answer can be lost after its commit.
func (h *hospital) nothingStopped(taken int) {
	h.t.Helper()
	stopped, err := h.query(`SELECT coalesce(string_agg(DISTINCT code, ' '), '') FROM queue_stopped`)
	if stopped != "" || err != nil {
		h.t.Errorf("messages were stopped: %s, %v", stopped, err)
	}
	if few, err := h.query(`SELECT count(*)::text FROM posting WHERE connector = 'theatre' AND outcome = 'applied' HAVING count(*) < $1`, taken); few != "" || err != nil {
		h.t.Errorf("%s of %d uses are posted, %v", few, taken, err)
	}
}
