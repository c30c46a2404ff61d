package sftp

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// SpoolTo sets Config.Spool. It is called before Run.
func (c *Connector) SpoolTo(folder string) { c.cfg.Spool = folder }

// takeSpooled takes a file that may be larger than memory: it is copied to
// Spool, and handed over by the name that it has there. What the hub wants to
// keep of it, it moves away; the rest is removed.
func (c *Connector) takeSpooled(ctx context.Context, s *session, r connectors.Receiver, f found) error {
	from := path.Join(c.cfg.In, f.name)
	if err := os.MkdirAll(c.cfg.Spool, 0o700); err != nil {
		return fault.Wrap(err, fault.Unavailable, notStored, "Files cannot be kept in the data folder: mend its permissions or its disk.").At("in")
	}
	local, err := os.CreateTemp(c.cfg.Spool, c.cfg.Name+"-*.part")
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, notStored, "Files cannot be kept in the data folder: mend its permissions or its disk.").At("in")
	}
	defer func() { _ = os.Remove(local.Name()) }()
	defer local.Close()
	sum := sha256.New()
	n, info, err := s.copy(from, local, sum)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return c.unreadable(err)
	case err != nil:
		return err
	case n != f.size || !f.same(info):
		c.watch.forget(f.name)
		return nil
	}
	if err := local.Close(); err != nil {
		return fault.Wrap(err, fault.Unavailable, notStored, "Files cannot be kept in the data folder: its disk may be full.").At("in")
	}
	e := c.envelope(f)
	e.Digest, e.Spooled = [32]byte(sum.Sum(nil)), filepath.Clean(local.Name())
	fate, err := c.hand(ctx, r, e, 0)
	if err == nil {
		c.log.Info("file received", "refused_rows", fate.Refused != nil, "bytes", n)
		c.cfg.Between(Received)
		return c.settle(s, f, nil, folder{"processed", c.cfg.Processed}, note{folder{"rejected", c.cfg.Rejected}, ".rejected.csv", fate.Refused})
	}
	switch kind := fault.Of(err).Kind; {
	case kind == fault.Stopped:
		c.cfg.Between(Received)
		return c.reject(s, f, nil, err)
	case kind.Effect() == fault.Reject:
		return c.refuse(ctx, s, r, f, nil, err)
	case kind.Effect() == fault.Retry:
		return fault.Wrap(err, fault.Unavailable, notStored, "A file could not be taken in and stays where it is: %s", fault.Of(err).Text).At("in")
	default:
		return fault.Of(err)
	}
}

// copy writes a whole file to a local one, and gives how it stands in its
// folder after the reading.
func (s *session) copy(name string, to io.Writer, sum hash.Hash) (n int64, info os.FileInfo, err error) {
	in, err := s.open(name)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = s.step(in.Close) }()
	buf := make([]byte, chunk)
	for {
		got := 0
		ended := false
		err := s.step(func() (err error) {
			got, err = in.Read(buf)
			if ended = errors.Is(err, io.EOF); ended {
				return nil
			}
			return err
		})
		if err != nil {
			return n, nil, err
		}
		if _, err := to.Write(buf[:got]); err != nil {
			return n, nil, fault.Wrap(err, fault.Unavailable, notStored, "Files cannot be kept in the data folder: its disk may be full.").At("in")
		}
		_, _ = sum.Write(buf[:got]) // a hash never fails
		if n += int64(got); ended {
			break
		}
	}
	// The library also says EOF when the connection breaks; then this fails.
	info, err = s.stat(name)
	return n, info, err
}
