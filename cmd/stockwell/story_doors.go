package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// pacemaker is a procedure with its device, as a FHIR client posts it.
//
//go:embed story_pacemaker.json
var pacemaker string

// posted is a theatre whose system speaks FHIR: the same effect by another door.
func (s *story) posted(ctx context.Context) {
	body := strings.ReplaceAll(pacemaker, "{NOW}", time.Now().UTC().Format(time.RFC3339))
	base := "http://" + s.hub.listening[s.trust+"/fhir"] + "/fhir/r4"
	status, answer := s.ask(ctx, http.MethodPost, base, body)
	var bundle struct {
		Entry []struct {
			Response struct{ Status, Location string }
		}
	}
	err := json.Unmarshal(answer, &bundle)
	s.expect("a procedure told in FHIR is taken", status == 200 && err == nil && len(bundle.Entry) > 0 && strings.HasPrefix(bundle.Entry[0].Response.Status, "201"), "%d %v %.200s", status, err, answer)
	if len(bundle.Entry) > 0 {
		where, _, _ := strings.Cut(bundle.Entry[0].Response.Location, "/_history")
		if !strings.HasPrefix(where, "http") {
			where = base + "/" + where
		}
		status, answer = s.ask(ctx, http.MethodGet, where, "")
		s.expect("it can be read back", status == 200 && bytes.Contains(answer, []byte(`"4413"`)), "%d %.200s", status, answer)
	}
	var stock journal.StockDetail
	s.until(ctx, func() bool {
		stock, err = s.hub.store.StockDetail(ctx, s.trust, "TH2", "PACE-DR-1")
		return err == nil && stock.Quantity == 2
	})
	s.expect("2 pacemakers are left", err == nil && stock.Quantity == 2, "%v, %d left", err, stock.Quantity)
	s.say("Case 4413, told in FHIR by a Bundle: 1 pacemaker, serial PM25A00117, implanted → %d left in Theatre 2.", stock.Quantity)
}

// ask sends a FHIR request.
func (s *story) ask(ctx context.Context, method, url, body string) (status int, answer []byte) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, []byte(err.Error())
	}
	r.Header.Set("Content-Type", "application/fhir+json")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer w.Body.Close()
	answer, err = io.ReadAll(w.Body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	return w.StatusCode, answer
}

// reported is the device registry: what is complete is sent, what is not says
// what is missing, and the registry's answer closes the record.
func (s *story) reported(ctx context.Context) {
	find := func(name string) (journal.Submission, error) {
		all, err := s.hub.store.Submissions(ctx, s.trust, journal.SubmissionFilter{Limit: 100})
		i := slices.IndexFunc(all, func(x journal.Submission) bool { return x.Case == name })
		if err != nil || i < 0 {
			return journal.Submission{}, err
		}
		return all[i], nil
	}
	var full, part journal.Submission
	var err error
	s.until(ctx, func() bool {
		if full, err = find("4413"); err == nil {
			part, err = find("4411")
		}
		return err == nil && full.State == "ready" && part.State == "incomplete"
	})
	s.expect("case 4413 has a complete registry record", full.State == "ready", "%v %s %+v", err, full.State, full.Missing)
	s.expect("case 4411's says what it lacks, and who can supply it", part.State == "incomplete" && len(part.Missing) > 0, "%v %s", err, part.State)
	if len(part.Missing) > 0 {
		s.say("The registry's record of case 4411 waits for the %s: %s", part.Missing[0].Who, part.Missing[0].Text)
	}
	if _, err = s.hub.store.AskBatch(ctx, s.trust, "demo"); err != nil {
		s.expect("a batch can be asked for", false, "%v", err)
		return
	}
	s.start("The record of case 4413 leaves for the device registry, which answers")
	s.until(ctx, func() bool { full, err = find("4413"); return err == nil && full.State == "sent" })
	files, _ := filepath.Glob(filepath.Join(s.stage.erpDir, "submissions", "MDOR-*"))
	s.expect("its batch and manifest stand on the registry's server", len(files) == 2, "%v %s, %v", err, full.State, files)
	answer := fmt.Sprintf("record,version,status,code,reason\r\n%s,%d,accepted,,\r\n", full.Record, full.Version)
	err = s.drop("responses/response-1.csv", answer)
	s.expect("the registry answers", err == nil, "%v", err)
	s.until(ctx, func() bool { full, err = find("4413"); return err == nil && full.State == "accepted" })
	s.done()
	s.expect("record "+full.Record+" is accepted", full.State == "accepted", "%v %s", err, full.State)
	s.say("Record %s, in batch %s: accepted by the registry.", full.Record, full.Batch)
}
