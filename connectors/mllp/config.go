package mllp

import "time"

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
	// MaxMessage is the largest message taken, in bytes; default 1 MiB.
	MaxMessage int64
	// IdleTimeout closes a connection on which no message begins; default 10
	// minutes.
	IdleTimeout time.Duration
	// ReadTimeout bounds the time from a message's first byte to its last;
	// default 30 seconds.
	ReadTimeout time.Duration
	// WriteTimeout bounds the writing of an answer; default 30 seconds.
	WriteTimeout time.Duration
	// MaxConnections bounds the open connections; default 256. One more is
	// closed as soon as it is accepted.
	MaxConnections int
	// Charset overrides MSH-18 where the message is read. Receiving needs
	// none.
	Charset string
}

func (c Config) withDefaults() Config {
	c.MaxMessage = positive(c.MaxMessage, 1<<20)
	c.IdleTimeout = positive(c.IdleTimeout, 10*time.Minute)
	c.ReadTimeout = positive(c.ReadTimeout, 30*time.Second)
	c.WriteTimeout = positive(c.WriteTimeout, 30*time.Second)
	c.MaxConnections = positive(c.MaxConnections, 256)
	return c
}

func positive[T ~int | ~int64](n, fallback T) T {
	if n <= 0 {
		return fallback
	}
	return n
}

// Metrics counts what a Server does. Its methods are called concurrently. A
// nil Metrics is none.
type Metrics interface {
	// Frame counts a frame that was read and its bytes.
	Frame(connector string, bytes int)
	// Answer counts an answer by its code, and the time from the frame's last
	// byte until the answer was written.
	Answer(connector, code string, took time.Duration)
	// Skipped counts bytes that belonged to no frame, or to one that was
	// abandoned.
	Skipped(connector string, bytes int)
	// Connections says how many connections are open now.
	Connections(connector string, open int)
}

// silent is the Metrics of who wants none.
type silent struct{}

func (silent) Frame(string, int)                    {}
func (silent) Answer(string, string, time.Duration) {}
func (silent) Skipped(string, int)                  {}
func (silent) Connections(string, int)              {}
