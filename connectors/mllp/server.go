package mllp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
)

// drainLimit bounds how long a connection whose sender keeps sending is still
// served after the end.
const drainLimit = 5 * time.Second

// Server is a connectors.Source that listens for MLLP.
type Server struct {
	cfg      Config
	log      *slog.Logger
	metrics  Metrics
	listener net.Listener

	mu    sync.Mutex
	open  map[*conn]struct{}
	until time.Time // when draining: the end of it
}

// NewServer makes a Server that is not listening yet. log and metrics may be
// nil.
func NewServer(cfg Config, log *slog.Logger, metrics Metrics) *Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if metrics == nil {
		metrics = silent{}
	}
	cfg = cfg.withDefaults()
	log = log.With("connector", cfg.Name, "trust", cfg.Trust)
	return &Server{cfg: cfg, log: log, metrics: metrics, open: map[*conn]struct{}{}}
}

// Name is the connector's name.
func (s *Server) Name() string { return s.cfg.Name }

// Listen binds the address, so that a port in use is known before anything
// starts. Senders that connect wait until Run. The error is a *fault.Error
// that names the setting.
func (s *Server) Listen() error {
	if s.listener != nil {
		return nil
	}
	l, err := listen(s.cfg)
	if err != nil {
		return err
	}
	s.listener = l
	return nil
}

// Addr is the address listened on; nil before Listen.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Close gives the address back where Run was never called.
func (s *Server) Close() error {
	if s.listener == nil {
		return nil
	}
	return s.listener.Close()
}

// Run takes messages until ctx ends and what had arrived is answered. It
// listens first if Listen was not called.
//
// Envelope.Raw belongs to the connection: it is valid until Receive returns.
func (s *Server) Run(ctx context.Context, r connectors.Receiver) error {
	if err := s.Listen(); err != nil {
		return err
	}
	s.log.Info("listening for HL7", "address", s.Addr().String())
	stop := context.AfterFunc(ctx, s.drain)
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	var pause time.Duration
	for {
		nc, err := s.listener.Accept()
		switch {
		case err == nil:
			pause = 0
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		default:
			// Out of file descriptors, most likely: wait for some to be closed.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("a connection could not be accepted; trying again", "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			continue
		}
		c := s.admit(nc)
		if c == nil {
			_ = nc.Close()
			continue
		}
		running.Go(func() {
			defer s.dismiss(c)
			c.serve(context.WithoutCancel(ctx), r)
		})
	}
}

// admit registers a connection; nil if there are too many or the end has come.
func (s *Server) admit(nc net.Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.until.IsZero() {
		return nil
	}
	if len(s.open) >= s.cfg.MaxConnections {
		s.log.Warn("a connection was refused: the limit of connections is reached", "peer", nc.RemoteAddr().String(), "limit", s.cfg.MaxConnections)
		return nil
	}
	c := newConn(s, nc)
	s.open[c] = struct{}{}
	s.metrics.Connections(s.cfg.Name, len(s.open))
	return c
}

func (s *Server) dismiss(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	s.metrics.Connections(s.cfg.Name, len(s.open))
}

// drain stops accepting, and wakes the connections that wait for a message.
func (s *Server) drain() {
	s.mu.Lock()
	s.until = time.Now().Add(drainLimit)
	open := make([]*conn, 0, len(s.open))
	for c := range s.open {
		open = append(open, c)
	}
	s.mu.Unlock()
	_ = s.listener.Close()
	for _, c := range open {
		c.wake()
	}
}

// draining gives the end of draining; the zero time while the server runs.
func (s *Server) draining() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.until
}
