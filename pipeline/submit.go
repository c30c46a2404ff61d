package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// Sendings are a trust's batches on their way, inside the transaction that ctx
// carries.
type Sendings interface {
	BatchToSend(ctx context.Context, number int64) (registry.Batch, error)
	MarkBatchSent(ctx context.Context, number int64) error
}

// Desk is where a trust's batches go.
type Desk struct {
	Sink     connectors.Sink
	Sendings Sendings
}

// Submitter delivers batches to registries: the data file, then the manifest
// that says what is in it, then the note that both are there. No network call
// is made inside a transaction, and a crash between any two of these delivers
// the same bytes under the same names again.
type Submitter struct {
	Queue *pgqueue.Queue
	Fence Fence
	Desks map[string]Desk
	Log   *slog.Logger
	Poll  time.Duration
	// Witness is told of each batch before and after its delivery, by its
	// manifest: the data file holds personal data. May be nil.
	Witness Witness
	// Sent is told of each batch that reached its registry; may be nil.
	Sent func(trust string, took time.Duration)
}

// groupSubmit is the consumer group of TopicSubmit.
const groupSubmit = "registry"

// Prepare makes the topic keep its messages. It is called before the
// registrar runs.
func (s *Submitter) Prepare(ctx context.Context) error {
	_, err := s.Queue.Ensure(ctx, TopicSubmit, groupSubmit)
	return err
}

// Run delivers until ctx ends; a delivery in hand is finished first.
func (s *Submitter) Run(ctx context.Context) error {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 30 * time.Second}, watermill.NewSlogLogger(quiet(s.Log)))
	if err != nil {
		return err
	}
	sub := s.Queue.Subscriber(pgqueue.SubscriberConfig{Group: groupSubmit, Poll: s.Poll, Grace: 20 * time.Second, Log: s.Log})
	defer sub.Close() // the router leaves it open when ctx ends
	router.AddConsumerHandler("submit", TopicSubmit, sub, s.handle)
	return router.Run(ctx)
}

func (s *Submitter) handle(m *message.Message) error {
	var job submission
	if err := json.Unmarshal(m.Payload, &job); err != nil {
		return s.refuse(m, job, fault.Wrap(err, fault.Internal, "submission_unreadable", "The queue's note of a registry batch cannot be read."))
	}
	start := time.Now()
	if err := s.send(m.Context(), job); err != nil {
		return s.refuse(m, job, err)
	}
	if s.Sent != nil {
		s.Sent(job.Trust, time.Since(start))
	}
	return nil
}

// refuse tells the queue what to do with a batch that could not be sent: what
// may mend itself is tried again, the rest waits for a person.
func (s *Submitter) refuse(m *message.Message, job submission, err error) error {
	f := fault.Of(err)
	var stop *pgqueue.Stop
	if f.Kind != fault.Unavailable && f.Kind != fault.Internal {
		stop = &pgqueue.Stop{Step: "submit", Code: f.Code, Path: f.Path, Text: f.Text}
	}
	pgqueue.Refuse(m.Context(), err, stop)
	if f.Code != codeHeld { // that was said when the hub started
		s.Log.Warn("registry batch not sent", "trust", job.Trust, "batch", job.Batch, "code", f.Code, "stopped", stop != nil)
	}
	return err
}

func (s *Submitter) send(ctx context.Context, job submission) error {
	desk, ok := s.Desks[job.Trust]
	if !ok {
		return fault.New(fault.Conflict, "no_desk", "Trust %s has no connector for its registry. Set registry.connector in trust.yaml, then `stockwell submissions resend %s`.", job.Trust, job.Batch)
	}
	var b registry.Batch
	err := s.Queue.Tx(ctx, job.Trust, func(ctx context.Context) (err error) {
		if fenced, err := s.Fence.Fenced(ctx, job.Trust); err != nil || fenced {
			return cmp.Or(err, held(job.Trust))
		}
		b, err = desk.Sendings.BatchToSend(ctx, job.Number)
		return err
	})
	if err != nil || b.Sent { // sent before, and only the queue did not hear of it
		return err
	}
	data, manifest := files(b)
	note := connectors.File{Name: data.Name, Body: manifest.Body}
	if s.Witness != nil {
		if err := s.Witness.Sending(job.Trust, b.Name, note); err != nil {
			return err
		}
	}
	failpoint.Hit(failpoint.SubmitBeforeDelivery)
	if err := desk.Sink.Deliver(ctx, data); err != nil {
		return err
	}
	failpoint.Hit(failpoint.SubmitAfterData)
	if err := desk.Sink.Deliver(ctx, manifest); err != nil {
		return err
	}
	if s.Witness != nil {
		s.Witness.Sent(job.Trust, b.Name, note)
	}
	failpoint.Hit(failpoint.SubmitAfterDelivery)
	defer failpoint.Hit(failpoint.SubmitAfterMarking)
	return s.Queue.Tx(ctx, job.Trust, func(ctx context.Context) error { return desk.Sendings.MarkBatchSent(ctx, job.Number) })
}
