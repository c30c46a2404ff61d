package embeddedpg

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// dieWithParent has the kernel send sig to the command when the thread that
// starts it ends; so that thread must live as long as the command.
func dieWithParent(cmd *exec.Cmd, sig syscall.Signal) { cmd.SysProcAttr.Pdeathsig = sig }

// living lists the PostgreSQL processes at work in a data directory, whoever
// their parent is. Each makes that directory its working directory. A zombie
// has none, so it counts as dead.
func living(data string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if cwd, err := os.Readlink("/proc/" + e.Name() + "/cwd"); err != nil || cwd != data {
			continue
		}
		comm, err := os.ReadFile("/proc/" + e.Name() + "/comm")
		if name := string(bytes.TrimSpace(comm)); err == nil && (name == "postgres" || name == "postmaster") {
			pids = append(pids, pid) // and not a shell that someone left there
		}
	}
	return pids
}
