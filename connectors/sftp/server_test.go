package sftp

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is the jailed server with the usual folders, behind a proxy.
type server struct {
	root  string
	proxy *proxy
	cfg   Config
}

func newServer(t *testing.T) *server {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	for _, f := range []string{"out", "in/processed", "in/rejected"} {
		if err := os.MkdirAll(filepath.Join(root, f), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	key, err := jail.GenerateHostKey(filepath.Join(dir, "host_key"))
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- jail.Serve(ctx, ln, root, key, "hub", "secret") }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	p := newProxy(t, ln.Addr().String())
	known := filepath.Join(dir, "known_hosts")
	put(t, known, jail.KnownHostsLine(p.addr(), key.PublicKey())+"\n")
	return &server{root: root, proxy: p, cfg: Config{
		Name: "erp", Trust: "ZZ1", Address: p.addr(), User: "hub", Password: "secret", KnownHosts: known,
		Out: "/out", In: "/in", Pattern: "*.csv", Type: "order_ack", Poll: time.Millisecond,
		Stable: time.Minute, Timeout: 20 * time.Second,
	}}
}

func (s *server) path(name string) string { return filepath.Join(s.root, name) }

// connector is one whose clock stands still until the test moves it.
func (s *server) connector(t *testing.T, change ...func(*Config)) (*Connector, *clock) {
	t.Helper()
	cfg := s.cfg
	for _, f := range change {
		f(&cfg)
	}
	c := New(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	k := &clock{}
	c.now = k.now
	t.Cleanup(func() { _ = c.Close() })
	return c, k
}

type clock struct{ passed atomic.Int64 }

func (k *clock) now() time.Time {
	return time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC).Add(time.Duration(k.passed.Load()))
}
func (k *clock) advance(d time.Duration) { k.passed.Add(int64(d)) }

// proxy stands between client and server, and can break or silence the line.
type proxy struct {
	ln      net.Listener
	target  string
	budget  atomic.Int64 // bytes towards the server before the line breaks; < 0 is no limit
	frozen  atomic.Bool
	dials   atomic.Int64
	mu      sync.Mutex
	open    map[net.Conn]bool
	serving sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	p := &proxy{ln: listen(t), target: target, open: map[net.Conn]bool{}}
	p.budget.Store(-1)
	p.serving.Go(func() {
		for {
			client, err := p.ln.Accept()
			if err != nil {
				return
			}
			p.dials.Add(1)
			server, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.keep(client, server)
			p.serving.Go(func() { p.copy(server, client, true) })
			p.serving.Go(func() { p.copy(client, server, false) })
		}
	})
	t.Cleanup(func() {
		_ = p.ln.Close()
		p.breakAll()
		p.serving.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.ln.Addr().String() }

func (p *proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
	}
}

func (p *proxy) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
	clear(p.open)
}

func (p *proxy) copy(to, from net.Conn, counted bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if p.frozen.Load() {
			continue
		}
		if counted && p.budget.Load() >= 0 && p.budget.Add(-int64(n)) < 0 {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// hub is a Receiver that stores each file once, as the real one does.
type hub struct {
	mu      sync.Mutex
	stored  map[string]connectors.Envelope
	calls   int
	effects int
	before  func(connectors.Envelope) error
}

func (h *hub) Receive(_ context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	if h.before != nil {
		if err := h.before(e); err != nil {
			return connectors.Receipt{}, err
		}
	}
	key := e.Sender + e.ControlID + string(e.Digest[:])
	if h.stored == nil {
		h.stored = map[string]connectors.Envelope{}
	}
	_, duplicate := h.stored[key]
	if !duplicate {
		h.stored[key] = e
		h.effects++
	}
	return connectors.Receipt{MessageID: int64(h.effects), Duplicate: duplicate}, nil
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func put(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// files lists the plain files of a folder.
func files(t testing.TB, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

func expect(t testing.TB, err error, kind fault.Kind, code string) *fault.Error {
	t.Helper()
	e := fault.Of(err)
	if err == nil || e.Kind != kind || e.Code != code {
		t.Fatalf("got %s %s (%v), want %s %s", e.Kind, e.Code, err, kind, code)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Fatalf("the error shows the password: %v", err)
	}
	return e
}
