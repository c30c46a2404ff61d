package fhir

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// tokenSum is a token as it is kept: its digest has one length for all, so
// that comparing takes the same time whatever a client shows.
type tokenSum struct {
	client string
	sum    [32]byte
}

func sumOf(t Token) tokenSum { return tokenSum{t.Client, sha256.Sum256([]byte(t.Secret))} }

// admit says which client a request is from. It fails with fault.Denied.
func (s *Server) admit(r *http.Request) (client string, err error) {
	if len(s.tokens) == 0 {
		return "", nil
	}
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || secret == "" {
		return "", fault.New(fault.Denied, "token_absent", "A bearer token is needed. Send it as Authorization: Bearer TOKEN; the trust that runs this hub gives it.")
	}
	shown, found := sha256.Sum256([]byte(strings.TrimSpace(secret))), false
	for i := range s.tokens {
		if subtle.ConstantTimeCompare(shown[:], s.tokens[i].sum[:]) == 1 {
			client, found = s.tokens[i].client, true
		}
	}
	if !found {
		return "", fault.New(fault.Denied, "token_unknown", "The bearer token is not one of this trust's. Ask the trust that runs this hub for one that is in force.")
	}
	return client, nil
}

// allowed refuses a request from a network that may not ask.
func (s *Server) allowed(r *http.Request) error {
	if len(s.cfg.Allow) == 0 {
		return nil
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err == nil {
		for _, p := range s.cfg.Allow {
			if p.Contains(from.Addr().Unmap()) {
				return nil
			}
		}
	}
	return fault.New(fault.Denied, "network_refused", "Requests from this address are not served. The trust that runs this hub can add it to the connector's allow list.")
}
