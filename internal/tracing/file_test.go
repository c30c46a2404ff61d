package tracing

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFile_OneThatSomebodyTookAwayIsBegunAnew(t *testing.T) {
	t.Parallel()
	f := &file{path: filepath.Join(t.TempDir(), "traces.json")}
	if err := f.open(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	f.size = mostFile
	if _, err := f.Write([]byte("span\n")); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(f.path); err != nil || string(raw) != "span\n" {
		t.Errorf("%q, %v", raw, err)
	}
	_ = f.f.Close()
}
