package fhir

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
)

// Issue is what an OperationOutcome says.
type Issue struct {
	// Severity is "information" for what is no error; empty is "error".
	Severity string
	// Code is FHIR's word for what kind of problem it is, as "required".
	Code string
	// Text says what happened and what to do, without patient data.
	Text string
	// Reason is the hub's own stable code, as "element_absent".
	Reason string
	// Place is the element, as Bundle.entry[0].resource.status, or the line
	// and column, or empty.
	Place string
}

// Outcome writes an OperationOutcome of one issue.
func Outcome(i Issue) []byte {
	type text struct {
		Text string `json:"text"`
	}
	type issue struct {
		Severity    string   `json:"severity"`
		Code        string   `json:"code"`
		Details     text     `json:"details"`
		Diagnostics string   `json:"diagnostics,omitempty"`
		Expression  []string `json:"expression,omitempty"`
	}
	out := issue{Severity: cmp.Or(i.Severity, "error"), Code: i.Code, Details: text{i.Text}, Diagnostics: i.Reason}
	switch {
	case i.Place == "":
	case strings.Contains(i.Place, " "):
		out.Diagnostics += " at " + i.Place
	default:
		out.Expression = []string{i.Place}
	}
	return marshal(struct {
		ResourceType string  `json:"resourceType"`
		Issue        []issue `json:"issue"`
	}{"OperationOutcome", []issue{out}})
}

// Answer is what a transaction did with one of its entries.
type Answer struct {
	// Status is as "201 Created".
	Status string
	// Location is the resource's address with its version.
	Location string
	ETag     string
	Modified string // an instant
}

// TransactionResponse writes the Bundle that answers a transaction, with an
// answer for each entry in order.
func TransactionResponse(all []Answer) []byte {
	type response struct {
		Status       string `json:"status"`
		Location     string `json:"location"`
		ETag         string `json:"etag"`
		LastModified string `json:"lastModified"`
	}
	type entry struct {
		Response response `json:"response"`
	}
	out := struct {
		ResourceType string  `json:"resourceType"`
		Type         string  `json:"type"`
		Entry        []entry `json:"entry"`
	}{ResourceType: "Bundle", Type: "transaction-response", Entry: []entry{}}
	for _, a := range all {
		out.Entry = append(out.Entry, entry{response{a.Status, a.Location, a.ETag, a.Modified}})
	}
	return marshal(out)
}

// marshal writes JSON as people read it: without escapes for HTML.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil // the types above have nothing that could fail
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
