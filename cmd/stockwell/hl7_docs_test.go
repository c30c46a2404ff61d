package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// TestHL7_ThePagePrintsWhatTheCommandsDo runs each command of docs/hl7.md that
// stands in a block marked console, and holds what it prints to the page.
func TestHL7_ThePagePrintsWhatTheCommandsDo(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/hl7.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, block := range strings.Split(string(page), "```console\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for _, part := range strings.Split("\n"+block, "\n$ stockwell hl7 ")[1:] {
			command, want, _ := strings.Cut(part, "\n")
			commands++
			var args []string
			for _, word := range strings.Fields(command) {
				args = append(args, strings.Replace(strings.Trim(word, "'"), "testdata/", "../../testdata/", 1))
			}
			_, out, _ := hl7(t, args...)
			if got := strings.ReplaceAll(out, "../../testdata/", "testdata/"); strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("%s prints\n%s\nand the page has\n%s", command, got, want)
			}
		}
	}
	if commands < 10 {
		t.Errorf("only %d commands were found", commands)
	}
}

func TestHL7_ThePageListsEveryFinding(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/hl7.md")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("../../schemas/hl7v2/*.go")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`(?:Info|Warning), "([a-z_]+)"|(?m:^)\s+"(segment_[a-z]+)":|Finding\{"([a-z_]+)"|Finding\{Code: "([a-z_]+)"`)
	found := map[string]bool{}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			found[strings.Join(m[1:], "")] = true
		}
	}
	if len(found) < 40 {
		t.Fatalf("only %d findings were found in the source", len(found))
	}
	for c := range found {
		if !strings.Contains(string(page), "`"+c+"`") {
			t.Errorf("docs/hl7.md does not list %s", c)
		}
	}
}

func TestHL7_EachPathOfThePageCanBeRead(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/hl7.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| path | names |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1)
	for _, row := range rows {
		if _, err := hl7v2.ParsePath(row[1]); err != nil {
			t.Error(err)
		}
	}
	if len(rows) < 12 {
		t.Errorf("only %d paths were found", len(rows))
	}
}

func TestHL7_EachCommandHasHelp(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/hl7.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"show", "get", "roundtrip", "validate", "diff", "send", "listen"} {
		status, out, stderr := hl7(t, command, "--help")
		if status != 0 || stderr != "" || !strings.Contains(out, "hl7 "+command) {
			t.Errorf("%s: status %d, %s%s", command, status, out, stderr)
		}
		if !strings.Contains(string(page), "\n## "+command+"\n") {
			t.Errorf("the page has no %s", command)
		}
	}
}
