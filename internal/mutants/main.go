// Command mutants breaks the hub's rules on purpose, one at a time, and runs
// the tests that should notice: a rule whose loss no test notices is not
// tested. The tree is never touched, for the go command reads the broken file
// in place of the right one.
//
// What the rules are does not belong here; mutants.txt says which lines to
// break.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed mutants.txt
var list string

// mutant is one broken rule: in File the text From becomes To, and the tests of
// Packages must fail.
type mutant struct {
	Name, File, From, To string
	Packages             []string
	// Tests are flags that choose among the packages' tests; none is all.
	Tests []string
}

func main() {
	only := flag.String("only", "", "run only mutants whose name has this in it")
	flag.Parse()
	all, err := parse(list)
	if err == nil {
		err = run(all, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(all []mutant, only string) error {
	survived, ran := 0, 0
	for _, m := range all {
		if !strings.Contains(m.Name, only) {
			continue
		}
		ran++
		begun := time.Now()
		test, err := m.noticed()
		if err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		took := time.Since(begun).Round(100 * time.Millisecond)
		if test == "" {
			survived++
			fmt.Printf("SURVIVED  %-60s %s\n", m.Name, took)
			continue
		}
		fmt.Printf("noticed   %-60s %s by %s\n", m.Name, took, test)
	}
	fmt.Printf("%d of %d mutants were noticed\n", ran-survived, ran)
	if survived > 0 {
		return fmt.Errorf("%d survived: the suite does not test what they break", survived)
	}
	return nil
}

// parse reads mutants: a line "# name", then file, packages, with -run and the
// tests' names where not all are needed, and the two texts between lines of
// dashes.
func parse(text string) (out []mutant, err error) {
	for _, block := range strings.Split(text, "\n# ")[1:] {
		parts := strings.Split(block, "\n----\n")
		head := strings.Split(parts[0], "\n")
		if len(parts) != 3 || len(head) != 3 {
			return nil, fmt.Errorf("mutants.txt: %q is not a name, a file, packages and two texts", head[0])
		}
		packages, tests := strings.Fields(head[2]), []string(nil)
		if i := slices.Index(packages, "-run"); i >= 0 {
			packages, tests = packages[:i], packages[i:]
		}
		out = append(out, mutant{Name: head[0], File: head[1], Packages: packages, Tests: tests, From: parts[1], To: strings.TrimSuffix(parts[2], "\n")})
	}
	return out, nil
}

// noticed runs the tests on the broken rule and gives the first that failed;
// empty if none did. A mutant that does not compile, or does not fit the
// source any more, is an error.
func (m mutant) noticed() (test string, err error) {
	overlay, done, err := m.overlay()
	if err != nil {
		return "", err
	}
	defer done()
	if out, err := exec.Command("go", append([]string{"vet", "-overlay", overlay}, m.Packages...)...).CombinedOutput(); err != nil { //nolint:gosec // our own list
		return "", fmt.Errorf("it does not compile: %s", out)
	}
	args := append([]string{"test", "-overlay", overlay, "-failfast"}, m.Tests...)
	tests := exec.Command("go", append(args, m.Packages...)...) //nolint:gosec // our own list
	tests.Env = append(os.Environ(), "MUTANT=1")
	out, err := tests.CombinedOutput()
	if err == nil {
		return "", nil
	}
	for _, line := range strings.Split(string(out), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			return name, nil
		}
	}
	return "", fmt.Errorf("the tests could not be run: %s", out)
}

func (m mutant) overlay() (file string, done func(), err error) {
	source, err := os.ReadFile(m.File)
	if err != nil {
		return "", nil, err
	}
	if n := strings.Count(string(source), m.From); n != 1 {
		return "", nil, fmt.Errorf("%s has the text to break %d times, not once", m.File, n)
	}
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	broken := filepath.Join(dir, filepath.Base(m.File))
	whole, err := filepath.Abs(m.File)
	if err == nil {
		err = os.WriteFile(broken, []byte(strings.Replace(string(source), m.From, m.To, 1)), 0o600)
	}
	raw, _ := json.Marshal(map[string]map[string]string{"Replace": {whole: broken}})
	file = filepath.Join(dir, "overlay.json")
	if err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		done()
		return "", nil, err
	}
	return file, done, nil
}
