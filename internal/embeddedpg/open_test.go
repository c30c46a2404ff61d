package embeddedpg

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOpen_DataOutliveARestart(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	s := open(t, Config{Dir: dir})
	mustRun(t, s.OwnerDSN(), "CREATE TABLE kept AS SELECT 'Zoë' AS name")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Config{Dir: dir})
	if got := ask(t, s.OwnerDSN(), "SELECT upper(name) FROM kept"); got != "ZOË" {
		t.Errorf("kept %q", got)
	}
}

func TestOpen_RolesAreNeitherOwnerNorAboveRowSecurity(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Dir: dataFolder(t)})
	const flags = `SELECT concat_ws(' ', rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole) FROM pg_roles WHERE rolname = current_user`
	for _, dsn := range []string{s.OwnerDSN(), s.RuntimeDSN()} {
		if got := ask(t, dsn, flags); got != "t f f f f" {
			t.Errorf("%s: login, superuser, bypassrls, createdb, createrole are %s", dsn, got)
		}
	}
	if got := ask(t, s.RuntimeDSN(), "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"); got != OwnerRole {
		t.Errorf("the database belongs to %s", got)
	}
	for _, sql := range []string{"CREATE TABLE public.mine (id int)", "CREATE TEMPORARY TABLE mine (id int)", "SET ROLE stockwell_owner"} {
		if run(t, s.RuntimeDSN(), sql) == nil {
			t.Errorf("the runtime role could: %s", sql)
		}
	}
	settings := map[string]string{}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit", "data_checksums", "server_encoding",
		"listen_addresses", "idle_in_transaction_session_timeout"} {
		settings[name] = ask(t, s.RuntimeDSN(), "SHOW "+name)
	}
	want := map[string]string{"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
		"server_encoding": "UTF8", "listen_addresses": "", "idle_in_transaction_session_timeout": "10s"}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
}

func TestOpen_BootstrapTakesBackARightThatWasGiven(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	s := open(t, Config{Dir: dir})
	mustRun(t, s.SuperDSN("postgres"), "ALTER ROLE stockwell BYPASSRLS SUPERUSER")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Config{Dir: dir})
	if got := ask(t, s.RuntimeDSN(), "SELECT concat(rolbypassrls, rolsuper) FROM pg_roles WHERE rolname = 'stockwell'"); got != "ff" {
		t.Errorf("bypassrls and superuser: %s", got)
	}
}

func TestOpen_ASecondProcessAttachesAndItsCloseStopsNothing(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	h := startHub(t, dir)
	s := open(t, Config{Dir: dir})
	if !s.Attached() || s.PID() != 0 {
		t.Fatal("the second process started a server of its own")
	}
	mustRun(t, s.OwnerDSN(), "CREATE TABLE seen ()")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mustRun(t, s.OwnerDSN(), "SELECT FROM seen")
	if err := h.end(); err != nil {
		t.Fatal(err)
	}
	if s = open(t, Config{Dir: dir}); s.Attached() {
		t.Error("attached to a hub that has ended")
	}
}

func TestOpen_OfManyAtOnceOneStartsAndTheRestAttach(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	var wg sync.WaitGroup
	servers, errs := make([]*Server, 4), make([]error, 4)
	for i := range servers {
		wg.Go(func() { servers[i], errs[i] = Open(t.Context(), Config{Dir: dir}) })
	}
	wg.Wait()
	owners := 0
	for i, s := range servers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if !s.Attached() {
			owners++
			defer s.Close()
		}
		mustRun(t, s.RuntimeDSN(), "SELECT 1")
	}
	if owners != 1 {
		t.Errorf("%d servers were started", owners)
	}
}

func TestOpen_ALongPathGetsAShortSocketThatOthersFind(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataFolder(t), strings.Repeat("long ", 20), "it's, here")
	s := open(t, Config{Dir: dir})
	mustRun(t, s.RuntimeDSN(), "SELECT 1")
	second := open(t, Config{Dir: dir})
	if !second.Attached() || second.socket != s.socket {
		t.Errorf("the second found %s", second.socket)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.socket); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is left: %v", err)
	}
}
