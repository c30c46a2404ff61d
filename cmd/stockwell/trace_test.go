package main

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/stockwell-hub/stockwell/internal/tracing"
)

// TestTrace_OneTraceLeadsFromTheSocketToTheFile has a collector that takes
// OTLP over HTTP, and every message sampled.
func TestTrace_OneTraceLeadsFromTheSocketToTheFile(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var wire bytes.Buffer
	var got []*spans.Span
	g := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		raw, err := io.ReadAll(body)
		var told collector.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(raw, &told) != nil {
			t.Error("the collector was sent what is not OTLP")
		}
		mu.Lock()
		defer mu.Unlock()
		wire.Write(raw)
		for _, rs := range told.ResourceSpans {
			for _, s := range rs.ScopeSpans {
				got = append(got, s.Spans...)
			}
		}
	}))
	defer g.Close()
	h := newHospital(t)
	h.write("stockwell.yaml", strings.NewReplacer(`endpoint: ""`, `endpoint: "`+g.URL+`"`, "one_in: 100", "one_in: 1").Replace(h.read("stockwell.yaml")))
	h.start()
	h.seed()
	if code, text := h.send(h.message("first.hl7")); code != "AA" {
		t.Fatalf("%s %s", code, text)
	}
	h.quiet()
	number, err := h.query(`SELECT id::text FROM message WHERE control_id = 'MSG000441'`)
	h.must(err)
	id, err := strconv.ParseInt(number, 10, 64)
	h.must(err)
	if out := h.ok("messages", "show", number); !strings.Contains(out, "Trace "+tracing.ID("ZZ1", id)+"\n") {
		t.Errorf("it does not tell its trace:\n%s", out)
	}
	h.must(h.stopHub())

	mu.Lock()
	defer mu.Unlock()
	by := map[string]*spans.Span{}
	for _, s := range got {
		if tracing.ID("ZZ1", id) == hex.EncodeToString(s.TraceId) {
			by[s.Name] = s
		}
	}
	way := []string{tracing.Receive, tracing.Commit, tracing.Answer, tracing.Wait, tracing.Translate, tracing.Post, tracing.Plan, tracing.Order, tracing.Dispatch, tracing.Deliver}
	for _, name := range way {
		s := by[name]
		if s == nil {
			t.Fatalf("the trace has no step %q; it has %d steps of %d", name, len(by), len(got))
		}
		if s.EndTimeUnixNano < s.StartTimeUnixNano || s.StartTimeUnixNano < by[tracing.Receive].StartTimeUnixNano {
			t.Errorf("the step %q is at a wrong time", name)
		}
	}
	for _, want := range []string{"PO-000017", "delivered", "generic-theatre/v2", "DFT^P03"} {
		if !strings.Contains(wire.String(), want) {
			t.Errorf("nothing tells of %q", want)
		}
	}
	for _, patient := range []string{"TESTPATIENT", "Ada", "T00412", "9990000018", "19540312", "MSG000441"} {
		if strings.Contains(wire.String(), patient) {
			t.Errorf("the collector was told %q", patient)
		}
	}
}
