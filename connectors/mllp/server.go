package mllp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

const (
	// drainLimit bounds how long a connection whose sender keeps sending is
	// still served after the end.
	drainLimit = 5 * time.Second
	// storeLimit bounds how long draining waits for a message to be stored.
	storeLimit = 30 * time.Second
)

// Server is a connectors.Source that listens for MLLP.
type Server struct {
	cfg          Config
	log          *slog.Logger
	metrics      Metrics
	listener     net.Listener
	certificates *certificates // nil: plain text
	refusals     refusals
	until        atomic.Pointer[time.Time] // when draining: the end of it

	mu    sync.Mutex
	open  map[*conn]struct{}
	peers map[netip.Addr]*peerStat
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
	return &Server{cfg: cfg, log: log, metrics: metrics, open: map[*conn]struct{}{}, peers: map[netip.Addr]*peerStat{}}
}

// Name is the connector's name.
func (s *Server) Name() string { return s.cfg.Name }

// Listen reads the certificates and binds the address, so that what is wrong
// with either is known before anything starts. Senders that connect wait until
// Run. The error is a *fault.Error that names the setting.
func (s *Server) Listen() error {
	if s.listener != nil {
		return nil
	}
	if s.cfg.TLS != nil {
		c := &certificates{from: s.cfg.TLS, setting: s.setting("tls"), log: s.log}
		if err := c.load(); err != nil {
			return err
		}
		s.certificates = c
	}
	l, err := listen(s.cfg, s.setting("listen"))
	if err != nil {
		return err
	}
	s.listener = l
	return nil
}

// setting gives the path of a key of the connector, for people.
func (s *Server) setting(key string) string { return "connectors." + s.cfg.Name + ".mllp." + key }

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
	storing, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	d := door{receiver: r, running: ctx, storing: storing}
	if s.cfg.Applied {
		awaiter, ok := r.(connectors.Awaiter)
		if !ok {
			_ = s.Close()
			return fault.New(fault.Invalid, "ack_applied_unsupported", "Answers cannot wait until a message was applied here. Set ack to stored.").At(s.setting("ack"))
		}
		d.awaiter = awaiter
	}
	s.log.Info("listening for HL7", "address", s.Addr().String(), "tls", s.certificates != nil)
	stop := context.AfterFunc(ctx, func() {
		s.drain()
		time.AfterFunc(storeLimit, giveUp)
	})
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
			c.serve(d)
		})
	}
}

// admit registers a connection; nil if it may not be, or the end has come.
func (s *Server) admit(nc net.Conn) *conn {
	peer := addressOf(nc)
	c, reason := s.register(nc, peer)
	if reason != "" {
		s.refuse(reason, peer, "")
	}
	return c
}

func (s *Server) register(nc net.Conn, peer netip.Addr) (*conn, Reason) {
	if !s.cfg.allowed(peer) {
		return nil, NotAllowed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining():
		return nil, ""
	case len(s.open) >= s.cfg.MaxConnections:
		return nil, TooMany
	}
	stat := s.statOf(peer)
	if stat.open >= s.cfg.MaxPerPeer {
		return nil, TooManyOfPeer
	}
	stat.open++
	c := newConn(s, nc, stat)
	s.open[c] = struct{}{}
	s.metrics.Connections(s.cfg.Name, len(s.open))
	return c, ""
}

func (s *Server) dismiss(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	c.stat.open--
	s.metrics.Connections(s.cfg.Name, len(s.open))
}

// drain stops accepting, and wakes the connections that wait for a message.
func (s *Server) drain() {
	s.mu.Lock()
	until := time.Now().Add(drainLimit)
	s.until.Store(&until)
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

// draining reports whether the end has come.
func (s *Server) draining() bool { return s.until.Load() != nil }
