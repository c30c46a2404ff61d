package mllp

import (
	"net/netip"
	"sync"
	"time"
)

// Reason says why a connection was not served.
type Reason string

const (
	// TooMany: the connector's limit of connections is reached.
	TooMany Reason = "limit"
	// TooManyOfPeer: the limit of connections of one address is reached.
	TooManyOfPeer Reason = "peer_limit"
	// NotAllowed: the address is not on the allow-list.
	NotAllowed Reason = "allow_list"
	// BadCertificate: the peer showed no certificate, or one that is not
	// trusted, is out of date or is in another's name.
	BadCertificate Reason = "certificate"
	// PlainText: a peer without TLS on a port with TLS.
	PlainText Reason = "plain_text"
	// UnexpectedTLS: a peer with TLS on a port without.
	UnexpectedTLS Reason = "unexpected_tls"
	// BadHandshake: the TLS handshake failed otherwise, or took too long.
	BadHandshake Reason = "handshake"
)

// findings say what a person can do about each reason.
var findings = map[Reason]string{
	TooMany:        "The connector has as many connections as it may. Look for a sender that opens connections and does not close them, or raise max_connections.",
	TooManyOfPeer:  "This sender has as many connections as one address may. Look whether it closes those it no longer uses, or raise max_connections_per_peer.",
	NotAllowed:     "This address may not connect. If it is a sender's, add it to allow.",
	BadCertificate: "The sender's certificate was not accepted. Compare it with client_ca and client_names.",
	PlainText:      "The sender speaks plain text and this port wants TLS. Switch TLS on at the sender, or give it another port.",
	UnexpectedTLS:  "The sender speaks TLS and this port is plain text. Switch TLS off at the sender, or add a tls block to the connector.",
	BadHandshake:   "The TLS handshake failed. Check that the sender speaks TLS 1.2 or newer and trusts this connector's certificate.",
}

const (
	// repeatAfter is how long a finding on one peer is not told again: a
	// refused sender comes back at once, and for ever.
	repeatAfter = time.Minute
	// mostFindings bounds what is remembered; beyond it, addresses are told
	// together.
	mostFindings = 256
)

// refusals counts what was refused and tells a person of it, but not each time.
type refusals struct {
	mu   sync.Mutex
	seen map[refusal]*told
}

type refusal struct {
	reason Reason
	peer   netip.Addr
}

// told is when a finding was told, and how often it came up since.
type told struct {
	at    time.Time
	since int
}

// due counts a refusal, and reports whether it is to be told now and how many
// were not told before it.
func (r *refusals) due(reason Reason, peer netip.Addr, now time.Time) (tell bool, untold int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[refusal]*told{}
	}
	key := refusal{reason, peer}
	if r.seen[key] == nil && len(r.seen) >= mostFindings {
		for k, t := range r.seen {
			if now.Sub(t.at) > repeatAfter {
				delete(r.seen, k)
			}
		}
		if len(r.seen) >= mostFindings {
			key.peer = netip.Addr{}
		}
	}
	t := r.seen[key]
	switch {
	case t == nil:
		r.seen[key] = &told{at: now}
		return true, 0
	case now.Sub(t.at) < repeatAfter:
		t.since++
		return false, 0
	}
	untold, *t = t.since, told{at: now}
	return true, untold
}

// refuse counts and tells of a connection that is not served. cause, if not
// empty, says more than the reason does.
func (s *Server) refuse(reason Reason, peer netip.Addr, cause string) {
	s.metrics.Refused(s.cfg.Name, reason)
	tell, untold := s.refusals.due(reason, peer, time.Now())
	if !tell {
		return
	}
	log := s.log.With("reason", string(reason), "peer", peer.String())
	if cause != "" {
		log = log.With("cause", cause)
	}
	if untold > 0 {
		log = log.With("refused_since_last_told", untold)
	}
	log.Warn("a connection was refused. " + findings[reason])
}
