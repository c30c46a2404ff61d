package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hazardLog is the clinical safety case's list of what may go wrong.
const hazardLog = "docs/safety/hazard-log.md"

var (
	backticked = regexp.MustCompile("`([^`]+)`")
	testName   = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z][A-Za-z0-9_]*`)
	testFunc   = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*)\(`)
)

// hazard is a row of the log: what it begins with, and the tests it names.
type hazard struct {
	ID    string
	Tests []string
}

// hazards reads the rows of those tables whose last heading speaks of tests.
// Other tables, as the scale of severities, are passed over.
func hazards(markdown string) []hazard {
	var rows []hazard
	inTable, counts := false, false
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			inTable = false
			continue
		}
		cells := split(line)
		last := cells[len(cells)-1]
		switch {
		case !inTable:
			inTable, counts = true, strings.Contains(strings.ToLower(last), "test")
		case counts && strings.Trim(line, "|-: \t") != "":
			h := hazard{ID: strings.Trim(cells[0], "*` ")}
			for _, m := range backticked.FindAllStringSubmatch(last, -1) {
				if name := testName.FindString(m[1]); name != "" { // of TestX/sub, TestX
					h.Tests = append(h.Tests, name)
				}
			}
			rows = append(rows, h)
		}
	}
	return rows
}

// split gives a table row's cells. A bar that belongs to the text is written \|.
func split(line string) []string {
	const bar = "\x00"
	line = strings.Trim(strings.ReplaceAll(line, `\|`, bar), "|")
	cells := strings.Split(line, "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(c, bar, "|"))
	}
	return cells
}

func TestHazardLog_EachControlNamesATestThatExists(t *testing.T) {
	t.Parallel()
	dir := root(t)
	text, err := os.ReadFile(filepath.Join(dir, hazardLog))
	if os.IsNotExist(err) {
		t.Fatalf("%s is missing: the clinical safety case needs its hazard log", hazardLog)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := hazards(string(text))
	if len(rows) == 0 {
		t.Fatalf("%s has no table whose last column names tests", hazardLog)
	}
	known := testFunctions(t, dir)
	for _, h := range rows {
		if len(h.Tests) == 0 {
			t.Errorf("hazard %s names no test that proves its control", h.ID)
		}
		for _, name := range h.Tests {
			if !known[name] {
				t.Errorf("hazard %s names %s, and there is no such test", h.ID, name)
			}
		}
	}
}

// testFunctions collects the names of the project's tests.
func testFunctions(t *testing.T, dir string) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != dir && slices.Contains([]string{".git", "node_modules", "vendor", "testdata", "data", "bin"}, d.Name()) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(source), -1) {
			known[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestHazards_RowsAreReadAndOtherTablesPassedOver(t *testing.T) {
	t.Parallel()
	got := hazards(strings.ReplaceAll(`# Hazard log

| severity | meaning |
|---|---|
| major | death of one |

| ID | hazard | control | proved by (test) |
|:---|---|---|---|
| **H1** | a \| b | c | 'TestPost_Kept', 'internal/x.TestTwo/sub case' and 'docs/x.md' |
| H2 | a | b | by inspection |
`, "'", "`"))
	want := []hazard{{"H1", []string{"TestPost_Kept", "TestTwo"}}, {"H2", nil}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
