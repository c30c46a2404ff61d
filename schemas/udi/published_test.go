package udi

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestParse_PublishedCasesAreJudgedAsTheirPublishersDo(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../../testdata/udi/published.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cases := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		verdict, text, found := strings.Cut(lines.Text(), ` "`)
		if !found || strings.HasPrefix(verdict, "#") {
			continue
		}
		raw, err := strconv.Unquote(`"` + text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		cases++
		if u := Parse(raw, today); u.HasErrors() != (strings.TrimSpace(verdict) == "bad") {
			t.Errorf("%q should be %s: %+v\n%+v", raw, verdict, u.Findings, u.Elements)
		}
	}
	if cases < 250 {
		t.Errorf("only %d cases were found", cases)
	}
}
