package fhir

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestServer_ServesFHIRKitClient has a client of others post and read.
func TestServer_ServesFHIRKitClient(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("testdata", "peers")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err != nil {
		t.Fatal("this test needs fhir-kit-client; install it with: make deps-test")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test needs Node.js; install it with: make deps-test")
	}
	const token = "0123456789abcdef0123456789abcdef"
	d := open(t, Config{Tokens: []Token{{"kit", token}}}, &memory{})
	file, err := filepath.Abs("../../mapping/profiles/generic-fhir/v1/examples/bundle_transaction_use.fhir.json")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "fhir-kit.mjs", d.base, token, file)
	cmd.Dir = dir
	var wrong strings.Builder
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	want := "capability 4.0.1 true true false\n" +
		"201 Created Procedure true true true\n201 Created Patient true true true\n201 Created Practitioner true true true\n201 Created Device true true true\n201 Created Device true true true\n" +
		"repeat true\nupdate L2 L2 true true\n" +
		"invalid 422 OperationOutcome required\nmissing 404 OperationOutcome not-found\nstranger 401 OperationOutcome login\ndeletion 405 OperationOutcome not-supported\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s%s\nwant\n%s", err, out, wrong.String(), want)
	}
	if len(d.kept.all) != 3 {
		t.Errorf("%d messages", len(d.kept.all))
	}
}
