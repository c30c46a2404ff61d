package mllp_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func newLog(to *safeBuffer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }

func networks(t *testing.T, all ...string) []netip.Prefix {
	t.Helper()
	var list []netip.Prefix
	for _, s := range all {
		p, err := mllp.ParseNetwork(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func TestParseNetwork_ReadsAddressesAndNetworksOfBothVersions(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"10.20.30.40": "10.20.30.40/32", "10.20.30.40/16": "10.20.0.0/16", "0.0.0.0/0": "0.0.0.0/0", "::1": "::1/128",
		"fd00:1::7/32": "fd00:1::/32", "::ffff:10.0.0.1": "10.0.0.1/32", "::ffff:10.1.0.0/112": "10.1.0.0/16",
	} {
		if p, err := mllp.ParseNetwork(in); err != nil || p.String() != want {
			t.Errorf("%s: got %s, %v, want %s", in, p, err, want)
		}
	}
	for _, in := range []string{"", "theatre", "10.0.0.0/33", "10.0.0", "fe80::1%eth0", "10.0.0.1:2575", "1.2.3.4/ 8"} {
		if _, err := mllp.ParseNetwork(in); fault.Of(err).Code != "network_invalid" {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

func TestServer_ServesOnlyAddressesOnItsAllowList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		listen string
		allow  []string
		served bool
	}{
		"a network with the sender":     {"127.0.0.1:0", []string{"10.0.0.0/8", "127.0.0.0/8"}, true},
		"the sender's own address":      {"127.0.0.1:0", []string{"127.0.0.1"}, true},
		"other networks":                {"127.0.0.1:0", []string{"10.0.0.0/8", "::1"}, false},
		"IPv6":                          {"[::1]:0", []string{"::1"}, true},
		"other networks of IPv6":        {"[::1]:0", []string{"fd00::/8"}, false},
		"IPv4 over a socket for both":   {"[::]:0", []string{"127.0.0.1"}, true},
		"IPv4 refused on such a socket": {"[::]:0", []string{"10.0.0.0/8"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, log := &counts{}, &safeBuffer{}
			s := serveLogging(t, mllp.Config{Listen: c.listen, Allow: networks(t, c.allow...)}, &store{}, m, newLog(log))
			_, port, err := net.SplitHostPort(s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			host := "127.0.0.1"
			if c.listen == "[::1]:0" {
				host = "::1"
			}
			for range 3 {
				nc, err := net.Dial("tcp", net.JoinHostPort(host, port))
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
				_ = mllp.WriteFrame(nc, []byte(message("C1"))) // may fail where it is refused
				if _, err = mllp.NewFrameReader(nc, 1<<20).Next(); (err == nil) != c.served || os.IsTimeout(err) {
					t.Fatalf("served: %v", err)
				}
			}
			s.stop()
			if c.served == (m.refused[mllp.NotAllowed] == 3) {
				t.Errorf("refused %v", m.refused)
			}
			if told := strings.Count(log.String(), "add it to allow"); !c.served && told != 1 {
				t.Errorf("told %d times:\n%s", told, log)
			}
		})
	}
}

func TestServer_LimitsTheConnectionsOfOneAddress(t *testing.T) {
	t.Parallel()
	m := &counts{}
	s := serve(t, mllp.Config{MaxPerPeer: 2}, &store{}, m)
	from := func(local string) *peer {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
		nc, err := d.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = nc.Close() })
		_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
		return &peer{t, nc, mllp.NewFrameReader(nc, 1<<20)}
	}
	first, second := from("127.0.0.1"), from("127.0.0.1")
	first.write(framed(message("C1")))
	first.answers("AA C1")
	second.write(framed(message("C2")))
	second.answers("AA C2")
	if _, err := from("127.0.0.1").in.Next(); err == nil || os.IsTimeout(err) {
		t.Errorf("a third connection was served: %v", err)
	}
	other := from("127.0.0.2")
	other.write(framed(message("C3")))
	other.answers("AA C3")

	peers := s.Peers()
	if len(peers) != 2 || peers[0].Address.String() != "127.0.0.1" || peers[0].Open != 2 || peers[0].Messages != 2 || peers[0].Bytes != int64(2*len(message("C1"))) ||
		peers[0].LastMessage.IsZero() || peers[1].Messages != 1 {
		t.Errorf("got %+v", peers)
	}
	_ = first.nc.Close()
	for s.Peers()[0].Open == 2 {
		time.Sleep(time.Millisecond)
	}
	again := from("127.0.0.1")
	again.write(framed(message("C4")))
	again.answers("AA C4")
	s.stop()
	if m.refused[mllp.TooManyOfPeer] != 1 || len(m.refused) != 1 {
		t.Errorf("refused %v", m.refused)
	}
}

func TestServer_RemembersABoundedNumberOfAddresses(t *testing.T) {
	t.Parallel()
	s := serve(t, mllp.Config{}, &store{}, nil)
	for i := range 300 {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(i/250), byte(1+i%250))}}
		nc, err := d.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.Close()
		for open := 1; open > 0; { // until it is gone
			open = 0
			for _, p := range s.Peers() {
				open += p.Open
			}
		}
	}
	if n := len(s.Peers()); n == 0 || n > 256 {
		t.Errorf("%d addresses", n)
	}
}

func TestServer_AsksWhetherASilentSenderIsStillThere(t *testing.T) {
	t.Parallel()
	s := serve(t, mllp.Config{}, &store{}, nil)
	p := dial(t, s)
	p.write(framed(message("C1")))
	p.answers("AA C1")
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatalf("this test reads Linux's table of connections: %v", err)
	}
	local, remote := s.Addr().(*net.TCPAddr).Port, p.nc.LocalAddr().(*net.TCPAddr).Port
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) > 5 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", local)) && strings.HasSuffix(f[2], fmt.Sprintf(":%04X", remote)) {
			if !strings.HasPrefix(f[5], "02:") {
				t.Errorf("no keep-alive timer runs: %s", f[5])
			}
			return
		}
	}
	t.Error("the connection is not in the table")
}
