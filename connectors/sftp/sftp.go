// Package sftp carries files to and from a folder on an SFTP server. Delivery
// writes under a temporary name and renames, so that the far side never sees
// half a file; collection takes a file once it is whole, and moves it away
// only after the hub holds it.
//
// A file's name and bytes are its identity: what lies there already is not
// written again, and what was received before is moved without a second
// effect. Two hubs may serve one folder.
//
// What a file says does not belong here, nor how a failed delivery is spaced:
// that is the caller's.
package sftp

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
)

// Config names a server and the folders used on it. Durations and sizes of 0
// take their default.
type Config struct {
	// Name is the connector's name, Trust the ODS code that it serves.
	Name, Trust string
	// Address is host:port.
	Address string
	User    string
	// Password or PrivateKey signs in; PrivateKey is PEM without passphrase.
	Password   string
	PrivateKey []byte
	// KnownHosts is the path of an OpenSSH known_hosts file. It is read at
	// each connection, so that a mended file serves without a restart.
	KnownHosts string
	// Out is the folder to deliver into; empty delivers nothing.
	Out string
	// Archive is the folder that the receiver moves taken files to, for Delivered;
	// empty if there is none to look into.
	Archive string
	// In is the folder to take files from; empty takes none.
	In string
	// Pattern is of the names to take, as "*.csv"; default "*".
	Pattern string
	// Processed and Rejected are the folders that taken files move to, on
	// the same file system as In; default In/processed and In/rejected.
	Processed, Rejected string
	// Type and Format describe the files in In, as "order_ack" and "csv"
	// (default).
	Type, Format string
	// Poll is the time between two looks into In; default 10 s.
	Poll time.Duration
	// Whole says when a file is whole; default Stable.
	Whole Whole
	// Stable is how long a file's size and time must not have changed before
	// it is taken; default 5 s. With a marker it is not awaited.
	Stable time.Duration
	// Marker is the ending of the file that says of another that it is whole, as
	// ".done" (default): it comes after the other, which may be as young.
	Marker string
	// Complete says of a file's bytes what is missing of it, with a Trailer.
	Complete func(raw []byte) error
	// Incomplete is how long a file that does not change may be incomplete
	// before it is rejected; default 1 h.
	Incomplete time.Duration
	// Patience is how long to wait in all, at each look, until files had their
	// effect; default 20 s. What is not known by then is moved as stored.
	Patience time.Duration
	// Between is called between the steps of taking a file, for tests that kill
	// the hub there; nil does nothing.
	Between func(Step)
	// Timeout bounds each step: sign-in, or one exchange with the server;
	// default 20 s.
	Timeout time.Duration
	// MaxFile is the greatest size of a file that is taken, in bytes; default
	// 64 MiB.
	MaxFile int64
	// Spool is a local folder for files that may be larger than memory: they are
	// copied there and handed over by name, whatever their size. Empty hands
	// over bytes.
	Spool string
}

// Whole is a way to tell that a file is whole.
type Whole string

// The ways to tell that a file is whole.
const (
	// Stable: its size and time have not changed for a while.
	Stable Whole = "stable"
	// Marker: another file says so.
	Marker Whole = "marker"
	// Trailer: it is stable, and its last row counts the others.
	Trailer Whole = "trailer"
)

// Step is a moment between two steps of taking a file.
type Step string

// The steps of taking a file.
const (
	// Received: the hub holds the file and knows what became of it; nothing has
	// changed on the server.
	Received Step = "received"
	// Told: the reason, or the refused rows, are there, and the file is not
	// moved.
	Told Step = "told"
	// Moved: the file is moved, and its marker still there.
	Moved Step = "moved"
)

// Connector is a connectors.Sink, and a connectors.Source where In is set.
type Connector struct {
	cfg     Config
	log     *slog.Logger
	out, in *link
	watch   watch
	now     func() time.Time
	invalid error

	mu      sync.Mutex
	lastOK  time.Time
	lastErr error
	left    []Left
}

var (
	_ connectors.Sink   = (*Connector)(nil)
	_ connectors.Source = (*Connector)(nil)
)

// New makes a Connector without connecting. A setting that cannot work is
// reported by Check, Deliver and Run.
func New(cfg Config, log *slog.Logger) *Connector {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Connector{cfg: withDefaults(cfg), now: time.Now}
	c.log = log.With("connector", cfg.Name, "trust", cfg.Trust)
	c.invalid = c.cfg.validate()
	c.out = newLink(c.dial)
	c.in = newLink(c.dial)
	c.in.drains = true
	return c
}

// Name is the connector's name from the trust's configuration.
func (c *Connector) Name() string { return c.cfg.Name }

// Check signs in and looks at each folder that is configured. It leaves
// nothing on the server.
func (c *Connector) Check(ctx context.Context) error {
	if c.invalid != nil {
		return c.invalid
	}
	once := newLink(c.dial)
	defer once.close()
	return once.do(ctx, func(s *session) error {
		for _, f := range c.folders() {
			if err := s.folder(f.path); err != nil {
				return c.explain(err, f.setting, f.path)
			}
		}
		return nil
	})
}

// Status tells when In was last looked through without a failure, and the
// failure since then, if any.
func (c *Connector) Status() (lastOK time.Time, lastErr error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastOK, c.lastErr
}

// Close ends the kept connections; a later Deliver makes a new one.
func (c *Connector) Close() error {
	c.out.close()
	c.in.close()
	return nil
}

type folder struct{ setting, path string }

func (c *Connector) folders() []folder {
	var all []folder
	if c.cfg.Out != "" {
		all = append(all, c.shelves()...)
	}
	if c.cfg.In != "" {
		all = append(all, folder{"in", c.cfg.In}, folder{"processed", c.cfg.Processed}, folder{"rejected", c.cfg.Rejected})
	}
	return all
}
