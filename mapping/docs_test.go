package mapping

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
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

// TestDocs_TheCopiedMessagesWork translates what the profiles' pages give
// people to copy. What stands below a heading "Version 2" is for v2.
func TestDocs_TheCopiedMessagesWork(t *testing.T) {
	for page, refs := range map[string][]string{
		"generic-theatre": {"generic-theatre/v1", "generic-theatre/v2"}, "snapshot-theatre": {"snapshot-theatre/v1"}, "action-theatre": {"action-theatre/v1"},
	} {
		raw, err := os.ReadFile("../docs/profiles/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(raw), "## Version 2")
		if len(parts) != len(refs) {
			t.Fatalf("%s tells of %d versions, not %d", page, len(parts), len(refs))
		}
		for i, ref := range refs {
			t.Run(ref, func(t *testing.T) { copied(t, ref, parts[i]) })
		}
	}
}

func copied(t *testing.T, ref, page string) {
	blocks := regexp.MustCompile("(?s)```hl7\n(MSH.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) < 3 {
		t.Fatalf("found %d messages to copy", len(blocks))
	}
	items, err := os.ReadFile(northmoor + "/tables/items.csv")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Load(Profiles, ref, fstest.MapFS{"items.csv": {Data: items}, "mapping.yaml": {Data: []byte("trust: ZZ1\nprofile: " + ref + "\ntables: {items: items.csv}\n")}}, "mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
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
	m, err := Load(Profiles, "generic-theatre/v2", fs.FS(trust), "mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "testdata/worked.expected.json", translated(m, example(m, "worked", trust["message.hl7"].Data)))
}
