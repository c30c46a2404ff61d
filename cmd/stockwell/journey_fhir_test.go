package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// fhirTestToken is what tests show at the FHIR door.
const fhirTestToken = "tests-show-this-at-the-door"

// request sends a request to the door and gives the answer.
func (h *hospital) request(method, path string, body []byte, headers ...string) (*http.Response, []byte) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, "http://"+h.hub.listening["ZZ1/fhir"]+"/fhir/r4"+path, bytes.NewReader(body))
	h.must(err)
	r.Header.Set("Authorization", "Bearer "+fhirTestToken)
	if body != nil {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	h.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	h.must(err)
	return answer, text
}

// postStep posts a file to the FHIR door and expects an HTTP status; how may
// say "to PATH", "put PATH", "N-times" or "at-once".
func (j *journey) postStep(file, want string, how []string) error {
	raw := j.file(file)
	method, path, times, together := http.MethodPost, "", 1, false
	for i := 0; i < len(how); i++ {
		switch n, isTimes := strings.CutSuffix(how[i], "-times"); {
		case how[i] == "to" && i+1 < len(how):
			i++
			path = how[i]
		case how[i] == "put" && i+1 < len(how):
			i++
			method, path = http.MethodPut, how[i]
		case how[i] == "at-once":
			together = true
		case isTimes:
			times, _ = strconv.Atoi(n)
		default:
			return fmt.Errorf("there is no way %q to post", how[i])
		}
	}
	j.secrets = append(j.secrets, personalJSON(raw)...)
	var all sync.WaitGroup
	answers := make([]string, times)
	post := func(i int) {
		a, body := j.request(method, path, raw, "Prefer", "return=minimal")
		_, _ = j.said.Write(append(body, '\n'))
		answers[i] = strconv.Itoa(a.StatusCode) + " " + a.Header.Get("ETag") + " " + string(body)
	}
	for i := range times {
		if !together {
			post(i)
			continue
		}
		all.Go(func() { post(i) })
	}
	all.Wait()
	j.quiet()
	for _, a := range answers {
		if !strings.HasPrefix(a, want+" ") {
			return fmt.Errorf("answered %s", a)
		}
		if a != answers[0] {
			return fmt.Errorf("a repeat was answered otherwise than the first:\n%s\n%s", answers[0], a)
		}
	}
	if status, _ := strconv.Atoi(want); status >= 400 && !strings.Contains(answers[0], `"resourceType":"OperationOutcome"`) {
		return fmt.Errorf("an error is no OperationOutcome: %s", answers[0])
	}
	return nil
}

// personalJSON gives what of a body's Patients and subjects names a patient.
func personalJSON(raw []byte) (out []string) {
	var visit func(v any, personal bool)
	visit = func(v any, personal bool) {
		switch v := v.(type) {
		case map[string]any:
			personal = personal || v["resourceType"] == "Patient"
			for name, in := range v {
				visit(in, personal && (name == "identifier" || name == "name" || name == "value" || name == "family" || name == "given") || name == "subject")
			}
		case []any:
			for _, in := range v {
				visit(in, personal)
			}
		case string:
			if personal && len(v) > 3 && !strings.Contains(v, ":") && !strings.Contains(v, "/") {
				out = append(out, v)
			}
		}
	}
	var v any
	if json.Unmarshal(raw, &v) == nil {
		visit(v, false)
	}
	return out
}
