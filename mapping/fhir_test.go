package mapping

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

func genericFHIR(t testing.TB, overlay string) *Mapping {
	t.Helper()
	trust := fstest.MapFS{"fhir.yaml": {Data: []byte("trust: ZZ1\nprofile: generic-fhir/v1\n" + overlay)}}
	items, err := os.ReadFile(northmoor + "/tables/items.csv")
	if err != nil {
		t.Fatal(err)
	}
	trust["items.csv"] = &fstest.MapFile{Data: items}
	m, err := Load(Profiles, "generic-fhir/v1", trust, "fhir.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fhirUsage(t *testing.T, m *Mapping, in Input) (canonical.Usage, canonical.Translation) {
	t.Helper()
	in.ReceivedAt = received
	tr, err := m.Translate(in)
	if err != nil || len(tr.Events) != 1 {
		t.Fatalf("%v, %v", tr.Events, err)
	}
	return tr.Events[0].(canonical.Usage), tr
}

// TestFHIR_TellsTheSameUseAsHL7 holds the profile's Bundle against the HL7
// message of the same stem.
func TestFHIR_TellsTheSameUseAsHL7(t *testing.T) {
	t.Parallel()
	raw, err := fs.ReadFile(Profiles, "profiles/generic-fhir/v1/examples/bundle_transaction_use.fhir.json")
	if err != nil {
		t.Fatal(err)
	}
	byFHIR, _ := fhirUsage(t, genericFHIR(t, ""), Input{Raw: raw, Type: "Bundle^transaction"})
	const message = "MSH|^~\\&|T|Z|||20260314||DFT^P03|1|P|2.5\rPID|1||9990000018^^^NHS^NH\rPV1|1|I|OR1||||||||||||||||V88120\r" +
		"FT1|1|T4411-1||20260314084000||CG|05012345000121^^GTIN|||1|||||||||||||4411\rOBX|1|ST|LOT||FS24117||||||F\rOBX|2|ST|EXPIRY||20310831||||||F\rOBX|3|ST|DISPOSITION||IMPLANTED||||||F"
	m, err := Load(Profiles, "generic-theatre/v2", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	byHL7, _ := fhirUsage(t, m, Input{Raw: []byte(message)})
	f, h := byFHIR.Lines[0], byHL7.Lines[0]
	if !slices.Equal(byFHIR.Case.Aliases, byHL7.Case.Aliases) || byFHIR.Encounter != byHL7.Encounter || byFHIR.Place.Code != byHL7.Place.Code ||
		!byFHIR.OccurredAt.At.Equal(byHL7.OccurredAt.At) || byFHIR.Patient.Identifiers[1].Value != byHL7.Patient.Identifiers[0].Value {
		t.Errorf("the case is told otherwise:\n%+v\n%+v", byFHIR, byHL7)
	}
	if f.Codes[0] != h.Codes[0] || f.Lot != h.Lot || f.Expiry != h.Expiry || f.Disposition != h.Disposition || f.Quantity != h.Quantity || f.Effect != h.Effect {
		t.Errorf("the line is told otherwise:\n%+v\n%+v", f, h)
	}
}

const implanted = `{"resourceType":"Procedure","id":"p","status":"STATUS","subject":{"reference":"Patient/7"},"focalDevice":[{"action":{"coding":[{"code":"implanted"}]},"manipulated":{"reference":"Device/d"}}]}`

func TestFHIR_StatusSaysWhatBecomesOfTheLines(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, "")
	for status, want := range map[string]string{
		"completed": "use", "in-progress": "use", "stopped": "use", "on-hold": "use", "entered-in-error": "delete", "not-done": "unknown", "unknown": "unknown", "preparation": "",
	} {
		u, _ := fhirUsage(t, m, Input{Raw: []byte(strings.Replace(implanted, "STATUS", status, 1)), Type: "Procedure^update"})
		got := ""
		for _, l := range u.Lines {
			got += string(l.Effect)
		}
		if got != want || u.Mode != canonical.Snapshot {
			t.Errorf("%s gives %q, want %q", status, got, want)
		}
	}
}

func TestFHIR_ADeviceThatWasStoredBeforeIsReadAsItNowIs(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, "")
	stored := map[string]string{
		"Device/d":  `{"resourceType":"Device","udiCarrier":[{"deviceIdentifier":"05012345000121"}],"lotNumber":"FS24117"}`,
		"Patient/7": `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}]}`,
	}
	in := Input{Raw: []byte(strings.Replace(implanted, "STATUS", "completed", 1)), Type: "Procedure^update", Stored: func(kind, id string) []byte { return []byte(stored[kind+"/"+id]) }}
	u, _ := fhirUsage(t, m, in)
	if l := u.Lines[0]; l.Lot != "FS24117" || l.Codes[0].Value != "05012345000121" || u.Patient.Identifiers[0].Value != "9990000018" {
		t.Errorf("got %+v", u)
	}
	// What nobody knows stops nothing (law 4).
	in.Stored = func(string, string) []byte { return nil }
	u, tr := fhirUsage(t, m, in)
	if len(u.Lines) != 1 || u.Lines[0].Effect != canonical.Use || !slices.ContainsFunc(tr.Findings, func(f canonical.Finding) bool { return f.Code == "item_absent" }) {
		t.Errorf("got %+v, %v", u.Lines, tr.Findings)
	}
}

func TestFHIR_WhatWasThereBeforeIsNotToldAgain(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, "")
	raw := `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"POST","url":"Procedure","ifNoneExist":"identifier=s|1"},"resource":` + strings.Replace(implanted, "STATUS", "completed", 1) + `}]}`
	in := Input{Raw: []byte(raw), Type: "Bundle^transaction", ReceivedAt: received}
	for _, brought := range []bool{true, false} {
		in.Brought = func(kind, _ string) bool { return brought && kind == "Procedure" }
		if tr, err := m.Translate(in); err != nil || (len(tr.Events) == 1) != brought {
			t.Errorf("brought %v: %v, %v", brought, tr.Events, err)
		}
	}
}

func TestFHIR_ATrustSaysOtherwiseInItsOverlay(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, `
tables: {items: items.csv}
parts:
  theatre_case:
    - {kind: case_number, from: "identifier.where(system='https://northmoor.example/Id/case').value"}
messages:
  use:
    events:
      use:
        lines:
          quantity: {from: "extension('https://northmoor.example/quantity').valueInteger", default: 1}
`)
	raw := `{"resourceType":"Procedure","status":"completed","identifier":[{"system":"x","value":"P-1"},{"system":"https://northmoor.example/Id/case","value":"4411"}],
		"subject":{"display":"x"},"usedCode":[{"extension":[{"url":"https://northmoor.example/quantity","valueInteger":3}],"coding":[{"code":"CEMENT40"}]}]}`
	u, _ := fhirUsage(t, m, Input{Raw: []byte(raw), Type: "Procedure^create"})
	if l := u.Lines[0]; u.Case.Aliases[0].Value != "4411" || l.Quantity != "3" || l.Codes[0] != (canonical.Code{Kind: "erp", Value: "CEMENT-40G"}) || l.Key != "x|P-1/usedCode[0]" {
		t.Errorf("got %+v", u)
	}
}

func TestFHIR_MarkedAsATestItIsOne(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, "")
	marked := strings.Replace(strings.Replace(implanted, "STATUS", "completed", 1), `"id"`, `"meta":{"security":[{"code":"HTEST"}]},"id"`, 1)
	bundled := `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"PUT","url":"Procedure/p"},"resource":` + marked + `}]}`
	for kind, raw := range map[string]string{"Procedure^update": marked, "Bundle^transaction": bundled} {
		if _, tr := fhirUsage(t, m, Input{Raw: []byte(raw), Type: kind}); tr.Header.Environment != canonical.Training {
			t.Errorf("%s is taken for %s", kind, tr.Header.Environment)
		}
	}
}

func TestFHIR_ABundlesTimeSaysWhenItWasSent(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, "")
	entry := `"entry":[{"request":{"method":"PUT","url":"Procedure/p"},"resource":` + strings.Replace(implanted, "STATUS", "completed", 1) + `}]}`
	_, tr := fhirUsage(t, m, Input{Raw: []byte(`{"resourceType":"Bundle","type":"transaction","timestamp":"2026-03-14T09:35:12.123456789+01:00",` + entry), Type: "Bundle^transaction"})
	if got := tr.Header.SentAt; !got.Certain() || got.At.UTC().Format("15:04:05.000000000") != "08:35:12.123456789" {
		t.Errorf("got %+v", got)
	}
	// A resource's meta.lastUpdated is no time of sending: clients leave an old one in.
	alone := strings.Replace(strings.Replace(implanted, "STATUS", "completed", 1), `"id"`, `"meta":{"lastUpdated":"2020-01-01T00:00:00Z"},"id"`, 1)
	if _, tr := fhirUsage(t, m, Input{Raw: []byte(alone), Type: "Procedure^update"}); tr.Header.SentAt.Known() {
		t.Errorf("got %+v", tr.Header.SentAt)
	}
}

func TestFHIR_WhatIsBrokenStopsWithItsElement(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, "")
	for kind, c := range map[string]struct{ raw, code, path string }{
		"Procedure^create":   {`{"resourceType":"Procedure","subject":{}}`, "element_absent", "Procedure.status"},
		"Bundle^transaction": {`{"resourceType":"Bundle",`, "json_invalid", "line 1, column 26"},
		"Location^create":    {`{"resourceType":"Location"}`, "message_type_unknown", "resourceType"},
		"order_ack":          {`{}`, "resource_type_absent", ""},
	} {
		_, err := m.Translate(Input{Raw: []byte(c.raw), Type: kind})
		if f := fault.Of(err); f.Code != c.code || f.Path != c.path {
			t.Errorf("%s: got %v (%s) at %q", kind, err, f.Code, f.Path)
		}
	}
}

func TestFHIR_AMessageCannotMakeItsReadingEndless(t *testing.T) {
	t.Parallel()
	m := genericFHIR(t, "")
	many := strings.TrimSuffix(strings.Repeat(`{"reference":"Device/d"},`, 5000), ",")
	_, err := m.Translate(Input{Raw: []byte(`{"resourceType":"Procedure","status":"completed","subject":{},"usedReference":[` + many + `],"focalDevice":[` +
		strings.ReplaceAll(many, `{"reference":"Device/d"}`, `{"manipulated":{"reference":"Device/e"}}`) + `]}`), Type: "Procedure^create"})
	if fault.Of(err).Code != "message_too_complex" {
		t.Errorf("got %v", err)
	}
	list := strings.TrimSuffix(strings.Repeat(`{"manipulated":{"reference":"Device/d"}},`, 1000), ",")
	tr, err := m.Translate(Input{Raw: []byte(`{"resourceType":"Procedure","status":"completed","subject":{},"focalDevice":[` + list + `]}`), Type: "Procedure^create"})
	if err != nil || len(tr.Events[0].(canonical.Usage).Lines) != 1000 {
		t.Errorf("a thousand devices: %v", err)
	}
}

func TestLoad_TellsWhatIsNoFHIRInAProfileForFHIR(t *testing.T) {
	t.Parallel()
	for want, over := range map[string]string{
		"path_invalid":         `messages: {use: {events: {use: {place: {code: PID-3.1}}}}}`,
		"key_misplaced":        `messages: {use: {events: {use: {lines: {by: focalDevice}}}}}`,
		"each_invalid":         `messages: {use: {events: {use: {each: focalDevice.manipulated}}}}`,
		"message_type_invalid": `messages: {use: {types: [DFT^P03]}}`,
		"expression_argument":  `messages: {use: {events: {use: {encounter: {expr: 'hl7("PV1-19")'}}}}}`,
		"choice_unknown":       `tables: {statuses: statuses.csv}`,
	} {
		trust := fstest.MapFS{"fhir.yaml": {Data: []byte("trust: ZZ1\nprofile: generic-fhir/v1\n" + over)}, "statuses.csv": {Data: []byte("code,effect\ncompleted,used\n")}}
		_, err := Load(Profiles, "generic-fhir/v1", trust, "fhir.yaml")
		found := false
		for _, f := range append(problemsOf(err), fault.Of(err)) {
			found = found || f.Code == want || want == "choice_unknown" && f.Code == "value_unknown"
		}
		if !found {
			t.Errorf("%s: %v", want, err)
		}
	}
	// And the other way round.
	_, err := Load(profile(strings.Replace(small, "from: FT1-6", "expr: 'fhir(\"status\")'", 1)), "small/v1", nil, "")
	if err == nil || !strings.Contains(err.Error(), "Only a FHIR message has elements") {
		t.Errorf("got %v", err)
	}
}

// TestDocs_TheCopiedRequestsWork translates what the profile's page gives
// people to copy, with the overlay that it shows.
func TestDocs_TheCopiedRequestsWork(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/profiles/generic-fhir.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json (\\S+)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 3 {
		t.Fatalf("found %d requests to copy", len(blocks))
	}
	overlay := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(string(page))
	trust := fstest.MapFS{"mapping.yaml": {Data: []byte(overlay[1])}}
	for name, text := range map[string]string{
		"items": "code,kind,value\n", "code_systems": "code,kind\nhttps://northmoor.example/Id/item,local\n",
		"patient_systems": "code,type\nhttps://northmoor.example/Id/patient,MR\n", "patient_authorities": "code,authority\nhttps://northmoor.example/Id/patient,NORTHMOOR\n",
	} {
		trust["tables/"+name+".csv"] = &fstest.MapFile{Data: []byte(text)}
	}
	if _, err := Load(Profiles, "generic-fhir/v1", trust, "mapping.yaml"); err != nil {
		t.Errorf("the overlay: %v", err)
	}
	m := genericFHIR(t, "")
	for i, b := range blocks {
		u, tr := fhirUsage(t, m, Input{Raw: []byte(b[2]), Type: b[1]})
		if want := []int{1, 1, 0}[i]; len(u.Lines) != want || u.Case.Aliases[0].Value != "4411" || u.Patient.Identifiers[0].Value != "9990000018" {
			t.Errorf("got %+v", u)
		}
		for _, f := range tr.Findings {
			if f.Severity != "info" {
				t.Errorf("finding %+v in\n%s", f, b[2])
			}
		}
	}
}

func FuzzTranslateFHIR_NeverPanics(f *testing.F) {
	m := genericFHIR(f, "tables: {items: items.csv}\n")
	files, _ := fs.Glob(Profiles, "profiles/generic-fhir/v1/examples/*.fhir.json")
	for _, file := range files {
		raw, err := fs.ReadFile(Profiles, file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, kind := range []string{"Bundle^transaction", "Procedure^create", "Procedure^update", "Device^create"} {
			in := Input{Raw: raw, Type: kind, ReceivedAt: received, Name: fhir.NewNamer([]byte("x"), "ZZ1"), Stored: func(string, string) []byte { return raw }}
			tr, err := m.Translate(in)
			if err == nil && tr.Header.Environment == "" {
				t.Error("a message was read without saying whether it is live")
			}
			if len(tr.Findings) > maxFindings+1 {
				t.Error("findings are not bounded")
			}
			for _, e := range tr.Events {
				for _, l := range e.(canonical.Usage).Lines {
					if l.Effect == canonical.Use && l.Key == "" && len(tr.Findings) == 0 {
						t.Error("a use without a key, and nobody was told")
					}
				}
			}
		}
	})
}
