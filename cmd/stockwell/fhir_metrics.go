package main

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stockwell-hub/stockwell/connectors/fhir"
)

// fhir gives the metrics of a trust's FHIR connectors.
func (m *metrics) fhir(trust string) fhir.Metrics { return trustFHIR{m, trust} }

type trustFHIR struct {
	m     *metrics
	trust string
}

func (t trustFHIR) Request(connector, interaction string, status int, took time.Duration) {
	t.m.requests.WithLabelValues(t.trust, connector, interaction, strconv.Itoa(status)).Inc()
	t.m.requestTime.WithLabelValues(t.trust, connector).Observe(took.Seconds())
}

// requestMetrics registers what is counted of FHIR requests.
func (m *metrics) requestMetrics() {
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "stockwell_fhir_requests_total", Help: "FHIR requests answered, by what they asked for and HTTP status."}, []string{"trust", "connector", "interaction", "status"})
	m.requestTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "stockwell_fhir_request_seconds", Help: "Time from a FHIR request's header to its answer.", Buckets: latencies}, []string{"trust", "connector"})
	m.registry.MustRegister(m.requests, m.requestTime)
}
