package mllp_test

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// node gives a command that runs one of the programs under testdata/peers.
func node(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	dir := filepath.Join("testdata", "peers")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err != nil {
		t.Fatal("this test needs other people's clients and servers; install them with: make deps-test")
	}
	path, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test needs Node.js; install it with: make deps-test")
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{program}, args...)...)
	cmd.Dir = dir
	return cmd
}

// plain is a message whose every field each of the peers can write back.
func plain(id string) string {
	return "MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105101500||DFT^P03^DFT_P03|" + id + "|P|2.4\rEVN|P03|20260105101500\rPID|1||9990000018^^^NHS^NH\rFT1|1|||20260105||CG|A^B"
}

func TestServer_AcknowledgesTheClientsOfOthers(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"send-medplum.mjs", "send-node-hl7-client.cjs", "send-simple-hl7.cjs"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			r := &store{}
			s := serve(t, mllp.Config{}, r, nil)
			file := filepath.Join(t.TempDir(), "messages.json")
			messages, err := json.Marshal([]string{plain("C1"), plain("C2"), plain("C3")})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, messages, 0o600); err != nil {
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(s.Addr().String())
			cmd := node(t, program, port, file)
			var wrong strings.Builder
			cmd.Stderr = &wrong
			out, err := cmd.Output()
			if err != nil || string(out) != "AA C1\nAA C2\nAA C3\n" {
				t.Fatalf("got %q, %v\n%s", out, err, wrong.String())
			}
			got := r.all()
			if len(got) != 3 {
				t.Fatalf("%d messages", len(got))
			}
			for _, e := range got {
				if sent := strings.TrimRight(string(e.Raw), "\r"); sent != plain(e.ControlID) {
					t.Errorf("got %q", sent)
				}
			}
		})
	}
}

func TestClient_IsAnsweredByTheServersOfOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ program, mode, want string }{
		{"serve-medplum.mjs", "", "AA"}, {"serve-medplum.mjs", "enhanced", "CA"}, {"serve-simple-hl7.cjs", "", "AA"},
	} {
		t.Run(strings.TrimSpace(c.program+" "+c.mode), func(t *testing.T) {
			t.Parallel()
			cmd := node(t, c.program, c.mode)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(out)
			port, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			cfg := mllp.SenderConfig{Client: mllp.ClientConfig{Name: "out", Address: net.JoinHostPort("localhost", strings.TrimSpace(port)), AnswerTimeout: 20 * time.Second}, Attempts: 1}
			n := 0
			err = mllp.NewSender(cfg).Send(t.Context(), func(yield func([]byte) bool) {
				for _, id := range []string{"C1", "C2", "C3"} {
					if !yield([]byte(plain(id))) {
						return
					}
				}
			}, func(x mllp.Sent) {
				n++
				if x.Answer.Code != c.want || x.Answer.ControlID != x.ControlID {
					t.Errorf("got %+v", x)
				}
			})
			if err != nil || n != 3 {
				t.Errorf("%d answers, %v", n, err)
			}
			for _, id := range []string{"C1", "C2", "C3"} {
				if said, err := lines.ReadString('\n'); said != id+"\n" {
					t.Errorf("the server got %q, %v", said, err)
				}
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = cmd.Wait() // it was killed
		})
	}
}
