package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// hearing is what one `hl7 listen` has received.
type hearing struct {
	a     *app
	out   string // folder, "-" or ""
	count int    // ends after so many; 0: never
	stop  func()

	mu     sync.Mutex
	busy   map[string]bool // peers whose message is not answered yet
	n      int
	files  int // the last file's number
	failed error
}

// heardMessage is one message as a line of JSON.
type heardMessage struct {
	Message   int       `json:"message"`
	At        string    `json:"at"`
	Peer      string    `json:"peer"`
	Type      string    `json:"type,omitempty"`
	ControlID string    `json:"control_id,omitempty"`
	Bytes     int       `json:"bytes"`
	Answer    string    `json:"answer"`
	File      string    `json:"file,omitempty"`
	Error     *hl7Error `json:"error,omitempty"`
}

// got takes up one message before it is answered.
func (h *hearing) got(peer string, msg []byte, step mllp.Step) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failed != nil || h.count > 0 && h.n >= h.count {
		h.stop() // the last one was answered, and this one is one too many
		return
	}
	h.n++
	h.busy[peer] = true
	x := heardMessage{Message: h.n, At: time.Now().Format(time.RFC3339Nano), Peer: peer, Bytes: len(msg), Answer: stepName(step)}
	header, _, err := hl7v2.Peek(msg)
	x.Type, x.ControlID, x.Error = header.Type(), header.ControlID, hl7ErrorOf(err)
	if x.File, h.failed = h.write(msg); h.failed != nil {
		h.stop()
		return
	}
	h.print(x)
}

// print tells of a message: on standard output, or beside it if the messages
// go there.
func (h *hearing) print(x heardMessage) {
	w := h.a.out
	if h.out == "-" {
		w = h.a.err
	}
	if h.a.JSON {
		_ = json.NewEncoder(w).Encode(x) // as Fprintln: who reads it has gone
		return
	}
	what := shortened(orDash(x.Type), 20) + " " + shortened(orDash(x.ControlID), 60)
	if x.Error != nil {
		what = "no HL7 (" + x.Error.Code + ")"
	}
	fmt.Fprintf(w, "%d  %s  %s from %s  answer %s%s\n", x.Message, visible(what), plural(x.Bytes, "byte"), x.Peer, x.Answer, prefixed("  ", x.File))
}

// stepName writes a step as people give it.
func stepName(s mllp.Step) string {
	name := s.Code + string(s.Fault)
	if name == "" {
		name = "ok"
	}
	if s.Delay > 0 {
		name += "+" + s.Delay.String()
	}
	return name
}

// write puts a message where it was asked for, and gives the file's name.
func (h *hearing) write(msg []byte) (string, error) {
	switch h.out {
	case "":
		return "", nil
	case "-":
		if err := mllp.WriteFrame(h.a.out, msg); err != nil {
			return "", fault.Wrap(err, fault.Unavailable, "out_unusable", "A message could not be written to standard output.")
		}
		return "", nil
	}
	for {
		h.files++
		name := filepath.Join(h.out, fmt.Sprintf("%06d.hl7", h.files))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue // of a former run
		}
		if err == nil {
			_, err = f.Write(msg)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			return "", fault.Wrap(err, fault.Unavailable, "out_unusable", "A message could not be written. Check that there is room, and that you may write there.").At(name)
		}
		return name, nil
	}
}

func (h *hearing) heard() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

// answered notes that a peer has no answer to wait for, and ends when the last
// message has been answered.
func (h *hearing) answered(peer string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.busy, peer)
	if h.count > 0 && h.n >= h.count && len(h.busy) == 0 {
		h.stop()
	}
}

// listener is l with TLS, if it is configured, whose connections tell when a
// message has been dealt with.
func (h *hearing) listener(l net.Listener, secured *tls.Config) net.Listener {
	return &heardListener{l, h, secured}
}

type heardListener struct {
	net.Listener
	h       *hearing
	secured *tls.Config
}

func (l *heardListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if l.secured != nil {
		nc = tls.Server(nc, l.secured)
	}
	return &heardConn{Conn: nc, h: l.h}, nil
}

// heardConn is a connection of a Responder, which reads on only when it is
// done with the message before.
type heardConn struct {
	net.Conn
	h     *hearing
	begun bool
}

// handshakeTimeout bounds a TLS handshake.
const handshakeTimeout = 30 * time.Second

func (c *heardConn) Read(b []byte) (int, error) {
	c.h.answered(c.RemoteAddr().String())
	if c.begun {
		return c.Conn.Read(b)
	}
	c.begun = true
	secured, ok := c.Conn.(*tls.Conn)
	if ok {
		ctx, stop := context.WithTimeout(c.h.a.ctx, handshakeTimeout)
		defer stop()
		if err := secured.HandshakeContext(ctx); err != nil {
			c.h.refused(c.RemoteAddr().String(), err)
			return 0, io.EOF
		}
	}
	n, err := c.Conn.Read(b)
	if !ok && n > 1 && b[0] == 0x16 && b[1] == 3 {
		c.h.refused(c.RemoteAddr().String(), errSpeaksTLS)
		return 0, io.EOF
	}
	return n, err
}

var errSpeaksTLS = errors.New("it speaks TLS, and --cert and --key were not given")

func (c *heardConn) Close() error {
	c.h.answered(c.RemoteAddr().String())
	return c.Conn.Close()
}

// refused tells why a sender was not served.
func (h *hearing) refused(peer string, err error) {
	var plain tls.RecordHeaderError
	text := err.Error()
	switch {
	case errors.Is(err, io.EOF):
		return // it only looked whether somebody is there
	case errors.As(err, &plain):
		text = "it does not speak TLS"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	fmt.Fprintf(h.a.err, "The connection of %s was refused: %s.\n", peer, text)
}
