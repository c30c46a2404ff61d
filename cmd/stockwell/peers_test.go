package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/connectors/sftp/sshdtest"
)

// TestPeers_DebiansMLLPSendAndOpenSSHsServer has nothing of the project's own
// at either end: python3-hl7's sender, and OpenSSH's server as the ERP, which
// the hub meets with a key and a known host.
func TestPeers_DebiansMLLPSendAndOpenSSHsServer(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("mllp_send")
	if err != nil {
		t.Fatal("this test needs mllp_send; install it with: sudo apt-get install -y python3-hl7")
	}
	h := newHospital(t)
	root := h.useOpenSSH()
	h.start()
	h.seed()

	use, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	framed := filepath.Join(t.TempDir(), "use.mllp")
	h.must(os.WriteFile(framed, []byte("\x0b"+strings.ReplaceAll(string(use), "\n", "\r")+"\x1c\r"), 0o600))
	host, port, err := net.SplitHostPort(h.theatre)
	h.must(err)
	out, err := exec.Command(program, "--port", port, "--file", framed, host).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "MSA|AA|MSG000441") {
		t.Fatalf("mllp_send was not acknowledged: %v\n%s", err, out)
	}
	h.quiet()
	file, err := os.ReadFile(filepath.Join(root, "orders", "PO-000017.csv"))
	if err != nil || !strings.Contains(string(file), "PO-000017,1,") || !strings.Contains(string(file), "HIP-STEM-12") {
		t.Fatalf("the order is not at OpenSSH's server: %v\n%s", err, file)
	}

	ack := filepath.Join(root, "answers", "ack.csv")
	h.must(os.WriteFile(ack, []byte("order_number,line,status,quantity,expected,reason\nPO-000017,1,accepted,2,2026-03-18,\n"), 0o600))
	h.until("the order is accepted", func() (string, error) {
		o, err := h.hub.store.Order(t.Context(), "ZZ1", "PO-000017")
		if err == nil && o.State != "accepted" {
			return o.State, nil
		}
		return "", err
	})
	h.until("the answer is put away", func() (string, error) {
		_, err := os.Stat(filepath.Join(root, "answers", "processed", "ack.csv"))
		return "", err
	})
	h.ok("check")
}

// useOpenSSH makes OpenSSH's server the ERP and gives its folder.
func (h *hospital) useOpenSSH() (root string) {
	h.t.Helper()
	address, root, key, user, known := sshdtest.Start(h.t)
	for _, d := range erpFolders {
		h.must(os.MkdirAll(filepath.Join(root, d), 0o755))
	}
	h.write(h.trustFile("secrets/erp.key"), string(key))
	hosts, err := os.ReadFile(known)
	h.must(err)
	h.write(h.trustFile("secrets/known_hosts"), string(hosts))
	h.set("address", address)
	h.set("user", user)
	trust := h.read(h.trustFile("trust.yaml"))
	trust = regexp.MustCompile(`(?m)^( *)password:.*$`).ReplaceAllString(trust, "${1}private_key: file:secrets/erp.key")
	h.write(h.trustFile("trust.yaml"), strings.NewReplacer(" /orders", " "+root+"/orders", " /answers", " "+root+"/answers", " /receipts", " "+root+"/receipts", " /submissions", " "+root+"/submissions", " /responses", " "+root+"/responses").Replace(trust))
	return root
}

// TestPeers_TheSyntheticHospitalsFilesOnOpenSSHsServer has the simulated ERP
// and registry work in the folder of a server that runs elsewhere.
func TestPeers_TheSyntheticHospitalsFilesOnOpenSSHsServer(t *testing.T) {
	t.Parallel()
	var root string
	x := newSimulated(t, simulationSettings{Seed: 11, Theatres: 2, Days: 2, Start: "2026-10-20", Faults: manyFaults}, func(x *simulated) {
		address, dir, key, user, known := sshdtest.Start(x.t)
		root = dir
		hosts, err := os.ReadFile(known)
		x.must(err)
		trust := x.path("config/trusts/ZZ9")
		x.must(writeUnder(filepath.Join(trust, "secrets/known_hosts"), hosts))
		x.must(writeUnder(filepath.Join(trust, "secrets/erp.key"), key))
		raw, err := os.ReadFile(filepath.Join(trust, "trust.yaml"))
		x.must(err)
		yaml := strings.NewReplacer(x.settings.At.ERP, address, "user: stockwell", "user: "+user, "password: file:secrets/erp.password", "private_key: file:secrets/erp.key").Replace(string(raw))
		yaml = regexp.MustCompile(`\b(in|out|processed|rejected): /`).ReplaceAllString(yaml, "$1: "+root+"/")
		x.must(writeUnder(filepath.Join(trust, "trust.yaml"), []byte(yaml)))
	})
	if code, out := x.run(t.Context(), simulateCmd{Send: true, Verify: true, ERPDir: root}); code != 0 {
		t.Errorf("status %d\n%s\nthe hub says:\n%s", code, out, x.log)
	}
	for _, folder := range []string{"orders", "answers/processed", "goods/processed", "mdor", "responses/processed"} {
		if files, err := os.ReadDir(filepath.Join(root, folder)); err != nil || len(files) == 0 {
			t.Errorf("%s: %d files, %v", folder, len(files), err)
		}
	}
}
