package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/domain/posting"
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
	refused     *prometheus.CounterVec
	commits     *prometheus.CounterVec
	commitSize  prometheus.Histogram
	commitTime  prometheus.Histogram
	batchSize   prometheus.Histogram
	batchTime   prometheus.Histogram
	posted      *prometheus.CounterVec
	outcomes    *prometheus.CounterVec
	findings    *prometheus.CounterVec
	postedAge   prometheus.Histogram
	sent        *prometheus.CounterVec
	sentTime    prometheus.Histogram
	batches     *prometheus.CounterVec
	batchSend   prometheus.Histogram
	submissions *prometheus.GaugeVec
	unanswered  *prometheus.GaugeVec
	depth       *prometheus.GaugeVec
	oldest      *prometheus.GaugeVec
	stopped     *prometheus.GaugeVec
	warnings    *prometheus.GaugeVec
	fenced      *prometheus.GaugeVec
	keys        *prometheus.GaugeVec
	lanes       *prometheus.GaugeVec
	condition   *prometheus.GaugeVec
	diskFree    prometheus.Gauge
	requests    *prometheus.CounterVec
	requestTime *prometheus.HistogramVec
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
		refused:     counter("mllp_refused_total", "MLLP connections that were not served, by reason.", "trust", "connector", "reason"),
		commits:     counter("receive_commits_total", "Commits of received messages, by result.", "result"),
		commitSize:  histogram("receive_commit_messages", "Messages that shared a commit.", sizes),
		commitTime:  histogram("receive_commit_seconds", "Time to store a commit's messages.", latencies),
		batchSize:   histogram("post_batch_messages", "Messages posted in one transaction.", sizes),
		batchTime:   histogram("post_batch_seconds", "Time to translate and post a batch.", latencies),
		posted:      counter("posted_messages_total", "Messages handled.", "trust"),
		outcomes:    counter("message_outcomes_total", "Messages by what became of them: applied, no_change, superseded, ignored, test.", "trust", "connector", "outcome"),
		findings:    counter("message_findings_total", "Remarks on messages, by code: also lines that a mapping leaves out.", "trust", "connector", "code"),
		postedAge:   histogram("posted_age_seconds", "Time from storing a message to its posting.", latencies),
		sent:        counter("orders_sent_total", "Orders that reached the ERP.", "trust"),
		sentTime:    histogram("order_send_seconds", "Time to deliver an order's file.", latencies),
		batches:     counter("registry_batches_sent_total", "Batches that reached the registry.", "trust"),
		batchSend:   histogram("registry_batch_send_seconds", "Time to deliver a batch's files.", latencies),
		submissions: gauge("registry_uses", "Uses that are reportable, or were, by where they stand with the registry: incomplete, ready, sent, accepted, rejected, withdrawn, not_needed.", "trust", "state"),
		unanswered:  gauge("registry_unanswered_seconds", "How long the oldest record that was sent has had no answer.", "trust"),
		depth:       gauge("queue_messages", "Messages that wait, by topic: for their turn, for their next try, or behind a stopped one.", "trust", "topic"),
		oldest:      gauge("queue_oldest_seconds", "Age of the oldest message that waits for its turn or its next try, by topic.", "trust", "topic"),
		keys:        gauge("queue_keys", "Ordering keys that wait, by topic and state: ready, retrying, parked.", "trust", "topic", "state"),
		lanes:       gauge("queue_lanes_in_hand", "Lanes that a hub works at, by topic.", "trust", "topic"),
		condition:   gauge("condition", "1 while a condition of the hub or of a trust holds, by kind.", "kind", "trust"),
		stopped:     gauge("stopped_messages", "Messages that wait for a person, by topic.", "trust", "topic"),
		fenced:      gauge("fenced", "1 while a trust's orders are held since a restore.", "trust"),
		warnings:    gauge("open_warnings", "Warnings that are open, by kind.", "trust", "kind"),
	}
	m.diskFree = prometheus.NewGauge(prometheus.GaugeOpts{Name: "stockwell_disk_free_bytes", Help: "Free space of the embedded database's disk."})
	r.MustRegister(m.diskFree)
	m.answerTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "stockwell_mllp_answer_seconds", Help: "Time from a frame's last byte to its answer.", Buckets: latencies}, []string{"trust", "connector"})
	r.MustRegister(m.answerTime)
	m.requestMetrics()
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

func (t trustMLLP) Refused(connector string, reason mllp.Reason) {
	t.m.refused.WithLabelValues(t.trust, connector, string(reason)).Inc()
}

// watchPeers tells of a connector's senders, by network address, when asked.
func (m *metrics) watchPeers(trust string, s *mllp.Server) {
	describe := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("stockwell_mllp_peer_"+name, help, []string{"peer"}, prometheus.Labels{"trust": trust, "connector": s.Name()})
	}
	m.registry.MustRegister(&mllpPeers{
		server:   s,
		open:     describe("connections", "Open MLLP connections of a sender."),
		messages: describe("messages_total", "Messages that a sender has sent."),
		bytes:    describe("bytes_total", "Bytes of the messages that a sender has sent."),
		last:     describe("last_message_timestamp_seconds", "When a sender's last message came."),
	})
}

type mllpPeers struct {
	server                      *mllp.Server
	open, messages, bytes, last *prometheus.Desc
}

func (p *mllpPeers) Describe(to chan<- *prometheus.Desc) {
	to <- p.open
	to <- p.messages
	to <- p.bytes
	to <- p.last
}

func (p *mllpPeers) Collect(to chan<- prometheus.Metric) {
	for _, x := range p.server.Peers() {
		tell := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
			to <- prometheus.MustNewConstMetric(d, kind, value, x.Address.String())
		}
		tell(p.open, prometheus.GaugeValue, float64(x.Open))
		tell(p.messages, prometheus.CounterValue, float64(x.Messages))
		tell(p.bytes, prometheus.CounterValue, float64(x.Bytes))
		if !x.LastMessage.IsZero() {
			tell(p.last, prometheus.GaugeValue, float64(x.LastMessage.UnixMilli())/1000)
		}
	}
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

// became counts what became of messages, and what was remarked on them. Codes
// are those of the hub and of the mapping's fields.
func (m *metrics) became(trust string, ps []posting.Posting) {
	for _, p := range ps {
		m.outcomes.WithLabelValues(trust, p.Message.Connector, p.Outcome).Inc()
		for _, f := range p.Findings {
			m.findings.WithLabelValues(trust, p.Message.Connector, f.Code).Inc()
		}
	}
}

func (m *metrics) orderSent(trust string, took time.Duration) {
	m.sent.WithLabelValues(trust).Inc()
	m.sentTime.Observe(took.Seconds())
}

func (m *metrics) batchSent(trust string, took time.Duration) {
	m.batches.WithLabelValues(trust).Inc()
	m.batchSend.Observe(took.Seconds())
}

// watch keeps the gauges of what waits true until ctx ends, and hands on what
// it sees. Counting takes at most a tenth of the time, however much waits.
func (m *metrics) watch(ctx context.Context, s *store.Store, trusts []string, seen func(trust string, w store.Waiting)) {
	kinds := map[string]map[string]bool{} // of warnings, by trust, that were ever open
	for _, t := range trusts {
		kinds[t] = map[string]bool{}
	}
	for {
		start := time.Now()
		for _, t := range trusts {
			w, err := s.Waiting(ctx, t)
			if err != nil {
				continue
			}
			for _, q := range w.Queues {
				m.depth.WithLabelValues(t, q.Topic).Set(float64(q.Ready + q.Retrying + q.Parked))
				m.oldest.WithLabelValues(t, q.Topic).Set(max(q.ReadySeconds, q.RetryingSeconds))
				m.stopped.WithLabelValues(t, q.Topic).Set(float64(q.Stopped))
				m.keys.WithLabelValues(t, q.Topic, "ready").Set(float64(q.ReadyKeys))
				m.keys.WithLabelValues(t, q.Topic, "retrying").Set(float64(q.RetryingKeys))
				m.keys.WithLabelValues(t, q.Topic, "parked").Set(float64(q.ParkedKeys))
				m.lanes.WithLabelValues(t, q.Topic).Set(float64(q.Lanes))
			}
			for kind := range w.Warnings {
				kinds[t][kind] = true
			}
			for kind := range kinds[t] {
				m.warnings.WithLabelValues(t, kind).Set(float64(w.Warnings[kind]))
			}
			seen(t, w)
			if r, err := s.Registry(ctx, t); err == nil && r.Reports {
				for state, n := range r.States {
					m.submissions.WithLabelValues(t, state).Set(float64(n))
				}
				m.unanswered.WithLabelValues(t).Set(r.UnansweredSeconds)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(5*time.Second, 9*time.Since(start))):
		}
	}
}
