package sftp

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"path"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// notStored is the code of a poll that ended because the hub cannot store.
const notStored = "sftp_not_stored"

// take hands one file to the hub and moves it to where it then belongs. A
// file that is gone is not an error: another hub was faster.
func (c *Connector) take(ctx context.Context, s *session, r connectors.Receiver, f found, patience time.Duration) error {
	if c.cfg.Spool != "" {
		return c.takeSpooled(ctx, s, r, f)
	}
	from := path.Join(c.cfg.In, f.name)
	raw, info, err := s.read(from, c.cfg.MaxFile)
	switch {
	case errors.Is(err, errTooLarge):
		return c.refuse(ctx, s, r, f, nil, fault.New(fault.Invalid, "file_too_large",
			"The file has %d bytes; at most %d are taken. Send it in parts.", f.size, c.cfg.MaxFile))
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return c.unreadable(err)
	case err != nil:
		return err
	case int64(len(raw)) != f.size || !f.same(info):
		c.watch.forget(f.name)
		return nil
	}
	if c.cfg.Whole == Trailer {
		if missing := c.cfg.Complete(raw); missing != nil {
			c.watch.lacks(f.name, missing)
			return nil
		}
	}
	sum := sha256.Sum256(raw)
	e := c.envelope(f)
	e.Digest, e.Raw = sum, raw
	fate, err := c.hand(ctx, r, e, max(patience, 0))
	if err == nil {
		c.log.Info("file received", "message_id", fate.MessageID, "duplicate", fate.Duplicate, "known", fate.Known, "refused_rows", fate.Refused != nil, "bytes", len(raw))
		c.cfg.Between(Received)
		return c.settle(s, f, sum[:], folder{"processed", c.cfg.Processed}, note{folder{"rejected", c.cfg.Rejected}, ".rejected.csv", fate.Refused})
	}
	switch kind := fault.Of(err).Kind; {
	case kind == fault.Stopped || kind.Effect() == fault.Reject && fate.MessageID != 0:
		c.cfg.Between(Received)
		return c.reject(s, f, sum[:], err)
	case kind.Effect() == fault.Reject:
		return c.refuse(ctx, s, r, f, sum[:], err)
	case kind.Effect() == fault.Retry:
		return fault.Wrap(err, fault.Unavailable, notStored, "A file could not be stored and stays where it is: %s", fault.Of(err).Text).At("in")
	default:
		return fault.Of(err)
	}
}

func (c *Connector) unreadable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "sftp_file_not_permitted", "The user %s may not read the file. Ask its sender, or the administrator of %s. It is tried again.", c.cfg.User, c.cfg.Address).At("in")
}

// envelope is what the hub is told of a file beside its bytes.
func (c *Connector) envelope(f found) connectors.Envelope {
	return connectors.Envelope{Trust: c.cfg.Trust, Connector: c.cfg.Name, Format: c.cfg.Format, Type: c.cfg.Type, Sender: c.cfg.User + "@" + c.cfg.Address + path.Join("/", c.cfg.In),
		ControlID: f.name, Peer: path.Join(c.cfg.In, f.name), ReceivedAt: c.now()}
}

// hand gives a file to the hub. One that only stores says nothing of what
// became of it; it finishes what it was handed, though we are being stopped.
func (c *Connector) hand(ctx context.Context, r connectors.Receiver, e connectors.Envelope, patience time.Duration) (fate connectors.Fate, err error) {
	if files, ok := r.(connectors.FileReceiver); ok {
		return files.ReceiveFile(ctx, e, patience)
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Timeout)
	defer cancel()
	fate.Receipt, err = r.Receive(bounded, e)
	return fate, err
}
