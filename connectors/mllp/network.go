package mllp

import (
	"net"
	"net/netip"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// ParseNetwork reads one entry of an allow-list: a network, as "10.20.0.0/16"
// or "fd00:1::/32", or a single address of either version.
func ParseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fault.New(fault.Invalid, "network_invalid",
			"%q is neither an address nor a network. Write it as 10.20.30.40, 10.20.0.0/16 or fd00:1::/32.", s)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// allowed reports whether a may connect.
func (c *Config) allowed(a netip.Addr) bool {
	if len(c.Allow) == 0 {
		return true
	}
	for _, p := range c.Allow {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// addressOf gives the peer's address without port and zone; an IPv4 address
// that came over an IPv6 socket is itself.
func addressOf(nc net.Conn) netip.Addr {
	a, err := netip.ParseAddrPort(nc.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap().WithZone("")
}
