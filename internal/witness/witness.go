// Package witness keeps, outside the database, what the outside world was
// told: which messages were acknowledged, and which orders were sent. When a
// database comes out of a backup, the witness tells what it lacks.
//
// It is a folder of append-only text files, one a trust, kind and day:
//
//	id                                  names this witness, and when it began
//	ZZ1/received-2026-03-14.log         acknowledged messages
//	ZZ1/orders-2026-03-14.log           orders, with their files' content
//
// A line is whole when it ends with a newline; the last one may be torn by a
// crash, and is then passed over. Lines of received messages are not forced to
// the disk one by one: they outlive the process at once, and the machine after
// moments; after a machine's crash the database itself still has them. Lines of
// orders are forced to the disk before the order leaves. No line holds patient
// data: control IDs, senders and order files have none (law 9).
//
// What follows from a difference, and whether trusts are fenced, do not belong
// here.
package witness

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// ordersKept is how many days of orders stay: they are few, and the highest
// number must outlive a quiet season.
const ordersKept = 400

// Log is a witness's folder. It may be used by many goroutines; several
// processes may write to one folder.
type Log struct {
	dir   string
	id    string
	since time.Time
	days  int
	now   func() time.Time

	mu    sync.Mutex
	files map[string]*file // by trust and kind
}

// Open makes the folder if it is missing. Acknowledged messages are kept for
// so many days.
func Open(dir string, days int, now func() time.Time) (*Log, error) {
	l := &Log{dir: dir, days: days, now: now, files: map[string]*file{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unusable(dir, err)
	}
	if err := l.identify(); err != nil {
		return nil, unusable(dir, err)
	}
	return l, nil
}

func unusable(dir string, err error) error {
	return fault.Wrap(err, fault.Unavailable, "witness_unusable",
		"The folder %s, where the hub notes what it told the outside world, cannot be used: %v. Make room or mend its permissions, or name another in witness.folder.", dir, errors.Unwrap(err))
}

// identify reads the witness's name and beginning, or gives it both once.
func (l *Log) identify() error {
	name := filepath.Join(l.dir, "id")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		var id [8]byte
		if _, err := rand.Read(id[:]); err != nil {
			return err
		}
		fresh := name + "." + hex.EncodeToString(id[:])
		line := hex.EncodeToString(id[:]) + " " + l.now().UTC().Format(time.RFC3339Nano) + "\n"
		if err := os.WriteFile(fresh, []byte(line), 0o600); err != nil {
			return err
		}
		defer os.Remove(fresh)
		// Two processes that start together end with one name.
		if err := os.Link(fresh, name); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		text, err = os.ReadFile(name)
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	id, began, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	l.id = id
	l.since, _ = time.Parse(time.RFC3339Nano, began) // unreadable: it proves nothing of any time
	return nil
}

// Dir is the folder.
func (l *Log) Dir() string { return l.dir }

// ID names the witness.
func (l *Log) ID() string { return l.id }

// Since is when the witness began; the zero time if that is not known.
func (l *Log) Since() time.Time { return l.since }

// Close closes the files.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.files {
		f.close()
	}
	l.files = map[string]*file{}
}

// Prune removes the days that are past keeping.
func (l *Log) Prune() error {
	names, err := filepath.Glob(filepath.Join(l.dir, "*", "*.log"))
	if err != nil {
		return err
	}
	for _, name := range names {
		kind, day, ok := parts(name)
		if !ok || l.keeps(kind, day) {
			continue
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// keeps reports whether a day of a kind is not past keeping.
func (l *Log) keeps(kind, day string) bool {
	days := l.days
	if kind == orders {
		days = max(days, ordersKept)
	}
	return day >= l.now().UTC().AddDate(0, 0, -days).Format(time.DateOnly)
}

// Reaches reports whether what was noted since a time is still there: of
// acknowledged messages, and of orders, which are kept for longer.
func (l *Log) Reaches(at time.Time) (acks, sent bool) {
	if l.since.IsZero() || !l.since.Before(at) {
		return false, false
	}
	day := at.UTC().Format(time.DateOnly)
	return l.keeps(received, day), l.keeps(orders, day)
}

const (
	received = "received"
	orders   = "orders"
)

// parts takes a file's name apart; ok is false if it is none of ours.
func parts(name string) (kind, day string, ok bool) {
	base, is := strings.CutSuffix(filepath.Base(name), ".log")
	kind, day, _ = strings.Cut(base, "-")
	_, err := time.Parse(time.DateOnly, day)
	return kind, day, is && err == nil && (kind == received || kind == orders)
}

func (l *Log) path(trust, kind, day string) string {
	return filepath.Join(l.dir, trust, kind+"-"+day+".log")
}

// daysOf lists a trust's days of a kind, the first one first.
func (l *Log) daysOf(trust, kind string) []string {
	names, _ := filepath.Glob(filepath.Join(l.dir, trust, kind+"-*.log")) // the pattern is ours; sorted
	var days []string
	for _, name := range names {
		if k, day, ok := parts(name); ok && k == kind {
			days = append(days, day)
		}
	}
	return days
}
