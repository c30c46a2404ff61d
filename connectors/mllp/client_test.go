package mllp_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// farSide is a destination whose every connection is handled by answer, and a
// client of it that waits for an answer for so long.
func farSide(t *testing.T, patience time.Duration, answer func(in *mllp.FrameReader, nc net.Conn)) *mllp.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer nc.Close()
				answer(mllp.NewFrameReader(nc, 1<<20), nc)
			})
		}
	})
	c := mllp.NewClient(mllp.ClientConfig{Name: "out", Address: l.Addr().String(), AnswerTimeout: patience})
	t.Cleanup(func() {
		_ = c.Close()
		_ = l.Close()
		running.Wait()
	})
	return c
}

func ackOf(frame []byte, code string) []byte {
	h, _, _ := hl7v2.Peek(frame)
	return hl7v2.BuildAck(h, hl7v2.Ack{Code: code})
}

func TestClient_SendsToOurOwnServer(t *testing.T) {
	r := &store{}
	s := serve(t, mllp.Config{}, r, nil)
	c := mllp.NewClient(mllp.ClientConfig{Name: "out", Address: s.Addr().String()})
	defer c.Close()
	var all sync.WaitGroup
	for _, id := range []string{"C1", "C2", "C3", "C4"} {
		all.Go(func() {
			raw, err := c.Send(context.Background(), []byte(message(id)))
			if err != nil {
				t.Error(err)
				return
			}
			if a, err := mllp.ReadAnswer(raw); err != nil || !a.Positive() || a.ControlID != id {
				t.Errorf("%s: got %q", id, raw)
			}
		})
	}
	all.Wait()
	if len(r.all()) != 4 {
		t.Errorf("%d messages", len(r.all()))
	}
}

func TestClient_CreditsNoAnswerToAnotherMessage(t *testing.T) {
	c := farSide(t, 10*time.Second, func(in *mllp.FrameReader, nc net.Conn) {
		for {
			frame, err := in.Next()
			if err != nil {
				return
			}
			_ = mllp.WriteFrame(nc, []byte("not HL7"))
			_ = mllp.WriteFrame(nc, ackOf([]byte(message("OTHER")), "AA"))
			_ = mllp.WriteFrame(nc, []byte(message("C1"))) // no MSA
			_ = mllp.WriteFrame(nc, ackOf(frame, "AE"))
		}
	})
	for _, id := range []string{"C1", "C2"} {
		raw, err := c.Send(context.Background(), []byte(message(id)))
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := mllp.ReadAnswer(raw); a.Code != "AE" || a.ControlID != id {
			t.Errorf("got %+v", a)
		}
	}
}

func TestClient_ALateAnswerIsLostWithItsConnection(t *testing.T) {
	late := make(chan struct{})
	c := farSide(t, 500*time.Millisecond, func(in *mllp.FrameReader, nc net.Conn) {
		for {
			frame, err := in.Next()
			if err != nil {
				return
			}
			if strings.Contains(string(frame), "|SLOW|") {
				<-late
			}
			_ = mllp.WriteFrame(nc, ackOf(frame, "AA"))
		}
	})
	_, err := c.Send(context.Background(), []byte(message("SLOW")))
	if fault.Of(err).Code != "no_answer" || !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v", err)
	}
	close(late)
	raw, err := c.Send(context.Background(), []byte(message("NEXT")))
	if err != nil || !strings.Contains(string(raw), "MSA|AA|NEXT") {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestClient_SaysWhatBecameOfTheMessage(t *testing.T) {
	gone := farSide(t, 10*time.Second, func(in *mllp.FrameReader, _ net.Conn) { _, _ = in.Next() })
	if _, err := gone.Send(context.Background(), []byte(message("C1"))); fault.Of(err).Code != "no_answer" {
		t.Errorf("closed without an answer: %v", err)
	}
	if _, err := gone.Send(context.Background(), []byte(message(""))); fault.Of(err).Code != "hl7_no_control_id" {
		t.Errorf("no control ID: %v", err)
	}
	if _, err := gone.Send(context.Background(), []byte("hello")); fault.Of(err).Code != "hl7_no_msh" {
		t.Errorf("no MSH: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	mute := farSide(t, 10*time.Second, func(in *mllp.FrameReader, _ net.Conn) { _, _ = in.Next(); _, _ = in.Next() })
	if _, err := mute.Send(ctx, []byte(message("C1"))); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the context ended: %v", err)
	}
	nowhere := mllp.NewClient(mllp.ClientConfig{Name: "out", Address: "127.0.0.1:1"})
	for range 2 {
		if _, err := nowhere.Send(context.Background(), []byte(message("C1"))); fault.Of(err).Code != "unreachable" {
			t.Errorf("nobody listens: %v", err)
		}
	}
}

func TestClient_NoticesThatARestingConnectionWasClosed(t *testing.T) {
	c := farSide(t, 10*time.Second, func(in *mllp.FrameReader, nc net.Conn) {
		if frame, err := in.Next(); err == nil {
			_ = mllp.WriteFrame(nc, ackOf(frame, "AA"))
		}
	})
	if _, err := c.Send(context.Background(), []byte(message("C1"))); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // longer than a connection rests unchecked
	if _, err := c.Send(context.Background(), []byte(message("C2"))); err != nil {
		t.Errorf("the message was written to a closed connection: %v", err)
	}
}
