package main

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/tracing"
)

// traceLimit bounds what a hub that stops waits for a collector.
const traceLimit = 2 * time.Second

// openTracer gives the tracer that the configuration asks for; nil if it asks
// for none.
func (h *hub) openTracer(ctx context.Context) (*tracing.Tracer, error) {
	c := h.cfg.Tracing
	headers, err := c.Headers.Resolve(h.cfg.Dir)
	if err != nil {
		return nil, err
	}
	t := tracing.Config{Endpoint: c.Endpoint, OneIn: c.OneIn, Version: version, Log: h.log}
	for line := range strings.Lines(headers) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok && name != "" {
			return nil, fault.New(fault.Invalid, "tracing_headers_invalid", "A header line for the collector is not one. Write each as name=value, one in a line.").At("tracing.headers")
		}
		if ok {
			if t.Headers == nil {
				t.Headers = map[string]string{}
			}
			t.Headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	if t.File = c.File; t.File != "" && !filepath.IsAbs(t.File) {
		t.File = filepath.Join(h.cfg.Data, t.File)
	}
	return tracing.New(ctx, t)
}

// traced tells the tracer of messages that come in.
type traced struct {
	connectors.Receiver
	tracer *tracing.Tracer
}

// Receive passes e on, and tells of it if it is sampled.
func (r traced) Receive(ctx context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	got, err := r.Receiver.Receive(ctx, e)
	if err != nil || !r.tracer.Traces(e.Trust, got.MessageID) {
		return got, err
	}
	stored := time.Now()
	step := tracing.Step{Trust: e.Trust, Message: got.MessageID, Name: tracing.Receive, Start: e.ReceivedAt, End: stored, Connector: e.Connector, Type: e.Type, Outcome: "stored"}
	if got.Duplicate {
		step.Name, step.Outcome = tracing.Again, "known"
	}
	r.tracer.Tell(step)
	next := got.Answered
	got.Answered = func(code string) {
		r.tracer.Tell(tracing.Step{Trust: e.Trust, Message: got.MessageID, Name: tracing.Answer, Start: stored, End: time.Now(), Connector: e.Connector, Outcome: code})
		if next != nil {
			next(code)
		}
	}
	return got, nil
}

// traceOf says by which ID collectors know a message; empty where nothing is
// traced.
func traceOf(c config.Tracing, trust string, message int64) string {
	switch {
	case c.Endpoint == "" && c.File == "":
		return ""
	case tracing.Sampled(trust, message, c.OneIn):
		return "Trace " + tracing.ID(trust, message)
	}
	return "Trace " + tracing.ID(trust, message) + ", of which nothing is told: the message is not sampled"
}
