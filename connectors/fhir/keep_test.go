package fhir

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestServer_WhatIsTakenIsReadBackAsItCame(t *testing.T) {
	t.Parallel()
	d := open(t, Config{}, &memory{})
	sent := "{ \"resourceType\" : \"Device\",\n  \"lotNumber\":\"L\\u00e9\", \"_lotNumber\":{\"extension\":[{\"url\":\"u\",\"valueDecimal\":1.50}]} , \"unknown\" : null }"
	a := d.ask("POST", "/Device", sent)
	if a.status != 201 || !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/fhir/r4/Device/[0-9a-f-]{36}/_history/1$`).MatchString(a.header.Get("Location")) || a.header.Get("ETag") != `W/"1"` {
		t.Fatalf("%d %v", a.status, a.header)
	}
	if _, err := http.ParseTime(a.header.Get("Last-Modified")); err != nil {
		t.Error(err)
	}
	stamp := regexp.MustCompile(`,"id":"[0-9a-f-]{36}","meta":\{"versionId":"1","lastUpdated":"[0-9T:.-]+Z"\}`)
	if got := stamp.ReplaceAllString(a.body, ""); got != sent || got == a.body {
		t.Errorf("answered %s", a.body)
	}
	path := strings.TrimPrefix(a.header.Get("Location"), d.base)
	for _, at := range []string{path, strings.TrimSuffix(path, "/_history/1")} {
		b := d.ask("GET", at, "")
		if b.status != 200 || b.body != a.body || b.header.Get("ETag") != a.header.Get("ETag") || b.header.Get("Last-Modified") != a.header.Get("Last-Modified") {
			t.Errorf("%s: %d %s %v", at, b.status, b.body, b.header)
		}
	}
	if b := d.ask("GET", path, "", "If-None-Match", `W/"1"`); b.status != 304 || b.body != "" {
		t.Errorf("%d %q", b.status, b.body)
	}
	if b := d.ask("HEAD", path, ""); b.status != 200 || b.body != "" || b.header.Get("Content-Length") != fmt.Sprint(len(a.body)) {
		t.Errorf("%d %v", b.status, b.header)
	}
	if b := d.ask("POST", "/Device", sent, "Prefer", "respond-async, return=OperationOutcome"); b.status != 201 || !strings.Contains(b.body, `"severity":"information"`) {
		t.Errorf("%d %q", b.status, b.body)
	}
	if b := d.ask("POST", "/Device", sent, "Prefer", "Return=Minimal"); b.status != 201 || b.body != "" || b.header.Get("Location") != a.header.Get("Location") {
		t.Errorf("%d %q", b.status, b.body)
	}
}

func TestServer_TakesWhatClientsOfOthersSend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, body string
		headers    []string
	}{
		"compressed":           {"/Device", gzipped(aDevice), []string{"Content-Encoding", "gzip"}},
		"of another name":      {"/Device", gzipped(aDevice), []string{"Content-Encoding", "X-GZIP"}},
		"plainly JSON":         {"/Device", aDevice, []string{"Content-Type", "application/json", "Accept", "*/*"}},
		"with its charset":     {"/Device", aDevice, []string{"Content-Type", "application/fhir+json; charset=UTF-8; fhirVersion=4.0"}},
		"behind a slash":       {"/Device/", aDevice, nil},
		"from a long list":     {"/Device", aDevice, []string{"Accept", "application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9"}},
		"by an address's form": {"/Device?_format=json&_pretty=true", aDevice, nil},
		"by a search":          {"/Device", aDevice, []string{"If-None-Exist", "http://hub.example/fhir/r4/Device?identifier=https%3A%2F%2Fx.example%2Fdevice%7CD-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, Config{}, &memory{})
			if a := d.ask("POST", c.path, c.body, c.headers...); a.status != 201 || d.kept.count() != 1 || string(d.kept.all[0].Raw) != aDevice {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

func TestServer_ARepeatIsAnsweredAsTheFirstWas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
	}{
		"a creation":                 {"POST", "/Device", aDevice, nil},
		"one without an identifier":  {"POST", "/Procedure", aProcedure, nil},
		"one if there is none":       {"POST", "/Device", aDevice, []string{"If-None-Exist", "identifier=https://x.example/device|D-1"}},
		"an update":                  {"PUT", "/Device/d1", `{"resourceType":"Device","id":"d1"}`, nil},
		"a transaction":              {"POST", "", aBundle(anEntry("POST", "Device", aDevice), anEntry("POST", "Procedure", aProcedure)), nil},
		"a transaction of all kinds": {"POST", "", aBundle(anEntry("PUT", "Device/d1", `{"resourceType":"Device","id":"d1"}`), anEntry("POST", "Device", aDevice, `"ifNoneExist":"identifier=https://x.example/device|D-1"`), anEntry("POST", "Procedure", aProcedure)), nil},
		"a change of a version":      {"POST", "", aBundle(anEntry("PUT", "Device/d0", `{"resourceType":"Device","id":"d0","lotNumber":"2"}`, `"ifMatch":"W/\"1\""`)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, Config{}, &memory{})
			if a := d.ask("PUT", "/Device/d0", `{"resourceType":"Device","id":"d0","lotNumber":"1"}`); a.status != 201 {
				t.Fatal(a)
			}
			first := d.ask(c.method, c.path, c.body, c.headers...)
			if first.status >= 300 {
				t.Fatal(first)
			}
			for range 3 {
				again := d.ask(c.method, c.path, c.body, c.headers...)
				first.header.Del("Date")
				again.header.Del("Date")
				if diff := cmp.Diff(first, again, cmp.AllowUnexported(reply{})); diff != "" {
					t.Fatalf("-first +again:\n%s", diff)
				}
			}
			if d.kept.count() != 2 {
				t.Errorf("%d messages", d.kept.count())
			}
		})
	}
}

func TestServer_ALaterTellingIsTheNextVersion(t *testing.T) {
	t.Parallel()
	d := open(t, Config{}, &memory{})
	first := d.ask("POST", "/Device", aDevice)
	corrected := strings.Replace(aDevice, "L1", "L2", 1)
	second := d.ask("POST", "/Device", corrected)
	id, version, _ := strings.Cut(strings.TrimPrefix(second.header.Get("Location"), d.base), "/_history/")
	if version != "2" || !strings.HasPrefix(first.header.Get("Location"), d.base+id+"/") {
		t.Errorf("%s after %s", second.header.Get("Location"), first.header.Get("Location"))
	}
	put := strings.Replace(strings.Replace(aDevice, "L1", "L3", 1), `{"resourceType"`, `{"id":"`+strings.TrimPrefix(id, "/Device/")+`","resourceType"`, 1)
	if a := d.ask("PUT", id, put, "If-Match", `W/"1"`); a.status != 412 || d.kept.count() != 2 {
		t.Errorf("an update of a version that is past: %d", a.status)
	}
	if a := d.ask("PUT", id, put, "If-None-Match", "*"); a.status != 412 || d.kept.count() != 2 {
		t.Errorf("an update of what is not to be there yet: %d", a.status)
	}
	if a := d.ask("PUT", id, put, "If-Match", `W/"2"`); a.status != 200 || a.header.Get("ETag") != `W/"3"` {
		t.Errorf("%d %v", a.status, a.header)
	}
	for at, lot := range map[string]string{id: "L3", id + "/_history/1": "L1", id + "/_history/2": "L2", id + "/_history/3": "L3"} {
		if a := d.ask("GET", at, ""); !strings.Contains(a.body, `"lotNumber":"`+lot+`"`) {
			t.Errorf("%s: %s", at, a.body)
		}
	}
	// Back to what was said before: an update says so anew.
	back := strings.Replace(put, "L3", "L2", 1)
	for _, body := range []string{back, put, back} {
		d.ask("PUT", id, body)
	}
	if a := d.ask("GET", id, ""); a.header.Get("ETag") != `W/"6"` || !strings.Contains(a.body, "L2") {
		t.Errorf("%v %s", a.header, a.body)
	}
}

func TestServer_CreatesNothingThatIsThere(t *testing.T) {
	t.Parallel()
	d := open(t, Config{}, &memory{})
	first := d.ask("POST", "/Device", aDevice)
	const none = "identifier=https://x.example/device|D-1"
	a := d.ask("POST", "/Device", strings.Replace(aDevice, "L1", "L9", 1), "If-None-Exist", none)
	if a.status != 200 || a.header.Get("Location") != first.header.Get("Location") || a.body != first.body || d.kept.count() != 1 {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	b := d.ask("POST", "", aBundle(anEntry("POST", "Device", strings.Replace(aDevice, "L1", "L8", 1), `"ifNoneExist":"`+none+`"`)))
	if b.status != 200 || !strings.Contains(b.body, `"status":"200 OK","location":"Device/`) || d.kept.count() != 1 {
		t.Errorf("%d %s", b.status, b.body)
	}
	// Beside something new it is answered so, and is no part of the message.
	c := d.ask("POST", "", aBundle(anEntry("POST", "Device", aDevice, `"ifNoneExist":"`+none+`"`), anEntry("POST", "Procedure", aProcedure)))
	if c.status != 200 || strings.Count(c.body, "201 Created") != 1 || strings.Count(c.body, "200 OK") != 1 || len(d.kept.all[1].Parts) != 1 || d.kept.all[1].Parts[0].Kind != "Procedure" {
		t.Errorf("%d %s", c.status, c.body)
	}
}

func TestServer_ATransactionIsOneMessageWithAllOfItsParts(t *testing.T) {
	t.Parallel()
	d := open(t, Config{}, &memory{})
	body := strings.Replace(aBundle(anEntry("POST", "Device", aDevice), anEntry("POST", "Procedure", `{"resourceType":"Procedure","status":"completed","subject":{"identifier":{"value":"T00412"}},"focalDevice":[{"manipulated":{"reference":"Device/elsewhere"}}]}`)), `"type"`, `"identifier":{"value":"MSG-7"},"type"`, 1)
	if a := d.ask("POST", "/", body); a.status != 200 || strings.Count(a.body, "201 Created") != 2 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	e := d.kept.all[0]
	if string(e.Raw) != body || e.Format != "fhir" || e.Type != "Bundle^transaction" || e.ControlID != "MSG-7" || e.Key != "T00412" || e.Trust != "ZZ1" || e.Connector != "fhir" {
		t.Errorf("%+v", e)
	}
	if len(e.Parts) != 2 || body[e.Parts[0].From:e.Parts[0].To] != aDevice || len(e.Refers) != 1 || e.Refers[0].Name != "elsewhere" {
		t.Errorf("%+v %+v", e.Parts, e.Refers)
	}
}
