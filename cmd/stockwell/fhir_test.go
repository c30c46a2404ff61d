package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// TestFHIR_WhatIsAnsweredIsThereHoweverTheHubDies kills the hub while it takes
// a transaction: before its commit, after it, and while it posts. The client
// asks until it is answered; there is then one use, the answer to a repeat is
// the first, and what was sent can be read.
func TestFHIR_WhatIsAnsweredIsThereHoweverTheHubDies(t *testing.T) {
	t.Parallel()
	data := preparedData(t)
	body, err := os.ReadFile(filepath.Join(journeys, "fhir-use", "use.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, point := range []failpoint.Point{failpoint.ReceiveBeforeCommit, failpoint.ReceiveAfterCommit, failpoint.PostBeforeCommit} {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			h := realHospital(t, data)
			c := h.serve(string(point))
			died := false
			revive := func() {
				if !died {
					<-c.ended
					died = true
					c = h.serve("")
				}
			}
			first := h.posts(body, revive)
			h.settled(revive)
			if !died {
				t.Fatal("the failpoint was never hit")
			}
			if again := h.posts(body, func() {}); again != first {
				t.Errorf("a repeat was answered otherwise:\n%s\n%s", first, again)
			}
			h.settled(func() {})
			if n, err := h.query(`SELECT count(*)::text FROM movement WHERE kind = 'use'`); n != "1" || err != nil {
				t.Errorf("%s uses, %v", n, err)
			}
			location := regexp.MustCompile(`"location":"(Procedure/[^"]+)"`).FindStringSubmatch(first)
			if status, read := h.fhir(http.MethodGet, "/"+location[1], nil); status != 200 || !strings.Contains(read, `"value": "4411"`) {
				t.Errorf("read back: %d %s", status, read)
			}
		})
	}
}

// doorAddress is where the latest hub takes FHIR, as its log says.
func (h *hospital) doorAddress() string {
	all := regexp.MustCompile(`msg=listening connector=ZZ1/fhir address=(\S+)`).FindAllStringSubmatch(h.log.String(), -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

// fhir asks a hub that is a child; a status of 0 is no answer.
func (h *hospital) fhir(method, path string, body []byte) (status int, text string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+h.doorAddress()+"/fhir/r4"+path, bytes.NewReader(body))
	h.must(err)
	r.Header.Set("Content-Type", "application/fhir+json")
	r.Header.Set("Authorization", "Bearer "+fhirTestToken)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	a, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		return 0, err.Error()
	}
	return a.StatusCode, string(raw)
}

// posts sends a transaction until it is answered; dead is told of each failure.
func (h *hospital) posts(body []byte, dead func()) (answer string) {
	h.t.Helper()
	h.until("the transaction is answered", func() (string, error) {
		status, text := h.fhir(http.MethodPost, "", body)
		if answer = text; status != 200 {
			dead()
			return text, nil
		}
		return "", nil
	})
	return answer
}

func TestFHIR_IsServedByteForByteButForIDAndMeta(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	raw, err := os.ReadFile("../../mapping/profiles/generic-fhir/v1/examples/bundle_transaction_use.fhir.json")
	h.must(err)
	a, body := h.request(http.MethodPost, "", raw)
	var said struct {
		Entry []struct {
			Response struct{ Location, Etag string }
		}
	}
	if err := json.Unmarshal(body, &said); err != nil || a.StatusCode != 200 || len(said.Entry) != 5 {
		t.Fatalf("%d %s", a.StatusCode, body)
	}
	put := regexp.MustCompile(`,"id":"[0-9a-f-]{36}","meta":\{"versionId":"\d+","lastUpdated":"[^"]+"\}`)
	for _, e := range said.Entry {
		for _, path := range []string{"/" + e.Response.Location, "/" + strings.Split(e.Response.Location, "/_history")[0]} {
			r, got := h.request(http.MethodGet, path, nil)
			plain := put.ReplaceAll(got, nil)
			if r.StatusCode != 200 || len(plain) == len(got) || !bytes.Contains(raw, plain) || r.Header.Get("ETag") != e.Response.Etag {
				t.Errorf("%s: %d %s", path, r.StatusCode, got)
			}
		}
	}
	if status, err := h.query(`SELECT string_agg(DISTINCT length(raw)::text, '') FROM message m WHERE format = 'fhir' AND position('Testpatient'::bytea IN raw) > 0`); status != "" || err != nil {
		t.Errorf("the archive holds a patient in clear: %s %v", status, err)
	}
	r, got := h.request(http.MethodGet, "/metadata", nil)
	if r.StatusCode != 200 || !bytes.Contains(got, []byte(`"CapabilityStatement"`)) {
		t.Errorf("%d %s", r.StatusCode, got)
	}
	h.quiet()
	metrics, err := http.Get("http://" + h.hub.httpAddr + "/metrics")
	h.must(err)
	defer metrics.Body.Close()
	text, err := io.ReadAll(metrics.Body)
	h.must(err)
	for _, want := range []string{`stockwell_fhir_requests_total{connector="fhir",interaction="transaction",status="200",trust="ZZ1"} 1`, `interaction="vread",status="200",trust="ZZ1"} 5`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
}

func TestConnect_ATokenThatCouldBeGuessedIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	trust := &config.Trust{ODS: "ZZ1", Dir: dir}
	for secret, code := range map[string]string{"short": "token_short", strings.Repeat("x", 32): ""} {
		if err := os.WriteFile(filepath.Join(dir, "token"), []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := config.Connector{Name: "fhir", Type: "fhir", FHIR: &config.FHIR{Listen: "127.0.0.1:0", Tokens: []config.FHIRToken{{Client: "theatre", Token: "file:token"}}}}
		_, err := connect(trust, c, slog.New(slog.DiscardHandler), newMetrics())
		if (err == nil) != (code == "") || err != nil && fault.Of(err).Code != code {
			t.Errorf("%q: %v", secret, err)
		}
	}
}
