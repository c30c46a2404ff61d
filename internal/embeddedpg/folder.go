package embeddedpg

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// maxSocketDir leaves room for "/.s.PGSQL.5432" in the 107 bytes of a socket's
// path.
const maxSocketDir = 107 - len("/.s.PGSQL.5432")

// plainPath is what needs no quoting in a DSN nor in unix_socket_directories.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9/._+-]+$`)

// folder is a data folder by its absolute path, free of symbolic links.
type folder struct{ path string }

func (f folder) cluster() string { return filepath.Join(f.path, "cluster") }
func (f folder) fresh() string   { return filepath.Join(f.path, "cluster.new") }
func (f folder) logFile() string { return filepath.Join(f.path, "postgres.log") }

// openFolder makes dir if it is missing.
func openFolder(dir string) (folder, error) {
	if dir == "" {
		return folder{}, fault.New(fault.Invalid, "database_folder_missing",
			"No folder is named for the embedded database. Set data in stockwell.yaml, or give --data.")
	}
	path, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(path, 0o755)
	}
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return folder{}, fault.Wrap(err, fault.Invalid, "database_folder_unusable",
			"The data folder %s cannot be made or opened (%v). Choose another with --data, or mend its permissions.", dir, errors.Unwrap(err))
	}
	return folder{path}, nil
}

// tryLock returns nil when another process (or another Server of this one)
// holds the folder. The kernel releases the lock when its holder dies.
func (f folder) tryLock() (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(f.path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if os.IsPermission(err) {
		return nil, f.othersFault()
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "database_folder_unusable",
			"The data folder %s cannot be written (%v).", f.path, errors.Unwrap(err))
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return lock, nil
	}
	_ = lock.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	return nil, fault.Wrap(err, fault.Invalid, "database_folder_unusable",
		"The data folder %s cannot be locked (%v). Choose one on a local disk with --data.", f.path, err)
}

func (f folder) othersFault() error {
	return fault.New(fault.Denied, "database_folder_foreign",
		"The data folder %s belongs to another user. Run Stockwell as that user, or choose another folder with --data.", f.path)
}

// socketDir gives the folder for the socket: run/ in the data folder where the
// server's account can reach it and its path is short and plain, else one under
// /tmp named by the data folder's path, so that every process finds the same.
func (f folder) socketDir(a account) string {
	inside := filepath.Join(f.path, "run")
	if len(inside) <= maxSocketDir && plainPath.MatchString(inside) && a.reaches(f.path) {
		return inside
	}
	sum := sha256.Sum256([]byte(f.path))
	return "/tmp/stockwell-pg-" + hex.EncodeToString(sum[:8])
}

// makeSocketDir makes dir for a alone. A folder that someone else put there
// first is refused: they could pose as the database.
func (f folder) makeSocketDir(dir string, a account) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		if err := a.own(dir); err != nil {
			return fault.Wrap(err, fault.Denied, "socket_folder_unusable",
				"The folder %s for the database's socket cannot be handed to the user %s (%v).", dir, a.name, err)
		}
		return nil
	} else if !os.IsExist(err) {
		return fault.Wrap(err, fault.Denied, "socket_folder_unusable",
			"The folder %s for the database's socket cannot be made (%v).", dir, errors.Unwrap(err))
	}
	fi, err := os.Lstat(dir)
	if err != nil || !fi.IsDir() || fi.Mode().Perm() != 0o700 || owner(fi) != a.uid {
		return fault.New(fault.Denied, "socket_folder_foreign",
			"The folder %s for the database's socket is not private to the user %s. Remove it and start again.", dir, a.name)
	}
	// A socket and its lock file outlive a kill -9, and PostgreSQL takes the
	// process number in them for a living server if something else has it now.
	for _, name := range []string{".s.PGSQL.5432", ".s.PGSQL.5432.lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			return fault.Wrap(err, fault.Denied, "socket_folder_unusable",
				"The old socket in %s cannot be removed (%v).", dir, errors.Unwrap(err))
		}
	}
	return nil
}

// removeSocketDir leaves nothing in /tmp after a clean stop.
func (f folder) removeSocketDir(dir string) {
	if strings.HasPrefix(dir, "/tmp/stockwell-pg-") {
		_ = os.Remove(dir) // fails, rightly, if something is still in it
	}
}

func owner(fi os.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
