//go:build unix && !linux

package embeddedpg

import (
	"os/exec"
	"syscall"
)

// dieWithParent does nothing: only Linux tells a child of its parent's death.
// The next start stops what was left running.
func dieWithParent(*exec.Cmd, syscall.Signal) {}

// living knows of the postmaster only, by the number in its file.
func living(data string) []int {
	pm, ok := readPostmaster(data)
	if !ok || syscall.Kill(pm.pid, 0) == syscall.ESRCH {
		return nil
	}
	return []int{pm.pid}
}
