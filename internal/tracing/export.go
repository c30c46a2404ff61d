package tracing

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Config says where traces go.
type Config struct {
	// Endpoint is a collector that takes OTLP over HTTP, as
	// http://127.0.0.1:4318; empty is none. Headers go with each request.
	Endpoint string
	Headers  map[string]string
	// File is appended to as lines of JSON; empty is none.
	File string
	// OneIn is how many messages there are for one that is traced.
	OneIn int
	// Version is the hub's.
	Version string
	Log     *slog.Logger
}

const (
	exportLimit = 5 * time.Second
	// mostSpans bounds the memory that spans take which a collector has not
	// taken yet; further ones are dropped.
	mostSpans = 4096
)

// New gives the tracer that cfg asks for; nil if it names neither a collector
// nor a file. It fails with fault.Invalid if the settings cannot be used. A
// collector that is away stops and slows nothing: what it does not take is
// dropped, with one line in the log when that begins and one when it ends.
func New(ctx context.Context, cfg Config) (*Tracer, error) {
	if cfg.Endpoint == "" && cfg.File == "" {
		return nil, nil
	}
	opts := []sdk.TracerProviderOption{
		sdk.WithSampler(sdk.AlwaysSample()), // it is decided before a span begins
		sdk.WithIDGenerator(ids{}),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "stockwell"), attribute.String("service.version", cfg.Version))),
	}
	batch := func(e sdk.SpanExporter, to string) {
		opts = append(opts, sdk.WithBatcher(&told{SpanExporter: e, log: cfg.Log, to: to},
			sdk.WithMaxQueueSize(mostSpans), sdk.WithExportTimeout(exportLimit), sdk.WithBatchTimeout(time.Second)))
	}
	if cfg.Endpoint != "" {
		at, err := url.Parse(cfg.Endpoint)
		if err != nil {
			return nil, fault.New(fault.Invalid, "tracing_endpoint_invalid", "The collector's address cannot be read. Write it as http://127.0.0.1:4318.").At("tracing.endpoint")
		}
		e, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(at.JoinPath("v1", "traces").String()), otlptracehttp.WithHeaders(cfg.Headers),
			otlptracehttp.WithTimeout(exportLimit), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "tracing_endpoint_invalid", "The collector at %s cannot be used.", at.Host).At("tracing.endpoint")
		}
		batch(e, at.Host)
	}
	if cfg.File != "" {
		f := &file{path: cfg.File}
		if err := f.open(); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "tracing_file_unusable", "Traces cannot be written to %s. Check the folder and its permissions.", cfg.File).At("tracing.file")
		}
		e, err := stdouttrace.New(stdouttrace.WithWriter(f))
		if err != nil {
			return nil, err
		}
		batch(e, cfg.File)
	}
	p := sdk.NewTracerProvider(opts...)
	return &Tracer{provider: p, tracer: p.Tracer("stockwell"), oneIn: uint64(max(cfg.OneIn, 1))}, nil
}

// told is an exporter that tells once when it begins to fail and once when it
// works again, without the far side's words.
type told struct {
	sdk.SpanExporter
	log *slog.Logger
	to  string

	mu      sync.Mutex
	failing bool
	lost    int
}

// ExportSpans exports, or drops what the far side does not take.
func (e *told) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case err != nil && !e.failing:
		e.log.Warn("traces are dropped: they cannot be delivered; messages are not affected", "to", e.to)
		e.failing, e.lost = true, len(spans)
	case err != nil:
		e.lost += len(spans)
	case e.failing:
		e.log.Info("traces are delivered again", "to", e.to, "lost", e.lost)
		e.failing = false
	}
	return nil
}

// chosen carries the IDs of a trace's first span.
type chosen struct{}

// ids gives the first span of a trace the IDs that follow from its message.
type ids struct{}

func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	c, _ := ctx.Value(chosen{}).(trace.SpanContextConfig)
	return c.TraceID, c.SpanID
}

func (ids) NewSpanID(context.Context, trace.TraceID) (s trace.SpanID) {
	for !s.IsValid() {
		n := rand.Uint64()
		for i := range s {
			s[i] = byte(n >> (8 * i))
		}
	}
	return s
}
