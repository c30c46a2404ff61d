package mllp

import (
	"net/netip"
	"time"
)

// Config is one listening connector of a trust. A zero number or duration
// means its default.
type Config struct {
	// Name is the connector's name in the trust's configuration.
	Name string
	// Trust is the ODS code of the trust.
	Trust string
	// Listen is the address to listen on, as "127.0.0.1:2575"; port 0 takes a
	// free one.
	Listen string
	// Allow holds the networks that may connect; empty means any. See
	// ParseNetwork.
	Allow []netip.Prefix
	// TLS secures the connection; nil means plain text.
	TLS *TLS
	// MaxMessage is the largest message taken, in bytes; default 1 MiB.
	MaxMessage int64
	// IdleTimeout closes a connection on which no message begins; default 10
	// minutes.
	IdleTimeout time.Duration
	// ReadTimeout bounds the time from a message's first byte to its last,
	// and that of a TLS handshake; default 30 seconds.
	ReadTimeout time.Duration
	// WriteTimeout bounds the writing of an answer; default 30 seconds.
	WriteTimeout time.Duration
	// KeepAlive is how long a connection is silent before TCP asks whether
	// its peer is still there; default 30 seconds. Who does not answer for as
	// long again is gone.
	KeepAlive time.Duration
	// MaxConnections bounds the open connections; default 1,024. One more is
	// closed as soon as it is accepted.
	MaxConnections int
	// MaxPerPeer bounds the open connections of one address; default 256.
	MaxPerPeer int
	// Applied delays the application answer until the message was applied, or
	// stopped: the Receiver must be a connectors.Awaiter. Else a message is
	// answered once it is stored.
	Applied bool
	// AppliedTimeout bounds that wait; default 20 seconds.
	AppliedTimeout time.Duration
	// ContentErrors says how a message that was stored and then stopped is
	// answered where Applied is set; default AcceptContentErrors.
	ContentErrors ContentErrors
}

// ContentErrors says how a message is answered that was stored, and whose
// content then stopped it.
type ContentErrors string

const (
	// AcceptContentErrors answers AA: the message is safe here, and a person
	// mends it here. Many engines repeat a message that is answered AE for
	// ever, and hold back what comes after it.
	AcceptContentErrors ContentErrors = "accept"
	// FailContentErrors answers AE.
	FailContentErrors ContentErrors = "error"
	// RejectContentErrors answers AR.
	RejectContentErrors ContentErrors = "reject"
)

func (c Config) withDefaults() Config {
	c.MaxMessage = positive(c.MaxMessage, 1<<20)
	c.IdleTimeout = positive(c.IdleTimeout, 10*time.Minute)
	c.ReadTimeout = positive(c.ReadTimeout, 30*time.Second)
	c.WriteTimeout = positive(c.WriteTimeout, 30*time.Second)
	c.KeepAlive = positive(c.KeepAlive, 30*time.Second)
	c.MaxConnections = positive(c.MaxConnections, 1024)
	c.MaxPerPeer = positive(c.MaxPerPeer, 256)
	c.AppliedTimeout = positive(c.AppliedTimeout, 20*time.Second)
	if c.ContentErrors == "" {
		c.ContentErrors = AcceptContentErrors
	}
	return c
}

func positive[T ~int | ~int64](n, fallback T) T {
	if n <= 0 {
		return fallback
	}
	return n
}
