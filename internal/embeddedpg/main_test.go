package embeddedpg

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// hubEnv makes the test binary a hub: it opens the folder, says so, and waits
// to be killed.
const hubEnv = "EMBEDDEDPG_TEST_HUB"

func TestMain(m *testing.M) {
	if dir := os.Getenv(hubEnv); dir != "" {
		s, err := Open(context.Background(), Config{Dir: dir})
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.PID())
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		if err := s.Close(); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// hub is a process that has a server open.
type hub struct {
	cmd *exec.Cmd
	end func() error // asks it to close its server and waits for it
	pid int          // the postmaster's number, 0 if the hub attached
}

func startHub(t *testing.T, dir string) hub {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), hubEnv+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready ") {
		t.Fatalf("the other hub did not start: %q %v", line, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line[len("ready "):]))
	if err != nil {
		t.Fatal(err)
	}
	return hub{cmd, func() error { _ = in.Close(); return cmd.Wait() }, pid}
}

func open(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left := living(s.dir.cluster()); !s.Attached() && len(left) > 0 {
			t.Errorf("processes are left: %v", left)
		}
	})
	return s
}

func run(t *testing.T, dsn, sql string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), sql)
	return err
}

func mustRun(t *testing.T, dsn, sql string) {
	t.Helper()
	if err := run(t, dsn, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var value string
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func dataFolder(t *testing.T) string { return filepath.Join(t.TempDir(), "postgres") }
