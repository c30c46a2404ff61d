package mllp

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// probes is how many of TCP's questions may stay unanswered.
const probes = 4

// listen binds the address of a connector, and says what to do if it cannot.
func listen(cfg Config, setting string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: cfg.KeepAlive, Interval: max(cfg.KeepAlive/probes, time.Second), Count: probes,
	}}
	l, err := lc.Listen(context.Background(), "tcp", cfg.Listen)
	if err == nil {
		return l, nil
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(err, fault.Conflict, "port_in_use",
			"The address %s is taken by another program. Stop that program, or set another port here.", cfg.Listen).At(setting)
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrap(err, fault.Denied, "port_denied",
			"The system does not let this user listen on %s. Choose a port above 1023.", cfg.Listen).At(setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fault.Wrap(err, fault.Invalid, "listen_address",
			"This machine has no address %s. Use 0.0.0.0 for all of its addresses, or one that it has.", cfg.Listen).At(setting)
	}
	return nil, fault.Wrap(err, fault.Invalid, "listen_address",
		"%q is not an address to listen on. Write HOST:PORT, as 127.0.0.1:2575.", cfg.Listen).At(setting)
}
