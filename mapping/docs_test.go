package mapping

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestDocs_TellOfEveryKey(t *testing.T) {
	raw, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	for block, names := range keys {
		for _, name := range names {
			if !strings.Contains(string(raw), "`"+name+"`") && !strings.Contains(string(raw), "`"+name+": ") {
				t.Errorf("docs/mapping.md does not tell of %q in the block %q", name, block)
			}
		}
	}
}

// TestDocs_TheCopiedMessageWorks translates what docs/profiles/generic-theatre.md
// gives people to copy.
func TestDocs_TheCopiedMessagesWork(t *testing.T) {
	raw, err := os.ReadFile("../docs/profiles/generic-theatre.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```hl7\n(MSH.*?)```").FindAllStringSubmatch(string(raw), -1)
	if len(blocks) < 4 {
		t.Fatalf("found %d messages to copy", len(blocks))
	}
	m := theatre(t, os.DirFS(northmoor))
	for _, b := range blocks {
		tr, err := m.Translate(example(m, "docs", []byte(b[1])))
		if err != nil || len(tr.Events) == 0 {
			t.Errorf("%v, %v\n%s", err, tr.Findings, b[1])
		}
		for _, f := range tr.Findings {
			if f.Severity != "info" {
				t.Errorf("finding %+v in\n%s", f, b[1])
			}
		}
	}
}

// TestDocs_TheWorkedExampleWorks loads the overlay of docs/mapping.md.
func TestDocs_TheWorkedExampleWorks(t *testing.T) {
	raw, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	trust := profile("")
	for _, b := range regexp.MustCompile("(?s)<!-- file: (.*?) -->\n```[a-z0-9]*\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		trust[b[1]] = profile(b[2])["profiles/small/v1/profile.yaml"]
	}
	m, err := Load(Profiles, "generic-theatre/v1", fs.FS(trust), "mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "testdata/worked.expected.json", translated(m, example(m, "worked", trust["message.hl7"].Data)))
}
