package mapping

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestLoad_EveryProblemIsToldWithFileAndLine(t *testing.T) {
	read := func(name string) *fstest.MapFile {
		raw, err := os.ReadFile("testdata/broken/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return &fstest.MapFile{Data: raw}
	}
	profiles := fstest.MapFS{"profiles/small/v1/profile.yaml": read("profile.yaml"), "profiles/small/v1/env.csv": read("env.csv"),
		"profiles/small/v1/signs.csv": read("signs.csv"), "profiles/small/v1/idle.csv": read("idle.csv")}
	_, err := Load(profiles, "small/v1", nil, "")
	checkGolden(t, "testdata/broken/profile.expected.txt", []byte(err.Error()+"\n"))
	for _, line := range problemsOf(err) {
		if line.Kind != fault.Invalid || !strings.Contains(line.Path, ":") {
			t.Errorf("not a fault with file and line: %v", line)
		}
	}
	trust := fstest.MapFS{"overlay.yaml": read("overlay.yaml"), "signs.csv": read("trust_signs.csv")}
	_, err = Load(profile(small), "small/v1", trust, "overlay.yaml")
	checkGolden(t, "testdata/broken/overlay.expected.txt", []byte(err.Error()+"\n"))
}

func problemsOf(err error) (out []*fault.Error) {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		for _, e := range many.Unwrap() {
			out = append(out, fault.Of(e))
		}
	}
	return out
}

func TestLoad_RefusesWhatIsNotThere(t *testing.T) {
	for name, c := range map[string]struct{ ref, overlay, code string }{
		"a mistyped profile":      {"smal/v1", "", "profile_unknown"},
		"a way out of the folder": {"../x", "", "profile_unknown"},
		"an overlay without file": {"small/v1", "nowhere.yaml", "file_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(profile(small), c.ref, fstest.MapFS{}, c.overlay)
			if fault.Of(err).Code != c.code {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLoad_BrokenYAMLIsToldWithItsLine(t *testing.T) {
	_, err := Load(profile("profile: small\nversion: [1\nformat: x"), "small/v1", nil, "")
	if f := fault.Of(err); f.Code != "yaml_invalid" || !strings.HasPrefix(f.Path, "small/v1/profile.yaml:") {
		t.Errorf("got %v", err)
	}
	_, err = Load(profile("profile: &a small\nversion: *a"), "small/v1", nil, "")
	if f := fault.Of(err); f.Code != "yaml_unsupported" {
		t.Errorf("got %v", err)
	}
}
