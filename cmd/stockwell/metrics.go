package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
	"github.com/stockwell-hub/stockwell/store"
)

// metrics are what /metrics tells. Labels hold trust, connector, code and
// topic only, never anything of a patient (law 9).
type metrics struct {
	registry    *prometheus.Registry
	frames      *prometheus.CounterVec
	bytes       *prometheus.CounterVec
	skipped     *prometheus.CounterVec
	answers     *prometheus.CounterVec
	answerTime  *prometheus.HistogramVec
	connections *prometheus.GaugeVec
	commits     *prometheus.CounterVec
	commitSize  prometheus.Histogram
	commitTime  prometheus.Histogram
	batchSize   prometheus.Histogram
	batchTime   prometheus.Histogram
	posted      *prometheus.CounterVec
	postedAge   prometheus.Histogram
	sent        *prometheus.CounterVec
	sentTime    prometheus.Histogram
	depth       *prometheus.GaugeVec
	oldest      *prometheus.GaugeVec
	stopped     *prometheus.GaugeVec
	warnings    *prometheus.GaugeVec
}

var (
	latencies = []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30}
	sizes     = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}
)

func newMetrics() *metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "stockwell_" + name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "stockwell_" + name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		v := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "stockwell_" + name, Help: help, Buckets: buckets})
		r.MustRegister(v)
		return v
	}
	m := &metrics{
		registry:    r,
		frames:      counter("mllp_frames_total", "MLLP frames read.", "trust", "connector"),
		bytes:       counter("mllp_bytes_total", "Bytes of MLLP frames read.", "trust", "connector"),
		skipped:     counter("mllp_skipped_bytes_total", "Bytes between frames that were skipped.", "trust", "connector"),
		answers:     counter("mllp_answers_total", "Answers written, by code.", "trust", "connector", "code"),
		connections: gauge("mllp_connections", "Open MLLP connections.", "trust", "connector"),
		commits:     counter("receive_commits_total", "Commits of received messages, by result.", "result"),
		commitSize:  histogram("receive_commit_messages", "Messages that shared a commit.", sizes),
		commitTime:  histogram("receive_commit_seconds", "Time to store a commit's messages.", latencies),
		batchSize:   histogram("post_batch_messages", "Messages posted in one transaction.", sizes),
		batchTime:   histogram("post_batch_seconds", "Time to translate and post a batch.", latencies),
		posted:      counter("posted_messages_total", "Messages handled.", "trust"),
		postedAge:   histogram("posted_age_seconds", "Time from storing a message to its posting.", latencies),
		sent:        counter("orders_sent_total", "Orders that reached the ERP.", "trust"),
		sentTime:    histogram("order_send_seconds", "Time to deliver an order's file.", latencies),
		depth:       gauge("queue_messages", "Messages that wait, by topic.", "trust", "topic"),
		oldest:      gauge("queue_oldest_seconds", "Age of the oldest message that waits, by topic.", "trust", "topic"),
		stopped:     gauge("stopped_messages", "Messages that wait for a person, by topic.", "trust", "topic"),
		warnings:    gauge("open_warnings", "Warnings that are open, by kind.", "trust", "kind"),
	}
	m.answerTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "stockwell_mllp_answer_seconds", Help: "Time from a frame's last byte to its answer.", Buckets: latencies}, []string{"trust", "connector"})
	r.MustRegister(m.answerTime)
	return m
}

func (m *metrics) mllp(trust string) mllp.Metrics { return trustMLLP{m, trust} }

type trustMLLP struct {
	m     *metrics
	trust string
}

func (t trustMLLP) Frame(connector string, bytes int) {
	t.m.frames.WithLabelValues(t.trust, connector).Inc()
	t.m.bytes.WithLabelValues(t.trust, connector).Add(float64(bytes))
}

func (t trustMLLP) Answer(connector, code string, took time.Duration) {
	t.m.answers.WithLabelValues(t.trust, connector, code).Inc()
	t.m.answerTime.WithLabelValues(t.trust, connector).Observe(took.Seconds())
}

func (t trustMLLP) Skipped(connector string, bytes int) {
	t.m.skipped.WithLabelValues(t.trust, connector).Add(float64(bytes))
}

func (t trustMLLP) Connections(connector string, open int) {
	t.m.connections.WithLabelValues(t.trust, connector).Set(float64(open))
}

func (m *metrics) committed(n int, took time.Duration, err error) {
	if err != nil {
		m.commits.WithLabelValues("failed").Inc()
		return
	}
	m.commits.WithLabelValues("stored").Inc()
	m.commitSize.Observe(float64(n))
	m.commitTime.Observe(took.Seconds())
}

func (m *metrics) batch(trust string, batch []pgqueue.Message, took time.Duration) {
	m.batchSize.Observe(float64(len(batch)))
	m.batchTime.Observe(took.Seconds())
	m.posted.WithLabelValues(trust).Add(float64(len(batch)))
	now := time.Now()
	for _, b := range batch {
		m.postedAge.Observe(max(now.Sub(b.PublishedAt), 0).Seconds())
	}
}

func (m *metrics) orderSent(trust string, took time.Duration) {
	m.sent.WithLabelValues(trust).Inc()
	m.sentTime.Observe(took.Seconds())
}

// watch keeps the gauges of what waits true until ctx ends.
func (m *metrics) watch(ctx context.Context, s *store.Store, trusts []string) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		for _, t := range trusts {
			w, err := s.Waiting(ctx, t)
			if err != nil {
				continue
			}
			for _, q := range w.Queues {
				m.depth.WithLabelValues(t, q.Topic).Set(float64(q.Messages))
				m.oldest.WithLabelValues(t, q.Topic).Set(q.OldestSeconds)
				m.stopped.WithLabelValues(t, q.Topic).Set(float64(q.Stopped))
			}
			for kind, n := range w.Warnings {
				m.warnings.WithLabelValues(t, kind).Set(float64(n))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
