package tracing_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/stockwell-hub/stockwell/internal/tracing"
)

// gatherer is a collector that takes OTLP over HTTP.
type gatherer struct {
	*httptest.Server
	refuses atomic.Bool

	mu    sync.Mutex
	spans []*spans.Span
	auth  string
}

func newGatherer(t *testing.T) *gatherer {
	g := &gatherer{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.refuses.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		raw, err := io.ReadAll(body)
		var got collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &got) != nil {
			t.Errorf("not OTLP at %s: %v", r.URL.Path, err)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.auth = r.Header.Get("Authorization")
		for _, rs := range got.ResourceSpans {
			for _, s := range rs.ScopeSpans {
				g.spans = append(g.spans, s.Spans...)
			}
		}
	}))
	t.Cleanup(g.Close)
	return g
}

func open(t *testing.T, cfg tracing.Config) *tracing.Tracer {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	tr, err := tracing.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close(t.Context()) })
	return tr
}

func TestTell_TheStepsOfAMessageAreOneTraceWhoeverTellsThem(t *testing.T) {
	g := newGatherer(t)
	start := time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)
	one, other := open(t, tracing.Config{Endpoint: g.URL, Headers: map[string]string{"Authorization": "Bearer x"}}), open(t, tracing.Config{Endpoint: g.URL})
	other.Tell(tracing.Step{Trust: "ZZ1", Message: 7, Name: tracing.Post, Start: start, End: start.Add(-time.Hour), Outcome: "applied", Parts: []tracing.Step{{Name: tracing.Deliver, Start: start, End: start}}})
	other.Close(t.Context())
	one.Tell(tracing.Step{Trust: "ZZ1", Message: 7, Name: tracing.Receive, Start: start, End: start.Add(time.Second), With: []int64{7, 8}})
	one.Close(t.Context())
	if len(g.spans) != 3 || g.auth != "Bearer x" {
		t.Fatalf("%d spans, authorised by %q", len(g.spans), g.auth)
	}
	by := map[string]*spans.Span{}
	for _, s := range g.spans {
		by[s.Name] = s
		if !bytes.Equal(s.TraceId, g.spans[0].TraceId) {
			t.Errorf("%s is in another trace", s.Name)
		}
		if s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%s ends before it begins", s.Name)
		}
	}
	root := by[tracing.Receive]
	if len(root.ParentSpanId) != 0 || !bytes.Equal(by[tracing.Post].ParentSpanId, root.SpanId) || !bytes.Equal(by[tracing.Deliver].ParentSpanId, by[tracing.Post].SpanId) {
		t.Error("the steps do not hang together")
	}
	if len(root.Links) != 1 {
		t.Errorf("%d links to the other message", len(root.Links))
	}
}

func TestSampled_OneInSoManyAndEveryTracerAgrees(t *testing.T) {
	tr := open(t, tracing.Config{File: filepath.Join(t.TempDir(), "t.jsonl"), OneIn: 100})
	n := 0
	for m := range int64(100_000) {
		if tr.Traces("ZZ1", m) != tracing.Sampled("ZZ1", m, 100) {
			t.Fatalf("message %d is sampled by one and not by the other", m)
		}
		if tr.Traces("ZZ1", m) {
			n++
		}
	}
	if n < 850 || n > 1150 {
		t.Errorf("%d of 100,000 are sampled", n)
	}
}

func TestTracer_CostsNothingWhereNothingIsTraced(t *testing.T) {
	var off *tracing.Tracer
	step := tracing.Step{Trust: "ZZ1", Message: 1, Name: tracing.Commit}
	if n := testing.AllocsPerRun(100, func() { off.Tell(step) }); n != 0 {
		t.Errorf("a hub that traces nothing allocates %v times a step", n)
	}
	on := open(t, tracing.Config{File: filepath.Join(t.TempDir(), "t.jsonl"), OneIn: 1 << 60})
	if n := testing.AllocsPerRun(100, func() { on.Tell(step) }); n != 0 {
		t.Errorf("a message that is not sampled allocates %v times a step", n)
	}
}

func TestNew_ACollectorThatIsAwaySlowsNothingAndIsToldOfOnce(t *testing.T) {
	g := newGatherer(t)
	g.refuses.Store(true)
	var mu sync.Mutex
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return said.Write(p) }), nil))
	lines := func() string { mu.Lock(); defer mu.Unlock(); return said.String() }
	tr := open(t, tracing.Config{Endpoint: g.URL, Log: log})
	for m := range int64(20_000) { // more than are kept: the rest is dropped
		tr.Tell(tracing.Step{Trust: "ZZ1", Message: m, Name: tracing.Wait, Start: time.Now(), End: time.Now()})
	}
	for !strings.Contains(lines(), "traces are dropped") {
		time.Sleep(5 * time.Millisecond)
	}
	g.refuses.Store(false)
	for m := int64(0); !strings.Contains(lines(), "delivered again"); m++ {
		tr.Tell(tracing.Step{Trust: "ZZ1", Message: m, Name: tracing.Wait, Start: time.Now(), End: time.Now()})
		time.Sleep(5 * time.Millisecond)
	}
	tr.Close(t.Context())
	if text := lines(); strings.Count(text, "\n") != 2 {
		t.Errorf("the log says:\n%s", text)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestNew_AFileTakesALineForEachSpan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	tr := open(t, tracing.Config{File: path})
	for m := range int64(3) {
		tr.Tell(tracing.Step{Trust: "ZZ1", Message: m, Name: tracing.Receive})
	}
	tr.Close(t.Context())
	raw, err := os.ReadFile(path)
	if err != nil || strings.Count(string(raw), "\n") != 3 || !strings.Contains(string(raw), tracing.ID("ZZ1", 2)) {
		t.Errorf("%v: %s", err, raw)
	}
}

func TestNew_NothingIsTracedUnlessItIsAskedFor(t *testing.T) {
	if tr, err := tracing.New(t.Context(), tracing.Config{OneIn: 1}); tr != nil || err != nil {
		t.Errorf("%v, %v", tr, err)
	}
}
