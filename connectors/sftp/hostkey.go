package sftp

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"net"
	"os"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// hostKeys reads known_hosts. The algorithms are those of the keys that it
// lists for the address: a server with several keys must show the one that is
// known, not the one that the library would prefer.
func hostKeys(file, address string) (ssh.HostKeyCallback, []string, error) {
	check, err := knownhosts.New(file)
	if err != nil {
		text := "The known_hosts file cannot be read. See that it exists, in OpenSSH's form."
		if errors.Is(err, os.ErrNotExist) {
			text = "The known_hosts file does not exist. Make it with the line that the server's administrator gives you, or with ssh-keyscan and a check of the fingerprint."
		}
		return nil, nil, fault.Wrap(err, fault.Invalid, "known_hosts_unreadable", "%s", text).At("known_hosts")
	}
	raw, err := os.ReadFile(file)
	if err != nil || bytes.Contains(raw, []byte("@cert-authority")) {
		return check, nil, nil
	}
	// Asking for a key that nobody has lists those that are known.
	nobody, err := ssh.NewPublicKey(ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)))
	if err != nil {
		return check, nil, nil
	}
	var listed *knownhosts.KeyError
	var algorithms []string
	if errors.As(check(address, &net.TCPAddr{}, nobody), &listed) {
		for _, known := range listed.Want {
			for _, a := range algorithmsOf(known.Key.Type()) {
				if !slices.Contains(algorithms, a) {
					algorithms = append(algorithms, a)
				}
			}
		}
	}
	return check, algorithms, nil
}

func algorithmsOf(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

// hostKeyFault says why a host key is not accepted; nil if it is.
func (c *Connector) hostKeyFault(err error, key ssh.PublicKey) error {
	if err == nil {
		return nil
	}
	var unlisted *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	print := ssh.FingerprintSHA256(key)
	e := fault.Wrap(err, fault.Denied, "host_key_refused",
		"The host key of the SFTP server %s (%s) is not accepted. Nothing was sent.", c.cfg.Address, print)
	switch {
	case errors.As(err, &revoked):
		e = fault.Wrap(err, fault.Denied, "host_key_revoked",
			"The SFTP server %s shows a host key (%s) that known_hosts marks as revoked. Nothing was sent. Ask its administrator.", c.cfg.Address, print)
	case errors.As(err, &unlisted) && len(unlisted.Want) == 0:
		e = fault.Wrap(err, fault.Denied, "host_key_unknown",
			"known_hosts does not list the SFTP server %s, which shows the key %s. Nothing was sent. Compare the key with its administrator, then add it.", c.cfg.Address, print)
	case errors.As(err, &unlisted):
		e = fault.Wrap(err, fault.Denied, "host_key_changed",
			"The SFTP server %s shows another host key (%s) than known_hosts lists. Nothing was sent. It may be another machine: ask its administrator before you change known_hosts.", c.cfg.Address, print)
	}
	return e.At("known_hosts")
}
