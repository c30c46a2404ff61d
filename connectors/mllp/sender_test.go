package mllp_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// respond starts a Responder that does these steps, and gives its address and
// the control IDs that it has got.
func respond(t *testing.T, steps ...string) (address string, got func() []string) {
	t.Helper()
	var mu sync.Mutex
	var ids []string
	r := &mllp.Responder{Got: func(_ string, msg []byte, _ mllp.Step) {
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, strings.Split(string(msg), "|")[9])
	}}
	for _, s := range steps {
		step, err := mllp.ParseStep(s)
		if err != nil {
			t.Fatal(err)
		}
		r.Steps = append(r.Steps, step)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(ids)
	}
}

// sendAll sends a message under each control ID and gives what became of them.
func sendAll(t *testing.T, cfg mllp.SenderConfig, ids ...string) (all []mllp.Sent, err error) {
	t.Helper()
	cfg.Client.Name = "out"
	if cfg.Client.AnswerTimeout == 0 {
		cfg.Client.AnswerTimeout = 20 * time.Second
	}
	err = mllp.NewSender(cfg).Send(t.Context(), func(yield func([]byte) bool) {
		for i, id := range ids {
			if !yield(fmt.Appendf(nil, "%sZZZ|%d\r", message(id), i)) {
				return
			}
		}
	}, func(x mllp.Sent) { all = append(all, x) })
	return all, err
}

func TestSender_DoesWithEachAnswerWhatItsTableSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		steps    []string
		code     string
		attempts int
		next     bool // whether the next message is sent
	}{
		{[]string{"ok"}, "AA", 1, true},
		{[]string{"AA"}, "AA", 1, true},
		{[]string{"CA"}, "CA", 1, true},
		{[]string{"AE", "AA"}, "AA", 2, true},
		{[]string{"CE", "AE", "AA"}, "AA", 3, true},
		{[]string{"AE", "AE", "AE"}, "AE", 3, true},
		{[]string{"AR"}, "AR", 1, true},
		{[]string{"CR"}, "CR", 1, true},
		{[]string{"garbage"}, "AA", 1, true},
		{[]string{"twice"}, "AA", 1, true},
		{[]string{"close", "ok"}, "AA", 2, true},
		{[]string{"half", "ok"}, "AA", 2, true},
		{[]string{"close", "close", "half"}, "", 3, false},
	} {
		t.Run(strings.Join(c.steps, " "), func(t *testing.T) {
			t.Parallel()
			address, got := respond(t, append(c.steps, "ok", "ok")...)
			all, err := sendAll(t, mllp.SenderConfig{Client: mllp.ClientConfig{Address: address}, Attempts: 3}, "C1", "C2")
			first := all[0]
			if first.Answer.Code != c.code || first.Attempts != c.attempts || first.ControlID != "C1" || first.Index != 0 || first.Took <= 0 {
				t.Errorf("got %+v", first)
			}
			if !c.next {
				if fault.Of(err).Code != "no_answer" || len(all) != 1 || len(got()) != c.attempts {
					t.Errorf("got %+v, %v, %v", all, got(), err)
				}
				return
			}
			if err != nil || len(all) != 2 || all[1].Answer.Code != "AA" || all[1].Index != 1 {
				t.Errorf("got %+v, %v", all, err)
			}
		})
	}
}

func TestSender_CreditsNoAnswerToAnotherMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, why string }{
		{"late", "a late answer"}, {"wrong-id", "an answer to no message"}, {"no-answer", "no answer"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			address, got := respond(t, c.first, "AE", "AR")
			all, err := sendAll(t, mllp.SenderConfig{Client: mllp.ClientConfig{Address: address, AnswerTimeout: 2 * time.Second}, Attempts: 2}, "C1", "C2")
			// The first attempt goes unanswered, the second gets AE, the next
			// message AR: each its own.
			if err != nil || len(all) != 2 || all[0].Answer.Code != "AE" || all[0].Attempts != 2 || all[1].Answer.Code != "AR" {
				t.Errorf("got %+v, %v", all, err)
			}
			if ids := strings.Join(got(), " "); ids != "C1 C1 C2" {
				t.Errorf("sent %s", ids)
			}
		})
	}
}

func TestSender_ASecondAnswerIsNotCreditedToAnotherMessageUnderTheSameID(t *testing.T) {
	t.Parallel()
	address, _ := respond(t, "twice", "ok", "AR")
	all, err := sendAll(t, mllp.SenderConfig{Client: mllp.ClientConfig{Address: address}}, "C1", "C2", "C1")
	if err != nil || len(all) != 3 || all[2].Answer.Code != "AR" {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestSender_WhatCannotBeSentHoldsBackNothing(t *testing.T) {
	t.Parallel()
	address, _ := respond(t)
	all, err := sendAll(t, mllp.SenderConfig{Client: mllp.ClientConfig{Address: address}}, "", "C2")
	if err != nil || len(all) != 2 || fault.Of(all[0].Err).Code != "hl7_no_control_id" || all[1].Answer.Code != "AA" {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestSender_SendsOverSeveralConnectionsAtItsRate(t *testing.T) {
	t.Parallel()
	address, got := respond(t)
	var ids []string
	for i := range 100 {
		ids = append(ids, fmt.Sprintf("C%d", i))
	}
	all, err := sendAll(t, mllp.SenderConfig{Client: mllp.ClientConfig{Address: address}, Connections: 8, Rate: 5000}, ids...)
	if err != nil || len(all) != 100 {
		t.Fatalf("%d, %v", len(all), err)
	}
	for _, x := range all {
		if x.Answer.Code != "AA" || x.Answer.ControlID != ids[x.Index] || x.ControlID != ids[x.Index] {
			t.Errorf("got %+v", x)
		}
	}
	sent := got()
	slices.Sort(sent)
	slices.Sort(ids)
	if !slices.Equal(sent, ids) {
		t.Errorf("sent %v", sent)
	}
}

func TestSender_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	address, _ := respond(t, "no-answer")
	ctx, cancel := context.WithCancel(t.Context())
	s := mllp.NewSender(mllp.SenderConfig{Client: mllp.ClientConfig{Address: address}})
	err := s.Send(ctx, func(yield func([]byte) bool) {
		yield([]byte(message("C1")))
		cancel()
		yield([]byte(message("C2")))
	}, func(x mllp.Sent) {
		if x.Err == nil {
			t.Errorf("got %+v", x)
		}
	})
	if err == nil {
		t.Error("no error")
	}
}

func TestParseStep_ReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]mllp.Step{
		"ok": {}, "AA": {Code: "AA"}, "cr": {Code: "CR"}, "AE+2s": {Code: "AE", Delay: 2 * time.Second}, "late+5ms": {Fault: mllp.Late, Delay: 5 * time.Millisecond},
		"no-answer": {Fault: mllp.NoAnswer}, "close": {Fault: mllp.Close}, "half": {Fault: mllp.Half},
	} {
		if got, err := mllp.ParseStep(in); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{"": "answer_unknown", "AB": "answer_unknown", "AA+": "delay_invalid", "AA+2": "delay_invalid", "AA+-2s": "delay_invalid"} {
		if _, err := mllp.ParseStep(in); fault.Of(err).Code != want {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

func TestClient_SpeaksTLSAndShowsItsCertificate(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{}, "theatre.zz1.example")
	file := func(name string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key := s.senders.issue(time.Now().Add(time.Hour), "theatre.zz1.example")
	ours := mllp.ClientTLS{CA: file("ca", s.ours.pem), Certificate: file("cert", cert), PrivateKey: file("key", key)}
	send := func(address string, files *mllp.ClientTLS) error {
		cfg := mllp.ClientConfig{Name: "out", Address: address, AnswerTimeout: 20 * time.Second}
		if files != nil {
			var err error
			if cfg.TLS, err = files.Config(); err != nil {
				t.Fatal(err)
			}
		}
		c := mllp.NewClient(cfg)
		defer c.Close()
		_, err := c.Send(t.Context(), []byte(message("C1")))
		return err
	}
	address := s.Addr().String()
	if err := send(address, &ours); err != nil {
		t.Error(err)
	}
	nameless, untrusting, unexpected := ours, ours, ours
	nameless.Certificate, nameless.PrivateKey = "", ""
	untrusting.CA = file("other", s.senders.pem)
	unexpected.ServerName = "elsewhere.example"
	for name, err := range map[string]error{
		"without a certificate": send(address, &nameless), "an authority that is not ours": send(address, &untrusting),
		"another name": send(address, &unexpected),
	} {
		if f := fault.Of(err); f.Code != "tls_refused" || f.Kind != fault.Denied {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := send(address, nil); err == nil {
		t.Error("plain text was served")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if nc, err := l.Accept(); err == nil {
			_, _ = nc.Read(make([]byte, 4096))
			_, _ = nc.Write([]byte(framed("MSH|^~\\&|")))
			_ = nc.Close()
		}
	}()
	if err := send(l.Addr().String(), &ours); fault.Of(err).Code != "tls_refused" {
		t.Errorf("a destination without TLS: got %v", err)
	}
	for _, broken := range []mllp.ClientTLS{{CA: "/nowhere"}, {CA: ours.PrivateKey}, {Certificate: ours.Certificate}, {Certificate: ours.Certificate, PrivateKey: ours.CA}} {
		if _, err := broken.Config(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: got %v", broken, err)
		}
	}
}
