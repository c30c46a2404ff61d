package hl7v2_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const corpus = "../../testdata/hl7/codec"

// TestCorpus_EachMessageIsReadAsExpected holds each message against the lines of
// its .expect file; check says what a line may be.
func TestCorpus_EachMessageIsReadAsExpected(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(corpus, "*.hl7"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".hl7"), func(t *testing.T) {
			t.Parallel()
			raw := read(t, file)
			lines := strings.Split(strings.TrimSuffix(string(read(t, strings.TrimSuffix(file, ".hl7")+".expect")), "\n"), "\n")
			opts := hl7v2.Options{}
			for ; strings.HasPrefix(lines[0], "option "); lines = lines[1:] {
				switch name, value, _ := strings.Cut(lines[0][len("option "):], " "); name {
				case "charset":
					opts.Charset = value
				case "strictness":
					opts.Strictness = hl7v2.Strictness(value)
				default:
					t.Fatalf("the expectation %q is not understood", lines[0])
				}
			}
			if lines[0] == "file" {
				checkFile(t, raw, lines[1:])
				return
			}
			m, err := hl7v2.Parse(raw, opts)
			for _, line := range lines {
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
			if err == nil {
				roundTrip(t, m, read(t, file))
			}
		})
	}
}

// roundTrip holds m to the bytes it was read from, edited or not.
func roundTrip(t *testing.T, m *hl7v2.Message, raw []byte) {
	t.Helper()
	again, err := m.Edit().Message()
	if err != nil || !bytes.Equal(m.Bytes(), raw) || !bytes.Equal(again.Bytes(), raw) {
		t.Errorf("the bytes changed: %v", err)
	}
	if d := hl7v2.Diff(m, again); len(d) > 0 {
		t.Errorf("it differs from itself: %+v", d)
	}
}

// checkFile holds a file of several messages against its expectation.
func checkFile(t *testing.T, raw []byte, lines []string) {
	f, err := hl7v2.ReadFile(raw, hl7v2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	findings := f.Findings
	for _, b := range f.Batches {
		findings = append(findings, b.Findings...)
	}
	for _, line := range lines {
		words := strings.Fields(line)
		switch words[0] {
		case "messages":
			hold(t, line, strconv.Itoa(len(f.Messages())), words[1])
		case "clean":
			if len(findings) > 0 {
				t.Errorf("not clean: %+v", findings)
			}
		case "batches":
			hold(t, line, strconv.Itoa(len(f.Batches)), words[1])
		case "finding":
			if !slices.ContainsFunc(findings, func(f hl7v2.Finding) bool { return f.Code == words[1] }) {
				t.Errorf("%s: got %+v", line, findings)
			}
		default:
			t.Errorf("the expectation %q is not understood", line)
		}
	}
	for _, m := range f.Messages() {
		if m.Err != nil {
			t.Error(m.Err)
		}
	}
}

func hold(t *testing.T, line, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s", line, got)
	}
}

// values writes what a path gives as the corpus does.
func values(t *testing.T, path string, g hl7v2.Group) string {
	t.Helper()
	var got []string
	for _, v := range mustPath(t, path).All(g) {
		got = append(got, quote(v.String()))
	}
	return strings.Join(got, " ")
}

// check holds m against one line of an expectation.
func check(t *testing.T, m *hl7v2.Message, line string) {
	t.Helper()
	words := strings.Fields(line)
	first := func() hl7v2.Value { return mustPath(t, words[1]).First(m.All()) }
	_, want, _ := strings.Cut(line, " = ")
	switch words[0] {
	case "state": // PATH absent|empty|null|present
		hold(t, line, first().State().String(), words[2])
	case "segments": // how many
		hold(t, line, strconv.Itoa(m.Len()), words[1])
	case "groups": // SEGMENT, how many until the next
		_, groups := m.Groups(words[1])
		hold(t, line, strconv.Itoa(len(groups)), words[2])
	case "groupsof": // NAME, how many by the grammar
		hold(t, line, strconv.Itoa(len(m.GroupsOf(words[1]))), words[2])
	case "groupby": // NAME PATH, how many values
		hold(t, line, strconv.Itoa(len(hl7v2.GroupBy(m.GroupsOf(words[1]), mustPath(t, words[2])))), words[3])
	case "outside": // NAME PATH = what stands in none of the groups
		hold(t, line, values(t, words[2], m.All().Without(m.GroupsOf(words[1]))), want)
	case "structure": // its name, - for none
		hold(t, line, m.Structure(), strings.TrimPrefix(words[1], "-"))
	case "name": // SEGMENT number, the field's name
		n, _ := strconv.Atoi(words[2])
		hold(t, line, hl7v2.FieldName(words[1], n), strings.Join(words[3:], " "))
	case "finding", "nofinding": // a code that reading the message gives, or does not
		if found := slices.ContainsFunc(m.Findings(), func(f hl7v2.Finding) bool { return f.Code == words[1] }); found != (words[0] == "finding") {
			t.Errorf("%s: got %+v", line, m.Findings())
		}
	case "validate": // a code and path that validating it gives, - for no path
		path := strings.TrimPrefix(words[2], "-")
		if !slices.ContainsFunc(hl7v2.Validate(m), func(f hl7v2.Finding) bool { return f.Code == words[1] && f.Path == path }) {
			t.Errorf("%s: got %+v", line, hl7v2.Validate(m))
		}
	case "clean": // validating it gives no warning
		for _, f := range hl7v2.Validate(m) {
			if f.Severity != hl7v2.Info {
				t.Errorf("not clean: %+v", f)
			}
		}
	case "number": // PATH = unscaled scale
		n, err := first().Number()
		u, scale, ok := n.Decimal()
		hold(t, line, fmt.Sprint(u, scale, ok, err), want+" true <nil>")
	case "int": // PATH = whole number
		n, err := first().Number()
		i, ok := n.Int()
		hold(t, line, fmt.Sprint(i, ok, err), want+" true <nil>")
	case "nonumber", "notime": // PATH
		_, err := first().Number()
		if words[0] == "notime" {
			_, err = first().Time(nil)
		}
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", line, err)
		}
	case "time": // PATH = moment precision [or moment] [missing]
		at, err := first().Time(nil)
		got := at.At.Format(time.RFC3339Nano) + " " + at.Precision
		if !at.Other.IsZero() {
			got += " or " + at.Other.Format(time.RFC3339Nano)
		}
		if at.Missing {
			got += " missing"
		}
		hold(t, line, fmt.Sprint(got, err), want+"<nil>")
	default: // PATH = "value" "value"
		hold(t, line, values(t, words[0], m.All()), want)
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
