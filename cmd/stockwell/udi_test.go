package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// command runs stockwell as a person does.
func command(t *testing.T, args ...string) (status int, out, stderr string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(context.Background(), args, &o, &e)
	return status, o.String(), e.String()
}

// commandFrom runs it as a process of its own, which reads input.
func commandFrom(t *testing.T, input string, args ...string) (status int, out, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asStockwell+"=1")
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &o, &e
	_ = cmd.Run() // its status is what is asked for
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

const (
	goodScan = "]d2010950400005911817281200107654321D"
	badScan  = "(01)00208851107345"
)

func TestUDI_TheExitStatusTellsWhetherThereIsAnError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
	}{
		{[]string{goodScan}, 0},
		{[]string{"(10)ABC"}, 0}, // a warning: the product may be in the other symbol
		{[]string{badScan}, 1},
		{[]string{goodScan, badScan, goodScan}, 1},
		{[]string{""}, 1},
		{[]string{"hip stem"}, 1},
		{[]string{"--no-such-flag", goodScan}, 2},
		{[]string{"--combine", "]C10109504000059118", "]C117281231"}, 0},
		{[]string{"--combine", "(01)09504000059118(10)A", "(01)09504000059118(10)B"}, 1},
	} {
		if status, out, _ := command(t, append([]string{"udi", "parse"}, c.args...)...); status != c.status {
			t.Errorf("%q: status %d, want %d\n%s", c.args, status, c.status, out)
		}
	}
	if status, _, _ := command(t, "udi"); status != 2 {
		t.Errorf("udi alone: %d", status)
	}
}

func TestUDI_JSONIsOneObjectForEachString(t *testing.T) {
	t.Parallel()
	fields := []string{"issuer", "carrier", "di", "lot", "serial", "expiry", "manufactured", "quantity", "elements", "raw", "findings"}
	_, out, _ := command(t, "udi", "parse", "--json", goodScan)
	var one map[string]any
	if err := json.Unmarshal([]byte(out), &one); err != nil || len(one) != len(fields) {
		t.Fatalf("%v: %s", err, out)
	}
	for _, f := range fields {
		if _, ok := one[f]; !ok {
			t.Errorf("%s is missing: %s", f, out)
		}
	}
	if one["di"] != "09504000059118" || one["expiry"] != "2028-12-31" || one["lot"] != "7654321D" || one["raw"] != goodScan {
		t.Errorf("%s", out)
	}
	_, out, _ = command(t, "udi", "parse", "--json", goodScan, badScan)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("%q", lines)
	}
	var u udi.UDI
	if err := json.Unmarshal([]byte(lines[1]), &u); err != nil || u.DI != "00208851107345" || !u.Has(udi.CodeCheckDigit) || u.Findings[0].Position != 17 {
		t.Errorf("%v %+v", err, u)
	}
}

func TestUDI_StandardInputIsReadLineByLine(t *testing.T) {
	t.Parallel()
	status, out, _ := commandFrom(t, "\n"+goodScan+"\x1d21X\r\n+A99912345/$$52001510X3/16D20111212/S77DE1G45-\n", "udi", "parse", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if status != 0 || len(lines) != 2 || !strings.Contains(lines[0], `"serial":"X"`) || !strings.Contains(lines[1], `"issuer":"HIBCC"`) {
		t.Errorf("status %d\n%s", status, out)
	}
	status, out, _ = commandFrom(t, "\ufeff"+goodScan+"\n", "udi", "parse", "--json")
	if status != 0 || !strings.Contains(out, `"raw":"`+goodScan+`"`) {
		t.Errorf("the mark at the beginning of a file was taken for the scan's: status %d\n%s", status, out)
	}
	status, out, _ = commandFrom(t, badScan, "udi", "parse", goodScan, "-")
	if status != 1 || strings.Count(out, "device (DI)") != 2 {
		t.Errorf("status %d\n%s", status, out)
	}
	if status, _, stderr := commandFrom(t, "", "udi", "parse"); status != 2 || !strings.Contains(stderr, "nothing to read") {
		t.Errorf("status %d: %s", status, stderr)
	}
	if status, _, stderr := commandFrom(t, strings.Repeat("9", maxLine+1), "udi", "parse"); status != 2 || !strings.Contains(stderr, "one value a line") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestUDI_AScanCannotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	_, out, _ := command(t, "udi", "parse", "(01)09504000059118(10)A\x1b[2JB")
	if strings.Contains(out, "\x1b") || !strings.Contains(out, `\x1b[2J`) {
		t.Errorf("%q", out)
	}
}

// TestIdentifiers_ThePagePrintsWhatTheCommandsDo runs each command of
// docs/identifiers.md, and holds what it prints to the page.
func TestIdentifiers_ThePagePrintsWhatTheCommandsDo(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/identifiers.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, block := range strings.Split(string(page), "```console\n$ stockwell ")[1:] {
		block, _, _ = strings.Cut(block, "```")
		line, want, _ := strings.Cut(block, "\n")
		var args []string
		for _, word := range strings.Fields(line) {
			args = append(args, strings.Trim(word, "'"))
		}
		if _, out, _ := command(t, args...); strings.TrimSpace(out) != strings.TrimSpace(want) {
			t.Errorf("%s prints\n%s\nand the page has\n%s", line, out, want)
		}
		commands++
	}
	if commands < 2 {
		t.Errorf("only %d commands were found", commands)
	}
}

func TestIdentifiers_ThePageExplainsEveryFinding(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/identifiers.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	for file, pattern := range map[string]string{
		"../../schemas/udi/finding.go":   `(?m)^\tCode\w+ += "([a-z_0-9]+)"`,
		"../../schemas/nhs/check.go":     `Finding\{"(?:info|warning)", "([a-z_]+)"`,
		"../../schemas/nhs/nhsnumber.go": `errorf\("([a-z_]+)"`,
		"../../schemas/nhs/snomed.go":    `errorf\("([a-z_]+)"`,
		"../../schemas/nhs/error.go":     `errorf\("([a-z_]+)"`,
	} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(source, -1) {
			codes++
			if !strings.Contains(string(page), "`"+string(m[1])+"`") {
				t.Errorf("%s: the page does not explain %s", file, m[1])
			}
		}
	}
	if codes < 30 {
		t.Errorf("only %d codes were found", codes)
	}
}
