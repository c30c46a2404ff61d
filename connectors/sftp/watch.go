package sftp

import (
	"cmp"
	"context"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// found is a file as a listing shows it. marker is its marker's time, where
// files have one; alone is a marker whose file is not there.
type found struct {
	name    string
	size    int64
	changed time.Time
	marker  time.Time
	alone   bool
}

func (f found) same(info os.FileInfo) bool {
	return f.size == info.Size() && f.changed.Equal(info.ModTime())
}

// candidates are the files of a listing that may be taken, with their markers.
func (c *Connector) candidates(entries []os.FileInfo) []found {
	var files []found
	markers := map[string]os.FileInfo{}
	var others []os.FileInfo
	for _, e := range entries {
		of, is := strings.CutSuffix(e.Name(), c.cfg.Marker)
		switch {
		case !safeName(e.Name()) || !e.Mode().IsRegular():
			others = append(others, e)
		case is && of != "" && c.cfg.Whole == Marker:
			markers[of] = e
		case c.matches(e.Name()):
			files = append(files, found{name: e.Name(), size: e.Size(), changed: e.ModTime()})
		default:
			others = append(others, e)
		}
	}
	c.watch.passOver(others, c.now())
	for i, f := range files {
		if m := markers[f.name]; m != nil {
			files[i].marker = m.ModTime()
			delete(markers, f.name)
		}
	}
	for of, m := range markers {
		if c.matches(of) {
			files = append(files, found{name: m.Name(), size: m.Size(), changed: m.ModTime(), alone: true})
		}
	}
	return files
}

// matches takes letters of either case for the same: systems that do not tell
// them apart write GOODS.CSV.
func (c *Connector) matches(name string) bool {
	matches, err := path.Match(strings.ToLower(c.cfg.Pattern), strings.ToLower(name))
	return err == nil && matches
}

// watch remembers since when each file has not changed. others are those that
// are not to be taken, as they are.
type watch struct {
	files  map[string]watched
	others map[string]passed
}

type watched struct {
	found
	since     time.Time
	failures  int
	failed    error // why it could not be taken
	notBefore time.Time
	// missing is what was found to be missing of it as it is.
	missing error
}

// sort gives the files that are whole, oldest first, and those that have been
// as they are, and not whole, for too long.
func (w *watch) sort(files []found, now time.Time, cfg Config) (ready, late []found) {
	next := make(map[string]watched, len(files))
	for _, f := range files {
		seen, known := w.files[f.name]
		if !known || seen.found != f {
			seen = watched{found: f, since: now}
		}
		next[f.name] = seen
		unchanged := now.Sub(seen.since)
		whole := unchanged >= cfg.Stable && seen.missing == nil
		if cfg.Whole == Marker {
			// A marker that is older than its file was left by a former one.
			whole = !f.alone && !f.marker.IsZero() && !f.marker.Before(f.changed)
		}
		switch {
		case now.Before(seen.notBefore):
		case whole:
			ready = append(ready, f)
		case unchanged >= max(cfg.Incomplete, cfg.Stable) && (cfg.Whole == Marker || seen.missing != nil):
			late = append(late, f)
		}
	}
	w.files = next
	slices.SortFunc(ready, func(a, b found) int {
		return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.name, b.name))
	})
	return ready, late
}

// forget makes a file wait as if it had just come.
func (w *watch) forget(name string) { delete(w.files, name) }

// lacks notes what is missing of a file: it is not read again until it changes.
func (w *watch) lacks(name string, missing error) {
	seen := w.files[name]
	seen.missing = missing
	w.files[name] = seen
}

// postpone makes a file that failed wait longer each time. It tells whether the
// reason is news.
func (w *watch) postpone(name string, now time.Time, base time.Duration, why error) (news bool) {
	seen := w.files[name]
	news = seen.failed == nil || seen.failed.Error() != why.Error()
	seen.failures++
	seen.failed = why
	seen.notBefore = now.Add(pause(base, seen.failures))
	w.files[name] = seen
	return news
}

// giveUp rejects a file that was not whole for too long. Nothing of it was
// taken.
func (c *Connector) giveUp(ctx context.Context, s *session, r connectors.Receiver, f found) error {
	why := c.watch.files[f.name].missing
	switch {
	case f.alone && c.taken(s, strings.TrimSuffix(f.name, c.cfg.Marker)):
		// The hub broke off between moving the file and removing its marker.
		return ignoreMissing(s.remove(path.Join(c.cfg.In, f.name)))
	case f.alone:
		why = fault.New(fault.Invalid, "marker_alone", "The marker came, and for %s its file did not. Send the file, and the marker after it.", c.cfg.Incomplete)
	case c.cfg.Whole == Marker:
		why = fault.New(fault.Invalid, "marker_missing", "The file did not change for %s, and the marker %s that says it is whole did not come after it. Send the file again, and the marker after it.", c.cfg.Incomplete, f.name+c.cfg.Marker)
	}
	return c.refuse(ctx, s, r, f, nil, why)
}

// taken reports whether a file of this name was moved before.
func (c *Connector) taken(s *session, name string) bool {
	for _, folder := range []string{c.cfg.Processed, c.cfg.Rejected} {
		if _, err := s.stat(path.Join(folder, name)); err == nil {
			return true
		}
	}
	return false
}
