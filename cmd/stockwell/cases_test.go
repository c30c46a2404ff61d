package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/pipeline"
)

// theatreSays sends a message of patient Ada, or of another, and waits for it.
func (h *hospital) theatreSays(kind, control, sent string, segments ...string) {
	h.t.Helper()
	pid := "PID|1||T00412^^^NORTHMOOR^MR~9990000018^^^NHS^NH||TESTPATIENT^Ada||19540312|F"
	if len(segments) > 0 && strings.HasPrefix(segments[0], "PID") {
		pid, segments = segments[0], segments[1:]
	}
	all := append([]string{fmt.Sprintf(`MSH|^~\&|THEATRE|ZZ1|STOCKWELL|ZZ1|%s||%s|%s|P|2.5`, sent, kind, control)}, segments...)
	at := 1
	if strings.HasPrefix(kind, "SIU") {
		at = 2
	}
	all = append(all[:at], append([]string{pid, "PV1|1|I|OR1^^^ZZ101"}, all[at:]...)...)
	if code, text := h.send([]byte(strings.Join(all, "\r") + "\r")); code != "AA" && code != "CA" {
		h.t.Fatalf("%s: %s %s", control, code, text)
	}
	h.quiet()
}

// use is an FT1 with its observations.
func use(key, kind, code, quantity, number string, obx ...string) []string {
	out := []string{fmt.Sprintf("FT1|1|%s||20260314091500||%s|%s^Thing^L|||%s|||||||||||||%s", key, kind, code, quantity, number)}
	for i, o := range obx {
		name, value, _ := strings.Cut(o, "=")
		out = append(out, fmt.Sprintf("OBX|%d|ST|%s||%s||||||F", i+1, name, value))
	}
	return out
}

// inOrder fails unless text holds all of want, one after the other.
func inOrder(t *testing.T, text string, want ...string) {
	t.Helper()
	at := 0
	for _, w := range want {
		i := strings.Index(text[at:], w)
		if i < 0 {
			t.Fatalf("after %d bytes there is no %q in\n%s", at, w, text)
		}
		at += i + len(w)
	}
}

// bookedB7001 is what a booking tells beside its header.
func bookedB7001(sch, at string) []string {
	return []string{sch + "|60|min|^^^" + at, "RGS|1", "AIS|1||W37.1^Primary total prosthetic replacement of hip joint using cement^OPCS4|" + at, "AIL|1||OR1^^^ZZ101"}
}

// field gives a value of a command's JSON answer.
func field(t *testing.T, raw string, path ...string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			n, _ := strconv.Atoi(p)
			if n >= len(x) {
				t.Fatalf("%v has %d entries", path, len(x))
			}
			v = x[n]
		}
	}
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func TestCases_ShowTellsACaseAsAPersonWould(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.theatreSays("SIU^S12^SIU_S12", "C1", "20260301100000", bookedB7001("SCH|B7001|4411|||||||", "20260314083000")...)
	h.theatreSays("SIU^S13^SIU_S12", "C2", "20260302100000", bookedB7001("SCH|B7001|4411|||||||", "20260314093000")...)
	h.theatreSays("DFT^P03^DFT_P03", "C3", "20260314093512", use("T1", "CG", "STEM12", "1", "4411", "LOT=FS24117", "EXPIRY=20310831", "DISPOSITION=IMPLANTED")...)
	h.theatreSays("DFT^P03^DFT_P03", "C4", "20260314094512", use("T1", "CG", "STEM12", "2", "4411", "LOT=FS24117", "EXPIRY=20310831", "DISPOSITION=IMPLANTED")...)
	h.theatreSays("DFT^P03^DFT_P03", "C5", "20260314093600", use("T1", "CG", "STEM12", "9", "4411", "LOT=FS24117")...)
	h.theatreSays("DFT^P03^DFT_P03", "C6", "20260314095512", use("T2", "CG", "NEWCUP54", "1", "4411", "LOT=AC24118")...)
	show := h.ok("cases", "show", "4411")
	inOrder(t, show, "Case 4411 (number ", "booking booked, TH1, patient ", "known as booking_number B7001, case_number 4411", "theatre booked it, scheduled ", "replaced by message ", "theatre moved it, scheduled ",
		"theatre told of its use", "Procedure, planned: W37.1 Primary total", "Lines 1 to 2 of 2", "(T1): 2 HIP-STEM-12, lot FS24117, expires 2031-08-31, implanted", "Posted.",
		"theatre used 2 HIP-STEM-12", "theatre used 9 HIP-STEM-12", "which came too late", "theatre used 1 HIP-STEM-12", "replaced by message ", ": use 1 from TH1 to patient ", ": use_reversal 1 from patient ", "reverses movement ", ": use 2 from TH1 to patient ",
		"(T2): 1 unidentified “Thing”", "Unidentified: its code is not in the catalogue.", "Warning ", "open since ", "Message ", "DFT^P03 over theatre", "SIU^S12 over theatre")
	inOrder(t, h.ok("cases", "show", "4411", "--from", "2"), "Lines 2 to 2 of 2", "(T2)")
	inOrder(t, h.ok("cases", "show", "4411", "--lines", "1"), "Lines 1 to 1 of 2", "More lines: --from 2")
	id := field(t, h.ok("--json", "cases", "show", "case_number:4411"), "id")
	inOrder(t, h.ok("cases", "list", "--open", "--place", "TH1", "--on", "2026-03-14"), id, "4411", "TH1", "booked", "2, 1 unidentified")
	inOrder(t, h.ok("cases", "list", "--reconcile"), "Case 4411 (number "+id, "(T2): 1 “Thing”: Unidentified: its code is not in the catalogue. Because of message ", "stockwell cases resolve id:"+id, "--item CODE")
	if out := h.ok("cases", "list", "--on", "2026-03-15"); !strings.Contains(out, "No cases.") {
		t.Error(out)
	}
	for _, args := range [][]string{{"cases", "show", "4411"}, {"cases", "list"}, {"cases", "list", "--reconcile"}, {"stock", "holds"}, {"stock", "show", "HIP-STEM-12", "TH1"}} {
		validJSON(t, strings.Join(args, " "), h.ok(append([]string{"--json"}, args...)...))
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"cases list", []string{"cases", "show", "9999"}}, {"2026-03-14", []string{"cases", "list", "--on", "yesterday"}}, {"TH1, TH2", []string{"cases", "list", "--place", "TH9"}},
		{"1 to 1000", []string{"cases", "list", "--limit", "0"}}, {"--lines", []string{"cases", "show", "4411", "--lines", "5000"}}, {"cases show", []string{"cases", "set", "TRAY9"}},
		{"cases show id:", []string{"cases", "resolve", "4411", "T9", "--item", "HIP-CUP-54", "--why", "x"}}, {"--place", []string{"cases", "resolve", "4411", "T2", "--why", "x"}},
		{"--why", []string{"cases", "accept", "4411", "T2"}}, {"stock holds", []string{"stock", "release", "99", "--why", "x"}},
	} {
		if status, out, stderr := h.cli(c.args...); status != 2 || !strings.Contains(stderr+out, c.want) {
			t.Errorf("%v: status %d, %s%s", c.args, status, out, stderr)
		}
	}
	if status, _, stderr := h.cli("cases", "same", "4411", "T2", "T1", "--why", "they look alike"); status != 1 || !strings.Contains(stderr, "so they are two uses") {
		t.Errorf("two lines of one source are one use: status %d, %s", status, stderr)
	}
	t.Run("and a page tells the same", func(t *testing.T) {
		line := field(t, h.ok("--json", "cases", "show", "4411"), "lines", "1", "id")
		for path, want := range map[string]string{"/ZZ1/cases": "4411", "/ZZ1/cases/" + id: "came too late", "/ZZ1/cases/" + id + "?line=" + line: "cases resolve id:" + id, "/ZZ1/cases?show=reconcile": "To reconcile", "/ZZ1/": "/ZZ1/cases/" + id + "?line=" + line} {
			page := h.pageAt(path)
			if !strings.Contains(page, want) {
				t.Errorf("%s does not hold %q", path, want)
			}
			for _, secret := range []string{"TESTPATIENT", "T00412", "9990000018"} {
				if strings.Contains(page, secret) {
					t.Errorf("%s tells who the patient is", path)
				}
			}
		}
	})
}

// pageAt gets a page of the running hub.
func (h *hospital) pageAt(path string) string {
	h.t.Helper()
	answer, err := http.Get("http://" + h.hub.httpAddr + path)
	h.must(err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	h.must(err)
	if answer.StatusCode != http.StatusOK {
		h.t.Errorf("%s: status %d", path, answer.StatusCode)
	}
	return string(raw)
}

func TestCases_WhatAPersonDecidesIsAMessageLikeAnyOther(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.theatreSays("SIU^S12^SIU_S12", "D1", "20260301100000", bookedB7001("SCH|B7001||||||||", "20260314083000")...)
	h.theatreSays("DFT^P03^DFT_P03", "D2", "20260314093512", use("T1", "CG", "NEWCUP54", "1", "4411", "LOT=AC24118")...)
	refused := func(want string, args ...string) {
		t.Helper()
		before, _ := h.query(`SELECT count(*)::text FROM message`)
		status, out, stderr := h.cli(args...)
		after, _ := h.query(`SELECT count(*)::text FROM message`)
		if status != 1 || !strings.Contains(stderr, want) || before != after {
			t.Errorf("%v: status %d, %s to %s messages, %s%s", args, status, before, after, out, stderr)
		}
	}
	refused("Nothing was changed", "cases", "resolve", "4411", "T1", "--item", "NOSUCH", "--why", "told so")
	refused("Nothing was changed", "cases", "resolve", "4411", "T1", "--place", "NOSUCH", "--why", "told so")
	resolved := h.ok("--json", "cases", "resolve", "4411", "T1", "--item", "HIP-CUP-54", "--why", "told so by the theatre", "--by", "J. Okafor")
	h.quiet()
	if field(t, resolved, "outcome") != "applied" || field(t, resolved, "summary") != "1 line reversed; 1 line posted" {
		t.Error(resolved)
	}
	if again := h.ok("--json", "cases", "resolve", "4411", "T1", "--item", "HIP-CUP-54", "--why", "told so by the theatre", "--by", "J. Okafor"); field(t, again, "outcome") != "no_change" {
		t.Error(again)
	}
	message := field(t, resolved, "message")
	inOrder(t, h.ok("messages", "show", message), "decision from J. Okafor (ZZ1)", "by decision/v1", "info decided: J. Okafor: told so by the theatre", "movement")
	inOrder(t, h.ok("messages", "show", "--raw", message), `"kind":"resolve_line"`, `"item":"HIP-CUP-54"`, `"by":"J. Okafor"`)
	if sealed, _ := h.query(`SELECT count(*)::text FROM message WHERE connector = 'person' AND (seal = 0 OR position('HIP-CUP-54'::bytea in raw) > 0)`); sealed != "0" {
		t.Errorf("%s of a person's messages are not sealed", sealed)
	}
	moves, _ := h.query(`SELECT count(*)::text FROM movement`)
	h.ok("messages", "replay", message)
	if after, _ := h.query(`SELECT count(*)::text FROM movement`); after != moves {
		t.Errorf("a replay moved something: %s to %s movements", moves, after)
	}
	inOrder(t, h.ok("cases", "show", "4411"), "(T1): 1 HIP-CUP-54", "Posted.", "person said that it is HIP-CUP-54", "Decided ", "J. Okafor: told so by the theatre", "May be the same: case booking_number B7001", "stockwell cases join")
	inOrder(t, h.ok("cases", "list", "--reconcile"), "may be the same as case", "stockwell cases join")
	inOrder(t, h.ok("cases", "join", "B7001", "4411", "--why", "told so by the theatre"), "Case B7001 was joined into case 4411.")
	if out := h.ok("cases", "list", "--reconcile"); !strings.Contains(out, "There is nothing to reconcile.") {
		t.Error(out)
	}
	inOrder(t, h.ok("cases", "show", "B7001"), "Case 4411 ", "booking booked", "known as booking_number B7001, case_number 4411", "joined into it: case booking_number B7001", "Procedure, planned", "Decided ", "was joined into case 4411")
	h.theatreSays("SIU^S15^SIU_S12", "D3", "20260315100000", bookedB7001("SCH|B7001||||||||", "20260314083000")...)
	inOrder(t, h.ok("cases", "show", "4411"), "booking cancelled", "theatre cancelled it", "Case 4411 is cancelled, and things were used in it.")
}

func TestCases_PaperIsRecordedAndToldAgainElectronically(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.theatreSays("DFT^P03^DFT_P03", "P1", "20260314080000", use("T1", "CG", "STEM12", "1", "4411", "LOT=FS24117")...)
	form := []string{"--item", "SCREW-35-40", "--lot", "CS25120", "--quantity", "2", "--place", "OR1", "--occurred-at", "2026-03-14 09:15", "--by", "A. Nurse"}
	record := func(args ...string) []string { return append(append([]string{"cases", "record"}, form...), args...) }
	for _, c := range []struct {
		status int
		want   string
		args   []string
	}{
		{2, "--key", record("4411")},
		{2, "KIND is one of case_number", record("4499", "--key", "F1-1")},
		{2, "KIND is one of case_number", record("case_nubmer:4499", "--key", "F1-1")},
		{2, "--even-so", record("case_number:4499", "--key", "F1-1")},
		{2, "NUMBER^^^AUTHORITY", record("case_number:4499", "--key", "F1-1", "--patient", "T00412")},
		{2, "wristband", record("case_number:4499", "--key", "F1-1", "--patient", "T00499^^^NORTHMOOR^MR")},
		{2, "no item NOSUCH", record("4411", "--key", "F1-1", "--item", "NOSUCH")},
		{2, "TH1, TH2, CENTRAL", record("4411", "--key", "F1-1", "--place", "TH9")},
		{2, "above zero", record("4411", "--key", "F1-1", "--quantity=-2")},
		{2, "by the clock on the wall", record("4411", "--key", "F1-1", "--occurred-at", "noon")},
		{2, "No calendar", record("4411", "--key", "F1-1", "--occurred-at", "2026-02-30 09:15")},
		{2, "2027-06-30", record("4411", "--key", "F1-1", "--expiry", "2027")},
	} {
		if status, out, stderr := h.cli(c.args...); status != c.status || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%v: status %d, %s%s", c.args, status, out, stderr)
		}
	}
	// The form of a known case, typed in twice, counts once.
	if out := h.ok(append([]string{"--json"}, record("4411", "--key", "F1-1")...)...); field(t, out, "summary") != "1 line posted" {
		t.Error(out)
	}
	if out := h.ok(append([]string{"--json"}, record("4411", "--key", "F1-1")...)...); field(t, out, "outcome") != "no_change" {
		t.Error(out)
	}
	h.theatreSays("ADT^A08^ADT_A01", "P2", "20260314080500", "PID|1||T00413^^^NORTHMOOR^MR||TESTPERSON^Alan||19480623|M", "EVN|A08|20260314080500")
	if status, out, stderr := h.cli(record("4411", "--key", "F1-2", "--patient", "T00413^^^NORTHMOOR^MR")...); status != 1 || !strings.Contains(stderr, "The case is patient ") {
		t.Errorf("another patient's number: status %d, %s%s", status, out, stderr)
	}
	file := filepath.Join(t.TempDir(), "form.json")
	write := func(text string) {
		h.must(os.WriteFile(file, []byte(text), 0o600))
	}
	for want, text := range map[string]string{
		"not JSON with the names": `{"lines": [], "patiend": {}}`, "tells of no line": `{"occurred_at": {"text": "2026-03-14 09:15"}}`, "when it was used": `{"lines": []}`,
		"mode is increments": `{"mode": "snapshot"}`, "on the command line": `{"case": {"aliases": [{"kind": "case_number", "value": "1"}]}}`,
		"F2-1": `{"occurred_at": {"text": "2026-03-14"}, "patient": {"identifiers": [{"type": "MR", "authority": "NORTHMOOR", "value": "T00412"}]}, "lines": [{"key": "F2-1", "quantity": "1"}, {"key": "F2-1", "quantity": "1"}]}`,
	} {
		write(text)
		if status, _, stderr := h.cli("cases", "record", "case_number:4499", file); status != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %s", text, status, stderr)
		}
	}
	write(`{"patient": {"identifiers": [{"type": "MR", "authority": "NORTHMOOR", "value": "T00412"}]}, "place": {"code": "TH1"}, "occurred_at": {"text": "2026-03-14 10:15"},
		"lines": [{"key": "F2-1", "codes": [{"kind": "erp", "value": "HIP-STEM-12"}], "quantity": "1", "lot": "FS24117", "disposition": "implanted"},
		          {"key": "F2-2", "text": "a new sort of mesh", "quantity": "1"}]}`)
	inOrder(t, h.ok("cases", "record", "case_number:4499", file), "1 line posted; 1 line recorded as unidentified", "Warning ", "stockwell cases resolve")
	inOrder(t, h.ok("cases", "record", "case_number:4499", file), "already recorded")
	h.theatreSays("DFT^P03^DFT_P03", "P3", "20260314120000", use("T9", "CG", "STEM12", "1", "4499", "LOT=FS24117", "DISPOSITION=IMPLANTED")...)
	show := h.ok("cases", "show", "4499")
	inOrder(t, show, "Lines 1 to 3 of 3", "(T9): 1 HIP-STEM-12", "Posted.", "(F2-1): 1 HIP-STEM-12, lot FS24117, implanted", "Corroborates theatre; it adds nothing.", "person used 1 HIP-STEM-12", ": use 1 from TH1 to patient ", ": use_reversal 1 from patient ", "(F2-2): 1 unidentified “a new sort of mesh”", "Recorded ", "recorded by hand")
	if n, _ := h.query(`SELECT sum(CASE kind WHEN 'use' THEN quantity ELSE -quantity END)::text FROM movement m JOIN item i ON i.trust = m.trust AND i.id = m.item WHERE i.code = 'HIP-STEM-12' AND kind <> 'opening'`); n != "2" {
		t.Errorf("%s stems were used; paper and theatre tell of one each of two cases", n)
	}
	for _, secret := range []string{"T00412", "T00413", "TESTPATIENT"} {
		if strings.Contains(h.log.String()+show, secret) {
			t.Errorf("law 9: %s is told", secret)
		}
	}
}

func TestStock_IsHeldAndReleased(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	hold := []string{"stock", "hold", "TH1", "HIP-STEM-12", "--quantity", "2", "--kind", "quality", "--why", "dented boxes"}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"FS24117", hold}, {"--quantity", append(hold[:4:4], "--kind", "label", "--why", "x")}, {"at least 1", append(append([]string{}, hold...), "--lot", "FS24117", "--quantity", "0")},
		{"NOSUCH", []string{"stock", "hold", "TH1", "NOSUCH", "--quantity", "1", "--kind", "label", "--why", "x"}}, {"--kind", append(append([]string{}, hold...), "--kind", "other")},
	} {
		if status, out, stderr := h.cli(c.args...); status != 2 || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%v: status %d, %s%s", c.args, status, out, stderr)
		}
	}
	made := h.ok(append([]string{"--json"}, append(hold, "--lot", "FS24117", "--by", "A. Nurse")...)...)
	id := field(t, made, "hold")
	inOrder(t, h.ok("stock", "holds"), id, "TH1", "HIP-STEM-12", "FS24117", "quality", "dented boxes (A. Nurse")
	inOrder(t, h.ok("stock", "show", "HIP-STEM-12", "TH1"), "4 each, 2 held", "FS24117", "hold "+id+": 2 of HIP-STEM-12", "stockwell stock release "+id)
	inOrder(t, h.ok("stock", "list"), "held", "HIP-STEM-12")
	if page := h.pageAt("/ZZ1/stock/TH1/HIP-STEM-12"); !strings.Contains(page, "stock release "+id) || !strings.Contains(page, "dented boxes") {
		t.Error("the page does not tell of the hold")
	}
	inOrder(t, h.ok("stock", "release", id, "--why", "boxes are well"), "Hold "+id+" is released")
	if status, _, stderr := h.cli("stock", "release", id, "--why", "again"); status != 1 || !strings.Contains(stderr, "released already") {
		t.Errorf("released twice: status %d, %s", status, stderr)
	}
	inOrder(t, h.ok("stock", "holds", "--all"), id, "boxes are well")
	h.quiet()
	h.theatreSays("DFT^P03^DFT_P03", "W1", "20260314095512", use("", "CG", "STEM12", "1", "4411", "LOT=FS24117")...)
	var closed string
	for i := 0; closed == "" && i < 5; i++ {
		if w := h.ok("--json", "warnings", "list"); field(t, w, fmt.Sprint(i), "kind") == "no_business_key" {
			closed = field(t, w, fmt.Sprint(i), "id")
		}
	}
	h.ok("warnings", "close", closed, "--by", "J. Okafor", "--reason", "compared with the form")
	inOrder(t, h.ok("cases", "show", "4411"), "closed ", "J. Okafor: compared with the form")
	h.until("what became of messages is counted", func() (string, error) {
		metrics := h.pageAt("/metrics")
		for _, want := range []string{`stockwell_message_outcomes_total{connector="theatre",outcome="applied",trust="ZZ1"} 1`, `stockwell_message_findings_total{code="no_business_key",connector="theatre",trust="ZZ1"} 1`} {
			if !strings.Contains(metrics, want) {
				return want, nil
			}
		}
		return "", nil
	})
}

func TestCases_TheFormInTheDocsIsOneThatIsTaken(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(docs), "```json\n{\n  \"patient\"")
	example, _, found := strings.Cut(rest, "```")
	u, err := pipeline.ReadUsage([]byte("{\n  \"patient\"" + example))
	if err == nil {
		err = completed(&u, time.UTC)
	}
	if err != nil || !found || len(u.Lines) != 2 || u.OccurredAt.Precision != "minute" {
		t.Errorf("%+v, %v", u, err)
	}
}
