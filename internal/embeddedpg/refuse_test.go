package embeddedpg

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func itoa(n int) string { return strconv.Itoa(n) }

// fakeBinaries makes a folder whose postgres claims a version.
func fakeBinaries(t *testing.T, major int) string {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %d.3 (Debian)'\n", major)
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func refused(t *testing.T, cfg Config, code string, says ...string) {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	if err == nil {
		_ = s.Close()
		t.Fatal("it started")
	}
	if got := fault.Of(err).Code; got != code {
		t.Fatalf("code %s: %v", got, err)
	}
	for _, words := range says {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("the error does not say %q: %v", words, err)
		}
	}
}

func TestOpen_AFolderOfAnotherVersionNamesItAndTheRemedy(t *testing.T) {
	t.Parallel()
	for _, made := range []int{14, 99} {
		dir := dataFolder(t)
		if err := os.MkdirAll(filepath.Join(dir, "cluster"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "cluster", "PG_VERSION"), []byte(itoa(made)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, Config{Dir: dir, Binaries: fakeBinaries(t, 16)}, "database_version_differs",
			"made by PostgreSQL "+itoa(made), "installed is 16", "sudo apt-get install postgresql-"+itoa(made))
	}
}

func TestOpen_AnOldPostgreSQLIsRefusedForANewFolder(t *testing.T) {
	t.Parallel()
	refused(t, Config{Dir: dataFolder(t), Binaries: fakeBinaries(t, 13)}, "database_binaries_old", "PostgreSQL 13", "15 or newer")
}

func TestOpen_WithoutBinariesTheErrorSaysHowToInstallThem(t *testing.T) {
	t.Parallel()
	refused(t, Config{Dir: dataFolder(t), Binaries: t.TempDir()}, "database_binaries_missing", "database.binaries")
	if _, err := choose(nil, "", folder{t.TempDir()}); fault.Of(err).Code != "database_binaries_missing" ||
		!strings.Contains(err.Error(), "make deps") || !strings.Contains(err.Error(), "sudo apt-get install postgresql") {
		t.Errorf("nothing installed: %v", err)
	}
}

func TestOpen_AClusterFolderWithoutDataIsNotOverwritten(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "cluster", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, Config{Dir: dir}, "database_folder_damaged", "backup")
}

func TestOpen_SettingsThatWouldLoseMessagesAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"fsync", "full_page_writes", "Synchronous_Commit", "listen_addresses"} {
		refused(t, Config{Dir: dataFolder(t), Settings: map[string]string{name: "off"}}, "setting_fixed", name)
	}
}

func TestOpen_ASettingThatPostgreSQLRejectsIsToldInItsWords(t *testing.T) {
	t.Parallel()
	refused(t, Config{Dir: dataFolder(t), Settings: map[string]string{"max_connections": "many"}}, "database_not_started", "max_connections", "postgres.log")
}

func TestOpen_ASocketFolderOfSomeoneElseIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := accountFor(f)
	if err != nil {
		t.Fatal(err)
	}
	if socket := f.socketDir(a); socket != filepath.Join(f.path, "run") {
		if err := os.Symlink(t.TempDir(), socket); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(socket)
	}
	refused(t, Config{Dir: dir}, "socket_folder_foreign", "Remove it")
}

func TestServerLog_KeepsTwoFilesOfABoundedSize(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "postgres.log")
	l := &serverLog{path: path}
	line := []byte(strings.Repeat("x", 1<<20-1) + "\n")
	for range 3 * maxLog / len(line) {
		if _, err := l.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	var total int64
	for _, name := range []string{path, path + ".1"} {
		fi, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		total += fi.Size()
	}
	if total > 2*maxLog {
		t.Errorf("%d bytes", total)
	}
}
