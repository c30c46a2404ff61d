// Package tracing tells OpenTelemetry of the ways that single messages took
// through the hub, from the socket to the file that they brought about.
//
// A message's trace has an ID that follows from the trust and the message's
// number, and so does whether it is sampled. No context is therefore carried
// through the queue, every process and every restart agrees, and a step is
// told once it is over, as a plain value. A nil Tracer traces nothing and
// costs nothing.
//
// Attributes are the hub's own numbers, names and codes. What a message says,
// and anything of a patient, does not belong here (law 9).
package tracing

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Names of the steps, in the order of a message's way.
const (
	Receive   = "receive"       // from a frame's last byte, or a file's taking, until its sender was answered
	Again     = "receive_again" // a repetition of a message that was received before
	Commit    = "commit"        // storing it, with others that waited
	Answer    = "answer"        // telling the sender
	Wait      = "wait"          // in the queue
	Translate = "translate"     // by the trust's mapping
	Post      = "post"          // into the ledger, with a batch, through its commit
	Plan      = "plan"          // of a need that it brought about
	Order     = "order"         // of what was planned, through its commit
	Dispatch  = "dispatch"      // of the order, through its mark as sent
	Deliver   = "deliver"       // of the order's file
)

// Step is a part of a message's way that is over. Zero fields are not told.
type Step struct {
	Trust   string
	Message int64
	// Name is one of the names above.
	Name       string
	Start, End time.Time
	Connector  string
	// Type is the message's own type, Profile the mapping that read it.
	Type, Profile string
	// Outcome is a stable code: what became of the step.
	Outcome string
	// Failed marks a step that did not succeed.
	Failed bool
	// Order is the number of an order.
	Order string
	// Together is how many messages shared the step.
	Together int
	// With are other messages that caused the same. Those that are sampled are linked.
	With []int64
	// Parts are steps within this one.
	Parts []Step
}

// Tracer tells of sampled messages. Its methods may be called concurrently.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	oneIn    uint64
}

// id gives a message's trace, the span of its receipt, which is the parent of
// its other steps, and the number that decides about sampling.
func id(trust string, message int64) (t trace.TraceID, root trace.SpanID, lot uint64) {
	var text [64]byte
	b := append(append(text[:0], "stockwell "...), trust...)
	b = binary.BigEndian.AppendUint64(append(b, ' '), uint64(message))
	sum := sha256.Sum256(b)
	copy(t[:], sum[:16])
	copy(root[:], sum[16:24])
	return t, root, binary.BigEndian.Uint64(sum[24:])
}

// ID gives the trace ID of a message, as collectors write it.
func ID(trust string, message int64) string {
	t, _, _ := id(trust, message)
	return t.String()
}

// Sampled reports whether a message is one of those that a hub traces which
// traces one in oneIn.
func Sampled(trust string, message int64, oneIn int) bool {
	_, _, lot := id(trust, message)
	return lot%uint64(max(oneIn, 1)) == 0
}

// Traces reports whether steps of the message are told. A nil Tracer tells
// none.
func (t *Tracer) Traces(trust string, message int64) bool {
	if t == nil {
		return false
	}
	_, _, lot := id(trust, message)
	return lot%t.oneIn == 0
}

// Tell tells of a step, and of its parts, if its message is sampled.
func (t *Tracer) Tell(s Step) {
	if t.Traces(s.Trust, s.Message) {
		trace, root, _ := id(s.Trust, s.Message)
		t.tell(s, trace, root, s.Name != Receive)
	}
}

// tell tells of a step below the span parent, or as that span.
func (t *Tracer) tell(s Step, id trace.TraceID, parent trace.SpanID, below bool) {
	ctx := context.Background()
	if below {
		ctx = trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: id, SpanID: parent, TraceFlags: trace.FlagsSampled, Remote: true}))
	} else {
		ctx = context.WithValue(ctx, chosen{}, trace.SpanContextConfig{TraceID: id, SpanID: parent})
	}
	if s.End.Before(s.Start) { // a clock was set back
		s.End = s.Start
	}
	kind := trace.SpanKindInternal
	switch s.Name {
	case Receive:
		kind = trace.SpanKindServer
	case Deliver:
		kind = trace.SpanKindClient
	}
	_, span := t.tracer.Start(ctx, s.Name, trace.WithTimestamp(s.Start), trace.WithSpanKind(kind), trace.WithAttributes(attributes(s)...), trace.WithLinks(t.links(s)...))
	if s.Failed {
		span.SetStatus(codes.Error, s.Outcome)
	}
	within := span.SpanContext().SpanID()
	span.End(trace.WithTimestamp(s.End))
	for _, p := range s.Parts {
		p.Trust, p.Message = s.Trust, s.Message
		t.tell(p, id, within, true)
	}
}

func attributes(s Step) []attribute.KeyValue {
	all := []attribute.KeyValue{attribute.String("stockwell.trust", s.Trust), attribute.Int64("stockwell.message", s.Message)}
	text := func(key, value string) {
		if value != "" {
			all = append(all, attribute.String("stockwell."+key, value))
		}
	}
	text("connector", s.Connector)
	text("type", s.Type)
	text("profile", s.Profile)
	text("outcome", s.Outcome)
	text("order", s.Order)
	if s.Together > 0 {
		all = append(all, attribute.Int("stockwell.together", s.Together))
	}
	return all
}

// links leads to the traces of the other messages that caused a step.
func (t *Tracer) links(s Step) []trace.Link {
	var all []trace.Link
	for _, m := range s.With {
		if m == s.Message || !t.Traces(s.Trust, m) {
			continue
		}
		other, root, _ := id(s.Trust, m)
		all = append(all, trace.Link{
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: other, SpanID: root, TraceFlags: trace.FlagsSampled}),
			Attributes:  []attribute.KeyValue{attribute.Int64("stockwell.message", m)},
		})
	}
	return all
}

// Close hands over what was told, waiting no longer than ctx lasts.
func (t *Tracer) Close(ctx context.Context) {
	if t != nil {
		_ = t.provider.Shutdown(ctx) // what a collector does not take is lost, and was said
	}
}
