package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// hubThatTold is a running hub that has told its registry of one use.
func hubThatTold(t *testing.T, before func(h *hospital)) *hospital {
	t.Helper()
	h := newHospital(t)
	h.reportsAtOnce()
	before(h)
	h.start()
	h.seed()
	if code, text := h.send(h.message("first.hl7")); code != "AA" {
		t.Fatal(code, text)
	}
	h.quiet()
	return h
}

func (h *hospital) submissions(args ...string) (all []journal.Submission) {
	h.t.Helper()
	var out struct {
		Submissions []journal.Submission `json:"submissions"`
	}
	h.must(json.Unmarshal([]byte(h.ok(append([]string{"--json", "submissions", "list"}, args...)...)), &out))
	return out.Submissions
}

const aRecord = "MDOR-19K5-XYMY-B9MQ"

func TestRegistry_ABatchThatCannotBeSentWaitsForAPerson(t *testing.T) {
	t.Parallel()
	name := ""
	h := hubThatTold(t, func(h *hospital) {
		name = filepath.Join(h.stage.erpDir, "submissions", "MDOR-ZZ1-000001.csv")
		h.must(os.WriteFile(name, []byte("another's\n"), 0o644))
	})
	var batches []journal.Batch
	h.must(json.Unmarshal([]byte(h.ok("--json", "submissions", "batches")), &batches))
	if len(batches) != 1 || batches[0].Stop == nil || batches[0].Stop.Code != "file_differs" || batches[0].SentAt != nil {
		t.Fatalf("%+v", batches)
	}
	if out := h.ok("submissions", "batches"); !strings.Contains(out, "other content") {
		t.Error(out)
	}
	page, err := http.Get("http://" + h.hub.httpAddr + "/ZZ1/")
	h.must(err)
	defer page.Body.Close()
	if s, err := h.hub.store.Status(t.Context(), "ZZ1"); err != nil || s.Registry.Stopped != 1 || page.StatusCode != http.StatusOK {
		t.Errorf("%v %+v", err, s.Registry)
	}
	if status, _, stderr := h.cli("submissions", "resend", "MDOR-ZZ1-000009"); status != 2 || !strings.Contains(stderr, "not one whose sending was stopped") {
		t.Errorf("%d %s", status, stderr)
	}
	h.must(os.Remove(name))
	h.ok("submissions", "resend", "MDOR-ZZ1-000001")
	h.quiet()
	if raw, err := os.ReadFile(name); err != nil || !strings.Contains(string(raw), aRecord+",1,new,ZZ1,9990000018") {
		t.Errorf("%v %s", err, raw)
	}
	if all := h.submissions("--state", "sent"); len(all) != 1 || all[0].Batch != "MDOR-ZZ1-000001" || all[0].Record != aRecord || all[0].Message == 0 || all[0].Origin != "FT1[1]" || all[0].Profile == "" {
		t.Errorf("%+v", all)
	}
	for _, args := range [][]string{{"submissions", "show", aRecord}, {"submissions", "send"}} {
		validJSON(t, strings.Join(args, " "), h.ok(append([]string{"--json"}, args...)...))
	}
	if out := h.ok("submissions", "show", aRecord); !strings.Contains(out, "version 1, new: sent, batch MDOR-ZZ1-000001, because of message") {
		t.Error(out)
	}
	if status, _, _ := h.cli("submissions", "show", "MDOR-9"); status != 2 {
		t.Errorf("a record that there is not: %d", status)
	}
	if status, _, _ := h.cli("submissions", "list", "--state", "nonsense"); status != 2 {
		t.Errorf("a state that there is not: %d", status)
	}
}

func TestRegistry_AnAnswerThatDoesNotComeIsSaidOnce(t *testing.T) {
	t.Parallel()
	h := hubThatTold(t, func(h *hospital) {
		file := h.trustFile("trust.yaml")
		h.write(file, strings.Replace(h.read(file), "every: 1ms", "every: 1ms, answer_within: 1ms", 1))
	})
	overdue := `SELECT string_agg(text, '; ') FROM warning WHERE kind = 'registry_overdue' AND closed_at IS NULL`
	said := func(want bool) {
		t.Helper()
		h.until("the warning of an answer that does not come", func() (string, error) {
			if text, err := h.query(overdue); err != nil || strings.Contains(text, "1 records") != want || want && !strings.Contains(text, "MDOR-ZZ1-000001") {
				return "it says " + text, err
			}
			return "", nil
		})
	}
	again := func() {
		t.Helper()
		h.must(h.stopHub())
		h.start()
	}
	again() // it looks at each start, and then once a minute
	said(true)
	h.dropIn("responses", "response.csv", []byte("record,version,status,code,reason\n"+aRecord+",1,accepted,,\n"))
	h.quiet()
	again()
	said(false)
	if all := h.submissions(); len(all) != 1 || all[0].State != "accepted" {
		t.Errorf("%+v", all)
	}
}

func TestFence_ARegistryBatchIsHeldAndItsNumberNotGivenAgain(t *testing.T) {
	t.Parallel()
	h := hubThatTold(t, func(*hospital) {})
	first, err := os.ReadFile(filepath.Join(h.stage.erpDir, "submissions", "MDOR-ZZ1-000001.csv"))
	h.must(err)
	h.must(h.stopHub())
	// The database as it was before the batch was made.
	for _, sql := range []string{`SET session_replication_role = replica`, `DELETE FROM submission`, `DELETE FROM registry_batch`, `UPDATE registry_use SET state = 'incomplete'`,
		`UPDATE registry SET next_batch = 1, sweep = 0`, `SET session_replication_role = origin`} {
		if _, err := h.conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	h.client = nil
	h.start()
	held := func() (string, error) {
		return h.query(`SELECT concat_ws(' ', (SELECT count(*) FROM fence WHERE lifted_at IS NULL), (SELECT count(*) FROM submission WHERE state = 'ready'), (SELECT count(*) FROM registry_batch))`)
	}
	h.until("the hub notices, and gathers nothing", func() (string, error) {
		if got, err := held(); got != "1 1 0" || err != nil {
			return got, err
		}
		return "", nil
	})
	r := h.checked()
	if len(r.LostBatches) != 1 || r.LostBatches[0].Batch != "MDOR-ZZ1-000001" || len(r.Lost) != 0 {
		t.Errorf("%+v, orders %+v", r.LostBatches, r.Lost)
	}
	if _, out, _ := h.cli("fence", "check"); !strings.Contains(out, "MDOR-ZZ1-000001") || !strings.Contains(out, "not in the books") {
		t.Error(out)
	}
	h.ok(liftNow...)
	h.quiet()
	second, err := os.ReadFile(filepath.Join(h.stage.erpDir, "submissions", "MDOR-ZZ1-000002.csv"))
	if err != nil || string(second) != string(first) { // the same use, under the name that the registry knows
		t.Errorf("%v\n%s\n%s", err, first, second)
	}
	if open, err := h.query(`SELECT string_agg(kind, ',' ORDER BY kind) FROM warning WHERE closed_at IS NULL`); open != "registry_batches_lost" || err != nil {
		t.Error(open, err)
	}
	if r := h.checked(); len(r.LostBatches) != 0 {
		t.Errorf("it is settled, and listed: %+v", r.LostBatches)
	}
}

func TestPeers_TheRegistryOnOpenSSHsServer(t *testing.T) {
	t.Parallel()
	h := hubThatTold(t, func(h *hospital) { h.stage.erpDir = h.useOpenSSH() })
	for _, name := range []string{"MDOR-ZZ1-000001.csv", "MDOR-ZZ1-000001.manifest.json"} {
		if raw, err := os.ReadFile(filepath.Join(h.stage.erpDir, "submissions", name)); err != nil || len(raw) == 0 {
			t.Errorf("%s is not at OpenSSH's server: %v", name, err)
		}
	}
	h.dropIn("responses", "response.csv", []byte("record,version,status,code,reason\n"+aRecord+",1,accepted,,\n"))
	h.quiet()
	if all := h.submissions("--state", "accepted"); len(all) != 1 {
		t.Errorf("%+v", all)
	}
	if _, err := os.Stat(filepath.Join(h.stage.erpDir, "responses", "processed", "response.csv")); err != nil {
		t.Error(err)
	}
}
