package mllp_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

func TestServer_ServesGoodSendersBesideManyThatAreSilentOrSlow(t *testing.T) {
	t.Parallel()
	const idle, slow = 1000, 100
	m := &counts{}
	s := serve(t, mllp.Config{MaxConnections: idle + slow + 16, MaxPerPeer: idle + slow + 16}, &store{}, m)
	for range idle {
		dial(t, s)
	}
	for i := range slow {
		dial(t, s).write(framed(message("S"))[:10+i%40])
	}
	for s.Peers()[0].Open < idle+slow {
		time.Sleep(time.Millisecond)
	}
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			p := dial(t, s)
			for i := range 20 {
				id := fmt.Sprintf("S%d-%d", n, i)
				p.write(framed(message(id)))
				p.answers("AA " + id)
			}
		})
	}
	all.Wait()
	if got := s.Peers()[0]; got.Open < idle+slow || len(m.refused) != 0 {
		t.Errorf("%d connections are left; refused %v", got.Open, m.refused)
	}
}

func TestServer_TakesAFrameByteByByte(t *testing.T) {
	r := &store{}
	p := dial(t, serve(t, mllp.Config{}, r, nil))
	for _, c := range []byte(framed(message("C1"))) {
		p.write(string([]byte{c}))
	}
	p.answers("AA C1")
	if string(r.all()[0].Raw) != message("C1") {
		t.Error("the bytes changed")
	}
}

func TestServer_AnswersPipelinedFramesInTheirOrder(t *testing.T) {
	r := &store{}
	p := dial(t, serve(t, mllp.Config{}, r, nil))
	var all strings.Builder
	var want []string
	for i := range 200 {
		id := fmt.Sprintf("C%d", i)
		all.WriteString(framed(message(id)))
		want = append(want, "AA "+id)
	}
	p.write(all.String())
	p.answers(want...)
	for i, e := range r.all() {
		if e.ControlID != fmt.Sprintf("C%d", i) || string(e.Raw) != message(e.ControlID) {
			t.Fatalf("message %d is %s", i, e.ControlID)
		}
	}
}

// counts is a Metrics that adds up.
type counts struct {
	mu              sync.Mutex
	frames, skipped int
	answers         map[string]int
	connections     int
	refused         map[mllp.Reason]int
}

func (c *counts) Frame(string, int)           { c.mu.Lock(); c.frames++; c.mu.Unlock() }
func (c *counts) Skipped(_ string, n int)     { c.mu.Lock(); c.skipped += n; c.mu.Unlock() }
func (c *counts) Connections(_ string, n int) { c.mu.Lock(); c.connections = n; c.mu.Unlock() }
func (c *counts) Refused(_ string, why mllp.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused == nil {
		c.refused = map[mllp.Reason]int{}
	}
	c.refused[why]++
}
func (c *counts) Answer(_, code string, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers == nil {
		c.answers = map[string]int{}
	}
	c.answers[code]++
}

func TestServer_FindsTheNextFrameAgain(t *testing.T) {
	for name, c := range map[string]struct {
		bytes   string
		answers []string
		skipped int
	}{
		"garbage before":         {"garbage" + framed(message("C1")), []string{"AA C1"}, 7},
		"a new VT in a frame":    {"\x0bMSH|half" + framed(message("C1")), []string{"AA C1"}, 8},
		"FS without CR":          {"\x0b" + message("C1") + "\x1c" + framed(message("C2")), []string{"AA C1", "AA C2"}, 0},
		"only line ends between": {framed(message("C1")) + "\r\n\n" + framed(message("C2")), []string{"AA C1", "AA C2"}, 0},
		"no MSH":                 {framed("hello") + framed(message("C2")), []string{"AR ", "AA C2"}, 0},
		"nothing in a frame":     {framed("") + framed(message("C2")), []string{"AR ", "AA C2"}, 0},
		"two VT":                 {"\x0b" + framed(message("C1")), []string{"AA C1"}, 0},
		"a stray FS":             {"\x1c\r" + framed(message("C1")), []string{"AA C1"}, 1},
	} {
		m := &counts{}
		s := serve(t, mllp.Config{}, &store{}, m)
		p := dial(t, s)
		p.write(c.bytes)
		p.answers(c.answers...)
		_ = p.nc.Close()
		s.stop()
		if m.skipped != c.skipped || m.frames != len(c.answers) || m.connections != 0 {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestServer_AnOversizeFrameIsRefusedAndTheConnectionStaysUsable(t *testing.T) {
	r := &store{}
	p := dial(t, serve(t, mllp.Config{MaxMessage: 1000}, r, nil))
	big := message("BIG") + "NTE|1||" + strings.Repeat("x", 100_000) + "\r"
	p.write(framed(big) + framed(message("C2")))
	p.answers("AR BIG", "AA C2")
	p.write(framed(strings.Repeat("y", 100_000)))
	p.answers("AR ")
	enhanced := strings.Replace(big, "|P|2.4", "|P|2.4|||AL|NE", 1)
	p.write(framed(enhanced))
	p.answers("CR BIG")
	p.write(framed(message("C3")))
	p.answers("AA C3")
	if len(r.all()) != 2 {
		t.Errorf("%d messages were stored", len(r.all()))
	}
}

func TestServer_AHalfClosedSenderStillGetsItsAnswers(t *testing.T) {
	p := dial(t, serve(t, mllp.Config{}, &store{}, nil))
	p.write(framed(message("C1")) + framed(message("C2")) + "\x0bMSH|half a message")
	if err := p.nc.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	p.answers("AA C1", "AA C2")
	p.closed()
}

func TestServer_ClosesAnIdleConnection(t *testing.T) {
	p := dial(t, serve(t, mllp.Config{IdleTimeout: 500 * time.Millisecond}, &store{}, nil))
	p.write(framed(message("C1")))
	p.answers("AA C1")
	p.closed()
}

func TestServer_BoundsTheTimeOfOneFrame(t *testing.T) {
	r := &store{}
	p := dial(t, serve(t, mllp.Config{ReadTimeout: 50 * time.Millisecond}, r, nil))
	p.write("\x0bMSH|^~\\&|")
	p.closed()
	if len(r.all()) != 0 {
		t.Error("half a message was stored")
	}
}

func TestServer_BoundsTheWritingOfAnswers(t *testing.T) {
	s := serve(t, mllp.Config{WriteTimeout: 100 * time.Millisecond, ReadTimeout: time.Second}, &store{}, nil)
	p := dial(t, s)
	_ = p.nc.(*net.TCPConn).SetReadBuffer(4096)
	batch := []byte(strings.Repeat(framed("MSH|^~\\&|"+strings.Repeat("A", 4000)+"||||||DFT^P03|"+strings.Repeat("C", 4000)+"|P|2.4\r"), 100))
	for {
		_ = p.nc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if _, err := p.nc.Write(batch); err != nil {
			return // the server gave up on a sender that reads no answers
		}
	}
}

func TestServer_LimitsItsConnections(t *testing.T) {
	s := serve(t, mllp.Config{MaxConnections: 2}, &store{}, nil)
	first, second := dial(t, s), dial(t, s)
	first.write(framed(message("C1")))
	first.answers("AA C1")
	second.write(framed(message("C2")))
	second.answers("AA C2")
	third := dial(t, s)
	if _, err := third.in.Next(); err == nil {
		t.Error("a third connection was served")
	}
	first.write(framed(message("C3")))
	first.answers("AA C3")
}

func TestServer_DrainsAnsweringWhatWasReceived(t *testing.T) {
	r := &store{gate: make(chan struct{}), came: make(chan struct{}, 2)}
	s := serve(t, mllp.Config{}, r, nil)
	idle, busy := dial(t, s), dial(t, s)
	busy.write(framed(message("C1")) + framed(message("C2")))
	<-r.came // one write, so both have arrived
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }()
	idle.closed()
	select {
	case <-stopped:
		t.Fatal("stopped before what was received was answered")
	default:
	}
	close(r.gate)
	busy.answers("AA C1", "AA C2")
	busy.closed()
	_ = busy.nc.Close()
	_ = idle.nc.Close()
	<-stopped
	if len(r.all()) != 2 {
		t.Errorf("%d messages were stored", len(r.all()))
	}
	if nc, err := net.Dial("tcp", s.Addr().String()); err == nil {
		_ = nc.Close()
		t.Error("a connection was taken after the end")
	}
}

func TestServer_ManySendersAtOnceEachGetTheirOwnAnswers(t *testing.T) {
	r := &store{}
	s := serve(t, mllp.Config{}, r, nil)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			p := dial(t, s)
			for i := range 50 {
				id := fmt.Sprintf("S%d-%d", n, i)
				p.write(framed(message(id)))
				p.answers("AA " + id)
			}
		})
	}
	all.Wait()
	if len(r.all()) != 800 {
		t.Errorf("%d messages", len(r.all()))
	}
	for _, e := range r.all() {
		if !bytes.Contains(e.Raw, []byte(e.ControlID)) {
			t.Fatal("a message has the bytes of another")
		}
	}
}
