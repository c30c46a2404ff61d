package config

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Ref names where a secret is: "env:NAME" for an environment variable,
// "file:PATH" for a file, or "" for none. It never is the secret itself.
type Ref string

// refForm is the form of a reference, shared with the JSON Schema.
const refForm = `^(|env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`

var refRE = regexp.MustCompile(refForm)

// maxSecret bounds the file that a reference may name: a private key is a few
// kilobytes long.
const maxSecret = 64 << 10

// Resolve gives the secret itself; "" for an empty reference. A file's path is
// relative to dir, the folder of the file that holds the reference, and one
// line break at the file's end is left off. It fails with fault.NotFound if
// there is no such variable or file, and with fault.Invalid if that is empty.
func (r Ref) Resolve(dir string) (string, error) {
	kind, name, ok := strings.Cut(string(r), ":")
	switch {
	case r == "":
		return "", nil
	case !ok || !r.valid():
		return "", fault.New(fault.Invalid, "inline_secret",
			"A secret is given by reference only. Write env:NAME or file:PATH.")
	case kind == "env":
		return fromEnvironment(name)
	default:
		return fromFile(from(dir, name))
	}
}

func fromEnvironment(name string) (string, error) {
	secret, ok := os.LookupEnv(name)
	if !ok {
		return "", fault.New(fault.NotFound, "secret_missing",
			"The environment variable %s, which the configuration names for a secret, is not set. Set it before starting.", name)
	}
	if secret == "" {
		return "", fault.New(fault.Invalid, "secret_empty",
			"The environment variable %s, which the configuration names for a secret, is empty. Set it before starting.", name)
	}
	return secret, nil
}

func fromFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fault.Wrap(err, fault.NotFound, "secret_missing",
			"The file %s, which the configuration names for a secret, does not exist. Create it, readable by the hub alone.", path)
	case err == nil && !info.Mode().IsRegular():
		return "", fault.New(fault.Invalid, "secret_unreadable",
			"%s, which the configuration names for a secret, is not a file. Name the file itself.", path)
	case err == nil && info.Size() > maxSecret:
		return "", fault.New(fault.Invalid, "secret_unreadable",
			"The file %s is too long for a secret (above %s). Check the path.", path, Size(maxSecret))
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		return "", fault.Wrap(err, fault.Denied, "secret_unreadable",
			"The file %s, which the configuration names for a secret, cannot be read. Check that the hub's user may read it.", path)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(secret), "\n"), "\r")
	if text == "" {
		return "", fault.New(fault.Invalid, "secret_empty",
			"The file %s, which the configuration names for a secret, is empty. Write the secret into it.", path)
	}
	return text, nil
}

func (r Ref) valid() bool { return refRE.MatchString(string(r)) }

// String gives the reference. What is none, and so may be a secret in clear
// text, is not shown.
func (r Ref) String() string {
	if !r.valid() {
		return "(not a reference)"
	}
	return string(r)
}

// GoString is as String, in quotes.
func (r Ref) GoString() string { return `"` + r.String() + `"` }

// MarshalText is as String, for JSON, YAML and logs.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
