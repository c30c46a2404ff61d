package mapping

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	slash "path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

var update = flag.Bool("update", false, "write the expected results anew; read the difference before you keep it")

// received is when the examples arrive.
var received = time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)

func TestProfiles_EveryExampleGivesItsExpectedEvents(t *testing.T) {
	for _, ref := range Refs(Profiles) {
		m, err := Load(Profiles, ref, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		files, err := fs.Glob(Profiles, "profiles/"+ref+"/examples/*")
		if err != nil || len(files) == 0 {
			t.Fatalf("the profile %s has no examples (%v)", ref, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, ".expected.json") {
				continue
			}
			t.Run(ref+"/"+slash.Base(file), func(t *testing.T) {
				t.Parallel()
				raw, err := fs.ReadFile(Profiles, file)
				if err != nil {
					t.Fatal(err)
				}
				checkGolden(t, strings.TrimSuffix(strings.TrimSuffix(file, slash.Ext(file)), ".fhir")+".expected.json", translated(m, example(m, file, raw)))
			})
		}
	}
}

// example makes an Input of an example's file. HL7 examples are kept with
// line feeds, so that they can be read and compared; a sender's segments end
// with carriage returns.
func example(m *Mapping, file string, raw []byte) Input {
	in := Input{Raw: raw, FileName: slash.Base(file), ReceivedAt: received}
	switch m.Format() {
	case formatHL7:
		in.Raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r"))
	case formatFHIR: // procedure_update_side.fhir.json is an update of a Procedure
		kind, rest, _ := strings.Cut(slash.Base(file), "_")
		how, _, _ := strings.Cut(rest, "_")
		in.Type = strings.ToUpper(kind[:1]) + kind[1:] + "^" + how
	default:
		in.Type, _, _ = strings.Cut(slash.Base(file), ".")
	}
	return in
}

// translated gives a translation as people can read it in a golden file.
func translated(m *Mapping, in Input) []byte {
	type event struct {
		Kind  string          `json:"kind"`
		Event canonical.Event `json:"event"`
	}
	out := struct {
		Stopped  string              `json:"stopped,omitempty"`
		Header   canonical.Header    `json:"header"`
		Ignored  string              `json:"ignored,omitempty"`
		Events   []event             `json:"events"`
		Findings []canonical.Finding `json:"findings"`
	}{}
	tr, err := m.Translate(in)
	if err != nil {
		f := fault.Of(err)
		out.Stopped = f.Code + " at " + f.Path
	}
	out.Header, out.Ignored, out.Findings = tr.Header, tr.Ignored, tr.Findings
	for _, e := range tr.Events {
		out.Events = append(out.Events, event{e.EventKind(), e})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return []byte(err.Error())
	}
	return b.Bytes()
}

func checkGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the test with -update and read what it writes", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}
