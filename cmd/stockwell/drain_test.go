package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

func TestServe_ATermSignalDrainsAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	h := emptyHospital(t, nil)
	c := h.serve("")
	h.seed()
	use, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	var mu sync.Mutex
	var accepted []string
	var senders sync.WaitGroup
	begun := make(chan bool, 4)
	for s := range 4 {
		senders.Go(func() {
			client := mllp.NewClient(mllp.ClientConfig{Name: "theatre", Address: h.theatre})
			defer client.Close()
			for n := 0; ; n++ {
				id := fmt.Sprintf("D%d-%d", s, n)
				raw := strings.NewReplacer("\n", "\r", "MSG000441", id, "T4411-1", id).Replace(string(use))
				frame, err := client.Send(context.Background(), []byte(raw))
				if err != nil {
					return // the hub is gone
				}
				answer, err := mllp.ReadAnswer(frame)
				if err != nil || answer.Code != "AA" {
					t.Errorf("a draining hub answered %s %s %v", answer.Code, answer.Text, err)
					return
				}
				mu.Lock()
				accepted = append(accepted, id)
				mu.Unlock()
				if n == 5 {
					begun <- true
				}
			}
		})
	}
	for range 4 {
		<-begun
	}
	postmaster, pages := h.postmaster(), strings.Trim(strings.TrimPrefix(c.pages, "http://"), "/")
	h.must(c.cmd.Process.Signal(syscall.SIGTERM))
	<-c.ended
	senders.Wait()
	if code := c.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d; the hub says:\n%s", code, h.log)
	}
	if alive(postmaster) {
		t.Error("PostgreSQL is still there")
	}
	for _, address := range []string{h.theatre, pages} {
		ln := h.listen(address)
		_ = ln.Close()
	}
	h.serve("")
	h.quiet()
	posted, err := h.query(`SELECT string_agg(' ' || control_id || ' ', '') FROM posting WHERE outcome = 'applied'`)
	h.must(err)
	for _, id := range accepted {
		if !strings.Contains(posted, " "+id+" ") {
			t.Errorf("message %s was acknowledged and is not posted", id)
		}
	}
}

func TestDemo_TellsItsStoryTwiceInARowAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	for range 2 {
		cmd := exec.Command(os.Args[0], "demo", "--once", "--data", dir)
		cmd.Env = append(os.Environ(), asStockwell+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "expectations held") || !strings.Contains(string(out), "order PO-000017, £1,240.00") {
			t.Fatalf("%v\n%s", err, out)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "postgres", "cluster", "postmaster.pid")); len(left) > 0 {
			t.Error("PostgreSQL is still there")
		}
	}
}
