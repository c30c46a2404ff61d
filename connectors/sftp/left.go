package sftp

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Left is a file that lies in the folder In and is not taken.
type Left struct {
	// Name is as a person may read it; Changed is the server's time of it.
	Name    string
	Changed time.Time
	// Why says what keeps it from being taken.
	Why string
}

// Left lists the files that have lain in In, unchanged, for longer than
// Config.Incomplete though nothing was made of them, and those that cannot be
// taken and were tried more than once. Who sent them may think they are in.
func (c *Connector) Left() []Left {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.left)
}

// passed is a file that is passed over, and since when it is as it is.
type passed struct {
	os.FileInfo
	since time.Time
}

// passOver remembers what is not to be taken. Folders and hidden files are
// nobody's concern.
func (w *watch) passOver(all []os.FileInfo, now time.Time) {
	next := make(map[string]passed, len(all))
	for _, f := range all {
		if f.IsDir() || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		seen, known := w.others[f.Name()]
		if !known || seen.Size() != f.Size() || !seen.ModTime().Equal(f.ModTime()) {
			seen = passed{f, now}
		}
		next[f.Name()] = seen
	}
	w.others = next
}

// noteLeft keeps what is left for Left.
func (c *Connector) noteLeft() {
	var left []Left
	for name, f := range c.watch.files {
		if f.failures > 1 {
			left = append(left, Left{name, f.changed, fault.Of(f.failed).Text})
		}
	}
	for name, f := range c.watch.others {
		// The server's time of it counts too, so that a restart forgets nothing.
		if now := c.now(); now.Sub(f.since) >= c.cfg.Incomplete || now.Sub(f.ModTime()) >= c.cfg.Incomplete {
			left = append(left, Left{readable(name), f.ModTime(), c.passedBy(f)})
		}
	}
	slices.SortFunc(left, func(a, b Left) int { return cmp.Or(a.Changed.Compare(b.Changed), cmp.Compare(a.Name, b.Name)) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = left
}

// passedBy says why a file is not taken at all.
func (c *Connector) passedBy(f os.FileInfo) string {
	switch {
	case !f.Mode().IsRegular():
		return "It is no ordinary file but a link or the like. Put the file itself there."
	case passedOver(f.Name()):
		return "Its name says that it is still being written. Have its sender finish it, or remove it."
	case !safeName(f.Name()):
		return fmt.Sprintf("Its name is longer than %d bytes, or has a backslash or a control character in it. Give it another name.", maxName)
	}
	return "Its name does not fit the connector's pattern " + c.cfg.Pattern + ". Give it another name, or widen the pattern."
}

// readable is a name without what would break a line or a screen.
func readable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name[:min(len(name), maxName)], "?"))
}

// NotStored reports whether files could not be collected because the hub could
// not store them: that is no trouble of the folder.
func NotStored(err error) bool { return fault.Of(err).Code == notStored }
