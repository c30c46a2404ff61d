package embeddedpg

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// account is the operating system's user that the server runs as.
type account struct {
	name     string
	uid, gid int
	// switched is set when that is not the hub's own user.
	switched bool
}

// accountFor chooses the server's user: the hub's own or, since PostgreSQL
// refuses to run as root, that of an existing cluster, else postgres, else
// nobody.
func accountFor(f folder) (account, error) {
	fi, err := os.Stat(f.cluster())
	exists := err == nil
	if me := os.Geteuid(); me != 0 {
		if exists && owner(fi) != me {
			return account{}, f.othersFault()
		}
		return account{name: strconv.Itoa(me), uid: me, gid: os.Getegid()}, nil
	}
	if exists && owner(fi) > 0 {
		if u, err := user.LookupId(strconv.Itoa(owner(fi))); err == nil {
			return switchTo(u)
		}
		return account{name: strconv.Itoa(owner(fi)), uid: owner(fi), gid: group(fi), switched: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return switchTo(u)
		}
	}
	return account{}, fault.New(fault.Unavailable, "database_user_missing",
		"PostgreSQL cannot run as root, and this machine has neither a user postgres nor nobody. Make one with: adduser --system --group postgres")
}

func switchTo(u *user.User) (account, error) {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return account{}, err
	}
	return account{name: u.Username, uid: uid, gid: gid, switched: true}, nil
}

// own hands path to the account.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// reaches reports whether the permission bits let the account pass through dir
// and every folder above it.
func (a account) reaches(dir string) bool {
	if !a.switched {
		return true
	}
	for {
		fi, err := os.Stat(dir)
		if err != nil {
			return false
		}
		pass := os.FileMode(0o001)
		if owner(fi) == a.uid {
			pass = 0o100
		} else if group(fi) == a.gid {
			pass = 0o010
		}
		if fi.Mode().Perm()&pass == 0 {
			return false
		}
		up := filepath.Dir(dir)
		if up == dir {
			return true
		}
		dir = up
	}
}

func group(fi os.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Gid)
	}
	return -1
}
