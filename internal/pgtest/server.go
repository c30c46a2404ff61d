package pgtest

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
)

const folderPattern = "stockwell-pgtest-"

// start brings up the server and migrates the template. It is not called
// twice.
func start() error {
	state.mu.Lock()
	defer state.mu.Unlock()
	if state.closed {
		return context.Canceled
	}
	sweep()
	dir, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return err
	}
	state.dir = dir
	// Root's server runs as another user, which must pass through.
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	ctx := context.Background()
	state.server, err = embeddedpg.Open(ctx, embeddedpg.Config{
		Dir:      filepath.Join(dir, "pg"),
		Settings: map[string]string{"max_connections": "300"},
	})
	if err != nil || state.migrate == nil {
		return err
	}
	return state.migrate(ctx, state.server.OwnerDSN())
}

// stop stops the server and removes its folder.
func stop() error {
	state.mu.Lock()
	defer state.mu.Unlock()
	state.closed = true
	var err error
	if state.server != nil {
		err = state.server.Close()
	}
	if state.dir != "" {
		if rm := os.RemoveAll(state.dir); err == nil {
			err = rm
		}
	}
	return err
}

// sweep removes the folders of test processes that were killed. A folder is
// dead when it is an hour old and nobody holds its lock.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPattern+"*"))
	for _, dir := range old {
		fi, err := os.Stat(dir)
		if err != nil || time.Since(fi.ModTime()) < time.Hour {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(dir, "pg", "lock"), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}
