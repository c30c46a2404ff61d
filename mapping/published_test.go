package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io/fs"
	"os"
	slash "path"
	"strings"
	"testing"
)

var publish = flag.Bool("publish", false, "write PUBLISHED.sha256 for profiles that have none yet")

// TestProfiles_APublishedProfileNeverChanges compares each profile with the
// digests that were written when it was published.
func TestProfiles_APublishedProfileNeverChanges(t *testing.T) {
	for _, ref := range Refs(Profiles) {
		dir := slash.Join("profiles", ref)
		want, err := fs.ReadFile(Profiles, dir+"/PUBLISHED.sha256")
		if err != nil && *publish {
			if err := os.WriteFile(dir+"/PUBLISHED.sha256", []byte(digests(t, dir)), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s is not published. When it is right, run: go test ./mapping -run APublishedProfileNeverChanges -publish", ref)
			continue
		}
		if got := digests(t, dir); got != string(want) {
			t.Errorf("%s was published and has changed since. Trusts run on it, and a message that is replayed must be read as it was then.\n"+
				"Take the change back, copy the folder to the next version (v2, with `version: 2` in profile.yaml and no PUBLISHED.sha256), change the copy, "+
				"and publish it with: go test ./mapping -run APublishedProfileNeverChanges -publish\npublished:\n%s\nnow:\n%s", ref, want, got)
		}
	}
}

// digests lists every file of a profile, in the form that sha256sum -c reads.
func digests(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS("."), dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "PUBLISHED.sha256" {
			return err
		}
		raw, err := os.ReadFile(name)
		sum := sha256.Sum256(raw)
		b.WriteString(hex.EncodeToString(sum[:]) + "  " + strings.TrimPrefix(name, dir+"/") + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
