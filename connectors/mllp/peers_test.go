package mllp_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

func TestServer_AcknowledgesDebiansMLLPSend(t *testing.T) {
	program, err := exec.LookPath("mllp_send")
	if err != nil {
		t.Fatal("this test needs mllp_send; install it with: sudo apt-get install -y python3-hl7")
	}
	file := filepath.Join(t.TempDir(), "messages.hl7")
	if err := os.WriteFile(file, []byte(framed(message("C1"))+framed(message("C2"))), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &store{}
	s := serve(t, mllp.Config{}, r, nil)
	host, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "--port", port, "--file", file, host).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"MSA|AA|C1", "MSA|AA|C2"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in %q", want, out)
		}
	}
	if len(r.all()) != 2 {
		t.Errorf("%d messages", len(r.all()))
	}
}
