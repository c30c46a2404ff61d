package fhir

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

// memory is a Receiver and a Shelf.
type memory struct {
	mu   sync.Mutex
	all  []connectors.Envelope
	err  error
	gate chan struct{} // if set, each Receive waits for it
	came chan struct{} // if set, each Receive says that it was called
}

func (m *memory) Receive(_ context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	if m.came != nil {
		m.came <- struct{}{}
	}
	if m.gate != nil {
		<-m.gate
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return connectors.Receipt{}, m.err
	}
	for i, before := range m.all {
		if before.Digest == e.Digest && before.Sender == e.Sender && before.ControlID == e.ControlID {
			return connectors.Receipt{MessageID: int64(i + 1), Duplicate: true}, nil
		}
	}
	m.all = append(m.all, e)
	return connectors.Receipt{MessageID: int64(len(m.all))}, nil
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all)
}

func (m *memory) Resource(_ context.Context, _, kind, id string, version int64) (fhir.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out, before := fhir.Version{Type: kind, ID: id}, false
	for i, e := range m.all {
		for _, p := range e.Parts {
			if p.Kind != kind || p.Name != id {
				continue
			}
			if n := int64(i + 1); version == 0 || version == n {
				out.Number, out.StoredAt, out.Raw, out.First = n, e.ReceivedAt, e.Raw[p.From:p.To], !before
			}
			before = true
		}
	}
	if out.Number == 0 {
		return out, fault.New(fault.NotFound, "resource_unknown", "There is no such resource here.")
	}
	return out, nil
}

func (m *memory) Known(ctx context.Context, trust, kind, id string, version int64) (fhir.Version, error) {
	v, err := m.Resource(ctx, trust, kind, id, version)
	v.Raw = nil
	return v, err
}

func (m *memory) Repeat(_ context.Context, _, _, sender, control string, digest [32]byte) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, e := range m.all {
		if e.Digest == digest && e.Sender == sender && e.ControlID == control {
			return int64(i + 1), nil
		}
	}
	return 0, nil
}

// door is a server under test.
type door struct {
	t      *testing.T
	base   string
	kept   *memory
	log    *bytes.Buffer
	client *http.Client
	stop   func() error
}

func open(t *testing.T, cfg Config, kept *memory) *door {
	t.Helper()
	d := &door{t: t, kept: kept, log: &bytes.Buffer{}, client: &http.Client{Transport: &http.Transport{}}}
	cfg.Name, cfg.Trust, cfg.Listen = "fhir", "ZZ1", "127.0.0.1:0"
	s := NewServer(cfg, slog.New(slog.NewTextHandler(&locked{to: d.log}, &slog.HandlerOptions{Level: slog.LevelDebug})), nil)
	s.Use(kept, fhir.NewNamer([]byte("secret"), "ZZ1"))
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, kept) }()
	d.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		d.client.CloseIdleConnections()
		if err := d.stop(); err != nil {
			t.Errorf("the door did not close cleanly: %v", err)
		}
	})
	d.base = "http://" + s.Addr().String() + root
	return d
}

type locked struct {
	mu sync.Mutex
	to io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request; headers are names and values. A body of "" is none.
func (d *door) ask(method, path, body string, headers ...string) reply {
	d.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, d.base+path, in)
	if err != nil {
		d.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return reply{a.StatusCode, a.Header, string(text)}
}

const (
	aDevice    = `{"resourceType":"Device","identifier":[{"system":"https://x.example/device","value":"D-1"}],"lotNumber":"L1"}`
	aProcedure = `{"resourceType":"Procedure","status":"completed","subject":{"identifier":{"value":"T00412"}}}`
)

func aBundle(entries ...string) string {
	return `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`
}

func anEntry(method, url, resource string, more ...string) string {
	return `{"resource":` + resource + `,"request":{"method":"` + method + `","url":"` + url + `"` + strings.Join(append([]string{""}, more...), ",") + `}}`
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text) // a buffer takes all
	_ = z.Close()
	return b.String()
}
