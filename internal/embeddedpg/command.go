package embeddedpg

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// command prepares one of PostgreSQL's programs for the account, to work on
// the data directory data. args is given the path under which the program sees
// that directory: its own, or /proc/self/fd/3 where the account cannot pass
// through the folders above it. done closes what the command holds open, once
// it has been started or given up.
func command(a account, program, data string, args func(data string) []string) (cmd *exec.Cmd, done func(), err error) {
	done = func() {}
	var extra []*os.File
	if !a.reaches(filepath.Dir(data)) {
		f, err := os.Open(data)
		if err != nil {
			return nil, nil, err
		}
		extra, done = []*os.File{f}, func() { _ = f.Close() }
		data = "/proc/self/fd/3"
	}
	cmd = exec.Command(program, args(data)...)
	cmd.ExtraFiles = extra
	cmd.Dir = "/" // the hub's own folder may be closed to the account
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	// A group of its own: an interrupt from the terminal is for the hub, which
	// drains before it stops its database.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd, done, nil
}
