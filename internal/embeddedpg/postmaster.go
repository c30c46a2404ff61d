package embeddedpg

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// postmaster is what a server says of itself in postmaster.pid.
type postmaster struct {
	pid    int
	socket string // the socket's folder
	ready  bool
}

// readPostmaster is false where there is no (complete) postmaster.pid.
func readPostmaster(data string) (postmaster, bool) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmaster{}, false
	}
	lines := strings.Split(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return postmaster{}, false
	}
	pm := postmaster{pid: pid}
	if len(lines) > 4 {
		pm.socket = strings.TrimSpace(lines[4])
	}
	if len(lines) > 7 {
		pm.ready = strings.TrimSpace(lines[7]) == "ready"
	}
	return pm, true
}

// How long a predecessor's processes may take to end by themselves before they
// are told to, and before they are made to.
const (
	orphanGrace = 2 * time.Second
	orphanLimit = 20 * time.Second
)

// clearOld waits until no process of an earlier server works in data, and then
// removes the file that claims that one does. The caller holds the folder's
// lock, so a server that still lives is an orphan: its hub was killed, and it
// is about to stop; or it was started by hand, which is refused.
func clearOld(ctx context.Context, f folder, data, socket string) error {
	began := time.Now()
	for {
		pids := living(data)
		if len(pids) == 0 {
			break
		}
		pm, ok := readPostmaster(data)
		if ok && slices.Contains(pids, pm.pid) && pm.socket != "" && pm.socket != socket {
			return fault.New(fault.Conflict, "database_started_elsewhere",
				"A PostgreSQL that Stockwell did not start (process %d) uses the data folder %s. Stop it, then start Stockwell again.", pm.pid, f.path)
		}
		hurry(pids, pm, time.Since(began))
		if !pause(ctx, 10*time.Millisecond) {
			return fault.Wrap(ctx.Err(), fault.Unavailable, "database_stopping",
				"The database in %s was not shut down cleanly and its old processes (first: %d) have not ended. Wait a little, then start Stockwell again.", f.path, pids[0])
		}
	}
	if err := os.Remove(filepath.Join(data, "postmaster.pid")); err != nil && !os.IsNotExist(err) {
		return fault.Wrap(err, fault.Denied, "database_folder_unusable",
			"The file postmaster.pid in %s cannot be removed. Mend the folder's permissions.", data)
	}
	return nil
}

// hurry ends what does not end by itself. A postmaster is asked for a fast
// shutdown. Backends whose postmaster is dead are told to quit: a busy one
// notices only when its statement ends, and what it has not committed is lost
// either way.
func hurry(pids []int, pm postmaster, waited time.Duration) {
	if waited < orphanGrace {
		return
	}
	led := slices.Contains(pids, pm.pid)
	for _, pid := range pids {
		switch {
		case led && pid != pm.pid:
		case led && waited < orphanLimit:
			_ = syscall.Kill(pid, syscall.SIGINT)
		case waited < orphanLimit || led:
			_ = syscall.Kill(pid, syscall.SIGQUIT)
		default:
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
