package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// filesHub stores a file, and says of it what the test wants.
type filesHub struct {
	stored  error
	applied error
	remarks []canonical.Finding
	hang    bool
	stop    func()
}

func (h *filesHub) Receive(context.Context, connectors.Envelope) (connectors.Receipt, error) {
	return connectors.Receipt{MessageID: 7}, h.stored
}

func (h *filesHub) Applied(ctx context.Context, _ string, _ int64) error {
	if h.stop != nil {
		h.stop()
	}
	if h.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.applied
}

func (h *filesHub) Remarks(context.Context, string, int64) ([]canonical.Finding, error) {
	return h.remarks, nil
}

func (h *filesHub) files() *Files {
	return &Files{Next: h, Awaiter: h, Remarks: h, Layout: func(connectors.Envelope) (flatfile.Layout, bool) {
		return flatfile.Layout{Header: true, Delimiter: ";", Columns: []flatfile.Column{{Name: "a", Field: "a"}, {Name: "b", Field: "b"}}}, true
	}}
}

func noRow(line int, code string) canonical.Finding {
	return canonical.Finding{Severity: canonical.Error, Code: code, Path: fmt.Sprintf("line %d/a", line), Text: "It says \"no\"."}
}

func TestFiles_TellTheirSenderWhatBecameOfEachRow(t *testing.T) {
	t.Parallel()
	file := connectors.Envelope{Trust: "ZZ1", Type: "goods_received", Raw: []byte("a;b\n1;2\n\"3\n\";4\n5;6\n")}
	for name, c := range map[string]struct {
		hub     filesHub
		known   bool
		refused string
		code    string
	}{
		"all rows count":             {filesHub{remarks: []canonical.Finding{{Severity: canonical.Warning, Code: "w", Path: "line 2"}, {Severity: canonical.Error, Code: "e", Path: "MSH-9"}}}, true, "", ""},
		"one was refused":            {filesHub{remarks: []canonical.Finding{noRow(3, "no")}}, true, "line;reason;a;b\r\n3;\"It says \"\"no\"\". [no]\";\"3\n\";4\r\n", ""},
		"for two reasons":            {filesHub{remarks: []canonical.Finding{noRow(5, "y"), noRow(2, "x"), noRow(5, "z")}}, true, "line;reason;a;b\r\n2;\"It says \"\"no\"\". [x]\";1;2\r\n5;\"It says \"\"no\"\". [y] It says \"\"no\"\". [z]\";5;6\r\n", ""},
		"all were refused":           {filesHub{remarks: []canonical.Finding{noRow(2, "x"), noRow(3, "x"), noRow(5, "x")}}, true, "", "x"},
		"it was stopped":             {filesHub{applied: fault.New(fault.Stopped, "column_missing", "No column.")}, false, "", "column_missing"},
		"it is not known in time":    {filesHub{hang: true}, false, "", ""},
		"the database went away":     {filesHub{applied: fault.New(fault.Unavailable, "database_away", "Away.")}, false, "", ""},
		"it could not be stored now": {filesHub{stored: fault.New(fault.Unavailable, "not_stored", "Away.")}, false, "", "not_stored"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fate, err := c.hub.files().ReceiveFile(t.Context(), file, 10*time.Millisecond)
			if fate.Known != c.known || string(fate.Refused) != c.refused || (err == nil) != (c.code == "") || err != nil && fault.Of(err).Code != c.code {
				t.Errorf("%+v %q, %v", fate, fate.Refused, err)
			}
			if c.code == "column_missing" && !strings.Contains(err.Error(), "message 7") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestFiles_WhatIsInHandWhenTheHubStopsIsToldWhenItRunsAgain(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h := &filesHub{hang: true, stop: cancel}
	_, err := h.files().ReceiveFile(ctx, connectors.Envelope{Type: "goods_received"}, time.Hour)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("it says %v", err)
	}
}

func TestFiles_AnImportIsDoneAtOnceAndIsNoMessage(t *testing.T) {
	t.Parallel()
	h := &filesHub{stored: errors.New("it was stored")}
	f := h.files()
	f.Imports = map[string]ImportFile{"catalogue": func(context.Context, connectors.Envelope) ([]RefusedRow, error) {
		return []RefusedRow{{Line: 2, Code: "no", Reason: "No."}}, nil
	}}
	fate, err := f.ReceiveFile(t.Context(), connectors.Envelope{Type: "catalogue", Raw: []byte("a;b\n1;2\n3;4\n")}, 0)
	if err != nil || !fate.Known || string(fate.Refused) != "line;reason;a;b\r\n2;\"No. [no]\";1;2\r\n" {
		t.Errorf("%q, %v", fate.Refused, err)
	}
}
