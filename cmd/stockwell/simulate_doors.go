package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// doorAnswer is what an answer means for the sender.
type doorAnswer int

const (
	doorTook    doorAnswer = iota // it is stored
	doorLater                     // it may be sent again
	doorRefused                   // it never will be taken
)

// simulatedDoor sends by one transport, one message at a time.
type simulatedDoor interface {
	send(ctx context.Context, raw []byte) (code string, what doorAnswer, text string, err error)
	close()
}

type mllpDoor struct{ client *mllp.Client }

func (d mllpDoor) send(ctx context.Context, raw []byte) (string, doorAnswer, string, error) {
	frame, err := d.client.Send(ctx, raw)
	if err != nil {
		return "", doorLater, "", err
	}
	answer, err := mllp.ReadAnswer(frame)
	if err != nil {
		return "", doorLater, "", err
	}
	what := doorRefused
	switch answer.Code {
	case "AA", "CA":
		what = doorTook
	case "AE", "CE":
		what = doorLater
	}
	return answer.Code, what, answer.Text, nil
}

func (d mllpDoor) close() { _ = d.client.Close() }

type fhirClient struct {
	address string
	client  *http.Client
}

func newFHIRClient(address string) fhirClient {
	return fhirClient{"http://" + address + "/fhir/r4", &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxConnsPerHost: 1}}}
}

func (d fhirClient) send(ctx context.Context, raw []byte) (string, doorAnswer, string, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, d.address, bytes.NewReader(raw))
	if err != nil {
		return "", doorRefused, "", err
	}
	q.Header.Set("Content-Type", "application/fhir+json")
	q.Header.Set("Authorization", "Bearer "+fhirToken)
	p, err := d.client.Do(q)
	if err != nil {
		return "", doorLater, "", err
	}
	defer p.Body.Close()
	text, err := io.ReadAll(io.LimitReader(p.Body, 1<<20))
	if err != nil {
		return "", doorLater, "", err
	}
	what := doorRefused
	switch p.StatusCode {
	case http.StatusOK, http.StatusCreated:
		what = doorTook
	case http.StatusServiceUnavailable, http.StatusInternalServerError:
		what = doorLater
	}
	return strconv.Itoa(p.StatusCode), what, string(text[:min(len(text), 300)]), nil
}

func (d fhirClient) close() { d.client.CloseIdleConnections() }
