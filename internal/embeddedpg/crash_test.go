package embeddedpg

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestServer_AKilledPostmasterIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Dir: dataFolder(t)})
	mustRun(t, s.OwnerDSN(), "CREATE TABLE kept ()")
	old := s.PID()
	kill(t, old)
	for s.PID() == old || run(t, s.OwnerDSN(), "SELECT FROM kept") != nil {
		if t.Context().Err() != nil {
			t.Fatal("it did not come back")
		}
	}
}

func TestOpen_AfterAKilledPostmasterItsBackendsAreWaitedFor(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	s := open(t, Config{Dir: dir})
	mustRun(t, s.OwnerDSN(), "CREATE TABLE kept ()")
	// One backend sleeps and notices at once that its postmaster is dead; the
	// other computes and would notice only in hours.
	ended := make(chan error, 2)
	for _, sql := range []string{"SELECT pg_sleep(6000)", "SELECT count(*) FROM generate_series(1, 1000000000000)"} {
		go func() { ended <- run(t, s.OwnerDSN(), sql) }()
	}
	const working = "SELECT count(*)::text FROM pg_stat_activity WHERE usename = 'stockwell_owner' AND state = 'active' AND pid <> pg_backend_pid()"
	for ask(t, s.SuperDSN("postgres"), working) != "2" {
	}
	kill(t, s.PID())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a statement succeeded without a server")
		}
	}
	s = open(t, Config{Dir: dir})
	mustRun(t, s.OwnerDSN(), "SELECT FROM kept")
}

func TestOpen_AfterAKilledHubTheDataAreThere(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	h := startHub(t, dir)
	attached := open(t, Config{Dir: dir})
	mustRun(t, attached.OwnerDSN(), "CREATE TABLE kept ()")
	kill(t, h.cmd.Process.Pid)
	s := open(t, Config{Dir: dir})
	if s.Attached() {
		t.Fatal("attached to a server whose hub is dead")
	}
	if s.PID() == h.pid {
		t.Fatal("the old postmaster still runs")
	}
	mustRun(t, s.OwnerDSN(), "SELECT FROM kept")
}

func TestOpen_AfterBothAreKilledAndTheProcessNumberIsTakenAgain(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	h := startHub(t, dir)
	kill(t, h.pid)
	kill(t, h.cmd.Process.Pid)
	_ = h.cmd.Wait()
	s := open(t, Config{Dir: dir})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The number of a living process that is no PostgreSQL: ours.
	claim := filepath.Join(s.dir.cluster(), "postmaster.pid")
	if err := os.WriteFile(claim, []byte(itoa(os.Getppid())+"\n/elsewhere\n0\n5432\n"+s.socket+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s = open(t, Config{Dir: dir})
	mustRun(t, s.RuntimeDSN(), "SELECT 1")
}

func TestClose_LeavesNoZombie(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Dir: dataFolder(t)})
	pid := s.PID()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the postmaster is still in the process table: %v", err)
	}
}

func TestMakeCluster_AnInterruptedOneIsBegunAnew(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "cluster.new", "base"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := open(t, Config{Dir: dir})
	mustRun(t, s.RuntimeDSN(), "SELECT 1")
}
