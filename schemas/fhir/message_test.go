package fhir

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

var names = NewNamer([]byte("secret"), "ZZ1")

// entry writes an entry of a transaction.
func entry(method, url, resource string, more ...string) string {
	return `{"resource":` + resource + `,"request":{"method":"` + method + `","url":"` + url + `"` + strings.Join(append([]string{""}, more...), ",") + `}}`
}

func bundle(entries ...string) []byte {
	return []byte(`{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`)
}

const (
	device    = `{"resourceType":"Device","identifier":[{"system":"s","value":"1"}]}`
	nameless  = `{"resourceType":"Device","lotNumber":"L"}`
	procedure = `{"resourceType":"Procedure","status":"completed","subject":{"display":"x"}}`
)

func TestRead_RefusesWhatR4ForbidsAndSaysWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw        []byte
		how        Interaction
		kind       string
		code, path string
	}{
		"no resource":               {[]byte(`[1]`), Create, "Device", "resource_expected", ""},
		"no type":                   {[]byte(`{"status":"active"}`), Create, "Device", "resource_type_absent", ""},
		"another type":              {[]byte(device), Create, "Procedure", "resource_type_differs", "resourceType"},
		"an update without an id":   {[]byte(device), Update, "Device", "id_invalid", "Device.id"},
		"an id of odd characters":   {[]byte(`{"resourceType":"Device","id":"a b"}`), Update, "Device", "id_invalid", "Device.id"},
		"no status":                 {[]byte(`{"resourceType":"Procedure","subject":{}}`), Create, "Procedure", "element_absent", "Procedure.status"},
		"a status of no code":       {[]byte(`{"resourceType":"Procedure","status":"done","subject":{}}`), Create, "Procedure", "code_invalid", "Procedure.status"},
		"a subject that is a text":  {[]byte(`{"resourceType":"Procedure","status":"completed","subject":"Patient/1"}`), Create, "Procedure", "element_absent", "Procedure.subject"},
		"no subject":                {[]byte(`{"resourceType":"Procedure","status":"completed"}`), Create, "Procedure", "element_absent", "Procedure.subject"},
		"a focal device of nothing": {[]byte(`{"resourceType":"Procedure","status":"completed","subject":{},"focalDevice":[{}]}`), Create, "Procedure", "element_absent", "Procedure.focalDevice[0].manipulated"},
		"a Bundle without a type":   {[]byte(`{"resourceType":"Bundle"}`), Transaction, "Bundle", "element_absent", "Bundle.type"},
		"a batch":                   {[]byte(`{"resourceType":"Bundle","type":"batch"}`), Transaction, "Bundle", "unsupported_bundle", "Bundle.type"},
		"an empty Bundle":           {bundle(), Transaction, "Bundle", "element_absent", "Bundle.entry"},
		"no request":                {bundle(`{"resource":` + device + `}`), Transaction, "Bundle", "element_absent", "Bundle.entry[0].request"},
		"no method":                 {bundle(`{"request":{"url":"Device"}}`), Transaction, "Bundle", "element_absent", "Bundle.entry[0].request.method"},
		"no url":                    {bundle(`{"request":{"method":"POST"}}`), Transaction, "Bundle", "element_absent", "Bundle.entry[0].request.url"},
		"no resource in an entry":   {bundle(`{"request":{"method":"POST","url":"Device"}}`), Transaction, "Bundle", "element_absent", "Bundle.entry[0].resource"},
		"a deletion":                {bundle(entry("DELETE", "Device/1", device)), Transaction, "Bundle", "unsupported_method", "Bundle.entry[0].request.method"},
		"a search":                  {bundle(entry("GET", "Device/1", device)), Transaction, "Bundle", "unsupported_method", "Bundle.entry[0].request.method"},
		"another type than the url": {bundle(entry("POST", "Patient", device)), Transaction, "Bundle", "resource_type_differs", "Bundle.entry[0].resource"},
		"a type that is not taken":  {bundle(entry("POST", "Device", device), entry("POST", "Observation", `{"resourceType":"Observation"}`)), Transaction, "Bundle", "unsupported_resource", "Bundle.entry[1].resource"},
		"an address for a url":      {bundle(entry("POST", "https://hub.example/fhir/r4/Device", device)), Transaction, "Bundle", "url_invalid", "Bundle.entry[0].request.url"},
		"a condition on another":    {bundle(entry("POST", "Device", device, `"ifNoneExist":"Patient?identifier=s|1"`)), Transaction, "Bundle", "unsupported_condition", "Bundle.entry[0].request.ifNoneExist"},
		"Procedures that are one":   {bundle(entry("POST", "Procedure", `{"resourceType":"Procedure","identifier":[{"value":"1"}],"status":"completed","subject":{}}`), entry("POST", "Procedure", `{"resourceType":"Procedure","identifier":[{"value":"1"}],"status":"stopped","subject":{}}`)), Transaction, "Bundle", "procedure_twice", "Bundle.entry[1].resource.identifier"},
		"a POST to an id":           {bundle(entry("POST", "Device/1", device)), Transaction, "Bundle", "url_invalid", "Bundle.entry[0].request.url"},
		"a PUT without an id":       {bundle(entry("PUT", "Device", device)), Transaction, "Bundle", "url_invalid", "Bundle.entry[0].request.url"},
		"a PUT of another id":       {bundle(entry("PUT", "Device/2", `{"resourceType":"Device","id":"1"}`)), Transaction, "Bundle", "id_differs", "Bundle.entry[0].resource.id"},
		"a condition on a name":     {bundle(entry("POST", "Device", device, `"ifNoneExist":"name=x"`)), Transaction, "Bundle", "unsupported_condition", "Bundle.entry[0].request.ifNoneExist"},
		"one resource put twice":    {bundle(entry("PUT", "Device/1", `{"resourceType":"Device","id":"1"}`), entry("PUT", "Device/1", `{"resourceType":"Device","id":"1"}`)), Transaction, "Bundle", "resource_twice", "Bundle.entry[1]"},
		"too many entries":          {bundle(strings.Split(strings.Repeat(entry("POST", "Device", nameless)+"\x00", maxEntries+1), "\x00")[:maxEntries+1]...), Transaction, "Bundle", "bundle_too_long", "Bundle.entry"},
		"a fault within an entry":   {bundle(entry("POST", "Device", device), entry("POST", "Procedure", `{"resourceType":"Procedure","subject":{}}`)), Transaction, "Bundle", "element_absent", "Bundle.entry[1].resource.status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(c.raw, c.how, c.kind, names)
			if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Code != c.code || f.Path != c.path {
				t.Errorf("got %v (%s) at %q, want %s at %q", err, f.Code, f.Path, c.code, c.path)
			}
		})
	}
}

func read(t *testing.T, raw []byte, how Interaction, kind string) *Message {
	t.Helper()
	m, err := Read(raw, how, kind, names)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRead_AResourceIsKnownByItsFirstIdentifierHoweverItComes(t *testing.T) {
	t.Parallel()
	alone := read(t, []byte(device), Create, "Device").Entries[0].ID
	spaced := read(t, []byte(strings.Replace(device, ":", " : ", 1)), Create, "Device").Entries[0].ID
	within := read(t, bundle(entry("POST", "Device", device)), Transaction, "Bundle").Entries[0]
	put := read(t, bundle(entry("PUT", "Device?identifier=s|1", nameless)), Transaction, "Bundle").Entries[0]
	none := read(t, bundle(entry("POST", "Device", nameless, `"ifNoneExist":"identifier=s|1"`)), Transaction, "Bundle").Entries[0]
	for _, condition := range []string{"?identifier=s|1", "Device?identifier=s%7C1", "https://hub.example/fhir/r4/Device?identifier=s|1"} {
		e := read(t, bundle(entry("POST", "Device", nameless, `"ifNoneExist":"`+condition+`"`)), Transaction, "Bundle").Entries[0]
		if m := read(t, []byte(device), Create, "Device"); e.ID != alone || !m.Named(m.Entries[0], condition) {
			t.Errorf("%s names %s", condition, e.ID)
		}
	}
	if alone != spaced || alone != within.ID || alone != put.ID || alone != none.ID || !none.IfNoneExist || !put.Conditional {
		t.Errorf("%s, %s, %+v, %+v, %+v", alone, spaced, within, put, none)
	}
	if !ValidID(alone) || strings.Contains(alone, "s|1") {
		t.Errorf("%q is no id", alone)
	}
	other := NewNamer([]byte("another"), "ZZ1")
	if m, _ := Read([]byte(device), Create, "Device", other); m.Entries[0].ID == alone {
		t.Error("an id can be made without the trust's secret")
	}
}

func TestRead_WithoutAnIdentifierEachMessageBringsItsOwn(t *testing.T) {
	t.Parallel()
	m := read(t, bundle(entry("POST", "Device", nameless), entry("POST", "Device", nameless)), Transaction, "Bundle")
	again := read(t, bundle(entry("POST", "Device", nameless), entry("POST", "Device", nameless)), Transaction, "Bundle")
	other := read(t, []byte(nameless), Create, "Device")
	if a, b := m.Entries[0].ID, m.Entries[1].ID; a == b || a != again.Entries[0].ID || b != again.Entries[1].ID || a == other.Entries[0].ID {
		t.Errorf("%v and %v", m.Entries, other.Entries)
	}
}

func TestRead_TwoThingsUnderOneIdentifierAreTwo(t *testing.T) {
	t.Parallel()
	m := read(t, bundle(entry("POST", "Device", device), entry("POST", "Device", device)), Transaction, "Bundle")
	if m.Entries[0].ID == m.Entries[1].ID {
		t.Error("two screws of one catalogue number became one")
	}
}

func TestOpen_ReadsAStoredMessageAsItWasReceived(t *testing.T) {
	t.Parallel()
	for _, m := range []*Message{
		read(t, bundle(entry("POST", "Device", device), entry("POST", "Procedure", procedure)), Transaction, "Bundle"),
		read(t, []byte(procedure), Create, "Procedure"),
		read(t, []byte(`{"resourceType":"Device","id":"7"}`), Update, "Device"),
	} {
		again, err := Open(m.raw, m.Kind(), names)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.Entries {
			if m.Entries[i].ID != again.Entries[i].ID {
				t.Errorf("%s became %s", m.Entries[i].ID, again.Entries[i].ID)
			}
		}
	}
}

func TestMessage_IsCalledByItsOwnNumberOrByWhatItHolds(t *testing.T) {
	t.Parallel()
	plain := string(bundle(entry("POST", "Device", device)))
	numbered := strings.Replace(plain, `"type"`, `"identifier":{"value":"MSG-7"},"type"`, 1)
	unnumbered := strings.Replace(plain, `"type"`, `"identifier":{"system":"s"},"type"`, 1)
	for raw, want := range map[string]string{plain: "Bundle@", numbered: "MSG-7", unnumbered: "Bundle@"} {
		if got := read(t, []byte(raw), Transaction, "Bundle").ControlID(""); !strings.HasPrefix(got, want) || want == "Bundle@" && len(got) != len("Bundle@1f3a5c7d") {
			t.Errorf("%s is called %q", raw, got)
		}
	}
	if a, b := read(t, []byte(plain), Transaction, "Bundle"), read(t, []byte(unnumbered), Transaction, "Bundle"); a.ControlID("") == b.ControlID("") {
		t.Error("two contents have one name")
	}
}

func TestMessage_DigestsTellMessagesApart(t *testing.T) {
	t.Parallel()
	put := []byte(`{"resourceType":"Device","id":"7"}`)
	all := map[[32]byte]string{}
	for name, m := range map[string]*Message{
		"created": read(t, put, Create, "Device"), "updated": read(t, put, Update, "Device"), "another": read(t, []byte(device), Create, "Device"),
	} {
		for _, more := range []string{"", "after 3"} {
			d := m.Digest(more)
			if before, twice := all[d]; twice {
				t.Errorf("%s and %s have one digest", name, before)
			}
			all[d] = name
		}
	}
	blanks := read(t, []byte("\n "+string(put)+"\n"), Update, "Device")
	if all[blanks.Digest("")] != "updated" {
		t.Error("blanks around a body made it another")
	}
}

func TestMessage_OrdersByThePatient(t *testing.T) {
	t.Parallel()
	patient := `{"resourceType":"Patient","identifier":[{"system":"n","value":"9990000018"}]}`
	of := func(subject string) string {
		return `{"resourceType":"Procedure","status":"completed","subject":` + subject + `}`
	}
	for want, raw := range map[string][]byte{
		"9990000018": bundle(strings.Replace(entry("POST", "Patient", patient), "{", `{"fullUrl":"urn:uuid:1",`, 1), entry("POST", "Procedure", of(`{"reference":"urn:uuid:1"}`))),
		"Patient/17": bundle(entry("POST", "Procedure", of(`{"reference":"Patient/17"}`))),
		"T00412":     bundle(entry("POST", "Procedure", of(`{"identifier":{"value":"T00412"}}`))),
		"9990000026": bundle(entry("POST", "Procedure", of(`{"reference":"Patient?identifier=n|9990000026"}`))),
		"Device/" + read(t, bundle(entry("POST", "Device", device)), Transaction, "Bundle").Entries[0].ID: bundle(entry("POST", "Device", device)),
	} {
		if got := read(t, raw, Transaction, "Bundle").OrderingKey(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
