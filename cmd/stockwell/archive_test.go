package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/config"
)

// shown is a message's chain as the command tells it.
func (h *hospital) shown(control string) string {
	h.t.Helper()
	id, err := h.query(`SELECT id::text FROM archive WHERE control_id = $1`, control)
	h.must(err)
	return h.ok("messages", "show", id)
}

func TestArchive_ATamperedMessageStopsAloneAndItsNeighboursPost(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	_, err := h.query(`SELECT count(pg_advisory_lock((21335 << 16) | 1, queue_lane('ZZ1', l)))::text FROM generate_series(0, 1023) l`)
	h.must(err)
	first := string(h.message("first.hl7"))
	control := strings.Split(first, "|")[9]
	for _, c := range []string{"bad", control, "gone"} {
		if code, text := h.send([]byte(strings.Replace(first, "|"+control+"|", "|"+c+"|", 1))); code != "AA" {
			t.Fatal(code, text)
		}
	}
	for _, sql := range []string{
		`UPDATE message SET raw = overlay(raw placing '\x00'::bytea from 30) WHERE control_id = 'bad'`,
		`UPDATE message SET raw = overlay(raw placing '\x09'::bytea from 1) WHERE control_id = 'gone'`,
		`SELECT pg_advisory_unlock_all()::text`,
	} {
		_, err := h.query(sql)
		h.must(err)
	}
	h.quiet()
	if got := h.shown("bad"); !strings.Contains(got, "stopped at step open (archive_bytes_changed)") {
		t.Error(got)
	}
	if got := h.shown("gone"); !strings.Contains(got, "stopped at step open (archive_key_gone)") {
		t.Error(got)
	}
	if got := h.shown(control); !strings.Contains(got, "  applied:") {
		t.Error(got)
	}
}

func TestArchive_ItsKeyIsRotatedAndTheOldOneRemoved(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	message := h.message("first.hl7")
	h.send(message)
	h.quiet()
	h.must(h.stopHub())
	file := filepath.Join(h.stage.dir, "data", "secrets", "ZZ1.archive.key")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	id, err := h.query(`SELECT max(id)::text FROM message`)
	h.must(err)
	h.write(h.trustFile("secrets/new.key"), strings.Repeat("5a", 32)+"\n")
	trust := h.read(h.trustFile("trust.yaml"))
	keys := func(yaml string) {
		h.write(h.trustFile("trust.yaml"), strings.Replace(trust, `secrets: {vault_key: ""}`, `secrets: {`+yaml+`}`, 1))
	}
	keys(`archive_key: file:secrets/new.key`)
	h.refuses(1, []string{"secrets.archive_key", "archive_keys_former", "give-up"}, "messages", "show", "--raw", id)
	h.refuses(1, []string{"which is not configured"}, "archive", "rekey")
	if got := h.ok("archive", "status"); !strings.Contains(got, "MISSING, wraps the keys of 1 day,") || !strings.Contains(got, "in force, wraps nothing") {
		t.Error(got)
	}
	cfg, trusts, err := config.Load(h.path("stockwell.yaml"))
	h.must(err)
	if x, err := newHub(t.Context(), cfg, trusts, newLog(config.Log{}, h.log)); err == nil || !strings.Contains(err.Error(), "fingerprint") {
		x.close()
		t.Errorf("the hub started without a key that it needs: %v", err)
	}
	keys(`archive_key: file:secrets/new.key, archive_keys_former: [file:` + file + `]`)
	h.ok("check", "--offline")
	if got := h.ok("archive", "rekey"); !strings.HasPrefix(got, "The keys of 1 day ") {
		t.Error(got)
	}
	if got := h.ok("archive", "status"); !strings.Contains(got, "former, wraps nothing: it can be removed") {
		t.Error(got)
	}
	keys(`archive_key: file:secrets/new.key`)
	if got := h.ok("messages", "show", "--raw", id); got != string(message) {
		t.Errorf("it reads %q", got)
	}
	h.start()
	h.client = nil
	if code, _ := h.send(h.message("second.hl7")); code != "AA" {
		t.Error(code)
	}
	h.quiet()
	validJSON(t, "archive status", h.ok("--json", "archive", "status"))
}

func TestArchive_ALostKeyIsGivenUpAndTheHubStarts(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.must(h.stopHub())
	h.must(os.Remove(filepath.Join(h.stage.dir, "data", "secrets", "ZZ1.archive.key")))
	print, err := h.query(`SELECT master FROM archive_key`)
	h.must(err)
	h.refuses(1, []string{"can never be read again", "--yes"}, "archive", "give-up", print)
	h.ok("archive", "give-up", "--yes", print)
	h.start()
	now, err := h.query(`SELECT string_agg(master, ' ') FROM archive_key WHERE wrapped IS NOT NULL`)
	h.must(err)
	if h.send(h.message("first.hl7")); strings.Contains(now, print) {
		t.Error("the lost key is still in use")
	}
	h.quiet()
	if now, err = h.query(`SELECT string_agg(master, ' ') FROM archive_key WHERE wrapped IS NOT NULL`); err != nil || now == "" {
		t.Error(err)
	}
	h.refuses(1, []string{"so it is not lost"}, "archive", "give-up", "--yes", now)
}

func TestArchive_OldDaysArePrunedAndTheirMessagesStillTellWhatTheyDid(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.send(h.message("first.hl7"))
	h.quiet()
	h.must(h.stopHub())
	control := strings.Split(string(h.message("first.hl7")), "|")[9]
	// As a version did that knew no sealing, forty days ago.
	_, err := h.query(`UPDATE message SET seal = 0, raw = 'MSH|', received_at = received_at - interval '40 days', received_on = received_on - 40 WHERE control_id = $1`, control)
	h.must(err)
	id, err := h.query(`SELECT id::text FROM archive WHERE control_id = $1`, control)
	h.must(err)
	h.refuses(2, []string{"for ever (archive.keep_days is 0)"}, "archive", "prune")
	h.refuses(2, []string{"2026-03-14"}, "archive", "prune", "--before", "yesterday")
	h.write("stockwell.yaml", strings.Replace(h.read("stockwell.yaml"), "keep_days: 0", "keep_days: 30", 1))
	h.ok("archive", "prune", "--dry-run")
	h.ok("messages", "show", "--raw", id)
	h.start() // the hub prunes by itself
	h.until("the day is pruned", func() (string, error) {
		left, err := h.query(`SELECT count(*)::text FROM message WHERE control_id = $1`, control)
		return strings.Trim(left, "0"), err
	})
	if got := h.shown(control); !strings.Contains(got, "were pruned on "+time.Now().Format(time.DateOnly)) || !strings.Contains(got, "movement") {
		t.Error(got)
	}
	h.refuses(1, []string{"were pruned on", "remains"}, "messages", "show", "--raw", id)
	h.refuses(1, []string{"were pruned on", "remains"}, "messages", "replay", id)
	h.client = nil
	if code, _ := h.send(h.message("first.hl7")); code != "AA" {
		t.Error(code)
	}
	h.quiet()
	if got := h.shown(control); !strings.Contains(got, "delivered 2 times; handled once") {
		t.Error(got)
	}
	var report prunedReport
	if err := json.Unmarshal([]byte(h.ok("--json", "archive", "prune")), &report); err != nil || len(report.Kept) != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}
