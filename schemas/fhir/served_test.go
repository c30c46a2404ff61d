package fhir

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 123_456_789, time.FixedZone("", 3600))

func TestServed_PutsInIDAndMetaAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	const stamp = `"versionId":"42","lastUpdated":"2026-03-14T11:00:00.123Z"`
	for raw, want := range map[string]string{
		`{"resourceType":"Device"}`:                                            `{"resourceType":"Device","id":"x","meta":{` + stamp + `}}`,
		`{ "lotNumber" : "L", "resourceType" : "Device" }`:                     `{ "lotNumber" : "L", "resourceType" : "Device","id":"x","meta":{` + stamp + `} }`,
		`{"resourceType":"Device","id":"client's","_id":{"a":1.0}}`:            `{"resourceType":"Device","meta":{` + stamp + `},"id":"x","_id":{"a":1.0}}`,
		"{\"resourceType\":\"Device\",\n\t\"meta\": {\"profile\": [\"p\"]}}":   "{\"resourceType\":\"Device\",\"id\":\"x\",\n\t\"meta\": {" + stamp + ",\"profile\": [\"p\"]}}",
		`{"meta":{"versionId":"7","tag":[]},"resourceType":"Device","id":"x"}`: `{"meta":{"lastUpdated":"2026-03-14T11:00:00.123Z","versionId":"42","tag":[]},"resourceType":"Device","id":"x"}`,
		`{"resourceType":"Device","meta":{}}`:                                  `{"resourceType":"Device","id":"x","meta":{` + stamp + `}}`,
		`{"resourceType":"Device","meta":null}`:                                `{"resourceType":"Device","id":"x","meta":{` + stamp + `}}`,
	} {
		got, err := Served([]byte(raw), "x", "42", noon)
		if err != nil || string(got) != want {
			t.Errorf("%s\ngives %s\nwant  %s (%v)", raw, got, want, err)
		}
	}
}

// TestServed_IsWhatWasStoredByteForByteButForIDAndMeta writes any resource in
// any form, serves it, and takes id and meta out of both: what is left is the
// same bytes.
func TestServed_IsWhatWasStoredByteForByteButForIDAndMeta(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		blank := rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n  "})
		value := rapid.SampledFrom([]string{`1.50`, `-0.0e-7`, `"é\u00e9\\"`, `{"a" : [ ]}`, `[{"url":"u","valueString":"x"}]`, `true`, `null`, `{}`})
		members := []string{`"resourceType":"Device"`}
		for i := range rapid.IntRange(0, 5).Draw(t, "members") {
			members = append(members, `"`+rapid.SampledFrom([]string{"lotNumber", "_lotNumber", "extension", "x"}).Draw(t, "name")+string(rune('a'+i))+`"`+blank.Draw(t, "b")+":"+blank.Draw(t, "b")+value.Draw(t, "value"))
		}
		if rapid.Bool().Draw(t, "id") {
			members = append(members, `"id":"client"`)
		}
		if rapid.Bool().Draw(t, "meta") {
			meta := rapid.SampledFrom([]string{`{}`, `{"versionId":"1"}`, `{"profile":["p"],"lastUpdated":"2020-01-01T00:00:00Z"}`, `{ "tag" : [ ] }`}).Draw(t, "meta's value")
			members = append(members, `"meta":`+meta)
		}
		members = rapid.Permutation(members).Draw(t, "order")
		raw := "{" + blank.Draw(t, "b") + strings.Join(members, blank.Draw(t, "b")+","+blank.Draw(t, "b")) + blank.Draw(t, "b") + "}"
		out, err := Served([]byte(raw), "x", "42", noon)
		if err != nil {
			t.Fatal(err)
		}
		var read struct {
			ID   string
			Meta struct{ VersionID, LastUpdated string }
		}
		if err := json.Unmarshal(out, &read); err != nil || read.ID != "x" || read.Meta.VersionID != "42" || read.Meta.LastUpdated != "2026-03-14T11:00:00.123Z" {
			t.Fatalf("%s: %v", out, err)
		}
		if a, b := without(t, []byte(raw)), without(t, out); a != b {
			t.Fatalf("%s\nis served as\n%s", raw, out)
		}
		again, err := Served(out, "x", "42", noon)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("served again it is %s", again)
		}
	})
}

// without gives a resource's members one by one, as they are written, but for
// id and the two members of meta.
func without(t *rapid.T, raw []byte) string {
	root, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range root.items {
		switch n.name {
		case "id":
		case "meta":
			for _, m := range n.items {
				if m.name != "versionId" && m.name != "lastUpdated" {
					out = append(out, "meta."+m.name+string(raw[m.start:m.end]))
				}
			}
		default:
			out = append(out, n.name+string(raw[n.start:n.end]))
		}
	}
	return strings.Join(out, "\n")
}

func TestOutcome_SaysWhatToDoAndWhere(t *testing.T) {
	t.Parallel()
	for want, i := range map[string]Issue{
		`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"required","details":{"text":"Add <it>."},"diagnostics":"element_absent","expression":["Procedure.status"]}]}`: {Code: "required", Text: "Add <it>.", Reason: "element_absent", Place: "Procedure.status"},
		`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","details":{"text":"x"},"diagnostics":"json_invalid at line 3, column 1"}]}`:                          {Code: "invalid", Text: "x", Reason: "json_invalid", Place: "line 3, column 1"},
		`{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","details":{"text":"x"}}]}`:                                                               {Severity: "information", Code: "informational", Text: "x"},
	} {
		if got := string(Outcome(i)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
