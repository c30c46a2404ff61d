package fhir

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

func TestServer_AnswersOnlyWhenTheMessageIsStored(t *testing.T) {
	t.Parallel()
	kept := &memory{gate: make(chan struct{}), came: make(chan struct{})}
	d := open(t, Config{}, kept)
	answered := make(chan reply, 1)
	go func() { answered <- d.ask("POST", "/Device", aDevice) }()
	<-kept.came
	select {
	case a := <-answered:
		t.Fatalf("answered %d before it was stored", a.status)
	default:
	}
	close(kept.gate)
	if a := <-answered; a.status != http.StatusCreated || kept.count() != 1 {
		t.Errorf("%d, %d messages", a.status, kept.count())
	}
}

func TestServer_FinishesWhatIsInHandWhenItCloses(t *testing.T) {
	t.Parallel()
	kept := &memory{gate: make(chan struct{}), came: make(chan struct{})}
	d := open(t, Config{}, kept)
	answered, ended := make(chan reply, 1), make(chan error, 1)
	go func() { answered <- d.ask("POST", "/Device", aDevice) }()
	<-kept.came
	go func() { ended <- d.stop() }()
	close(kept.gate)
	if a := <-answered; a.status != http.StatusCreated {
		t.Errorf("answered %d", a.status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServer_EveryErrorIsAnOperationOutcome(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.Unavailable, "not_stored", "no")
	broken := fault.New(fault.Internal, "not_storable", "pq: SELECT 1 of Testpatient")
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		err                error
		status             int
		issue, header      string // a header that must be there, as "Name: value"
	}{
		"no JSON":                 {"POST", "", `{"resourceType" "Bundle"}`, nil, nil, 400, "invalid", ""},
		"half a body":             {"POST", "/Procedure", aProcedure[:40], nil, nil, 400, "invalid", ""},
		"a field is missing":      {"POST", "/Procedure", `{"resourceType":"Procedure"}`, nil, nil, 422, "required", ""},
		"a code is none of R4's":  {"POST", "/Procedure", `{"resourceType":"Procedure","status":"done","subject":{}}`, nil, nil, 422, "code-invalid", ""},
		"another resource":        {"POST", "/Procedure", aDevice, nil, nil, 400, "invalid", ""},
		"a type that is not kept": {"POST", "/Observation", `{"resourceType":"Observation"}`, nil, nil, 404, "not-supported", ""},
		"a Patient alone":         {"POST", "/Patient", `{"resourceType":"Patient"}`, nil, nil, 405, "not-supported", "Allow: "},
		"XML":                     {"POST", "/Device", `<Device/>`, []string{"Content-Type", "application/fhir+xml"}, nil, 415, "not-supported", ""},
		"no content type":         {"POST", "/Device", aDevice, []string{"Content-Type", ""}, nil, 415, "not-supported", ""},
		"another version of FHIR": {"POST", "/Device", aDevice, []string{"Content-Type", "application/fhir+json; fhirVersion=3.0"}, nil, 415, "not-supported", ""},
		"Latin-1":                 {"POST", "/Device", aDevice, []string{"Content-Type", "application/fhir+json; charset=iso-8859-1"}, nil, 415, "not-supported", ""},
		"a body of brotli":        {"POST", "/Device", aDevice, []string{"Content-Encoding", "br"}, nil, 415, "not-supported", ""},
		"no gzip after all":       {"POST", "/Device", aDevice, []string{"Content-Encoding", "gzip"}, nil, 400, "invalid", ""},
		"half a gzip":             {"POST", "/Device", gzipped(aDevice)[:30], []string{"Content-Encoding", "gzip"}, nil, 400, "invalid", ""},
		"a gzip that swells":      {"POST", "/Device", gzipped(`{"resourceType":"Device","x":"` + strings.Repeat("x", 5000) + `"}`), []string{"Content-Encoding", "gzip"}, nil, 413, "too-long", ""},
		"a Bundle to its type":    {"POST", "/Bundle", aBundle(anEntry("POST", "Device", aDevice)), nil, nil, 404, "not-supported", ""},
		"a batch":                 {"POST", "", strings.Replace(aBundle(anEntry("POST", "Device", aDevice)), "transaction", "batch", 1), nil, nil, 422, "not-supported", ""},
		"a search by post":        {"POST", "/Device/_search", "identifier=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, nil, 405, "not-supported", ""},
		"an operation":            {"POST", "/Procedure/$validate", aProcedure, nil, nil, 405, "not-supported", ""},
		"a conditional update":    {"PUT", "/Device?identifier=x|1", aDevice, nil, nil, 405, "not-supported", "Allow: POST"},
		"a name twice":            {"POST", "/Device", `{"resourceType":"Device","lotNumber":"1","lotNumber":"2"}`, nil, nil, 400, "invalid", ""},
		"too deep":                {"POST", "/Device", strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), nil, nil, 400, "invalid", ""},
		"XML is wanted":           {"POST", "/Device", aDevice, []string{"Accept", "application/fhir+xml"}, nil, 406, "not-supported", ""},
		"a body too large":        {"POST", "/Device", `{"resourceType":"Device","x":"` + strings.Repeat("x", 5000) + `"}`, nil, nil, 413, "too-long", ""},
		"a deletion":              {"DELETE", "/Device/1", "", nil, nil, 405, "not-supported", "Allow: GET, HEAD, PUT"},
		"a patch":                 {"PATCH", "/Patient/1", "{}", nil, nil, 405, "not-supported", "Allow: GET, HEAD"},
		"a search":                {"GET", "/Device?identifier=x", "", nil, nil, 405, "not-supported", "Allow: POST"},
		"a history":               {"GET", "/Device/1/_history", "", nil, nil, 405, "not-supported", ""},
		"the whole system":        {"GET", "", "", nil, nil, 405, "not-supported", "Allow: POST"},
		"nothing of that id":      {"GET", "/Device/1", "", nil, nil, 404, "not-found", ""},
		"an id that is none":      {"GET", "/Device/a%20b", "", nil, nil, 404, "not-found", ""},
		"a version that is none":  {"GET", "/Device/1/_history/x", "", nil, nil, 404, "not-found", ""},
		"an unknown condition":    {"POST", "/Device", aDevice, []string{"If-None-Exist", "name=x"}, nil, 422, "not-supported", ""},
		"an update of another id": {"PUT", "/Device/2", `{"resourceType":"Device","id":"1"}`, nil, nil, 400, "value", ""},
		"an update of no version": {"PUT", "/Device/1", `{"resourceType":"Device","id":"1"}`, []string{"If-Match", `W/"7"`}, nil, 412, "conflict", ""},
		"the database is away":    {"POST", "/Device", aDevice, nil, down, 503, "transient", "Retry-After: 5"},
		"a defect of ours":        {"POST", "/Device", aDevice, nil, broken, 500, "exception", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, Config{MaxBody: 4000}, &memory{err: c.err})
			a := d.ask(c.method, c.path, c.body, c.headers...)
			var out struct {
				ResourceType string
				Issue        []struct {
					Severity, Code, Diagnostics string
					Details                     struct{ Text string }
				}
			}
			if err := json.Unmarshal([]byte(a.body), &out); err != nil || out.ResourceType != "OperationOutcome" || len(out.Issue) != 1 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if i := out.Issue[0]; a.status != c.status || i.Severity != "error" || i.Code != c.issue || i.Details.Text == "" || i.Diagnostics == "" {
				t.Errorf("%d %+v", a.status, i)
			}
			if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/fhir+json") {
				t.Errorf("it is sent as %s", got)
			}
			if h, want, ok := strings.Cut(c.header, ": "); ok && (a.header.Get(h) != want || a.header[http.CanonicalHeaderKey(h)] == nil) {
				t.Errorf("%s is %q", h, a.header.Get(h))
			}
			if strings.Contains(a.body, "Testpatient") || strings.Contains(a.body, "SELECT") {
				t.Errorf("it tells internals: %s", a.body)
			}
			if d.kept.count() != 0 {
				t.Error("it was stored all the same")
			}
		})
	}
}

// TestServer_ADefectIsToldToOneClientAlone has the shelf panic.
func TestServer_ADefectIsToldToOneClientAlone(t *testing.T) {
	t.Parallel()
	d := open(t, Config{}, &memory{})
	if a := d.ask("POST", "/Device", aDevice); a.status != 201 {
		t.Fatal(a)
	}
	d.kept.mu.Lock()
	d.kept.all[0].Parts[0].To = 1 << 20
	d.kept.mu.Unlock()
	a := d.ask("POST", "/Device", aDevice)
	if a.status != 500 || !strings.Contains(a.body, `"code":"exception"`) || !strings.Contains(a.body, "request_broke_off") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := d.ask("GET", "/metadata", ""); a.status != 200 {
		t.Errorf("after it: %d", a.status)
	}
	if a := d.ask("GET", "/metadata", "", "Accept", "application/fhir+xml"); a.status != 406 {
		t.Errorf("metadata in XML: %d", a.status)
	}
}

func TestServer_NothingIsAtAnotherAddress(t *testing.T) {
	t.Parallel()
	d := open(t, Config{}, &memory{})
	d.base = strings.TrimSuffix(d.base, root)
	for _, path := range []string{"/", "/fhir", "/fhir/r4x/Device", "/metrics"} {
		if a := d.ask("GET", path, ""); a.status != 404 || !strings.Contains(a.body, "OperationOutcome") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestServer_ATokenOfTheTrustIsNeeded(t *testing.T) {
	t.Parallel()
	const secret, other = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	d := open(t, Config{Tokens: []Token{{"theatre", secret}, {"registry", other}}}, &memory{})
	for _, shown := range []string{"", "Bearer ", "Bearer " + secret[1:], "Bearer " + secret + "x", "Basic " + secret, secret} {
		a := d.ask("POST", "/Device", aDevice, "Authorization", shown)
		if a.status != 401 || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") || !strings.Contains(a.body, `"code":"login"`) {
			t.Errorf("%q: %d %s", shown, a.status, a.body)
		}
	}
	if a := d.ask("GET", "/Observation/1", ""); a.status != 401 {
		t.Errorf("without a token it tells what there is: %d", a.status)
	}
	for client, shown := range map[string]string{"theatre": "Bearer " + secret, "registry": "bearer " + other} {
		if a := d.ask("POST", "/Device", aDevice, "Authorization", shown); a.status != 201 {
			t.Errorf("%d %s", a.status, a.body)
		}
		if got := d.kept.all[len(d.kept.all)-1].Sender; got != client {
			t.Errorf("the sender is %q, not %q", got, client)
		}
	}
	if a := d.ask("GET", "/metadata", ""); a.status != 200 || !strings.Contains(a.body, "bearer token") {
		t.Errorf("the capability statement: %d %s", a.status, a.body)
	}
	d.client.CloseIdleConnections()
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	if log := d.log.String(); strings.Contains(log, secret) || strings.Contains(log, other) || strings.Contains(log, secret[1:]) || !strings.Contains(log, "token_unknown") {
		t.Errorf("the log tells too much or too little: %s", log)
	}
}

func TestServer_ServesTheNetworksThatMayAsk(t *testing.T) {
	t.Parallel()
	if a := open(t, Config{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, &memory{}).ask("GET", "/metadata", ""); a.status != 403 || !strings.Contains(a.body, `"code":"forbidden"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := open(t, Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, &memory{}).ask("GET", "/metadata", ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestServer_TellsWhatItDoes(t *testing.T) {
	t.Parallel()
	d := open(t, Config{Version: "1.2.3"}, &memory{})
	var c struct {
		ResourceType, FhirVersion, Kind, Status string
		Software                                struct{ Version string }
		Rest                                    []struct {
			Interaction []struct{ Code string }
			Resource    []struct {
				Type        string
				Interaction []struct{ Code string }
			}
		}
	}
	a := d.ask("GET", "/metadata", "", "Accept", "application/fhir+json")
	if err := json.Unmarshal([]byte(a.body), &c); err != nil || c.ResourceType != "CapabilityStatement" || c.FhirVersion != "4.0.1" || c.Kind != "instance" || c.Software.Version != "1.2.3" {
		t.Fatalf("%s (%v)", a.body, err)
	}
	if len(c.Rest) != 1 || c.Rest[0].Interaction[0].Code != "transaction" || len(c.Rest[0].Resource) != len(fhir.Principals)+len(fhir.Companions) {
		t.Errorf("%+v", c.Rest)
	}
	for _, r := range c.Rest[0].Resource { // what it says it does, it does
		for _, i := range r.Interaction {
			status := map[string]int{"read": 404, "vread": 404, "create": 400, "update": 400}[i.Code]
			method, path := map[string]string{"create": "POST", "update": "PUT"}[i.Code], "/"+r.Type+map[string]string{"create": "", "vread": "/1/_history/1"}[i.Code]
			if i.Code == "read" || i.Code == "update" {
				path += "/1"
			}
			body := ""
			if method == "" {
				method = "GET"
			} else {
				body = "{}"
			}
			if a := d.ask(method, path, body); a.status != status {
				t.Errorf("%s of %s: %d %s", i.Code, r.Type, a.status, a.body)
			}
		}
	}
}
