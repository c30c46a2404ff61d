package config_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestRef_ResolvesFromEnvironmentAndFile(t *testing.T) {
	dir := write(t, map[string]string{"secrets/a": "from file\r\n", "secrets/key": "line 1\nline 2\n"})
	t.Setenv("STOCKWELL_TEST_SECRET", "from environment")
	for ref, want := range map[config.Ref]string{
		"":                          "",
		"env:STOCKWELL_TEST_SECRET": "from environment",
		"file:secrets/a":            "from file",
		"file:secrets/key":          "line 1\nline 2",
		config.Ref("file:" + filepath.Join(dir, "secrets/a")): "from file",
	} {
		if got, err := ref.Resolve(dir); err != nil || got != want {
			t.Errorf("%s resolves to %q, %v", ref, got, err)
		}
	}
}

func TestRef_FailureSaysWhatToDoAndShowsNoSecret(t *testing.T) {
	dir := write(t, map[string]string{"empty": "\n", "long": strings.Repeat("correct-horse", 10_000)})
	t.Setenv("STOCKWELL_TEST_EMPTY", "")
	for ref, want := range map[config.Ref]struct {
		kind fault.Kind
		text string
	}{
		"env:STOCKWELL_TEST_NONE":  {fault.NotFound, "The environment variable STOCKWELL_TEST_NONE, which the configuration names for a secret, is not set. Set it before starting."},
		"env:STOCKWELL_TEST_EMPTY": {fault.Invalid, "The environment variable STOCKWELL_TEST_EMPTY, which the configuration names for a secret, is empty. Set it before starting."},
		"file:none":                {fault.NotFound, "The file DIR/none, which the configuration names for a secret, does not exist. Create it, readable by the hub alone."},
		"file:empty":               {fault.Invalid, "The file DIR/empty, which the configuration names for a secret, is empty. Write the secret into it."},
		"file:long":                {fault.Invalid, "The file DIR/long is too long for a secret (above 64KiB). Check the path."},
		"file:.":                   {fault.Invalid, "DIR, which the configuration names for a secret, is not a file. Name the file itself."},
		"correct-horse":            {fault.Invalid, "A secret is given by reference only. Write env:NAME or file:PATH."},
		"env:correct-horse":        {fault.Invalid, "A secret is given by reference only. Write env:NAME or file:PATH."},
	} {
		got, err := ref.Resolve(dir)
		if err == nil || got != "" {
			t.Errorf("%s resolves", ref)
			continue
		}
		if text := strings.ReplaceAll(err.Error(), dir, "DIR"); text != want.text || !fault.Is(err, want.kind) {
			t.Errorf("%s: %s (%s)", ref, text, fault.Of(err).Kind)
		}
	}
}

func TestRef_ClearTextIsNeverShown(t *testing.T) {
	block := config.SFTP{Password: "correct-horse", PrivateKey: "file:k"}
	asJSON, err := json.Marshal(block)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(asJSON), fmt.Sprint(block), fmt.Sprintf("%+v", block), fmt.Sprintf("%#v", block), fmt.Sprintf("%s %q", block.Password, block.Password)} {
		if strings.Contains(text, "correct-horse") {
			t.Errorf("shown: %s", text)
		}
	}
	if !strings.Contains(string(asJSON), `"PrivateKey":"file:k"`) {
		t.Errorf("a reference is not shown: %s", asJSON)
	}
}
