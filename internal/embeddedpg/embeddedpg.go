// Package embeddedpg runs the PostgreSQL that the hub keeps for itself: the
// machine's own server binaries, in a data folder of the hub, reached through
// a Unix socket only. It makes the folder when it is new, waits out whatever a
// crash left behind, starts the server again should it die, and sees to it
// that the two roles and the database exist. It never weakens durability.
//
// The layout of a data folder:
//
//	lock           held by the process that runs the server
//	cluster/       PostgreSQL's own data directory
//	run/           the socket, readable by nobody else
//	postgres.log   the server's log, and postgres.log.1 before it
//
// Where the folder's path is too long for a socket (Linux allows 107 bytes) or
// closed to the server's account, the socket's folder is /tmp/stockwell-pg-…,
// named by a hash of the path. Connections need no password: whoever may open
// the socket's folder (mode 0700) is trusted.
//
// PostgreSQL refuses to run as root. A hub that is root runs it as the account
// `postgres`, or `nobody` where there is none; a folder that exists keeps its
// account. If that account cannot reach the folder (a clone under /root), no
// permission is loosened: the server gets the opened folder itself, as
// /proc/self/fd/3.
//
// Tables, migrations and connection pools do not belong here.
package embeddedpg

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

const (
	// Database is the name of the hub's database.
	Database = "stockwell"
	// OwnerRole owns the database and its tables; migrations run as it.
	OwnerRole = "stockwell_owner"
	// RuntimeRole is what the hub works as; row-level security binds it.
	RuntimeRole = "stockwell"
	// superRole is the bootstrap role that initdb makes.
	superRole = "postgres"
)

// startLimit bounds a start for callers whose context has no deadline. Crash
// recovery of a large folder may honestly take minutes.
const startLimit = 5 * time.Minute

// Config says where the server lives.
type Config struct {
	// Dir is the data folder, as data/postgres. It is made if it is missing.
	Dir string
	// Binaries is the folder of initdb and postgres. Empty searches
	// /usr/lib/postgresql/*/bin and PATH.
	Binaries string
	// Log receives starts, stops and crashes; nil is silence.
	Log *slog.Logger
	// Settings are further server settings, for tests. Those that would lose
	// committed data are refused.
	Settings map[string]string
}

// Server is a running PostgreSQL, started by this process or by another one
// that uses the same folder.
type Server struct {
	cfg    Config
	dir    folder
	socket string
	lock   *os.File // nil when attached
	child  *child   // nil when attached

	closeOnce sync.Once
	closeErr  error
}

// Open starts the server of cfg.Dir, or attaches to the one that another
// process already runs there; it returns when the roles and the database are
// ready for use. If the process that runs it is just stopping, Open waits and
// starts it anew. ctx bounds the start only.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := refuseUnsafe(cfg.Settings); err != nil {
		return nil, err
	}
	dir, err := openFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, startLimit)
		defer cancel()
	}
	for {
		lock, err := dir.tryLock()
		if err != nil {
			return nil, err
		}
		if lock != nil {
			s := &Server{cfg: cfg, dir: dir, lock: lock}
			if err := s.start(ctx); err != nil {
				_ = s.Close()
				return nil, err
			}
			return s, nil
		}
		if s, err := attach(ctx, cfg, dir); s != nil || err != nil {
			return s, err
		}
		if !pause(ctx, 20*time.Millisecond) {
			return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "database_busy",
				"Another Stockwell process uses the data folder %s, but its database does not answer. Look at %s, or stop that process.",
				dir.path, dir.logFile())
		}
	}
}

// attach returns the server that another process runs in dir, nil if it is not
// ready (yet, or any more).
func attach(ctx context.Context, cfg Config, dir folder) (*Server, error) {
	pm, ok := readPostmaster(dir.cluster())
	if !ok || !pm.ready {
		return nil, nil
	}
	s := &Server{cfg: cfg, dir: dir, socket: pm.socket}
	if f, err := os.Open(pm.socket); err != nil {
		if os.IsPermission(err) {
			return nil, dir.othersFault()
		}
		return nil, nil
	} else if err := f.Close(); err != nil {
		return nil, nil
	}
	if err := s.bootstrap(ctx); err != nil {
		return nil, nil //nolint:nilerr // it is starting or stopping: Open tries again until ctx ends
	}
	return s, nil
}

// OwnerDSN connects to the hub's database as the role that owns its tables.
func (s *Server) OwnerDSN() string { return s.dsn(OwnerRole, Database) }

// RuntimeDSN connects to the hub's database as the role that the hub works as.
func (s *Server) RuntimeDSN() string { return s.dsn(RuntimeRole, Database) }

// SuperDSN connects to dbname as the bootstrap role. It bypasses row-level
// security, so it serves the bootstrap and tests, nothing else.
func (s *Server) SuperDSN(dbname string) string { return s.dsn(superRole, dbname) }

// dsn needs no quoting: socketDir yields plain paths only, and names are ours.
func (s *Server) dsn(role, dbname string) string {
	return fmt.Sprintf("host=%s port=5432 user=%s dbname=%s sslmode=disable", s.socket, role, dbname)
}

// Attached reports whether another process runs the server.
func (s *Server) Attached() bool { return s.lock == nil }

// PID is the postmaster's process number, 0 between a crash and the restart
// and when another process runs the server. Tests kill it.
func (s *Server) PID() int {
	if s.child == nil {
		return 0
	}
	return s.child.pid()
}

// Close stops the server at once, but cleanly (open transactions are rolled
// back), and returns when all its processes have ended. A server that another
// process runs is left alone. Closing again returns the first result.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		if s.lock == nil {
			return
		}
		if s.child != nil {
			s.closeErr = s.child.stop()
		}
		s.dir.removeSocketDir(s.socket)
		// Closing the file gives up the lock: last, for whoever gets it starts
		// a server of its own.
		_ = s.lock.Close()
	})
	return s.closeErr
}

// pause waits for d; it is false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
