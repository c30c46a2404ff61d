package sftp

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// dial connects, verifies the host key and signs in, within the timeout.
func (c *Connector) dial(ctx context.Context) (*session, error) {
	check, algorithms, err := hostKeys(c.cfg.KnownHosts, c.cfg.Address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: c.cfg.Timeout}
	tcp, err := dialer.DialContext(ctx, "tcp", c.cfg.Address)
	if err != nil {
		return nil, c.unreachable(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = tcp.Close() })
	defer stop()
	_ = tcp.SetDeadline(time.Now().Add(c.cfg.Timeout))
	var refused error
	conn, channels, requests, err := ssh.NewClientConn(tcp, c.cfg.Address, &ssh.ClientConfig{
		User:              c.cfg.User,
		Auth:              c.cfg.auth(),
		HostKeyAlgorithms: algorithms,
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			refused = c.hostKeyFault(check(host, remote, key), key)
			return refused
		},
	})
	if err != nil {
		_ = tcp.Close()
		if refused != nil {
			return nil, refused
		}
		return nil, c.handshakeFault(err)
	}
	client := ssh.NewClient(conn, channels, requests)
	files, err := sftp.NewClient(client, sftp.UseConcurrentWrites(true))
	if err != nil {
		_ = tcp.Close()
		_ = client.Wait()
		return nil, fault.Wrap(err, fault.Unavailable, "sftp_not_offered",
			"The server %s let us in but does not offer SFTP. Ask its administrator to allow it for the user %s.", c.cfg.Address, c.cfg.User)
	}
	if !stop() {
		_ = tcp.Close()
	}
	_ = tcp.SetDeadline(time.Time{})
	return &session{tcp: tcp, ssh: client, files: files, timeout: c.cfg.Timeout}, nil
}

func (c *Connector) unreachable(err error) error {
	why := "it does not answer"
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		why = "nothing listens there"
	case errors.As(err, &dns):
		why = "its name cannot be resolved"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		why = "there is no route to it"
	}
	return fault.Wrap(err, fault.Unavailable, "sftp_unreachable",
		"The SFTP server %s cannot be reached: %s. It is tried again; check the address, the server and the firewall.", c.cfg.Address, why)
}

func (c *Connector) handshakeFault(err error) error {
	// The library has no type for this failure.
	if strings.Contains(err.Error(), "unable to authenticate") {
		return fault.Wrap(err, fault.Unavailable, "sftp_sign_in_refused",
			"The SFTP server %s refuses the user %s. Check the user, and the password or key, with its administrator.", c.cfg.Address, c.cfg.User)
	}
	return fault.Wrap(err, fault.Unavailable, "sftp_handshake_failed",
		"The server %s did not complete the SSH sign-in. It is tried again; check that it is an SFTP server and not overloaded.", c.cfg.Address)
}
