package embeddedpg

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// makeCluster runs initdb in a folder that has no cluster yet; it is true if
// it did. The cluster appears under its name only when it is complete, so a
// crash in between leaves nothing that looks like one.
func makeCluster(ctx context.Context, f folder, a account, bin binaries) (bool, error) {
	if fi, err := os.Stat(f.cluster()); err == nil && fi.IsDir() {
		if _, ok := clusterVersion(f); ok {
			return false, nil
		}
		return false, fault.New(fault.Conflict, "database_folder_damaged",
			"The folder %s exists but holds no PostgreSQL data. Restore it from a backup, or move it away to begin anew.", f.cluster())
	}
	// C.UTF-8 knows letters beyond ASCII; sorting is by bytes in either case,
	// so that no upgrade of the C library ever changes an index.
	err := initdb(ctx, f, a, bin, "--locale=C", "--lc-ctype=C.UTF-8")
	if err != nil && ctx.Err() == nil {
		err = initdb(ctx, f, a, bin, "--locale=C")
	}
	if err != nil {
		_ = os.RemoveAll(f.fresh())
		return false, err
	}
	if err := errors.Join(os.Rename(f.fresh(), f.cluster()), syncDir(f.path)); err != nil {
		return false, fault.Wrap(err, fault.Denied, "database_folder_unusable",
			"The new database in %s cannot be put in its place. Mend the folder's permissions.", f.path)
	}
	return true, nil
}

func initdb(ctx context.Context, f folder, a account, bin binaries, locale ...string) error {
	if err := errors.Join(os.RemoveAll(f.fresh()), os.Mkdir(f.fresh(), 0o700), a.own(f.fresh())); err != nil {
		return fault.Wrap(err, fault.Denied, "database_folder_unusable",
			"A new database cannot be made in %s. Mend the folder's permissions, or choose another with --data.", f.path)
	}
	cmd, done, err := command(a, filepath.Join(bin.dir, "initdb"), f.fresh(), func(data string) []string {
		return append([]string{"-D", data, "-U", superRole, "--encoding=UTF8", "--data-checksums",
			"--auth-local=trust", "--auth-host=reject", "--no-instructions"}, locale...)
	})
	if err != nil {
		return err
	}
	defer done()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	dieWithParent(cmd, syscall.SIGKILL)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err = cmd.Start(); err == nil {
		stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		err = cmd.Wait()
		stop()
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fault.Wrap(ctx.Err(), fault.Unavailable, "database_not_ready", "The making of a new database in %s was interrupted.", f.path)
	}
	said := strings.TrimSpace(out.String())
	if i := strings.LastIndex(said, "initdb: error: "); i >= 0 {
		said, _, _ = strings.Cut(said[i+len("initdb: error: "):], "\n")
	} else if said == "" {
		said = err.Error()
	}
	return fault.Wrap(err, fault.Unavailable, "database_not_made", "A new database cannot be made in %s: %s", f.path, said)
}

// syncDir makes a rename in dir survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
