package main

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// pgTools is a folder with pg_dump and pg_restore of one major version.
type pgTools struct {
	dir   string
	major int
}

var toolVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// findTools chooses PostgreSQL's programs for a server: of its own major
// version, else of the next above, for an older one cannot read a newer server.
func findTools(configured string, server int) (pgTools, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if configured != "" {
		dirs = []string{configured}
	}
	if p, err := exec.LookPath("pg_dump"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	var best pgTools
	for _, dir := range dirs {
		major, ok := toolsIn(dir)
		if ok && major >= server && (best.dir == "" || major < best.major) {
			best = pgTools{dir, major}
		}
	}
	if best.dir == "" {
		return best, fault.New(fault.Unavailable, "pg_dump_missing",
			"PostgreSQL's programs pg_dump and pg_restore of version %d or newer are not installed here. Install them with: sudo apt-get install postgresql-client-%d (or postgresql-client), or name their folder in database.binaries.", server, server)
	}
	return best, nil
}

func toolsIn(dir string) (major int, ok bool) {
	if _, err := os.Stat(filepath.Join(dir, "pg_restore")); err != nil {
		return 0, false
	}
	out, err := exec.Command(filepath.Join(dir, "pg_dump"), "--version").Output()
	m := toolVersion.FindSubmatch(out)
	if err != nil || m == nil {
		return 0, false
	}
	major, err = strconv.Atoi(string(m[1]))
	return major, err == nil
}

// command prepares one of the programs for a database. The password travels in
// the environment, for anybody may read a command line.
func (t pgTools) command(ctx context.Context, program, dsn string, args ...string) (*exec.Cmd, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, badOwnerDSN()
	}
	cmd := exec.CommandContext(ctx, filepath.Join(t.dir, program), append([]string{"--dbname=" + withoutPassword(dsn), "--no-password"}, args...)...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+cfg.Password, "LC_ALL=C")
	return cmd, nil
}

func badOwnerDSN() error {
	return fault.New(fault.Invalid, "database_dsn_invalid", "The database DSN cannot be read. Write it as postgres://user@host:5432/name or as host=... user=... dbname=....").At("database.owner_dsn")
}

var passwordWord = regexp.MustCompile(`(?:^|\s)password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)`)

func isURL(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

func withoutPassword(dsn string) string {
	if !isURL(dsn) {
		return passwordWord.ReplaceAllString(dsn, "")
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "" // pgx has read it before
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	q.Del("password")
	u.RawQuery = q.Encode()
	return u.String()
}

// withDatabase gives a DSN that names another database of the same server.
func withDatabase(dsn, name string) string {
	if !isURL(dsn) {
		return dsn + " dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'" // the last one counts
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn
	}
	u.Path = "/" + name
	return u.String()
}

// whySaid is what a program said of its failure, without the lines that quote
// rows (law 9).
func whySaid(stderr *bytes.Buffer) string {
	for line := range strings.Lines(stderr.String()) {
		if _, why, ok := strings.Cut(strings.TrimSpace(line), "error: "); ok {
			return why[:min(len(why), 300)]
		}
	}
	return "it did not say why"
}

// reader prepares pg_restore to read an archive without a database.
func (t pgTools) reader(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(t.dir, "pg_restore"), args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd
}
