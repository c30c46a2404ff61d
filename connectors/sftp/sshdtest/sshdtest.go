// Package sshdtest starts OpenSSH's own server for a test, on a free port of
// the loopback, with keys and folders of its own.
//
// What a test does with the server does not belong here.
package sshdtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Start runs sshd until the test ends. It serves SFTP alone, to the user that
// runs the test and by the private key alone; root is an empty folder to use.
// The server has two host keys, of which known_hosts lists one.
//
// Without the server on the machine the test fails: it is part of the suite.
func Start(t testing.TB) (addr, root string, privateKeyPEM []byte, userName, knownHostsPath string) {
	t.Helper()
	sshd := find(t)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		// sshd as root wants its folder of privilege separation.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	root = filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	listed := keygen(t, filepath.Join(dir, "host_ed25519"), "ed25519")
	keygen(t, filepath.Join(dir, "host_ecdsa"), "ecdsa")
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "authorized_keys"), ssh.MarshalAuthorizedKey(mine))

	for range 5 {
		if addr = launch(t, sshd, dir); addr != "" {
			break
		}
	}
	if addr == "" {
		t.Fatal("sshd did not start; see the log above")
	}
	knownHostsPath = filepath.Join(dir, "known_hosts")
	write(t, knownHostsPath, []byte(knownhosts.Line([]string{addr}, listed)+"\n"))
	return addr, root, pem.EncodeToMemory(block), me.Username, knownHostsPath
}

func find(t testing.TB) string {
	t.Helper()
	for _, path := range []string{"/usr/sbin/sshd", "/usr/local/sbin/sshd"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("this test needs OpenSSH's server; install it with: sudo apt-get install -y openssh-server")
	return ""
}

func keygen(t testing.TB, path, kind string) ssh.PublicKey {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen (Debian's openssh-client): %v: %s", err, out)
	}
	raw, err := os.ReadFile(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// launch starts sshd on a free port; empty if another process took the port.
func launch(t testing.TB, sshd, dir string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	_, port, _ := net.SplitHostPort(addr)
	config := filepath.Join(dir, "sshd_config")
	write(t, config, fmt.Appendf(nil, strings.TrimSpace(`
ListenAddress 127.0.0.1
Port %s
HostKey %s/host_ed25519
HostKey %s/host_ecdsa
AuthorizedKeysFile %s/authorized_keys
PidFile none
UsePAM %s
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
`)+"\n", port, dir, dir, dir, pam()))
	log := filepath.Join(dir, "sshd.log")
	cmd := exec.Command(sshd, "-D", "-E", log, "-f", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	tell := func() {
		said, _ := os.ReadFile(log)
		t.Logf("sshd says:\n%s", said)
	}
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			tell()
		}
	}
	for {
		select {
		case <-ended:
			tell()
			return ""
		case <-time.After(10 * time.Millisecond):
		}
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			t.Cleanup(stop)
			return addr
		}
	}
}

// pam says whether sshd must ask PAM: by itself it refuses a user without a
// usable password even by key, and that is how many machines keep root. Only
// root's server can see that the password is none.
func pam() string {
	shadow, _ := os.ReadFile("/etc/shadow")
	for line := range strings.Lines(string(shadow)) {
		if os.Geteuid() == 0 && strings.HasPrefix(line, "root:!") {
			return "yes"
		}
	}
	return "no"
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
