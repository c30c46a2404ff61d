package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ear is a running `stockwell hl7 listen`.
type ear struct {
	t       *testing.T
	address string
	out     bytes.Buffer // read after it has ended
	said    strings.Builder
	stop    func()
	ended   chan int
}

// listen starts one on a free port.
func listen(t *testing.T, args ...string) *ear {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	e := &ear{t: t, stop: stop, ended: make(chan int, 1)}
	words := append([]string{"hl7", "listen", "0"}, args...)
	if len(args) > 0 && args[0] == "json" {
		words = append([]string{"--json", "hl7", "listen", "0"}, args[1:]...)
	}
	read, write := io.Pipe()
	ran := make(chan int, 1)
	go func() {
		ran <- run(ctx, words, &e.out, write)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	if !lines.Scan() {
		t.Fatalf("it does not listen: status %d", <-ran)
	}
	e.address = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(lines.Text(), "Listening on "), "."), " with TLS")
	go func() {
		for lines.Scan() {
			e.said.WriteString(lines.Text() + "\n")
		}
		e.ended <- <-ran
	}()
	t.Cleanup(stop)
	return e
}

// end waits for the end, which it brings about unless it comes by itself.
func (e *ear) end(byItself bool) string {
	e.t.Helper()
	if !byItself {
		e.stop()
	}
	select {
	case status := <-e.ended:
		if status != 0 {
			e.t.Errorf("listen ends with status %d: %s", status, &e.said)
		}
	case <-time.After(30 * time.Second):
		e.t.Fatal("listen does not end")
	}
	return e.out.String()
}

func TestHL7_SendTellsOfEachAnswerThatAListenerGives(t *testing.T) {
	t.Parallel()
	one, two := put(t, "one.hl7", many(1)), put(t, "two.hl7", many(2))
	enhanced := put(t, "enhanced.hl7", strings.Replace(many(1), "|2.4\r", "|2.4|||AL|NE\r", 1))
	for name, c := range map[string]struct {
		answer string
		send   []string
		status int
		want   []string
	}{
		"ok":                      {"ok", []string{one}, 0, []string{"M1 AA in "}},
		"AA each":                 {"AA", []string{"--each", two}, 0, []string{"two.hl7 message 1: M1 AA in ", "message 2: M2 AA in ", "2 messages: 2 AA\n", "p50 ", "p90 ", "p99 ", "max ", "messages a second"}},
		"AA quietly":              {"AA", []string{two}, 0, []string{"2 messages: 2 AA\nanswered in p50"}},
		"at commit":               {"ok", []string{enhanced}, 0, []string{"M1 CA in "}},
		"AE":                      {"AE+5ms", []string{two}, 1, []string{"message 1: M1 AE in ", "message 2: M2 AE in ", "2 messages: 2 AE\n"}},
		"AE, then AA":             {"AE,AA", []string{"--attempts", "2", one}, 0, []string{"M1 AA in "}},
		"AA and AR":               {"AA,AR", []string{two}, 1, []string{"two.hl7 message 2: M2 AR in ", "2 messages: 1 AA, 1 AR\n"}},
		"CR":                      {"CR", []string{one}, 1, []string{"M1 CR in "}},
		"twice":                   {"twice", []string{two}, 0, []string{"2 messages: 2 AA\n"}},
		"garbage":                 {"garbage", []string{two}, 0, []string{"2 messages: 2 AA\n"}},
		"wrong ID":                {"wrong-id", []string{"--timeout", "200ms", one}, 1, []string{"M1 no answer in ", "did not answer in time"}},
		"no answer":               {"no-answer", []string{"--timeout", "200ms", two}, 1, []string{"message 1: M1 no answer in ", "1 of 2 messages not sent"}},
		"no answer, then AA":      {"no-answer,AA", []string{"--timeout", "3s", "--attempts", "2", one}, 0, []string{"M1 AA in "}},
		"late, once too late":     {"late", []string{"--timeout", "200ms", one}, 1, []string{"M1 no answer in "}},
		"half":                    {"half", []string{one}, 1, []string{"M1 no answer in ", "closed the connection"}},
		"close":                   {"close", []string{one}, 1, []string{"M1 no answer in ", "closed the connection"}},
		"close, then AA":          {"close,AA", []string{"--attempts", "2", one}, 0, []string{"M1 AA in "}},
		"four at once, and paced": {"ok", []string{"--connections", "4", "--rate", "400", put(t, "many.hl7", many(40)), two}, 0, []string{"42 messages: 42 AA\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := listen(t, "--answer", c.answer)
			status, out, stderr := hl7(t, append(append([]string{"send"}, c.send...), e.address)...)
			if status != c.status {
				t.Errorf("status %d, want %d: %s%s", status, c.status, out, stderr)
			}
			for _, w := range c.want {
				if !strings.Contains(out+stderr, w) {
					t.Errorf("there is no %q in %s%s", w, out, stderr)
				}
			}
			heard := e.end(false)
			if !strings.Contains(heard, "  ADT^A08 M1  "+fmt.Sprint(len(many(1)))) && c.send[0] != enhanced || strings.Contains(heard, "X1") {
				t.Errorf("heard %s", heard)
			}
		})
	}
}

func TestHL7_SendJSONIsValidWhateverTheAnswer(t *testing.T) {
	t.Parallel()
	e := listen(t, "--answer", "AA,AE,close")
	status, out, _ := hl7(t, "json", "send", put(t, "four.hl7", many(4)), e.address)
	validJSON(t, "hl7 send", out)
	var got sentSummary
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 1 || got.Messages != 4 || got.Unsent != 1 || len(got.Answers) != 3 || got.Answers[1].Answer != "AE" || got.Answers[2].Error == nil || len(got.Codes) != 3 {
		t.Errorf("status %d, %v, %s", status, err, out)
	}
	e.end(false)
}

func TestHL7_ListenEndsAfterItsCountAndKeepsWhatItWasToldTo(t *testing.T) {
	t.Parallel()
	two := put(t, "two.hl7", many(2))
	dir := filepath.Join(t.TempDir(), "kept")
	for range 2 { // the second run overwrites nothing
		e := listen(t, "json", "--count", "2", "--out", dir)
		if status, out, stderr := hl7(t, "send", two, e.address); status != 0 {
			t.Errorf("status %d, %s%s", status, out, stderr)
		}
		heard := e.end(true)
		for _, line := range strings.Split(strings.TrimSuffix(heard, "\n"), "\n") {
			validJSON(t, "hl7 listen", line)
		}
		if !strings.Contains(e.said.String(), "2 messages received.") {
			t.Errorf("said %s", &e.said)
		}
	}
	for i, want := range []string{"M1", "M2", "M1", "M2"} {
		if status, out, stderr := hl7(t, "get", filepath.Join(dir, fmt.Sprintf("%06d.hl7", i+1)), "MSH-10"); status != 0 || out != want+"\n" {
			t.Errorf("file %d: %s%s", i+1, out, stderr)
		}
	}
	e := listen(t, "--count", "2", "--out", "-")
	if status, _, _ := hl7(t, "send", "--connections", "2", two, e.address); status != 0 {
		t.Errorf("status %d", status)
	}
	if stream := e.end(true); strings.Count(stream, "\x0bMSH") != 2 || !strings.Contains(e.said.String(), "ADT^A08 M1") {
		t.Errorf("got %q, said %s", stream, &e.said)
	}
}

func TestHL7_ListenEndsWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "hl7", "listen", "127.0.0.1:0")
		cmd.Env = append(os.Environ(), asStockwell+"=1")
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stderr)
		lines.Scan()
		if err := cmd.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		lines.Scan()
		if said := lines.Text(); said != "0 messages received." {
			t.Errorf("%v: said %q", signal, said)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
}

// TestHL7_ListenAnswersDebiansMLLPSend has another's sender at the other end.
func TestHL7_ListenAnswersDebiansMLLPSend(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("mllp_send")
	if err != nil {
		t.Fatal("this test needs mllp_send; install it with: sudo apt-get install -y python3-hl7")
	}
	e := listen(t, "--answer", "AA,AE,garbage", "--count", "3")
	host, port, err := net.SplitHostPort(e.address)
	if err != nil {
		t.Fatal(err)
	}
	var framed strings.Builder
	for i := range 3 {
		fmt.Fprintf(&framed, "\x0b%sM%d|P|2.4\rPID|1||X1\r\x1c\r", header, i+1)
	}
	out, err := exec.CommandContext(t.Context(), program, "--port", port, "--file", put(t, "three.mllp", framed.String()), host).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "MSA|AA|M1") || !strings.Contains(string(out), "MSA|AE|M2") {
		t.Errorf("%v: %s", err, out)
	}
	if heard := e.end(true); strings.Count(heard, "ADT^A08") != 3 {
		t.Errorf("heard %s", heard)
	}
}

// papers makes an authority and a certificate of it, and gives the folder with
// ca, crt and key.
func papers(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	make := func(file string, serial int64, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name + file}, DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour), IsCA: parent == nil, BasicConstraintsValid: true}
		if parent == nil {
			parent, signer = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for end, block := range map[string]*pem.Block{"": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: private}} {
			if err := os.WriteFile(filepath.Join(dir, file+end), pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return c, key
	}
	ca, key := make("ca", 1, nil, nil)
	make("crt", 2, ca, key)
	return dir + string(filepath.Separator)
}

func TestHL7_SendAndListenSpeakTLS(t *testing.T) {
	t.Parallel()
	one, ours, theirs, strange := put(t, "one.hl7", many(1)), papers(t, "hub.example"), papers(t, "theatre.example"), papers(t, "strange.example")
	plain := []string{"--cert", ours + "crt", "--key", ours + "crt.key"}
	mutual := append([]string{"--client-ca", theirs + "ca"}, plain...)
	trusting := []string{"--ca", ours + "ca", "--server-name", "hub.example"}
	known := append([]string{"--cert", theirs + "crt", "--key", theirs + "crt.key"}, trusting...)
	for name, c := range map[string]struct {
		listen, send []string
		status       int
		want         string
	}{
		"TLS":                         {plain, append([]string{"--tls"}, trusting...), 0, "M1 AA in "},
		"mutual":                      {mutual, known, 0, "M1 AA in "},
		"mutual, no certificate":      {mutual, trusting, 1, "M1 no answer in "},
		"mutual, another's":           {mutual, append([]string{"--cert", strange + "crt", "--key", strange + "crt.key"}, trusting...), 1, "M1 no answer in "},
		"another authority":           {plain, []string{"--ca", strange + "ca", "--server-name", "hub.example"}, 1, "certificate is not to be trusted"},
		"another name":                {plain, []string{"--ca", ours + "ca", "--server-name", "other.example"}, 1, "certificate is not to be trusted"},
		"TLS to a plain listener":     {nil, trusting, 1, "M1 no answer in "},
		"plain to a listener of TLS":  {plain, nil, 1, "M1 no answer in "},
		"a key that is not its own":   {plain, []string{"--cert", ours + "crt", "--key", theirs + "crt.key"}, 2, "key must belong"},
		"a certificate without a key": {plain, []string{"--cert", ours + "crt"}, 2, "Give both"},
		"an authority that is none":   {plain, []string{"--ca", one}, 2, "no certificate in the file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := listen(t, c.listen...)
			status, out, stderr := hl7(t, append(append([]string{"send"}, c.send...), one, e.address)...)
			if status != c.status || !strings.Contains(out+stderr, c.want) {
				t.Errorf("status %d, want %d with %q: %s%s", status, c.status, c.want, out, stderr)
			}
			e.end(false)
			if refused := strings.Contains(e.said.String(), "was refused: "); refused != (c.status == 1) {
				t.Errorf("said %q", &e.said)
			}
		})
	}
}

func TestHL7_SendAndListenSayWhatIsWrongWithTheirUse(t *testing.T) {
	t.Parallel()
	one := put(t, "one.hl7", many(1))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		status int
		want   string
		args   []string
	}{
		{2, "last where to send them", []string{"send", one}},
		{2, "last where to send them", []string{"send", "127.0.0.1:2575"}},
		{2, "last where to send them", []string{"send", one, "127.0.0.1:99999"}},
		{2, "last where to send them", []string{"send", one, "127.0.0.1"}},
		{2, "1 to 1000", []string{"send", "--connections", "0", one, "127.0.0.1:1"}},
		{2, "messages a second", []string{"send", "--rate=-1", one, "127.0.0.1:1"}},
		{2, "1 or more", []string{"send", "--attempts", "0", one, "127.0.0.1:1"}},
		{2, "with its unit", []string{"send", "--timeout", "0s", one, "127.0.0.1:1"}},
		{2, "no message in it", []string{"send", put(t, "envelope.hl7", "BHS|^~\\&\rBTS|0\r"), "127.0.0.1:1"}},
		{1, "no control ID", []string{"send", put(t, "nameless.hl7", "MSH|^~\\&|A\r"), "127.0.0.1:1"}},
		{1, "could not be reached", []string{"send", one, "127.0.0.1:1"}},
		{2, "no answer. Give ok", []string{"listen", "0", "--answer", "AX"}},
		{2, "no delay", []string{"listen", "0", "--answer", "AA+soon"}},
		{2, "no end", []string{"listen", "0", "--count=-1"}},
		{2, "--cert and --key", []string{"listen", "0", "--tls"}},
		{2, "no address to listen on", []string{"listen", "nowhere"}},
		{2, "no address to listen on", []string{"listen", "127.0.0.1:99999"}},
		{2, "no such address", []string{"listen", "192.0.2.1:2575"}},
		{1, "taken by another program", []string{"listen", taken.Addr().String()}},
		{2, "cannot be made", []string{"listen", "0", "--out", filepath.Join(one, "x")}},
		{2, "without an index", []string{"diff", "--ignore", "OBX[2]-5", one, one}},
		{2, "character", []string{"diff", "--ignore", "nonsense", one, one}},
	} {
		status, out, stderr := hl7(t, c.args...)
		if status != c.status || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%v: status %d, want %d with %q: %s%s", c.args, status, c.status, c.want, out, stderr)
		}
	}
}
