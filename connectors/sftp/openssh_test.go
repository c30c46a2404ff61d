package sftp

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
	"github.com/stockwell-hub/stockwell/connectors/sftp/sshdtest"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// openSSH is a real server with the usual folders, behind a proxy.
func openSSH(t *testing.T) *server {
	t.Helper()
	addr, root, key, user, known := sshdtest.Start(t)
	for _, f := range []string{"out", "in/processed", "in/rejected"} {
		if err := os.MkdirAll(filepath.Join(root, f), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p := newProxy(t, addr)
	_, _, listed, _, _, err := ssh.ParseKnownHosts([]byte(content(t, known)))
	if err != nil {
		t.Fatal(err)
	}
	ours := filepath.Join(t.TempDir(), "known_hosts")
	put(t, ours, jail.KnownHostsLine(p.addr(), listed)+"\n")
	s := &server{root: root, proxy: p}
	s.cfg = Config{
		Name: "erp", Trust: "ZZ1", Address: p.addr(), User: user, PrivateKey: key, KnownHosts: ours,
		Out: s.path("out"), In: s.path("in"), Type: "order_ack",
	}
	return s
}

func TestOpenSSH_AnOrderIsDeliveredAndItsAcknowledgementTakenBack(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	c, k := s.connector(t)
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Deliver(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	if content(t, s.path("out/PO-000017.csv")) != string(order.Body) || files(t, s.path("out")) != "PO-000017.csv" {
		t.Fatal("the order is not there")
	}
	h := &hub{}
	put(t, s.path("in/ack.csv"), "PO-000017,1,accepted\n")
	put(t, s.path("in/ack2.csv.part"), "PO-0000")
	if err := look(t, c, k, h); err != nil || h.effects != 1 {
		t.Fatalf("%d effects, %v", h.effects, err)
	}
	if files(t, s.path("in")) != "ack2.csv.part" || files(t, s.path("in/processed")) != "ack.csv" {
		t.Fatal("the acknowledgement was not moved")
	}
}

func TestOpenSSH_FaultsAreToldAsTheyAre(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	put(t, s.path("out/PO-000017.csv"), "other")
	c, _ := s.connector(t)
	expect(t, c.Deliver(t.Context(), order), fault.Conflict, "file_differs")
	c, _ = s.connector(t, func(cfg *Config) { cfg.Out = s.path("none") })
	expect(t, c.Deliver(t.Context(), order), fault.Unavailable, "sftp_folder_missing")
	c, _ = s.connector(t, func(cfg *Config) { cfg.PrivateKey, cfg.Password = nil, "secret" })
	expect(t, c.Deliver(t.Context(), order), fault.Unavailable, "sftp_sign_in_refused")
	other, err := jail.GenerateHostKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, s.cfg.KnownHosts, jail.KnownHostsLine(s.cfg.Address, other.PublicKey())+"\n")
	c, _ = s.connector(t)
	expect(t, c.Deliver(t.Context(), order), fault.Denied, "host_key_changed")
	if got := files(t, s.path("out")); got != "PO-000017.csv" {
		t.Fatalf("the folder holds %s", got)
	}
}

func TestOpenSSH_ALineThatBreaksMidFileLeavesNoHalfFile(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	c, _ := s.connector(t)
	f := connectors.File{Name: "large.csv", Body: bytes.Repeat([]byte("0123456789\n"), 200_000)}
	s.proxy.budget.Store(900_000)
	expect(t, c.Deliver(t.Context(), f), fault.Unavailable, "sftp_connection_lost")
	if got := files(t, s.path("out")); got != ".large.csv.part" {
		t.Fatalf("the folder holds %q", got)
	}
	s.proxy.budget.Store(-1)
	if err := c.Deliver(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if content(t, s.path("out/large.csv")) != string(f.Body) || files(t, s.path("out")) != "large.csv" {
		t.Fatal("the file is not whole")
	}
}

func TestOpenSSH_ARejectedFileHasItsReason(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	c, k := s.connector(t)
	h := &hub{before: func(connectors.Envelope) error { return fault.New(fault.Invalid, "file_empty", "The file is empty.") }}
	for range 2 {
		put(t, s.path("in/ack.csv"), "")
		if err := look(t, c, k, h); err != nil {
			t.Fatal(err)
		}
	}
	got := files(t, s.path("in/rejected"))
	if got != "ack.csv ack.csv.reason.txt ack.e3b0c44298fc.csv ack.e3b0c44298fc.csv.reason.txt" || !strings.Contains(content(t, s.path("in/rejected/ack.csv.reason.txt")), "The file is empty.") {
		t.Fatalf("rejected holds %s", got)
	}
}
