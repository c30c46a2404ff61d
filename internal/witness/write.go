package witness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Ack is a message whose sender was told that it is stored.
type Ack struct {
	At                           time.Time
	Connector, Sender, ControlID string
	Message                      int64
	// Digest is the beginning of the message's digest.
	Digest [8]byte
}

// Step says how far an order had come.
type Step string

// The steps of an order. After Sending alone nobody knows whether it arrived.
const (
	Sending Step = "sending"
	Sent    Step = "sent"
)

// Order is an order's file on its way out.
type Order struct {
	At     time.Time
	Step   Step
	Number string
	File   string
	Body   []byte
	Digest [32]byte // of Body
}

// Acknowledged notes messages of one trust. It is called after their commit and
// before their senders are told. The lines are written at once and not forced
// to the disk.
func (l *Log) Acknowledged(trust string, acks []Ack) error {
	buf := make([]byte, 0, 128*len(acks))
	for _, a := range acks {
		buf = a.At.UTC().AppendFormat(buf, time.RFC3339Nano)
		for _, s := range [...]string{a.Connector, a.Sender, a.ControlID} {
			buf = strconv.AppendQuote(append(buf, ' '), s)
		}
		buf = strconv.AppendInt(append(buf, ' '), a.Message, 10)
		buf = hex.AppendEncode(append(buf, ' '), a.Digest[:])
		buf = append(buf, '\n')
	}
	return l.write(trust, received, buf, false)
}

// Order notes an order of a trust, and returns when the line is safely on the
// disk.
func (l *Log) Order(trust string, o Order) error {
	digest := sha256.Sum256(o.Body)
	buf := o.At.UTC().AppendFormat(nil, time.RFC3339Nano)
	for _, s := range [...]string{string(o.Step), o.Number, o.File} {
		buf = strconv.AppendQuote(append(buf, ' '), s)
	}
	buf = hex.AppendEncode(append(buf, ' '), digest[:])
	if o.Step == Sending {
		buf = strconv.AppendQuote(append(buf, ' '), string(o.Body))
	}
	return l.write(trust, orders, append(buf, '\n'), true)
}

// file is one kind of a trust's lines, of one day.
type file struct {
	mu  sync.Mutex
	day string
	f   *os.File
}

func (f *file) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.f != nil {
		_ = f.f.Close()
		f.f = nil
	}
}

func (l *Log) write(trust, kind string, buf []byte, force bool) error {
	l.mu.Lock()
	f := l.files[trust+"/"+kind]
	if f == nil {
		f = &file{}
		l.files[trust+"/"+kind] = f
	}
	l.mu.Unlock()

	f.mu.Lock()
	defer f.mu.Unlock()
	if day := l.now().UTC().Format(time.DateOnly); f.f == nil || day > f.day {
		if err := l.turn(f, trust, kind, day); err != nil {
			return unusable(l.dir, err)
		}
	}
	_, err := f.f.Write(buf)
	if err == nil && force {
		err = f.f.Sync()
	}
	if err != nil {
		// The next one opens it anew, and ends what was torn.
		_ = f.f.Close()
		f.f = nil
		return unusable(l.dir, err)
	}
	return nil
}

// turn opens a day's file: never one before the last, though the clock was set
// back, so that what is written later also stands later.
func (l *Log) turn(f *file, trust, kind, day string) error {
	if all := l.daysOf(trust, kind); len(all) > 0 {
		day = max(day, all[len(all)-1])
	}
	name := l.path(trust, kind, day)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	opened, err := open(name)
	if err != nil {
		return err
	}
	if f.f != nil {
		_ = f.f.Close()
	}
	f.f, f.day = opened, day
	return nil
}

// open appends to a file, behind a line that a crash may have torn.
func open(name string) (*os.File, error) {
	_, err := os.Stat(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if fresh {
		err = syncFolder(filepath.Dir(name))
	} else if whole, e := endsWhole(f); e != nil {
		err = e
	} else if !whole {
		_, err = f.Write([]byte{'\n'})
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func endsWhole(f *os.File) (bool, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err == nil, err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], size-1)
	return last[0] == '\n', err
}

// syncFolder makes a new file's name as durable as its lines.
func syncFolder(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
