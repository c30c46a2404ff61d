package mllp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is a Receiver that keeps what it is given.
type store struct {
	mu   sync.Mutex
	got  []connectors.Envelope
	err  error
	gate chan struct{} // if set, each Receive waits for it
	came chan struct{} // if set, each Receive says that it was called
}

func (s *store) Receive(ctx context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	if s.came != nil {
		s.came <- struct{}{}
	}
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return connectors.Receipt{}, s.err
	}
	if ctx.Err() != nil {
		return connectors.Receipt{}, ctx.Err()
	}
	e.Raw = bytes.Clone(e.Raw)
	s.got = append(s.got, e)
	return connectors.Receipt{MessageID: int64(len(s.got))}, nil
}

func (s *store) all() []connectors.Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]connectors.Envelope(nil), s.got...)
}

// running is a server under test.
type running struct {
	*mllp.Server
	stop func() // ends it and waits
}

func serve(t *testing.T, cfg mllp.Config, r connectors.Receiver, m mllp.Metrics) running {
	t.Helper()
	return serveLogging(t, cfg, r, m, nil)
}

func serveLogging(t *testing.T, cfg mllp.Config, r connectors.Receiver, m mllp.Metrics, log *slog.Logger) running {
	t.Helper()
	cfg.Name, cfg.Trust = "theatre", "ZZ1"
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	s := mllp.NewServer(cfg, log, m)
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, r) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return running{s, stop}
}

// peer is a sender's end of a connection.
type peer struct {
	t  *testing.T
	nc net.Conn
	in *mllp.FrameReader
}

func dial(t *testing.T, s running) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &peer{t, nc, mllp.NewFrameReader(nc, 1<<20)}
}

func (p *peer) write(s string) {
	p.t.Helper()
	if _, err := p.nc.Write([]byte(s)); err != nil {
		p.t.Fatal(err)
	}
}

// answers reads the next answers and holds them to be "CODE controlID".
func (p *peer) answers(want ...string) {
	p.t.Helper()
	for _, w := range want {
		frame, err := p.in.Next()
		if err != nil {
			p.t.Fatalf("waiting for %s: %v", w, err)
		}
		a, err := mllp.ReadAnswer(frame)
		if err != nil || a.Code+" "+a.ControlID != w {
			p.t.Fatalf("got %q, want %s (%v)", frame, w, err)
		}
	}
}

// closed holds the server to close the connection without another byte.
func (p *peer) closed() {
	p.t.Helper()
	if frame, err := p.in.Next(); !errors.Is(err, io.EOF) {
		p.t.Fatalf("not closed: %q, %v", frame, err)
	}
}

func message(id string) string {
	return "MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105||DFT^P03|" + id + "|P|2.4\rPID|1||9990000018^^^NHS^NH\rFT1|1\r"
}

func framed(s string) string { return "\x0b" + s + "\x1c\r" }

func TestServer_StoresThenAnswers(t *testing.T) {
	r := &store{}
	p := dial(t, serve(t, mllp.Config{}, r, nil))
	p.write(framed(message("C1")))
	p.answers("AA C1")
	got := r.all()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	e := got[0]
	if e.Trust != "ZZ1" || e.Connector != "theatre" || e.Format != "hl7v2" || e.Type != "DFT^P03" || e.Sender != "THEATRE|ZZ1" ||
		e.ControlID != "C1" || e.Key != "9990000018^NHS" || string(e.Raw) != message("C1") || e.Peer != p.nc.LocalAddr().String() ||
		e.ReceivedAt.IsZero() || e.Digest == [32]byte{} {
		t.Errorf("got %+v", e)
	}
}

func TestServer_GivesNoAnswerBeforeTheCommit(t *testing.T) {
	r := &store{gate: make(chan struct{})}
	p := dial(t, serve(t, mllp.Config{}, r, nil))
	p.write(framed(message("C1")))
	_ = p.nc.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := p.in.Next(); err == nil {
		t.Fatal("answered before the commit")
	}
	_ = p.nc.SetReadDeadline(time.Now().Add(20 * time.Second))
	close(r.gate)
	p.answers("AA C1")
}

func TestServer_AnswersByTheKindOfTheError(t *testing.T) {
	for want, err := range map[string]error{
		"AE C1": fault.New(fault.Unavailable, "store_down", "patient Ash"),
		"AR C1": fault.New(fault.Invalid, "refused", "The message cannot be taken."),
	} {
		p := dial(t, serve(t, mllp.Config{}, &store{err: err}, nil))
		p.write(framed(message("C1")))
		frame, e := p.in.Next()
		if e != nil {
			t.Fatal(e)
		}
		a, _ := mllp.ReadAnswer(frame)
		if a.Code+" "+a.ControlID != want || a.Text == "" || bytes.Contains(frame, []byte("Ash")) || !bytes.Contains(frame, []byte("\rERR|")) {
			t.Errorf("%s: got %q", want, frame)
		}
	}
	p := dial(t, serve(t, mllp.Config{}, &store{err: errors.New("secret internals")}, nil))
	p.write(framed(message("C1")))
	if frame, err := p.in.Next(); err != nil || bytes.Contains(frame, []byte("secret")) || !bytes.Contains(frame, []byte("MSA|AE|C1")) {
		t.Errorf("got %q, %v", frame, err)
	}
}

func TestServer_RepeatsAreAnsweredLikeTheFirst(t *testing.T) {
	p := dial(t, serve(t, mllp.Config{}, &store{}, nil))
	p.write(framed(message("C1")))
	p.answers("AA C1")
	p.write(framed(message("C1")))
	p.answers("AA C1")
}

func TestServer_APortInUseIsNamedBeforeAnythingStarts(t *testing.T) {
	taken := serve(t, mllp.Config{}, &store{}, nil)
	s := mllp.NewServer(mllp.Config{Name: "theatre", Listen: taken.Addr().String()}, nil, nil)
	err := s.Listen()
	f := fault.Of(err)
	if f.Code != "port_in_use" || !strings.Contains(f.Text, taken.Addr().String()) || f.Path != "connectors.theatre.mllp.listen" {
		t.Errorf("got %v", err)
	}
	err = mllp.NewServer(mllp.Config{Name: "theatre", Listen: "nonsense"}, nil, nil).Listen()
	if fault.Of(err).Code != "listen_address" {
		t.Errorf("got %v", err)
	}
}
