package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// refuses runs a command that must fail with this status and say all of want.
func (h *hospital) refuses(status int, want []string, args ...string) {
	h.t.Helper()
	got, out, stderr := h.cli(args...)
	said := out + stderr
	if got != status {
		h.t.Errorf("stockwell %s: status %d, not %d\n%s", strings.Join(args, " "), got, status, said)
	}
	for _, w := range want {
		if !strings.Contains(said, w) {
			h.t.Errorf("stockwell %s does not say %q:\n%s", strings.Join(args, " "), w, said)
		}
	}
}

// raw writes bytes to the hub as they are and gives the answer frames until
// the hub is silent or closes.
func (h *hospital) raw(b []byte, answers int) (got []mllp.Answer, closed bool) {
	h.t.Helper()
	nc, err := net.Dial("tcp", h.theatre)
	h.must(err)
	defer nc.Close()
	h.must(nc.SetDeadline(time.Now().Add(patience)))
	go func() { _, _ = nc.Write(b) }()
	frames := mllp.NewFrameReader(nc, 1<<20)
	for len(got) < answers {
		frame, err := frames.Next()
		if err != nil {
			return got, true
		}
		_, _ = h.said.Write(frame)
		a, err := mllp.ReadAnswer(frame)
		h.must(err)
		got = append(got, a)
	}
	return got, false
}

func TestBad_FramesAreAnsweredAndHoldBackNothing(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.write(h.trustFile("trust.yaml"), strings.Replace(h.read(h.trustFile("trust.yaml")), "max_message: 1MiB", "max_message: 4KiB", 1))
	h.start()
	h.seed()
	file, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	good := "\x0b" + strings.ReplaceAll(string(file), "\n", "\r") + "\x1c\r"
	for _, c := range []struct {
		name, sent, code, text string
	}{
		{"bytes between frames", "GET / HTTP/1.1\r\n\r\n", "", ""},
		{"a frame of garbage", "\x0b\x02\xff\xf1hello\x1c\r", "AR", "MSH"},
		{"a frame in another encoding", "\x0b\x00\xff\xfehello\x1c\r", "AR", "UTF-16"},
		{"an empty frame", "\x0b\x1c\r", "AR", ""},
		{"no MSH", "\x0bPID|1||T00412^^^NORTHMOOR^MR||Distinctiveson^Ada\rPV1|1|I|OR1\r\x1c\r", "AR", "MSH"},
		{"a frame within a frame", "\x0bMSH|^~\\&|THEATRE|ZZ1|STOCKWELL|ZZ1|20260314||DFT^P03|CUT|P|2.5\r", "", ""},
		{"no fields after MSH", "\x0bMSH\r\x1c\r", "AR", "MSH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 1
			if c.code != "" {
				n = 2
			}
			got, _ := h.raw([]byte(c.sent+good), n)
			if len(got) != n || got[n-1].Code != "AA" || got[n-1].ControlID != "MSG000441" {
				t.Fatalf("the message after it was not taken: %+v", got)
			}
			if c.code != "" && (got[0].Code != c.code || !strings.Contains(got[0].Text, c.text) || len(got[0].Text) < 15) {
				t.Errorf("answered %+v", got[0])
			}
		})
	}
	t.Run("a frame above the limit", func(t *testing.T) {
		large := strings.Replace(good, "TESTPATIENT", strings.Repeat("X", 8<<10), 1)
		got, _ := h.raw([]byte(large), 1)
		if len(got) != 1 || got[0].Code != "AR" || !strings.Contains(got[0].Text, "larger than 4096 bytes") || !strings.Contains(got[0].Text, "limit") {
			t.Fatalf("answered %+v", got)
		}
		if code, text := h.send([]byte(strings.Trim(good, "\x0b\x1c"))); code != "AA" {
			t.Errorf("afterwards %s %s", code, text)
		}
	})
	h.quiet()
	// Nothing of all that moved stock but the one use, and no text of the bad
	// ones came back.
	if n, err := h.query(`SELECT count(*)::text FROM movement WHERE kind <> 'opening'`); n != "1" || err != nil {
		t.Errorf("%s movements, %v", n, err)
	}
	if strings.Contains(h.said.String()+h.log.String(), "Distinctiveson") {
		t.Error("law 9: a name of a refused message was repeated")
	}
}

func TestBad_AnUnknownMessageTypeIsKeptAndShownWithWhatToDo(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	if code, _ := h.send([]byte("MSH|^~\\&|THEATRE|ZZ1|STOCKWELL|ZZ1|20260314093512||ZZZ^Z99|Z1|P|2.5\rPID|1||T00412^^^NORTHMOOR^MR\r")); code != "AA" {
		t.Fatalf("a message that is stored is acknowledged; it was %s", code)
	}
	h.quiet()
	list := h.ok("messages", "list", "--state", "stopped")
	if !strings.Contains(list, "ZZZ^Z99") || !strings.Contains(list, "then replay") {
		t.Errorf("the list does not say what to do:\n%s\nthe hub says:\n%s", list, h.log)
	}
	id, err := h.query(`SELECT id::text FROM message WHERE control_id = 'Z1'`)
	h.must(err)
	show := h.ok("messages", "show", id)
	for _, want := range []string{"message_type_unknown", "MSH-9", "messages replay " + id} {
		if !strings.Contains(show, want) {
			t.Errorf("messages show has no %q:\n%s", want, show)
		}
	}
}

// TestBad_FilesAreRefusedWithLineAndReason loads each file of testdata/bad;
// the name before the first dot is the command's, and NAME.expected.txt what
// it says, beginning with its status.
func TestBad_FilesAreRefusedWithLineAndReason(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	commands := map[string][]string{"catalogue": {"catalogue", "load"}, "opening": {"stock", "open"}, "history": {"orders", "history"}}
	files, err := filepath.Glob("../../testdata/bad/*.csv")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	before, err := h.query(`SELECT count(*) || ' ' || (SELECT count(*) FROM movement) FROM purchase_order`)
	h.must(err)
	for _, f := range files {
		kind, _, _ := strings.Cut(filepath.Base(f), ".")
		status, out, stderr := h.cli(append(commands[kind], f)...)
		got := fmt.Sprintf("status %d\n%s%s", status, out, strings.TrimLeft(stderr, "\r"))
		whole, err := filepath.Abs(f)
		h.must(err)
		got = strings.ReplaceAll(got, whole, filepath.Base(f))
		if status == 0 {
			t.Errorf("%s was taken", f)
		}
		golden := strings.TrimSuffix(f, ".csv") + ".expected.txt"
		if *update {
			h.must(os.WriteFile(golden, []byte(got), 0o644))
			continue
		}
		if want, _ := os.ReadFile(golden); got != string(want) {
			t.Errorf("%s:\n%s", f, difference(string(want), got))
		}
	}
	if after, _ := h.query(`SELECT count(*) || ' ' || (SELECT count(*) FROM movement) FROM purchase_order`); after != before {
		t.Errorf("orders and movements were %s and are %s", before, after)
	}
}

func TestBad_AnUnreachableERPKeepsTheOrderAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.stopERP()
	h.refuses(1, []string{"trust ZZ1 connector erp", h.stage.erpAddr}, "check")
	use, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	if code, _ := h.send(bytes.ReplaceAll(use, []byte("\n"), []byte("\r"))); code != "AA" {
		t.Fatalf("the theatre must not wait for the ERP; it got %s", code)
	}
	h.until("orders show says why the order is not sent", func() (string, error) {
		_, out, _ := h.cli("orders", "show", "PO-000017")
		if !strings.Contains(out, "not sent yet") || !strings.Contains(out, "could not be reached") {
			return out, nil
		}
		return "", nil
	})
	h.startERP()
	h.quiet()
	o, err := h.hub.store.Order(t.Context(), "ZZ1", "PO-000017")
	if err != nil || o.State != "sent" || o.Waiting != "" {
		t.Errorf("%+v, %v", o, err)
	}
	h.ok("check")
}

func TestBad_DatabasesAreRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	right := h.read("secrets/runtime.dsn")
	owner := h.read("secrets/owner.dsn")
	h.ok("migrate")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	silent := taken.Addr().String()
	_ = taken.Close()
	host, port, _ := net.SplitHostPort(silent)
	replace := func(old, now string) string { return strings.Replace(right, old, now, 1) }
	for _, c := range []struct {
		name, dsn string
		status    int
		want      []string
	}{
		{"unparsable", "postgres://host:port:5432/", 2, []string{"cannot be read", "database.dsn", "postgres://user@host:5432/name"}},
		{"unreachable", "host=" + host + " port=" + port + " user=stockwell dbname=stockwell sslmode=disable password=verysecret", 1, []string{"does not answer", "database.dsn"}},
		{"wrong role", replace("user=stockwell ", "user=nosuchrole "), 1, []string{"refuses the role or its password", "database.dsn"}},
		{"wrong database", replace(" dbname=", " dbname=nosuch"), 1, []string{"no database of that name", "database.dsn"}},
		{"superuser", h.super, 1, []string{"row-level security", "stockwell migrate"}},
		{"owner", owner, 1, []string{"row-level security", "stockwell migrate"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.write("secrets/runtime.dsn", c.dsn)
			for _, args := range [][]string{{"serve"}, {"messages", "list"}, {"check"}} {
				status := c.status
				if args[0] == "check" {
					status = 1
				}
				h.refuses(status, c.want, args...)
			}
		})
	}
	if strings.Contains(h.said.String(), "verysecret") {
		t.Error("a password of the DSN was printed")
	}
	t.Run("a newer version", func(t *testing.T) {
		h.write("secrets/runtime.dsn", right)
		_, err := h.query(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true) RETURNING 'x'`)
		h.must(err)
		for _, args := range [][]string{{"serve"}, {"migrate"}, {"messages", "list"}, {"check"}} {
			h.refuses(1, []string{"version 9999", "newer stockwell"}, args...)
		}
	})
}

func TestBad_ADataFolderOfAnotherPostgreSQLIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := emptyHospital(t, nil)
	cluster := filepath.Join(h.database(), "cluster")
	h.must(os.MkdirAll(cluster, 0o700))
	h.must(os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte("99\n"), 0o600))
	status, _, stderr := h.cli("serve")
	if status == 0 || !strings.Contains(stderr, "PostgreSQL 99") {
		t.Errorf("status %d: %s", status, stderr)
	}
	if left, _ := os.ReadDir(cluster); len(left) != 1 {
		t.Errorf("the folder was changed: %v", left)
	}
}

func TestBad_APortInUseIsNamedWithItsSetting(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.ok("migrate")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	defer ln.Close()
	taken := ln.Addr().String()
	hub, trust := h.read("stockwell.yaml"), h.read(h.trustFile("trust.yaml"))
	h.write("stockwell.yaml", strings.Replace(hub, "listen: 127.0.0.1:0", "listen: "+taken, 1))
	h.refuses(1, []string{taken, "http.listen", "another program"}, "serve")
	h.write("stockwell.yaml", hub)
	h.write(h.trustFile("trust.yaml"), strings.Replace(trust, "listen: 127.0.0.1:0", "listen: "+taken, 1))
	h.refuses(1, []string{taken, "theatre", "another program"}, "serve")
}

func TestCheck_BesideARunningHubItsOwnPortsAreNoFault(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.write("stockwell.yaml", strings.Replace(h.read("stockwell.yaml"), "listen: 127.0.0.1:0", "listen: "+h.hub.httpAddr, 1))
	h.write(h.trustFile("trust.yaml"), strings.Replace(h.read(h.trustFile("trust.yaml")), "listen: 127.0.0.1:0", "listen: "+h.theatre, 1))
	if out := h.ok("check"); strings.Contains(out, "WRONG") {
		t.Error(out)
	}
	h.must(h.stopHub())
	ln, err := net.Listen("tcp", h.theatre)
	h.must(err)
	defer ln.Close()
	h.refuses(1, []string{"WRONG trust ZZ1 connector theatre", h.theatre}, "check")
}

func TestBad_AnUnknownKeyIsToldWithFileLineAndTheNearestKey(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	before, after, _ := strings.Cut(h.read(h.trustFile("trust.yaml")), "automatic_limit:")
	h.write(h.trustFile("trust.yaml"), before+"automatic_limt:"+after)
	line := fmt.Sprintf("trust.yaml:%d", 1+strings.Count(before, "\n"))
	for _, args := range [][]string{{"serve"}, {"check"}, {"stock", "list"}, {"migrate"}} {
		status := 2
		if args[0] == "check" {
			status = 1
		}
		h.refuses(status, []string{line, "automatic_limt", "automatic_limit"}, args...)
	}
}
