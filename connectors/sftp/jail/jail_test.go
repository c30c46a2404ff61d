package jail_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves dir/root; beside it lies dir/outside with a secret.
func start(t *testing.T) (dir, addr string, key ssh.PublicKey, stop func() error) {
	t.Helper()
	dir = t.TempDir()
	for _, f := range []string{"root/folder", "outside"} {
		if err := os.MkdirAll(filepath.Join(dir, f), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "outside/secret"), "secret")
	write(t, filepath.Join(dir, "root/plain"), "plain")
	signer, err := jail.GenerateHostKey(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- jail.Serve(ctx, ln, filepath.Join(dir, "root"), signer, "hub", "right") }()
	ended := false
	stop = func() error {
		if ended {
			return nil
		}
		ended = true
		cancel()
		return <-served
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return dir, ln.Addr().String(), signer.PublicKey(), stop
}

func dial(addr, user, password string, key ssh.PublicKey) (*ssh.Client, error) {
	return ssh.Dial("tcp", addr, &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.FixedHostKey(key),
	})
}

func client(t *testing.T, addr string, key ssh.PublicKey) *sftp.Client {
	t.Helper()
	conn, err := dial(addr, "hub", "right", key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = c.Close()
		_ = conn.Wait()
	})
	return c
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestServe_NothingOutsideTheFolderCanBeReached(t *testing.T) {
	t.Parallel()
	dir, addr, key, _ := start(t)
	for name, target := range map[string]string{"up": "../outside", "absolute": filepath.Join(dir, "outside"), "file": filepath.Join(dir, "outside/secret")} {
		if err := os.Symlink(target, filepath.Join(dir, "root", name)); err != nil {
			t.Fatal(err)
		}
	}
	c := client(t, addr, key)
	for _, p := range []string{
		"../outside/secret", "/../outside/secret", "folder/../../outside/secret", "/folder/../../../outside/secret", "..\\outside\\secret",
		filepath.Join(dir, "outside/secret"), "up/secret", "/absolute/secret", "file", "folder/../up/secret", "/proc/self/environ",
	} {
		if f, err := c.Open(p); err == nil {
			_ = f.Close()
			t.Errorf("%s was opened", p)
		}
		if f, err := c.OpenFile(p, os.O_RDWR|os.O_CREATE|os.O_TRUNC); err == nil {
			_, _ = f.Write([]byte("harm"))
			_ = f.Close()
		}
		if _, err := c.Stat(p); err == nil && !strings.HasPrefix(p, "..\\") {
			t.Errorf("%s was described", p)
		}
		_ = c.Truncate(p, 0)
		_ = c.Chmod(p, 0o777)
		_ = c.Rename(p, "/stolen")
		_ = c.PosixRename(p, "/stolen")
		_ = c.PosixRename("/plain", p)
		write(t, filepath.Join(dir, "root/plain"), "plain")
		if _, err := c.ReadLink(p); err == nil {
			t.Errorf("%s was read as a link", p)
		}
	}
	for _, p := range []string{"../outside", "up", "absolute", filepath.Join(dir, "outside")} {
		if all, err := c.ReadDir(p); err == nil {
			t.Errorf("%s was listed: %v", p, all)
		}
		_ = c.Mkdir(p + "/made")
		_ = c.RemoveDirectory(p)
	}
	if err := c.Symlink(filepath.Join(dir, "outside"), "/link"); err == nil {
		t.Error("a symbolic link was made")
	}
	if err := c.Link("/plain", "/hard"); err == nil {
		t.Error("a hard link was made")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "outside/secret"))
	entries, _ := os.ReadDir(filepath.Join(dir, "outside"))
	if err != nil || string(raw) != "secret" || len(entries) != 1 {
		t.Fatalf("the outside was changed: %q, %v, %v", raw, entries, err)
	}
}

func TestServe_FilesAreWrittenListedRenamedAndRemoved(t *testing.T) {
	t.Parallel()
	_, addr, key, _ := start(t)
	c := client(t, addr, key)
	body := bytes.Repeat([]byte("0123456789"), 100_000)
	f, err := c.OpenFile("/folder/a.part", os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(999_999), f.Close(), c.Mkdir("/made"), c.PosixRename("folder/a.part", "/made/a")); err != nil {
		t.Fatal(err)
	}
	info, err := c.Stat("/made/a")
	all, err2 := c.ReadDir("/made")
	if err != nil || err2 != nil || info.Size() != 999_999 || len(all) != 1 || all[0].Name() != "a" {
		t.Fatalf("%v %v %v %v", info, all, err, err2)
	}
	if err := c.Rename("/plain", "/made/a"); err == nil {
		t.Fatal("a plain rename replaced a file")
	}
	if err := c.PosixRename("/plain", "/made/a"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Remove("/made/a"), c.RemoveDirectory("/made")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open("/made/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

func TestServe_OnlyTheOneUserAndOnlyFiles(t *testing.T) {
	t.Parallel()
	_, addr, key, _ := start(t)
	for _, who := range [][2]string{{"hub", "wrong"}, {"other", "right"}, {"hub", ""}, {"", ""}} {
		if conn, err := dial(addr, who[0], who[1], key); err == nil {
			_ = conn.Close()
			t.Errorf("%v was let in", who)
		}
	}
	conn, err := dial(addr, "hub", "right", key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Wait() }()
	defer func() { _ = conn.Close() }()
	session, err := conn.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Run("id"); err == nil {
		t.Error("a command was run")
	}
	if _, err := conn.Dial("tcp", addr); err == nil {
		t.Error("a connection was forwarded")
	}
}

func TestServe_ItsEndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	_, addr, key, stop := start(t)
	c := client(t, addr, key)
	if _, err := c.Getwd(); err != nil {
		t.Fatal(err)
	}
	half, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = half.Close() }()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		_ = conn.Close()
		t.Fatal("the port is still open")
	}
	if _, err := c.Getwd(); err == nil {
		t.Fatal("a connection outlived the server")
	}
}

func TestGenerateHostKey_IsKeptAndPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	first, err := jail.GenerateHostKey(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := jail.GenerateHostKey(path)
	if err != nil || !bytes.Equal(first.PublicKey().Marshal(), again.PublicKey().Marshal()) {
		t.Fatal("the key changed", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if line := jail.KnownHostsLine("127.0.0.1:2222", first.PublicKey()); !strings.HasPrefix(line, "[127.0.0.1]:2222 ssh-ed25519 ") {
		t.Fatal(line)
	}
	write(t, path, "damaged")
	if _, err := jail.GenerateHostKey(path); err == nil {
		t.Fatal("a damaged key was accepted or replaced")
	}
}
