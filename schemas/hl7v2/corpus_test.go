package hl7v2_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const corpus = "../../testdata/hl7/codec"

func TestCorpus_EachMessageIsReadAsExpected(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.hl7"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".hl7")
		t.Run(name, func(t *testing.T) {
			raw := read(t, file)
			expect := strings.TrimSuffix(string(read(t, strings.TrimSuffix(file, ".hl7")+".expect")), "\n")
			m, err := hl7v2.Parse(raw, hl7v2.Options{})
			for _, line := range strings.Split(expect, "\n") {
				if code, ok := strings.CutPrefix(line, "refused "); ok {
					if err == nil || fault.Of(err).Code != code || !fault.Is(err, fault.Invalid) {
						t.Errorf("%s: got %v", line, err)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s: refused: %v", line, err)
				}
				check(t, m, line)
			}
			if err == nil && !bytes.Equal(m.Bytes(), read(t, file)) {
				t.Error("the bytes changed")
			}
		})
	}
}

// check holds m against one line of an expectation.
func check(t *testing.T, m *hl7v2.Message, line string) {
	t.Helper()
	words := strings.Fields(line)
	if path, values, ok := strings.Cut(line, " = "); ok {
		var got []string
		for _, v := range mustPath(t, path).All(m.All()) {
			got = append(got, quote(v.String()))
		}
		if strings.Join(got, " ") != values {
			t.Errorf("%s: got %s, want %s", path, strings.Join(got, " "), values)
		}
		return
	}
	switch words[0] {
	case "state":
		if got := mustPath(t, words[1]).First(m.All()).State().String(); got != words[2] {
			t.Errorf("%s: got %s", line, got)
		}
	case "segments":
		if strconv.Itoa(m.Len()) != words[1] {
			t.Errorf("%s: got %d", line, m.Len())
		}
	case "groups":
		if _, groups := m.Groups(words[1]); strconv.Itoa(len(groups)) != words[2] {
			t.Errorf("%s: got %d", line, len(groups))
		}
	case "finding":
		for _, f := range m.Findings() {
			if f.Code == words[1] {
				return
			}
		}
		t.Errorf("%s: got %+v", line, m.Findings())
	default:
		t.Errorf("the expectation %q is not understood", line)
	}
}

// quote writes s as the corpus does.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustPath(t testing.TB, s string) hl7v2.Path {
	t.Helper()
	p, err := hl7v2.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustParse(t testing.TB, s string) *hl7v2.Message {
	t.Helper()
	m, err := hl7v2.Parse([]byte(s), hl7v2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
