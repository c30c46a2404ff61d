package embeddedpg

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// oldest is the first major version with all that the hub's tables use.
const oldest = 15

// debianDir is where Debian puts each major version's programs.
const debianDir = "/usr/lib/postgresql"

// binaries is a folder with initdb and postgres of one major version.
type binaries struct {
	dir   string
	major int
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// findBinaries chooses the programs for a data folder: exactly its own major
// version if it has one, since no other can read it, else the newest.
func findBinaries(configured string, f folder) (binaries, error) {
	return choose(search(configured), configured, f)
}

func choose(found []binaries, configured string, f folder) (binaries, error) {
	if len(found) == 0 && configured != "" {
		return binaries{}, fault.New(fault.Invalid, "database_binaries_missing",
			"The folder %s has no initdb and postgres. Correct database.binaries in stockwell.yaml, or leave it empty to search.", configured).At("database.binaries")
	}
	if len(found) == 0 {
		return binaries{}, fault.New(fault.Unavailable, "database_binaries_missing",
			"PostgreSQL is not installed. Install it with: make deps (or: sudo apt-get install postgresql), or name your own server in database.dsn.")
	}
	best := slices.MaxFunc(found, func(a, b binaries) int { return a.major - b.major })
	made, ok := clusterVersion(f)
	if !ok {
		if best.major < oldest {
			return binaries{}, fault.New(fault.Unavailable, "database_binaries_old",
				"PostgreSQL %d is installed; Stockwell needs %d or newer. Install one with: sudo apt-get install postgresql", best.major, oldest)
		}
		return best, nil
	}
	for _, b := range found {
		if b.major == made {
			return b, nil
		}
	}
	return binaries{}, fault.New(fault.Conflict, "database_version_differs",
		"The data folder %s was made by PostgreSQL %d; installed is %s. Install the same version with: sudo apt-get install postgresql-%d, or choose another folder with --data.",
		f.path, made, majors(found), made)
}

// clusterVersion reads the major version that made the folder's cluster.
func clusterVersion(f folder) (int, bool) {
	b, err := os.ReadFile(filepath.Join(f.cluster(), "PG_VERSION"))
	if err != nil {
		return 0, false
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return major, err == nil
}

// search lists what is there: the configured folder alone, or all of Debian's
// and the one in PATH.
func search(configured string) []binaries {
	var dirs []string
	if configured != "" {
		dirs = []string{configured}
	} else {
		dirs, _ = filepath.Glob(debianDir + "/*/bin")
		if p, err := exec.LookPath("postgres"); err == nil {
			if real, err := filepath.EvalSymlinks(p); err == nil {
				dirs = append(dirs, filepath.Dir(real))
			}
		}
	}
	var found []binaries
	for _, dir := range dirs {
		if major, ok := majorOf(dir); ok {
			found = append(found, binaries{dir, major})
		}
	}
	return found
}

// majorOf asks the folder's postgres for its version; Debian's say it by path.
func majorOf(dir string) (int, bool) {
	for _, name := range []string{"initdb", "postgres"} {
		if fi, err := os.Stat(filepath.Join(dir, name)); err != nil || fi.Mode()&0o111 == 0 {
			return 0, false
		}
	}
	if rest, ok := strings.CutPrefix(dir, debianDir+"/"); ok {
		if major, err := strconv.Atoi(strings.TrimSuffix(rest, "/bin")); err == nil {
			return major, true
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	m := versionLine.FindSubmatch(out)
	if err != nil || m == nil {
		return 0, false
	}
	major, err := strconv.Atoi(string(m[1]))
	return major, err == nil
}

func majors(found []binaries) string {
	var names []string
	for _, b := range found {
		names = append(names, strconv.Itoa(b.major))
	}
	return strings.Join(names, ", ")
}
