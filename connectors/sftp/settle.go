package sftp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// maxReasons bounds a reason file.
const maxReasons = 200

// refuse puts aside a file that the hub does not hold, once the hub was told.
func (c *Connector) refuse(ctx context.Context, s *session, r connectors.Receiver, f found, sum []byte, why error) error {
	if files, ok := r.(connectors.FileReceiver); ok {
		told, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Timeout)
		defer cancel()
		if err := files.FileRefused(told, c.envelope(f), why); err != nil {
			return fault.Wrap(err, fault.Unavailable, notStored, "A file could not be rejected and stays where it is: %s", fault.Of(err).Text).At("in")
		}
	}
	return c.reject(s, f, sum, why)
}

// reject moves a file to Rejected with a reason beside it. The reason is
// written first: a crash between the two repeats both.
func (c *Connector) reject(s *session, f found, sum []byte, why error) error {
	c.log.Warn("file rejected", "code", fault.Of(why).Code, "bytes", f.size)
	rejected := folder{"rejected", c.cfg.Rejected}
	return c.settle(s, f, sum, rejected, note{rejected, ".reason.txt", []byte(reason(f.name, why))})
}

// note is what is said of a file in a file of its own, named after it.
type note struct {
	folder
	ending string
	body   []byte // nil: nothing
}

// reason says in plain words why a file was not taken.
func reason(name string, why error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The file %s was not taken. Nothing in it had any effect.\n\n", name)
	all := joined(why)
	for _, e := range all[:min(len(all), maxReasons)] {
		fmt.Fprintf(&b, "- %s [%s]\n", e.Error(), e.Code)
	}
	if more := len(all) - maxReasons; more > 0 {
		fmt.Fprintf(&b, "- and %d more\n", more)
	}
	b.WriteString("\nMend the file and put it into the folder again, under the same name or another.\nWhat was taken before counts once, however often it is sent.\n")
	return b.String()
}

// settle moves a file that was answered into a folder, once what is said of it
// is there. If it is gone, another hub moved it.
func (c *Connector) settle(s *session, f found, sum []byte, folder folder, said note) error {
	from, to := path.Join(c.cfg.In, f.name), path.Join(folder.path, f.name)
	_, err := s.stat(to)
	taken := err == nil
	if taken {
		to = path.Join(folder.path, marked(f, sum))
		_, err = s.stat(to)
		taken = err == nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c.explain(err, folder.setting, folder.path)
	}
	aside := path.Join(said.path, path.Base(to)+said.ending)
	if err := say(s, aside, said.body); err != nil {
		return c.explain(err, said.setting, said.path)
	}
	c.cfg.Between(Told)
	if taken {
		// The very file was moved here before.
		err = s.remove(from)
	} else {
		err = s.rename(from, to)
	}
	if err != nil {
		if _, gone := s.stat(from); errors.Is(gone, fs.ErrNotExist) {
			return c.explain(c.unsay(s, to, aside, said), folder.setting, folder.path)
		}
		return c.explain(err, folder.setting, folder.path)
	}
	c.cfg.Between(Moved)
	if err := c.unmark(s, f); err != nil {
		return c.explain(err, "in", c.cfg.In)
	}
	if taken || sum == nil {
		return nil
	}
	return c.explain(c.restore(s, f, sum, to), folder.setting, folder.path)
}

// say writes a note by way of its temporary name. Two hubs may write the same
// at once: then one of them finds its temporary file gone, and the note there.
func say(s *session, name string, body []byte) error {
	if body == nil {
		return nil
	}
	err := s.write(part(name), body)
	if err == nil {
		err = s.replace(part(name), name)
	}
	if s.dead || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, same, failed := s.compare(name, body); same || failed != nil {
		return failed
	}
	return err
}

// unsay takes back what was said of a file that another hub moved meanwhile
// under another name, and said it there.
func (c *Connector) unsay(s *session, to, aside string, said note) error {
	if _, err := s.stat(to); said.body == nil || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return ignoreMissing(s.remove(aside))
}

// unmark removes the marker of a file that was moved, unless a new one has come
// since.
func (c *Connector) unmark(s *session, f found) error {
	if c.cfg.Whole != Marker || f.marker.IsZero() {
		return nil
	}
	marker := path.Join(c.cfg.In, f.name+c.cfg.Marker)
	info, err := s.stat(marker)
	// Some clients give a file the time of its original once it is there.
	if err != nil || info.ModTime().After(f.marker) {
		return ignoreMissing(err)
	}
	return ignoreMissing(s.remove(marker))
}

// restore puts a file back that replaced the one we read in the moment before
// it was moved, so that it is taken too.
func (c *Connector) restore(s *session, f found, sum []byte, moved string) error {
	info, err := s.stat(moved)
	if err != nil || f.same(info) {
		return ignoreMissing(err)
	}
	// Some servers give a moved file another time: only its bytes decide.
	raw, _, err := s.read(moved, c.cfg.MaxFile)
	if now := sha256.Sum256(raw); err == nil && bytes.Equal(now[:], sum) {
		return nil
	}
	if err != nil && !errors.Is(err, errTooLarge) {
		return ignoreMissing(err)
	}
	from := path.Join(c.cfg.In, f.name)
	if _, err := s.stat(from); !errors.Is(err, fs.ErrNotExist) {
		from = path.Join(c.cfg.In, marked(f, sum))
	}
	return s.rename(moved, from)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// marked is f's name with its digest, or its time where it was not read.
func marked(f found, sum []byte) string {
	mark := f.changed.UTC().Format("20060102T150405Z")
	if sum != nil {
		mark = hex.EncodeToString(sum[:6])
	}
	ending := path.Ext(f.name)
	return strings.TrimSuffix(f.name, ending) + "." + mark + ending
}
