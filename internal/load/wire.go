package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// wire is one sender's connection, made anew whenever it breaks. It frames by
// itself rather than by the hub's code.
type wire struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

// answerLimit is longer than the longest pause of the hub.
const answerLimit = 30 * time.Second

var errRefused = errors.New("refused")

// exchange sends one message and gives the code of the answer that names it.
// After an error the message may or may not have arrived.
func (w *wire) exchange(ctx context.Context, control, raw string) (code string, err error) {
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.conn == nil {
		d := net.Dialer{Timeout: time.Second}
		if w.conn, err = d.DialContext(ctx, "tcp", w.address); err != nil {
			w.conn = nil
			return "", err
		}
		w.in = bufio.NewReader(w.conn)
	}
	_ = w.conn.SetDeadline(time.Now().Add(answerLimit))
	stop := context.AfterFunc(ctx, func() { _ = w.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := w.conn.Write([]byte("\x0b" + raw + "\x1c\r")); err != nil {
		return "", err
	}
	answer, err := w.in.ReadString('\x1c')
	if err != nil {
		return "", err
	}
	if _, err := w.in.ReadByte(); err != nil {
		return "", err
	}
	_, msa, ok := strings.Cut(answer, "\rMSA|")
	fields := strings.FieldsFunc(msa, func(r rune) bool { return r == '|' || r == '\r' || r == '\x1c' })
	if !ok || len(fields) < 2 || fields[1] != control {
		return "", fmt.Errorf("an answer that is not to %s", control)
	}
	return fields[0], nil
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
	}
	w.conn = nil
}
