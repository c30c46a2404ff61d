package fhir

import (
	"slices"
	"strings"
	"testing"
)

// theatre is a transaction with what paths are asked for in these tests.
const theatre = `{"resourceType":"Bundle","type":"transaction","timestamp":"2026-03-14T09:35:12Z","entry":[
 {"fullUrl":"urn:uuid:1","request":{"method":"POST","url":"Procedure"},"resource":{"resourceType":"Procedure","status":"completed",
  "identifier":[{"system":"a","value":"1"},{"system":"b","value":"2"}],
  "contained":[{"resourceType":"Device","id":"cup","lotNumber":"C7"}],
  "extension":[{"url":"https://x.example/side","valueCode":"left"}],
  "performedDateTime":"2026-03-14","bodySite":[{"text":"hip"},{"text":"knee"}],
  "subject":{"reference":"urn:uuid:2"},
  "focalDevice":[{"manipulated":{"reference":"urn:uuid:3"}},{"id":"second","manipulated":{"reference":"#cup"}},{"manipulated":{"reference":"Device/kept"}},{"manipulated":{"reference":"Device?identifier=s|9"}}],
  "usedReference":[{"reference":"https://ehr.example/fhir/Device/7"}]}},
 {"fullUrl":"urn:uuid:2","request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","name":[{"family":"Testpatient","given":["Ada","M"]}],"birthDate":"1954-03-12"}},
 {"fullUrl":"urn:uuid:3","request":{"method":"POST","url":"Device"},"resource":{"resourceType":"Device","lotNumber":"F24","udiCarrier":[{"carrierAIDC":"KDAxKTA1","deviceIdentifier":""}]}},
 {"fullUrl":"https://ehr.example/fhir/Device/7","request":{"method":"POST","url":"Device"},"resource":{"resourceType":"Device","id":"7","lotNumber":"R1"}}]}`

func readTheatre(t *testing.T) *Message {
	t.Helper()
	m, err := Read([]byte(theatre), Transaction, "Bundle", NewNamer([]byte("secret"), "ZZ1"))
	if err != nil {
		t.Fatal(err)
	}
	m.Stored = func(kind, id string) []byte {
		if kind+"/"+id == "Device/kept" {
			return []byte(`{"resourceType":"Device","lotNumber":"K9"}`)
		}
		return nil
	}
	return m
}

func texts(t *testing.T, m *Message, here *Node, path string) []string {
	t.Helper()
	p, err := ParsePath(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var out []string
	for _, v := range p.In(m, Value{Node: here}) {
		if text, ok := v.Text(); ok {
			out = append(out, text)
		}
	}
	return out
}

func TestPath_NamesWhatFHIRPathDoes(t *testing.T) {
	t.Parallel()
	m := readTheatre(t)
	procedure := m.Entries[0].Resource
	for path, want := range map[string]string{
		"status":                                        "completed",
		"Procedure.status":                              "completed",
		"Bundle.timestamp":                              "2026-03-14T09:35:12Z",
		"Device.status":                                 "",
		"identifier.value":                              "1 2",
		"identifier.where(system='b').value":            "2",
		"identifier.where(system!='b').value":           "1",
		"identifier.where(system='b' and value='1')":    "",
		"identifier.where(period.exists()).value":       "",
		"identifier.where(system.exists()).value":       "1 2",
		"identifier.last().value":                       "2",
		"identifier.first().value":                      "1",
		"identifier.count()":                            "2",
		"nothing.count()":                               "0",
		"performed.ofType(dateTime)":                    "2026-03-14",
		"performedDateTime":                             "2026-03-14",
		"performed.ofType(Period).start":                "",
		"extension('https://x.example/side').valueCode": "left",
		"bodySite.text":                                 "hip knee",
		"subject.resolve().name.given":                  "Ada M",
		"subject.resolve().ofType(Patient).birthDate":   "1954-03-12",
		"subject.resolve().ofType(Device).birthDate":    "",
		"focalDevice.manipulated.resolve().lotNumber":   "F24 C7 K9",
		"usedReference.resolve().lotNumber":             "R1",
		"(focalDevice | usedReference).count()":         "5",
		"focalDevice | status":                          "completed",
		"contained.ofType(Device).lotNumber":            "C7",
		"focalDevice.manipulated.resolve().udiCarrier.carrierAIDC.decode('base64')": "(01)05",
		"status.decode('base64')": "",
		"code.coding.code":        "",
	} {
		if got := strings.Join(texts(t, m, procedure, path), " "); got != want {
			t.Errorf("%s gives %q, want %q", path, got, want)
		}
	}
}

func TestPath_ReadsAroundThePlaceAtHand(t *testing.T) {
	t.Parallel()
	m := readTheatre(t)
	lines, err := ParsePath("focalDevice | usedReference")
	if err != nil {
		t.Fatal(err)
	}
	origin, _ := ParsePath("$origin")
	var got []string
	for _, v := range lines.In(m, Value{Node: m.Entries[0].Resource}) {
		at, _ := origin.In(m, v)[0].Text()
		got = append(got, at+strings.Join(texts(t, m, v.Node, "id"), "")+strings.Join(texts(t, m, v.Node, "Procedure.status"), ""))
	}
	if want := []string{"focalDevice[0]completed", "focalDevice[1]secondcompleted", "focalDevice[2]completed", "focalDevice[3]completed", "usedReference[0]completed"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestPath_AResourceHasTheIDThatTheHubGaveIt(t *testing.T) {
	t.Parallel()
	m := readTheatre(t)
	if got := texts(t, m, m.Entries[0].Resource, "id"); len(got) != 1 || got[0] != m.Entries[0].ID {
		t.Errorf("got %v, want %s", got, m.Entries[0].ID)
	}
	// The client's own id is no more than a part of the name in the Bundle.
	if got := texts(t, m, m.Entries[3].Resource, "id"); len(got) != 1 || got[0] != m.Entries[3].ID || got[0] == "7" {
		t.Errorf("got %v", got)
	}
}

func TestParsePath_TellsWhatIsNotKnownHere(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"":                            "is not a path",
		"a..b":                        "is not a path",
		"a.where(b=1)":                "single quotes",
		"a.where(b='1'":               "is not a path",
		"a.select(b)":                 "has the function select()",
		"subject.Patient.name":        "has a type in its midst",
		"a.ofType()":                  "is not a path",
		"a.decode('hex')":             "is not a path",
		"PID-3[5=NH].1":               "is not a path",
		strings.Repeat("a.", 600):     "is too long",
		strings.Repeat("(", 20) + "a": "is not a path",
	} {
		if _, err := ParsePath(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", path, err, want)
		}
	}
}

func TestMessage_ResolvesOnlyWhatIsMeant(t *testing.T) {
	t.Parallel()
	m := readTheatre(t)
	// A device that another server keeps under the same id is not ours.
	m.Entries[0].Resource.Get("usedReference").Items()[0].Get("reference").text = "https://other.example/fhir/Device/kept"
	if got := texts(t, m, m.Entries[0].Resource, "usedReference.resolve().lotNumber"); got != nil {
		t.Errorf("got %v", got)
	}
}

// TestMessage_FollowsAnAddressOfTheDoor follows what a client makes of the
// Location that it was given.
func TestMessage_FollowsAnAddressOfTheDoor(t *testing.T) {
	t.Parallel()
	const id = "6f1c0000-0000-8000-8000-000000000001"
	for ref, want := range map[string]bool{
		"Device/" + id:                                               true,
		"Device/" + id + "/_history/7":                               true,
		"http://127.0.0.1:8090/fhir/r4/Device/" + id:                 true,
		"https://hub.example/a/fhir/r4/Device/" + id + "/_history/7": true,
		"https://hub.example/fhir/r4/Device/4711":                    false,
		"https://hub.example/fhir/Device/" + id:                      false,
		"ftp://hub.example/fhir/r4/Device/" + id:                     false,
	} {
		m := read(t, []byte(`{"resourceType":"Procedure","status":"completed","subject":{},"usedReference":[{"reference":"`+ref+`"}]}`), Create, "Procedure")
		m.Stored = func(kind, asked string) []byte {
			if kind != "Device" || asked != id {
				return nil
			}
			return []byte(`{"resourceType":"Device","lotNumber":"L"}`)
		}
		got := texts(t, m, m.Root, "usedReference.resolve().lotNumber")
		if (got != nil) != want || slices.Equal(m.Devices(), []string{id}) != want {
			t.Errorf("%s: %v, %v", ref, got, m.Devices())
		}
	}
}

func TestMessage_KnowsTheDevicesThatItOnlyRefersTo(t *testing.T) {
	t.Parallel()
	m := readTheatre(t)
	got := m.Devices()
	want := []string{"kept", m.name("Device", "s", "9")}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
