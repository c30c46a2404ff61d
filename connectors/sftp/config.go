package sftp

import (
	"errors"
	"net"
	"path"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func withDefaults(cfg Config) Config {
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{{&cfg.Poll, 10 * time.Second}, {&cfg.Stable, 5 * time.Second}, {&cfg.Timeout, 20 * time.Second}, {&cfg.Incomplete, time.Hour}, {&cfg.Patience, 20 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.otherwise
		}
	}
	if cfg.MaxFile <= 0 {
		cfg.MaxFile = 64 << 20
	}
	if cfg.Pattern == "" {
		cfg.Pattern = "*"
	}
	if cfg.Whole == "" {
		cfg.Whole = Stable
	}
	if cfg.Marker == "" {
		cfg.Marker = ".done"
	}
	if cfg.Between == nil {
		cfg.Between = func(Step) {}
	}
	if cfg.Format == "" {
		cfg.Format = "csv"
	}
	if cfg.In != "" && cfg.Processed == "" {
		cfg.Processed = path.Join(cfg.In, "processed")
	}
	if cfg.In != "" && cfg.Rejected == "" {
		cfg.Rejected = path.Join(cfg.In, "rejected")
	}
	return cfg
}

// validate reports every setting that cannot work, joined.
func (cfg Config) validate() error {
	var problems []error
	bad := func(setting, text string) {
		problems = append(problems, fault.New(fault.Invalid, "sftp_setting_invalid", "%s", text).At(setting))
	}
	if host, port, err := net.SplitHostPort(cfg.Address); err != nil || host == "" || port == "" {
		bad("address", "The SFTP server's address must be host:port, as erp.example.nhs.uk:22.")
	}
	if cfg.User == "" {
		bad("user", "The SFTP server needs a user to sign in as.")
	}
	if cfg.Password == "" && len(cfg.PrivateKey) == 0 {
		bad("password", "The SFTP server needs a password or a private key.")
	}
	if len(cfg.PrivateKey) > 0 {
		var locked *ssh.PassphraseMissingError
		switch _, err := ssh.ParsePrivateKey(cfg.PrivateKey); {
		case errors.As(err, &locked):
			bad("private_key", "The private key has a passphrase. Give one without, readable by the hub alone.")
		case err != nil:
			bad("private_key", "The private key is not one in PEM form, as ssh-keygen writes it.")
		}
	}
	if cfg.KnownHosts == "" {
		bad("known_hosts", "The SFTP server's host key must be known: name a known_hosts file.")
	}
	if cfg.Out == "" && cfg.In == "" {
		bad("out", "Neither out nor in names a folder; the connector would do nothing.")
	}
	if _, err := path.Match(cfg.Pattern, ""); err != nil {
		bad("pattern", "The pattern is not one of names, as *.csv.")
	}
	if cfg.In != "" {
		in, processed, rejected := path.Clean(cfg.In), path.Clean(cfg.Processed), path.Clean(cfg.Rejected)
		if processed == in || rejected == in || processed == rejected {
			bad("processed", "The folders in, processed and rejected must be three.")
		}
		switch {
		case cfg.Whole != Stable && cfg.Whole != Marker && cfg.Whole != Trailer:
			bad("whole", "A file is known to be whole by stable, marker or trailer.")
		case cfg.Whole == Trailer && cfg.Complete == nil:
			bad("whole", "The layout of the files has no trailer, so none can tell that a file is whole.")
		case cfg.Whole == Marker && !safeName("x"+cfg.Marker):
			bad("marker", "The marker is the ending of a file's name, as .done.")
		}
		if cfg.Type == "" {
			bad("type", "The type of the files in the folder in is missing, as order_ack.")
		}
	}
	return errors.Join(problems...)
}

func (cfg Config) auth() []ssh.AuthMethod {
	var methods []ssh.AuthMethod
	if key, err := ssh.ParsePrivateKey(cfg.PrivateKey); err == nil {
		methods = append(methods, ssh.PublicKeys(key))
	}
	if cfg.Password != "" {
		// Many servers ask for the password as a question instead.
		ask := func(_, _ string, questions []string, _ []bool) ([]string, error) {
			if len(questions) == 0 {
				return nil, nil
			}
			if len(questions) > 1 {
				return nil, errors.New("more than one question")
			}
			return []string{cfg.Password}, nil
		}
		methods = append(methods, ssh.Password(cfg.Password), ssh.KeyboardInteractive(ask))
	}
	return methods
}
