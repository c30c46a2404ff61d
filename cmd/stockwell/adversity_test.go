package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// programs gives a folder of PostgreSQL's programs whose server is started by
// a script of the test's, which ends by running $REAL.
func programs(t *testing.T, script string) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		path, err := exec.LookPath("postgres")
		if err != nil {
			t.Fatal("this test needs PostgreSQL's programs; install them with: make deps")
		}
		found = []string{path}
	}
	real := found[len(found)-1]
	dir, err := os.MkdirTemp("", "stockwell-programs-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, err := range []error{
		os.Chmod(dir, 0o755), // the account that runs the server passes through
		os.Symlink(filepath.Join(filepath.Dir(real), "initdb"), filepath.Join(dir, "initdb")),
		os.WriteFile(filepath.Join(dir, "postgres"), []byte("#!/bin/sh\nREAL="+real+"\n"+script+"\nexec $REAL \"$@\"\n"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sendOnce sends a message over a connection of its own and gives the answer.
func (h *hospital) sendOnce(raw []byte) (code, text string) {
	h.t.Helper()
	client := mllp.NewClient(mllp.ClientConfig{Name: "theatre", Address: h.theatre})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	frame, err := client.Send(ctx, raw)
	if err != nil {
		h.t.Fatalf("the sender was not answered: %v\nthe hub says:\n%s", err, h.log)
	}
	answer, err := mllp.ReadAnswer(frame)
	h.must(err)
	return answer.Code, answer.Text
}

// use is a message of a use in a case of its own, the nth of its kind.
func (h *hospital) use(n int) []byte {
	return []byte(strings.NewReplacer("MSG000441", fmt.Sprintf("A%06d", n), "T4411-1", fmt.Sprintf("A%06d-1", n), "|4411\r", fmt.Sprintf("|A%06d\r", n)).Replace(string(h.message("first.hl7"))))
}

// get reads one of the hub's addresses.
func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(raw)
}

// begins waits until a condition has begun, as monitoring and people see it.
func (h *hospital) begins(pages, kind, trust, title string) {
	h.t.Helper()
	h.until(kind+" began", func() (string, error) {
		if _, body := get(h.t, pages+"metrics"); !strings.Contains(body, fmt.Sprintf("stockwell_condition{kind=%q,trust=%q} 1\n", kind, trust)) {
			return "the metric does not tell", nil
		}
		if _, body := get(h.t, pages+"ZZ1/"); !strings.Contains(body, title) {
			return "the pages do not tell", nil
		}
		return "", nil
	})
}

// ends waits until a condition is over and looks at what was told of it: one
// alert at the start and one at the end, and a warning that is closed.
func (h *hospital) ends(pages, kind, trust string) {
	h.t.Helper()
	h.until(kind+" ended", func() (string, error) {
		if _, body := get(h.t, pages+"metrics"); !strings.Contains(body, fmt.Sprintf("stockwell_condition{kind=%q,trust=%q} 0\n", kind, trust)) {
			return "the metric does not tell", nil
		}
		return h.query(`SELECT 'its warnings: ' || count(*) || ', open: ' || count(*) FILTER (WHERE closed_at IS NULL) FROM warning WHERE kind = $1
			HAVING count(*) <> 1 OR count(*) FILTER (WHERE closed_at IS NULL) > 0`, kind)
	})
	began, ended := 0, 0
	for line := range strings.Lines(h.log.String()) {
		if strings.Contains(line, "condition="+kind+" ") {
			began += strings.Count(line, "level=WARN") * strings.Count(line, "state=began")
			ended += strings.Count(line, "level=INFO") * strings.Count(line, "state=ended")
		}
	}
	if began != 1 || ended != 1 {
		h.t.Errorf("%s: %d alerts at the start and %d at the end:\n%s", kind, began, ended, h.log)
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
