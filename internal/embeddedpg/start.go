package embeddedpg

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// start brings the server up in a folder whose lock this process holds.
func (s *Server) start(ctx context.Context) error {
	began := time.Now()
	a, err := accountFor(s.dir)
	if err != nil {
		return err
	}
	s.socket = s.dir.socketDir(a)
	data := s.dir.cluster()
	for _, d := range []string{data, s.dir.fresh()} {
		if err := clearOld(ctx, s.dir, d, s.socket); err != nil {
			return err
		}
	}
	bin, err := findBinaries(s.cfg.Binaries, s.dir)
	if err != nil {
		return err
	}
	isNew, err := makeCluster(ctx, s.dir, a, bin)
	if err != nil {
		return err
	}
	if err := s.dir.makeSocketDir(s.socket, a); err != nil {
		return err
	}

	c := &child{log: s.cfg.Log, out: &serverLog{path: s.dir.logFile()}, done: make(chan struct{})}
	c.ctx, c.quit = context.WithCancel(context.Background())
	c.prepare = func() (*exec.Cmd, func(), error) {
		return command(a, filepath.Join(bin.dir, "postgres"), data, func(data string) []string {
			return arguments(data, s.socket, s.cfg.Settings)
		})
	}
	c.clear = func(ctx context.Context) error {
		if err := clearOld(ctx, s.dir, data, s.socket); err != nil {
			return err
		}
		return s.dir.makeSocketDir(s.socket, a)
	}
	s.child = c
	go c.run()
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	c.setUp()
	if err := s.bootstrap(ctx); err != nil {
		return err
	}
	s.cfg.Log.Info("the embedded database is ready",
		"folder", s.dir.path, "version", bin.major, "new", isNew, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

// waitReady returns when the server takes connections, or says why it ended.
func (s *Server) waitReady(ctx context.Context) error {
	for {
		if pm, ok := readPostmaster(s.dir.cluster()); ok && pm.ready && pm.pid == s.child.pid() {
			return nil
		}
		select {
		case <-s.child.done:
			reason := s.child.out.reason()
			if err := s.child.failed(); reason == "" && err != nil {
				reason = err.Error()
			}
			if os.IsPermission(s.child.failed()) {
				reason += "; the database's user must be able to run it"
			}
			return fault.Wrap(s.child.failed(), fault.Unavailable, "database_not_started",
				"The embedded database in %s did not start: %s. Its log is %s.", s.dir.path, reason, s.dir.logFile())
		default:
		}
		if !pause(ctx, 5*time.Millisecond) {
			return fault.Wrap(ctx.Err(), fault.Unavailable, "database_not_ready",
				"The embedded database in %s is not ready in time: it may still be recovering from a crash. Its log is %s.", s.dir.path, s.dir.logFile())
		}
	}
}
