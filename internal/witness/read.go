package witness

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Position is a place in a trust's received messages: a day and how many of its
// bytes. The empty position is before the first.
type Position string

func position(day string, offset int64) Position {
	return Position(day + ":" + strconv.FormatInt(offset, 10))
}

func (p Position) parts() (day string, offset int64) {
	day, rest, _ := strings.Cut(string(p), ":")
	offset, err := strconv.ParseInt(rest, 10, 64)
	if err != nil || offset < 0 {
		return "", 0
	}
	return day, offset
}

// End is the position behind the last message that is noted for a trust.
func (l *Log) End(trust string) (Position, error) {
	days := l.daysOf(trust, received)
	if len(days) == 0 {
		return "", nil
	}
	day := days[len(days)-1]
	info, err := os.Stat(l.path(trust, received, day))
	if err != nil {
		return "", unusable(l.dir, err)
	}
	return position(day, info.Size()), nil
}

// Acks gives the messages noted for a trust behind a position, in order, and
// not those of a day before from. It counts lines that cannot be read.
func (l *Log) Acks(trust string, after Position, from time.Time, fn func(Ack) error) (unreadable int, err error) {
	return each(l, trust, received, after, from, parseAck, fn)
}

// tailBytes is how much of the end of a trust's notes is looked through for
// the newest: some thousands of messages, some hundreds of orders.
const tailBytes = 256 << 10

// tail is the position from which on the last notes of a kind stand.
func (l *Log) tail(trust, kind string) (start Position, err error) {
	days := l.daysOf(trust, kind)
	for i, left := len(days)-1, int64(tailBytes); i >= 0 && left > 0; i-- {
		info, err := os.Stat(l.path(trust, kind, days[i]))
		if err != nil {
			return "", unusable(l.dir, err)
		}
		start = position(days[i], max(info.Size()-left, 0))
		left -= info.Size()
	}
	return start, nil
}

// Newest gives the last messages noted for a trust behind a position, at least
// a thousand of the usual length if there are so many.
func (l *Log) Newest(trust string, after Position) (out []Ack, err error) {
	start, err := l.tail(trust, received)
	if err != nil {
		return nil, err
	}
	day, at := start.parts()
	if first, offset := after.parts(); first > day || first == day && offset > at {
		start = after
	}
	_, err = l.Acks(trust, start, time.Time{}, func(a Ack) error { out = append(out, a); return nil })
	return out, err
}

// NewestOrders gives the last orders noted for a trust.
func (l *Log) NewestOrders(trust string) ([]Order, error) {
	start, err := l.tail(trust, orders)
	if err != nil {
		return nil, err
	}
	out, _, err := l.orders(trust, start, time.Time{})
	return out, err
}

// Orders gives the orders noted for a trust, the oldest first, and not those of
// a day before from: each number and content once, with the furthest step that
// it came to.
func (l *Log) Orders(trust string, from time.Time) (out []Order, unreadable int, err error) {
	return l.orders(trust, "", from)
}

func (l *Log) orders(trust string, after Position, from time.Time) (out []Order, unreadable int, err error) {
	known := map[string]int{}
	unreadable, err = each(l, trust, orders, after, from, parseOrder, func(o Order) error {
		key := o.Number + "\x00" + o.File + "\x00" + string(o.Digest[:])
		switch i, seen := known[key]; {
		case !seen:
			known[key] = len(out)
			out = append(out, o)
		case o.Step == Sent:
			out[i].Step, out[i].At = Sent, o.At
		}
		return nil
	})
	return out, unreadable, err
}

// each reads the lines of a kind behind a position, and not those of a day
// before from. It counts lines that cannot be read.
func each[T any](l *Log, trust, kind string, after Position, from time.Time, parse func([]byte) (T, bool), fn func(T) error) (unreadable int, err error) {
	first, offset := after.parts()
	for _, day := range l.daysOf(trust, kind) {
		if day < first || day < from.UTC().Format(time.DateOnly) {
			continue
		}
		start := int64(0)
		if day == first {
			start = offset
		}
		err := l.lines(l.path(trust, kind, day), start, func(line []byte) error {
			x, ok := parse(line)
			if !ok {
				unreadable++
				return nil
			}
			return fn(x)
		})
		if err != nil {
			return unreadable, err
		}
	}
	return unreadable, nil
}

// lines calls fn with each whole line of a file behind an offset, which may lie
// within a line.
func (l *Log) lines(name string, offset int64, fn func(line []byte) error) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // pruned meanwhile
	}
	if err != nil {
		return unusable(l.dir, err)
	}
	defer f.Close()
	if offset > 0 {
		if _, err := f.Seek(offset-1, io.SeekStart); err != nil {
			return unusable(l.dir, err)
		}
	}
	r := bufio.NewReaderSize(f, 64<<10)
	for inside := offset > 0; ; inside = false {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what is left was torn
		}
		if err != nil {
			return unusable(l.dir, err)
		}
		if line = bytes.TrimSuffix(line, []byte{'\n'}); inside || len(line) == 0 {
			continue
		}
		if err := fn(line); err != nil {
			return err
		}
	}
}

// fields takes a line apart: a time, then quoted texts, then the rest.
func fields(line []byte, texts ...*string) (at time.Time, rest string, err error) {
	first, rest, _ := strings.Cut(string(line), " ")
	if at, err = time.Parse(time.RFC3339Nano, first); err != nil {
		return at, "", err
	}
	for _, to := range texts {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return at, "", err
		}
		if *to, err = strconv.Unquote(quoted); err != nil {
			return at, "", err
		}
		rest = strings.TrimPrefix(rest[len(quoted):], " ")
	}
	return at, rest, nil
}

func parseAck(line []byte) (a Ack, ok bool) {
	var rest string
	var err error
	if a.At, rest, err = fields(line, &a.Connector, &a.Sender, &a.ControlID); err != nil {
		return a, false
	}
	number, digest, _ := strings.Cut(rest, " ")
	if a.Message, err = strconv.ParseInt(number, 10, 64); err != nil {
		return a, false
	}
	return a, bytesOf(a.Digest[:], digest) == nil
}

func parseOrder(line []byte) (o Order, ok bool) {
	var step, rest string
	var err error
	if o.At, rest, err = fields(line, &step, &o.Number, &o.File); err != nil {
		return o, false
	}
	digest, quoted, _ := strings.Cut(rest, " ")
	if o.Step = Step(step); bytesOf(o.Digest[:], digest) != nil || o.Step != Sending && o.Step != Sent {
		return o, false
	}
	if quoted != "" {
		body, err := strconv.Unquote(quoted)
		if err != nil {
			return o, false
		}
		o.Body = []byte(body)
	}
	return o, true
}

func bytesOf(to []byte, digits string) error {
	raw, err := hex.DecodeString(digits)
	if err == nil && len(raw) != len(to) {
		err = fmt.Errorf("%d bytes", len(raw))
	}
	copy(to, raw)
	return err
}
