package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

func TestNHS_TheExitStatusTellsWhetherAllAreValid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
	}{
		{[]string{"nhs-number", "999 000 0018"}, 0},
		{[]string{"nhs-number", "9990000018", "9990000019"}, 1},
		{[]string{"NHS_Number", ""}, 1},
		{[]string{"ods", "RH8", "RH802"}, 0},
		{[]string{"snomed", "22298006"}, 0},
		{[]string{"snomed", "22298007"}, 1},
		{[]string{"consultant", "C9999998"}, 0},
		{[]string{"passport", "1"}, 2},
		{[]string{}, 2},
	} {
		if status, out, _ := command(t, append([]string{"nhs", "check"}, c.args...)...); status != c.status {
			t.Errorf("%q: status %d, want %d\n%s", c.args, status, c.status, out)
		}
	}
}

func TestNHS_JSONIsOneObjectForEachValue(t *testing.T) {
	t.Parallel()
	status, out, _ := commandFrom(t, "\ufeff9990000018\n\n9990000019\r\n", "--json", "nhs", "check", "nhs-number")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if status != 1 || len(lines) != 2 {
		t.Fatalf("status %d\n%s", status, out)
	}
	var good, bad nhs.Result
	if json.Unmarshal([]byte(lines[0]), &good) != nil || json.Unmarshal([]byte(lines[1]), &bad) != nil {
		t.Fatal(out)
	}
	if good.Kind != "nhs_number" || !good.Valid || good.Canonical != "9990000018" || good.Findings[0].Code != "test_number" {
		t.Errorf("%+v", good)
	}
	if bad.Valid || bad.Canonical != "" || bad.Findings[0].Code != "check_digit" {
		t.Errorf("%+v", bad)
	}
	if status, _, stderr := commandFrom(t, "", "nhs", "check", "gmc"); status != 2 || !strings.Contains(stderr, "nothing to check") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestNHS_AnUnknownKindNamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, _, stderr := command(t, "nhs", "check", "passport", "1")
	_, help, _ := command(t, "nhs", "check", "--help")
	for _, k := range nhs.Kinds() {
		name := strings.ReplaceAll(k.Name, "_", "-")
		if !strings.Contains(stderr, name) || !strings.Contains(help, name) {
			t.Errorf("%s is not named:\n%s\n%s", name, stderr, help)
		}
	}
}
