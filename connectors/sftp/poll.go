package sftp

import (
	"context"
	"errors"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// maxPause is the longest time between two looks while something is wrong.
const maxPause = 5 * time.Minute

// Run takes the files of the folder In until ctx ends; a file that is being
// handed over then is still finished. What goes wrong on the server is logged
// once for each change, told by Status, and tried again for as long as Run
// runs. Run fails only if the settings cannot work.
func (c *Connector) Run(ctx context.Context, r connectors.Receiver) error {
	if c.invalid != nil {
		return c.invalid
	}
	if c.cfg.In == "" {
		return fault.New(fault.Invalid, "sftp_setting_invalid", "The connector has no folder to take files from.").At("in")
	}
	defer c.in.close()
	for failures := 0; ; {
		err := c.poll(ctx, r)
		if ctx.Err() != nil {
			return nil
		}
		if errors.As(err, new(ofOne)) {
			err = nil // the others were taken
		}
		c.note(err)
		failures++
		if err == nil {
			failures = 0
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause(c.cfg.Poll, failures)):
		}
	}
}

// pause is the time to wait after so many failures in a row.
func pause(base time.Duration, failures int) time.Duration {
	for range failures {
		if base >= maxPause {
			break
		}
		base = min(2*base, maxPause)
	}
	return base
}

// ofOne is why one file cannot be taken, which holds back no other.
type ofOne struct{ error }

func (e ofOne) Unwrap() error { return e.error }

// note keeps the outcome of a poll for Status and logs it if it is news.
func (c *Connector) note(err error) {
	c.mu.Lock()
	before := c.lastErr
	c.lastErr = err
	if err == nil {
		c.lastOK = c.now()
	}
	c.mu.Unlock()
	switch {
	case err == nil && before != nil:
		c.log.Info("collecting files works again")
	case err != nil && (before == nil || before.Error() != err.Error()):
		c.log.Warn("collecting files failed", "code", fault.Of(err).Code, "error", err.Error())
	}
}

// poll looks through In once and takes what is whole, oldest first. A file
// that cannot be taken waits on its own; if the hub cannot store, all wait.
func (c *Connector) poll(ctx context.Context, r connectors.Receiver) error {
	return c.in.do(ctx, func(s *session) error {
		for _, f := range c.folders() {
			if f.setting == "out" {
				continue
			}
			if err := s.folder(f.path); err != nil {
				return c.explain(err, f.setting, f.path)
			}
		}
		entries, err := s.list(c.cfg.In)
		if err != nil {
			return c.explain(err, "in", c.cfg.In)
		}
		var first error
		ready, late := c.watch.sort(c.candidates(entries), c.now(), c.cfg)
		defer c.noteLeft()
		for _, f := range late {
			if err := c.explain(c.giveUp(ctx, s, r, f), "in", c.cfg.In); err != nil {
				return err
			}
		}
		waits := c.now().Add(c.cfg.Patience)
		for _, f := range ready {
			if ctx.Err() != nil {
				break
			}
			err := c.explain(c.take(ctx, s, r, f, waits.Sub(c.now())), "in", c.cfg.In)
			if err == nil {
				continue
			}
			if s.dead || fault.Of(err).Code == notStored {
				return err
			}
			if c.watch.postpone(f.name, c.now(), c.cfg.Poll, err) {
				c.log.Warn("a file cannot be taken and is tried again", "code", fault.Of(err).Code, "error", fault.Of(err).Error())
			}
			if first == nil {
				first = ofOne{err}
			}
		}
		return first
	})
}

// joined lists the faults in err, which may be several.
func joined(err error) []*fault.Error {
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) {
		return []*fault.Error{fault.Of(err)}
	}
	var all []*fault.Error
	for _, e := range many.Unwrap() {
		all = append(all, joined(e)...)
	}
	return all
}
