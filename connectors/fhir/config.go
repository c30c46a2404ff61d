package fhir

import (
	"context"
	"net/netip"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// Config is one FHIR door of a trust. A zero number or duration means its
// default.
type Config struct {
	// Name is the connector's name in the trust's configuration.
	Name string
	// Trust is the ODS code of the trust.
	Trust string
	// Listen is the address to listen on, as "127.0.0.1:8090"; port 0 takes a
	// free one.
	Listen string
	// BaseURL is where clients find the door, as "https://fhir.example/fhir/r4";
	// empty is what the client called it.
	BaseURL string
	// Tokens are those that clients may show. None: any client is served,
	// which only a test environment may want.
	Tokens []Token
	// Allow holds the networks that may ask; empty means any.
	Allow []netip.Prefix
	// TLS secures the connection; nil means plain text.
	TLS *TLS
	// MaxBody is the largest body taken, in bytes; default 4 MiB.
	MaxBody int64
	// ReadTimeout bounds the time that a request may take to arrive; default
	// 30 seconds.
	ReadTimeout time.Duration
	// MaxConnections bounds the open connections; default 256.
	MaxConnections int
	// Version is that of the hub's software.
	Version string
}

// Token is one client's secret.
type Token struct {
	// Client names who shows it, for people.
	Client string
	// Secret is what it shows.
	Secret string
}

// Shelf gives back what was stored. Where there is no such resource it fails
// with fault.NotFound; a version of 0 is the latest.
type Shelf interface {
	// Resource gives a resource as its client sent it.
	Resource(ctx context.Context, trust, kind, id string, version int64) (fhir.Version, error)
	// Known gives the same without its bytes.
	Known(ctx context.Context, trust, kind, id string, version int64) (fhir.Version, error)
	// Repeat gives the number of the message that came before with this
	// digest; 0 if there is none.
	Repeat(ctx context.Context, trust, connector, sender, control string, digest [32]byte) (message int64, err error)
}

// Metrics is told what happens. Methods must not block.
type Metrics interface {
	// Request was answered with this HTTP status. Interaction is a word of
	// FHIR's: create, read, update, vread, transaction, capabilities, or other.
	Request(connector, interaction string, status int, took time.Duration)
}

func (c Config) withDefaults() Config {
	if c.MaxBody <= 0 {
		c.MaxBody = 4 << 20
	}
	if c.ReadTimeout <= 0 {
		c.ReadTimeout = 30 * time.Second
	}
	if c.MaxConnections <= 0 {
		c.MaxConnections = 256
	}
	return c
}
