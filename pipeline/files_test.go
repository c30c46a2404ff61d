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

// longHub stores the parts of a file, and says of each what the test wants.
type longHub struct {
	stored []connectors.Envelope
	stop   map[int]error // by part, from 1
	wrong  map[int][]canonical.Finding
	away   int // the part at which the database goes away
}

func (h *longHub) Receive(_ context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	if len(h.stored)+1 == h.away {
		return connectors.Receipt{}, fault.New(fault.Unavailable, "not_stored", "Away.")
	}
	h.stored = append(h.stored, e)
	return connectors.Receipt{MessageID: int64(len(h.stored))}, nil
}

func (h *longHub) Applied(_ context.Context, _ string, id int64) error { return h.stop[int(id)] }

func (h *longHub) Remarks(_ context.Context, _ string, id int64) ([]canonical.Finding, error) {
	return h.wrong[int(id)], nil
}

func TestFiles_ALongOneIsSeveralMessages(t *testing.T) {
	t.Parallel()
	halt := fault.New(fault.Stopped, "mapping_broken", "Broken.")
	file := connectors.Envelope{Trust: "ZZ1", Type: "goods_received", ControlID: "goods.csv", Raw: []byte("a;b\n1;2\n3;4\n5;6\n7;8\n9;10\n")}
	for name, c := range map[string]struct {
		hub     longHub
		parts   int
		refused string
		code    string
	}{
		"all rows count":              {longHub{}, 3, "", ""},
		"one of each of two parts":    {longHub{wrong: map[int][]canonical.Finding{1: {noRow(3, "x")}, 3: {noRow(6, "x")}}}, 3, "3;3;4\n6;9;10\n", ""},
		"all were refused":            {longHub{wrong: map[int][]canonical.Finding{1: {noRow(2, "x"), noRow(3, "x")}, 2: {noRow(4, "x"), noRow(5, "x")}, 3: {noRow(6, "x")}}}, 3, "", "x"},
		"one part was stopped":        {longHub{stop: map[int]error{2: halt}}, 3, "4;5;6\n5;7;8\n", ""},
		"all were stopped":            {longHub{stop: map[int]error{1: halt, 2: halt, 3: halt}}, 3, "", "mapping_broken"},
		"the database went away":      {longHub{away: 3}, 2, "", "not_stored"},
		"it is not known of the last": {longHub{wrong: map[int][]canonical.Finding{1: {noRow(2, "x")}}, stop: map[int]error{3: fault.New(fault.Unavailable, "away", "Away.")}}, 3, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := (&filesHub{}).files()
			f.Next, f.Awaiter, f.Remarks, f.MostRows = &c.hub, &c.hub, &c.hub, 2
			fate, err := f.ReceiveFile(t.Context(), file, time.Second)
			if (err == nil) != (c.code == "") || err != nil && fault.Of(err).Code != c.code || len(c.hub.stored) != c.parts {
				t.Fatalf("%+v, %v; %d parts", fate, err, len(c.hub.stored))
			}
			got := ""
			for i, row := range strings.Split(strings.TrimSpace(string(fate.Refused)), "\r\n") {
				if line, rest, ok := strings.Cut(row, ";"); ok && i > 0 {
					got += line + ";" + rest[strings.LastIndex(rest, "\";")+2:] + "\n"
				}
			}
			if got != c.refused {
				t.Errorf("refused are %q of %q", got, fate.Refused)
			}
			if p := c.hub.stored[1]; p.ControlID != "goods.csv (part 2 of 3)" || string(p.Raw) != "a;b\n\n\n5;6\n7;8\n" {
				t.Errorf("the second part is %q, %q", p.ControlID, p.Raw)
			}
		})
	}
}

func TestFiles_OneThatIsAsLongAsAMessageMayBeIsOne(t *testing.T) {
	t.Parallel()
	h := &longHub{}
	f := (&filesHub{}).files()
	f.Next, f.Awaiter, f.Remarks, f.MostRows = h, h, h, 2
	raw := []byte("a;b\n1;2\n\n3;4\n")
	if _, err := f.ReceiveFile(t.Context(), connectors.Envelope{ControlID: "goods.csv", Raw: raw}, time.Second); err != nil || len(h.stored) != 1 || string(h.stored[0].Raw) != string(raw) || h.stored[0].ControlID != "goods.csv" {
		t.Fatalf("%+v, %v", h.stored, err)
	}
}

// alerts are the warnings that are open.
type alerts map[string]string

func (a alerts) OpenAlert(_ context.Context, _, kind, subject, text, _ string, _ time.Time) (bool, error) {
	_, open := a[kind+" "+subject]
	if !open {
		a[kind+" "+subject] = text
	}
	return !open, nil
}

func (a alerts) CloseAlert(_ context.Context, _, kind, subject, _ string, _ time.Time) (bool, error) {
	_, open := a[kind+" "+subject]
	delete(a, kind+" "+subject)
	return open, nil
}

func TestFiles_WhatTheHubDoesNotHoldIsAWarningUntilItIsTaken(t *testing.T) {
	t.Parallel()
	a := alerts{}
	f := (&filesHub{}).files()
	f.Alerts = a
	e := connectors.Envelope{Trust: "ZZ1", Connector: "goods", Type: "goods_received", ControlID: "g.csv", Raw: []byte("a;b\n1;2\n")}
	for _, why := range []error{fault.New(fault.Invalid, "file_too_large", "Too large."), errors.Join(fault.New(fault.Invalid, "x", "First."), fault.New(fault.Invalid, "y", "Second."))} {
		if err := f.FileRefused(t.Context(), e, why); err != nil {
			t.Fatal(err)
		}
	}
	if said := a["file_refused file:goods/g.csv"]; len(a) != 1 || !strings.Contains(said, "file g.csv of the connector goods") || !strings.HasSuffix(said, "First. (and 1 more)") {
		t.Fatal(a)
	}
	if _, err := f.ReceiveFile(t.Context(), e, time.Second); err != nil || len(a) != 0 {
		t.Fatal(a, err)
	}
}

func TestFiles_RowsOfAnImportThatWereRefusedAreAWarning(t *testing.T) {
	t.Parallel()
	a := alerts{}
	f := (&filesHub{}).files()
	refused := []RefusedRow{{Line: 2, Code: "no", Reason: "No."}}
	f.Alerts, f.Imports = a, map[string]ImportFile{"catalogue": func(context.Context, connectors.Envelope) ([]RefusedRow, error) { return refused, nil }}
	e := connectors.Envelope{Trust: "ZZ1", Connector: "items", Type: "catalogue", ControlID: "i.csv", Raw: []byte("a;b\n1;2\n3;4\n")}
	if _, err := f.ReceiveFile(t.Context(), e, 0); err != nil || !strings.Contains(a["rows_refused file:items/i.csv"], "Line 2 of the file i.csv of the connector items had no effect: No.") {
		t.Fatal(a, err)
	}
	refused = nil
	if _, err := f.ReceiveFile(t.Context(), e, 0); err != nil || len(a) != 0 {
		t.Fatal(a, err)
	}
}
