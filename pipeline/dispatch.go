package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/tracing"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// Orders is the dispatcher's state, inside the transaction that ctx carries.
type Orders interface {
	Fence
	OrderDocument(ctx context.Context, trust string, id int64, zone *time.Location) (purchasing.Document, error)
	MarkSent(ctx context.Context, trust string, id int64, file string, digest []byte) error
}

// Outlet is where a trust's orders go, and in which layout.
type Outlet struct {
	Sink   connectors.Sink
	Layout flatfile.Layout
	Zone   *time.Location
}

// Dispatcher writes orders to the ERP. No network call is made inside a
// transaction: the order is read, its file delivered, and then marked as sent.
// A crash between any two of these delivers the same bytes under the same name
// again.
type Dispatcher struct {
	Queue   *pgqueue.Queue
	Orders  Orders
	Outlets map[string]Outlet
	Log     *slog.Logger
	Poll    time.Duration
	// Witness is told of each order before and after its delivery; may be nil.
	Witness Witness
	// Tracer is told of what sampled messages brought about; may be nil.
	Tracer *tracing.Tracer
	// Sent is told of each order that reached its ERP; may be nil.
	Sent func(trust string, took time.Duration)
}

// groupDispatch is the consumer group of TopicDispatch.
const groupDispatch = "erp"

// Prepare makes the topic keep its messages. It is called before the planner
// runs.
func (d *Dispatcher) Prepare(ctx context.Context) error {
	_, err := d.Queue.Ensure(ctx, TopicDispatch, groupDispatch)
	return err
}

// Run dispatches until ctx ends; a delivery in hand is finished first.
func (d *Dispatcher) Run(ctx context.Context) error {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 30 * time.Second}, watermill.NewSlogLogger(quiet(d.Log)))
	if err != nil {
		return err
	}
	sub := d.Queue.Subscriber(pgqueue.SubscriberConfig{Group: groupDispatch, Poll: d.Poll, Grace: 20 * time.Second, Log: d.Log})
	defer sub.Close() // the router leaves it open when ctx ends
	router.AddConsumerHandler("dispatch", TopicDispatch, sub, d.handle)
	return router.Run(ctx)
}

func (d *Dispatcher) handle(m *message.Message) error {
	var job dispatch
	if err := json.Unmarshal(m.Payload, &job); err != nil {
		return d.refuse(m, job, fault.Wrap(err, fault.Internal, "dispatch_unreadable", "The queue's note of an order cannot be read."))
	}
	start := time.Now()
	if err := d.send(m.Context(), job); err != nil {
		return d.refuse(m, job, err)
	}
	if d.Sent != nil {
		d.Sent(job.Trust, time.Since(start))
	}
	return nil
}

// refuse tells the queue what to do with an order that could not be sent: what
// may mend itself is tried again, the rest waits for a person.
func (d *Dispatcher) refuse(m *message.Message, job dispatch, err error) error {
	f := fault.Of(err)
	var stop *pgqueue.Stop
	if f.Kind != fault.Unavailable && f.Kind != fault.Internal {
		stop = &pgqueue.Stop{Step: "dispatch", Code: f.Code, Path: f.Path, Text: f.Text}
	}
	pgqueue.Refuse(m.Context(), err, stop)
	if f.Code == codeHeld {
		return err // it was said when the hub started
	}
	d.Log.Warn("order not sent", "trust", job.Trust, "order", job.Number, "code", f.Code, "stopped", stop != nil)
	return err
}

func (d *Dispatcher) send(ctx context.Context, job dispatch) (err error) {
	var delivering, delivered time.Time
	start := time.Now()
	out, ok := d.Outlets[job.Trust]
	if !ok {
		return fault.New(fault.Conflict, "no_outlet", "Trust %s has no connector for its orders. Set purchasing.connector in trust.yaml and replay.", job.Trust)
	}
	var doc purchasing.Document
	defer func() { d.traceDispatch(job.Trust, start, delivering, delivered, doc, err) }()
	err = d.Queue.Tx(ctx, job.Trust, func(ctx context.Context) (err error) {
		if fenced, err := d.Orders.Fenced(ctx, job.Trust); err != nil || fenced {
			return cmp.Or(err, held(job.Trust))
		}
		doc, err = d.Orders.OrderDocument(ctx, job.Trust, job.Order, out.Zone)
		return err
	})
	if err != nil {
		return err
	}
	if doc.State != purchasing.Ready {
		return nil // sent before, and only the queue did not hear of it
	}
	file, err := Encode(doc, out.Layout)
	if err != nil {
		return err
	}
	if d.Witness != nil {
		if err := d.Witness.Sending(job.Trust, doc.Number, file); err != nil {
			return err
		}
	}
	failpoint.Hit(failpoint.DispatchBeforeDelivery)
	delivering = time.Now()
	if err := out.Sink.Deliver(ctx, file); err != nil {
		return err
	}
	delivered = time.Now()
	if d.Witness != nil {
		d.Witness.Sent(job.Trust, doc.Number, file)
	}
	failpoint.Hit(failpoint.DispatchAfterDelivery)
	digest := sha256.Sum256(file.Body)
	defer failpoint.Hit(failpoint.DispatchAfterMarking)
	return d.Queue.Tx(ctx, job.Trust, func(ctx context.Context) error {
		return d.Orders.MarkSent(ctx, job.Trust, job.Order, file.Name, digest[:])
	})
}

// Encode lays out an order's file: the same order always gives the same name
// and bytes.
func Encode(doc purchasing.Document, layout flatfile.Layout) (connectors.File, error) {
	name, err := layout.Name(doc.Fields)
	if err != nil {
		return connectors.File{}, err
	}
	body, err := layout.Encode(doc.Rows(), doc.Fields)
	return connectors.File{Name: name, Body: body}, err
}

// quiet keeps Watermill's own lines out of the log unless they are errors.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(levelled{log.Handler(), slog.LevelError})
}

type levelled struct {
	slog.Handler
	min slog.Level
}

func (l levelled) Enabled(_ context.Context, level slog.Level) bool { return level >= l.min }
