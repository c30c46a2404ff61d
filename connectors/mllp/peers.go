package mllp

import (
	"cmp"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// Peer is what the server knows of one address that has connected.
type Peer struct {
	Address netip.Addr
	// Open is how many connections it has now.
	Open int
	// Messages and Bytes count what it has sent.
	Messages, Bytes int64
	// LastMessage is when its last message had arrived; zero if none has.
	LastMessage time.Time
}

// mostPeers bounds the addresses that are remembered without a connection.
const mostPeers = 256

// peerStat counts one address; open is guarded by the server's mutex.
type peerStat struct {
	address         netip.Addr
	open            int
	messages, bytes atomic.Int64
	last            atomic.Int64 // Unix nanoseconds; 0 is never
}

func (p *peerStat) frame(bytes int, at time.Time) {
	p.messages.Add(1)
	p.bytes.Add(int64(bytes))
	p.last.Store(at.UnixNano())
}

// Peers tells of the addresses that have connected since the server started,
// in their order; of those without a connection only the latest.
func (s *Server) Peers() []Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Peer, 0, len(s.peers))
	for _, p := range s.peers {
		x := Peer{Address: p.address, Open: p.open, Messages: p.messages.Load(), Bytes: p.bytes.Load()}
		if last := p.last.Load(); last > 0 {
			x.LastMessage = time.Unix(0, last)
		}
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b Peer) int { return a.Address.Compare(b.Address) })
	return all
}

// statOf finds or makes the count of an address. The mutex is held.
func (s *Server) statOf(a netip.Addr) *peerStat {
	if p := s.peers[a]; p != nil {
		return p
	}
	if len(s.peers) >= mostPeers {
		s.forget()
	}
	p := &peerStat{address: a}
	s.peers[a] = p
	return p
}

// forget drops the address without a connection that was silent for longest.
func (s *Server) forget() {
	var gone []*peerStat
	for _, p := range s.peers {
		if p.open == 0 {
			gone = append(gone, p)
		}
	}
	if len(gone) > 0 {
		oldest := slices.MinFunc(gone, func(a, b *peerStat) int { return cmp.Compare(a.last.Load(), b.last.Load()) })
		delete(s.peers, oldest.address)
	}
}
