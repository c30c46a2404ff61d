package fhir

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

const (
	// storing is how long an answer may take beyond the reading of its body.
	storing = 45 * time.Second
	// draining is how long requests in hand may take once the door closes.
	draining = 10 * time.Second
)

// Server is a connectors.Source for FHIR requests.
type Server struct {
	cfg     Config
	log     *slog.Logger
	metrics Metrics
	ln      net.Listener
	since   time.Time
	tokens  []tokenSum

	shelf    Shelf
	names    fhir.Namer
	receiver connectors.Receiver
}

// NewServer makes a door. Use says what it gives back, Listen opens it, Run
// serves. metrics may be nil.
func NewServer(cfg Config, log *slog.Logger, metrics Metrics) *Server {
	if metrics == nil {
		metrics = silent{}
	}
	s := &Server{cfg: cfg.withDefaults(), log: log.With("trust", cfg.Trust, "connector", cfg.Name), metrics: metrics, since: time.Now()}
	for _, t := range cfg.Tokens {
		s.tokens = append(s.tokens, sumOf(t))
	}
	return s
}

// Use has the door give back what shelf has, and call resources by names. It
// comes before Run.
func (s *Server) Use(shelf Shelf, names fhir.Namer) { s.shelf, s.names = shelf, names }

type silent struct{}

func (silent) Request(string, string, int, time.Duration) {}

// Name is the connector's name.
func (s *Server) Name() string { return s.cfg.Name }

// Addr is the address listened at, after Listen.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Listen opens the port. It fails with fault.Conflict if it cannot be had, and
// with fault.Invalid if the certificate cannot be used.
func (s *Server) Listen() error {
	ln, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return fault.Wrap(err, fault.Conflict, "port_in_use",
			"The connector %s cannot listen on %s: another program does, or the address is not this machine's. Stop it, or change fhir.listen.", s.cfg.Name, s.cfg.Listen).At("connectors." + s.cfg.Name + ".fhir.listen")
	}
	ln = netutil.LimitListener(ln, s.cfg.MaxConnections)
	if s.cfg.TLS != nil {
		c := &certificate{from: s.cfg.TLS, setting: "connectors." + s.cfg.Name + ".fhir.tls", log: s.log}
		if err := c.load(); err != nil {
			_ = ln.Close()
			return err
		}
		ln = tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"http/1.1"}})
	}
	s.ln = ln
	return nil
}

// Close stops listening.
func (s *Server) Close() error {
	if s.ln == nil {
		return nil
	}
	return s.ln.Close()
}

// Run answers requests until ctx ends; those in hand are finished.
func (s *Server) Run(ctx context.Context, r connectors.Receiver) error {
	s.receiver = r
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: s.cfg.ReadTimeout, WriteTimeout: s.cfg.ReadTimeout + storing,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(s.ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), draining)
	defer cancel()
	if srv.Shutdown(limit) != nil {
		_ = srv.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
