package mllp_test

import (
	"crypto/tls"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestTLS_AnswersASenderThatTrustsIt(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{})
	if err := s.send(); err != nil {
		t.Fatal(err)
	}
	nc, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{RootCAs: s.ours.pool(), MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	if err == nil {
		nc.Close()
		t.Error("TLS 1.1 was spoken")
	}
	s.refused(mllp.BadHandshake, 1, "TLS 1.2 or newer")
}

func TestTLS_ASenderWhoseWriteSideIsClosedStillGetsItsAnswers(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{})
	nc, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{RootCAs: s.ours.pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	p := &peer{t, nc, mllp.NewFrameReader(nc, 1<<20)}
	p.write(framed(message("C1")) + framed(message("C2")))
	if err := nc.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	p.answers("AA C1", "AA C2")
	p.closed()
}

func TestTLS_ASenderThatGoesWithoutSayingSoBetweenMessagesIsNoFinding(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{})
	raw, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	nc := tls.Client(raw, &tls.Config{RootCAs: s.ours.pool(), ServerName: "127.0.0.1"})
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	p := &peer{t, nc, mllp.NewFrameReader(nc, 1<<20)}
	p.write(framed(message("C1")))
	p.answers("AA C1")
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	for s.Peers()[0].Open > 0 {
		time.Sleep(time.Millisecond)
	}
	if strings.Contains(s.log.String(), "within a message") {
		t.Errorf("told:\n%s", s.log)
	}
}

func TestTLS_BindsTheConnectionToTheNamesOfItsTrust(t *testing.T) {
	t.Parallel()
	day := time.Now().Add(24 * time.Hour)
	for name, c := range map[string]struct {
		certificate func(s *secured) []tls.Certificate
		said        string // empty: it is served
	}{
		"the common name": {func(s *secured) []tls.Certificate {
			return []tls.Certificate{s.senders.pair(day, "theatre.zz1.example")}
		}, ""},
		"an alternative name": {func(s *secured) []tls.Certificate {
			return []tls.Certificate{s.senders.pair(day, "x", "THEATRE.zz1.example")}
		}, ""},
		"another trust's": {func(s *secured) []tls.Certificate {
			return []tls.Certificate{s.senders.pair(day, "theatre.zz2.example")}
		}, "theatre.zz2.example"},
		"another authority's": {func(s *secured) []tls.Certificate { return []tls.Certificate{s.ours.pair(day, "theatre.zz1.example")} }, "unknown authority"},
		"out of date": {func(s *secured) []tls.Certificate {
			return []tls.Certificate{s.senders.pair(time.Now().Add(-time.Hour), "theatre.zz1.example")}
		}, "expired"},
		"none": {func(*secured) []tls.Certificate { return nil }, "no certificate"},
		"one that signs itself": {func(s *secured) []tls.Certificate {
			return []tls.Certificate{newAuthority(s.t, "me").pair(day, "theatre.zz1.example")}
		}, "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveTLS(t, mllp.Config{}, "theatre.zz1.example", "127.0.0.9")
			// A client sends only certificates of authorities it is asked for
			// unless it is made to.
			certificates := c.certificate(s)
			nc, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{RootCAs: s.ours.pool(), GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if len(certificates) == 0 {
					return &tls.Certificate{}, nil
				}
				return &certificates[0], nil
			}})
			if err == nil {
				defer nc.Close()
				_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
				_ = mllp.WriteFrame(nc, []byte(message("C1")))
				_, err = mllp.NewFrameReader(nc, 1<<20).Next()
			}
			if c.said == "" {
				if err != nil {
					t.Fatalf("%v\n%s", err, s.log)
				}
				return
			}
			if err == nil {
				t.Fatal("it was served")
			}
			s.refused(mllp.BadCertificate, 1, c.said)
		})
	}
}

func TestTLS_TakesUpChangedFilesWithoutARestart(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{}, "theatre.zz1.example")
	sender := s.senders.pair(time.Now().Add(24*time.Hour), "theatre.zz1.example")
	if err := s.send(sender); err != nil {
		t.Fatal(err)
	}

	before := s.ours
	s.ours = newAuthority(t, "Ours, later")
	s.renew(time.Now().Add(24 * time.Hour))
	if err := s.send(sender); err != nil {
		t.Errorf("the new certificate is not in force: %v", err)
	}

	after := s.ours
	s.ours = before
	s.put("cert", []byte("no certificate"))
	s.ours = after
	for range 3 {
		if err := s.send(sender); err != nil {
			t.Errorf("a broken certificate took the former away: %v", err)
		}
	}
	if n := strings.Count(s.log.String(), "the former stays in force"); n != 1 {
		t.Errorf("told %d times:\n%s", n, s.log)
	}
	if err := os.Remove(s.path("cert")); err != nil {
		t.Fatal(err)
	}
	if err := s.send(sender); err != nil {
		t.Errorf("a missing certificate took the former away: %v", err)
	}

	s.renew(time.Now().Add(24 * time.Hour))
	s.senders = newAuthority(t, "Senders, later")
	s.put("ca", s.senders.pem)
	if err := s.send(s.senders.pair(time.Now().Add(24*time.Hour), "theatre.zz1.example")); err != nil {
		t.Errorf("the new authority is not in force: %v", err)
	}
	if err := s.send(sender); err == nil {
		t.Error("the former authority is still in force")
	}
}

func TestTLS_WhatCannotBeUsedIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	good := serveTLS(t, mllp.Config{}, "a")
	key := func() (string, error) { k, err := os.ReadFile(good.path("key")); return string(k), err }
	other := func() (string, error) { _, k := good.ours.issue(time.Now().Add(time.Hour), "x"); return string(k), nil }
	for want, c := range map[string]*mllp.TLS{
		"tls_file_unreadable connectors.theatre.mllp.tls.certificate":     {Certificate: good.path("nowhere"), PrivateKey: key},
		"tls_certificate_invalid connectors.theatre.mllp.tls.certificate": {Certificate: good.path("cert"), PrivateKey: other},
		"tls_client_ca_invalid connectors.theatre.mllp.tls.client_ca":     {Certificate: good.path("cert"), PrivateKey: key, ClientCA: good.path("key"), ClientNames: []string{"a"}},
		"tls_client_names connectors.theatre.mllp.tls":                    {Certificate: good.path("cert"), PrivateKey: key, ClientCA: good.path("ca")},
	} {
		err := mllp.NewServer(mllp.Config{Name: "theatre", Listen: "127.0.0.1:0", TLS: c}, nil, nil).Listen()
		if f := fault.Of(err); f.Code+" "+f.Path != want {
			t.Errorf("got %s %s: %v, want %s", f.Code, f.Path, err, want)
		}
	}
}

func TestTLS_TellsOfAPlainTextSender(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{})
	p := dial(t, s.running)
	p.write(framed(message("C1")))
	for {
		if _, err := p.nc.Read(make([]byte, 100)); err != nil {
			break
		}
	}
	s.refused(mllp.PlainText, 1, "this port wants TLS")
}

func TestServer_TellsOfASenderThatSpeaksTLS(t *testing.T) {
	t.Parallel()
	s := &secured{t: t, metrics: &counts{}, log: &safeBuffer{}, ours: newAuthority(t, "Ours")}
	s.running = serveLogging(t, mllp.Config{}, &store{}, s.metrics, newLog(s.log))
	if err := s.send(); err == nil {
		t.Fatal("plain text was taken for TLS")
	}
	s.refused(mllp.UnexpectedTLS, 1, "this port is plain text")
}

func TestTLS_ASlowHandshakeBlocksNobodyAndEnds(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{ReadTimeout: 3 * time.Second})
	var slow []net.Conn
	for range 8 {
		nc, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if _, err := nc.Write([]byte{0x16, 3, 1}); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, nc)
	}
	if err := s.send(); err != nil {
		t.Fatal(err)
	}
	for _, nc := range slow {
		_ = nc.SetReadDeadline(time.Now().Add(20 * time.Second))
		for {
			if _, err := nc.Read(make([]byte, 64)); err != nil {
				if os.IsTimeout(err) {
					t.Error("a handshake went on for ever")
				}
				break
			}
		}
	}
	s.refused(mllp.BadHandshake, 8, "not finished in time")
}

func TestTLS_DrainingDoesNotWaitForAHandshake(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, mllp.Config{})
	nc, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for len(s.Peers()) == 0 {
		time.Sleep(time.Millisecond)
	}
	s.stop()
	if len(s.metrics.refused) != 0 {
		t.Errorf("refused %v", s.metrics.refused)
	}
}
