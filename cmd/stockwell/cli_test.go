package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// showing are the commands that print data.
var showing = [][]string{
	{"messages", "list"}, {"messages", "list", "--state", "stopped"}, {"stock", "list"}, {"stock", "list", "--below"}, {"orders", "list"},
	{"orders", "suggested"}, {"orders", "suggested", "--all"}, {"warnings", "list"}, {"warnings", "list", "--all"}, {"version"}, {"migrate"}, {"check"}, {"archive", "status"},
	{"cases", "list"}, {"cases", "list", "--open"}, {"cases", "list", "--reconcile"}, {"stock", "holds"}, {"stock", "holds", "--all"},
	{"catalogue", "loads"}, {"catalogue", "conflicts"}, {"catalogue", "quality"}, {"catalogue", "profiles"},
}

var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// validJSON fails the test unless text is one JSON value of which every name
// is in snake_case; null stands for no list.
func validJSON(t *testing.T, command, text string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	var v any
	if err := d.Decode(&v); err != nil || v == nil {
		t.Errorf("%s: %v\n%s", command, err, text)
		return
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("%s prints more than one value", command)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for name, x := range v {
				if !snake.MatchString(name) {
					t.Errorf("%s: the name %q is not snake_case", command, name)
				}
				walk(x)
			}
		}
	}
	walk(v)
}

func TestCLI_EveryListIsValidJSONEmptyAndFilled(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	for _, args := range showing {
		validJSON(t, "empty: "+strings.Join(args, " "), h.ok(append([]string{"--json"}, args...)...))
	}
	validJSON(t, "catalogue load", h.ok("--json", "catalogue", "load", h.path(h.trustFile("catalogue.csv"))))
	validJSON(t, "stock open", h.ok("--json", "stock", "open", h.path(h.trustFile("opening.csv"))))
	h.write(h.trustFile("order-history.csv"), string(bringUpToDate([]byte(h.read(h.trustFile("order-history.csv"))), time.Now())))
	validJSON(t, "orders history", h.ok("--json", "orders", "history", h.path(h.trustFile("order-history.csv"))))
	file := filepath.Join(journeys, "use", "use.hl7")
	validJSON(t, "hl7 send", h.ok("--json", "hl7", "send", file, h.theatre))
	unknown, err := os.ReadFile(filepath.Join(journeys, "unknown-item", "use.hl7"))
	h.must(err)
	h.send(bytes.ReplaceAll(unknown, []byte("\n"), []byte("\r")))
	h.quiet()
	for _, args := range showing {
		validJSON(t, "filled: "+strings.Join(args, " "), h.ok(append([]string{"--json"}, args...)...))
	}
	id, err := h.query(`SELECT id::text FROM message WHERE control_id = 'MSG000441'`)
	h.must(err)
	for _, args := range [][]string{{"catalogue", "search", "femral", "stem"}, {"catalogue", "show", "HIP-STEM-12"}, {"messages", "show", id}, {"messages", "replay", id}, {"stock", "show", "HIP-STEM-12", "TH1"}, {"orders", "show", "PO-000017"}} {
		validJSON(t, strings.Join(args, " "), h.ok(append([]string{"--json"}, args...)...))
	}
	t.Run("the same files again change nothing", func(t *testing.T) {
		for _, args := range [][]string{{"stock", "open", h.path(h.trustFile("opening.csv"))}, {"orders", "history", h.path(h.trustFile("order-history.csv"))}} {
			if out := h.ok(args...); !strings.Contains(out, "nothing changed") {
				t.Errorf("%v: %s", args, out)
			}
		}
		if out := h.ok("catalogue", "load", h.path(h.trustFile("catalogue.csv"))); !strings.Contains(out, "0 added, 0 changed, 14 unchanged, 0 rejected") {
			t.Error(out)
		}
	})
}

func TestCLI_MessagesShowPrintsTheChainFromSegmentToOrderLine(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.ok("hl7", "send", filepath.Join(journeys, "use", "use.hl7"), h.theatre)
	h.quiet()
	id, err := h.query(`SELECT id::text FROM message WHERE control_id = 'MSG000441'`)
	h.must(err)
	show := h.ok("messages", "show", id)
	at := 0
	for _, want := range []string{"DFT^P03", "control ID MSG000441", "generic-theatre/v2+ZZ1@", "Case 4411", "FT1[1] line T4411-1", "lot FS24117", "movement ", "use 1 from TH1 to patient ",
		"Suggested order ", "Within the trust's limits.", "order PO-000017", "Order PO-000017 to ORTHO", "PO-000017.csv", "line 1: 2 x HIP-STEM-12", "because of message " + id + " FT1[1]"} {
		i := strings.Index(show[at:], want)
		if i < 0 {
			t.Fatalf("after %d bytes there is no %q in\n%s", at, want, show)
		}
		at += i
	}
	// And back: the order names the message.
	if order := h.ok("orders", "show", "PO-000017"); !strings.Contains(order, "message "+id+" FT1[1]") {
		t.Errorf("the order does not name its cause:\n%s", order)
	}
	if stock := h.ok("stock", "show", "HIP-STEM-12", "TH1"); !strings.Contains(stock, "message "+id+" FT1[1]") {
		t.Errorf("the movement does not name its cause:\n%s", stock)
	}
	want, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	if raw := h.ok("messages", "show", "--raw", id); strings.ReplaceAll(raw, "\r", "\n") != string(want) {
		t.Errorf("the bytes are not those that were sent:\n%q", raw)
	}
}

func TestCLI_ExitStatusesAndWhatIsSaid(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	for _, c := range []struct {
		status int
		want   string
		args   []string
	}{
		{2, "order_number", []string{"orders", "history", h.path(h.trustFile("catalogue.csv"))}},
		{2, "unexpected argument", []string{"nonsense"}},
		{2, "--help", []string{"messages", "list", "--nonsense"}},
		{2, "messages list", []string{"messages", "show", "999999"}},
		{2, "messages list", []string{"messages", "replay", "999999"}},
		{2, "orders list", []string{"orders", "show", "PO-999999"}},
		{2, "stock list", []string{"stock", "show", "NO-SUCH-ITEM"}},
		{2, "orders suggested", []string{"orders", "approve", "999", "--by", "B. Buyer"}},
		{2, "warning 999", []string{"warnings", "close", "999", "--by", "B. Buyer", "--reason", "Counted."}},
		{2, "ZZ9", []string{"--trust", "ZZ9", "messages", "list"}},
		{2, "--by", []string{"purchasing", "pause", "--reason", "Stocktake"}},
		{2, "no such file", []string{"hl7", "send", "/nonexistent/x.hl7", h.theatre}},
		{2, "MSH", []string{"hl7", "send", h.path("stockwell.yaml"), h.theatre}},
		{1, "could not be reached", []string{"hl7", "send", filepath.Join(journeys, "use", "use.hl7"), "127.0.0.1:1"}},
		{0, "place", []string{"stock", "show", "HIP-STEM-12", "TH1"}},
		{2, "Name one", []string{"stock", "show", "HIP-STEM-12"}},
		{0, "stockwell", []string{"version"}},
	} {
		status, out, stderr := h.cli(c.args...)
		if said := strings.ToLower(out + stderr); status != c.status || c.status != 0 && !strings.Contains(said, strings.ToLower(c.want)) {
			t.Errorf("stockwell %s: status %d, and not %d with %q:\n%s", strings.Join(c.args, " "), status, c.status, c.want, said)
		}
	}
}

func TestCLI_WithoutConfigurationOrDataItSaysWhatToDo(t *testing.T) {
	t.Parallel()
	var out, stderr bytes.Buffer
	if status := run(context.Background(), []string{"stock", "list"}, &out, &stderr); status != 2 || !strings.Contains(stderr.String(), "--config") {
		t.Errorf("status %d: %s", status, &stderr)
	}
	h := emptyHospital(t, nil)
	for _, args := range [][]string{{"messages", "list"}, {"stock", "show", "HIP-STEM-12"}, {"purchasing", "pause", "--by", "B. Buyer", "--reason", "Stocktake."}} {
		h.refuses(2, []string{"stockwell serve", "--data"}, args...)
	}
}

func TestCLI_EveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	help := func(args ...string) string {
		var out, stderr bytes.Buffer
		if status := run(context.Background(), append(args, "--help"), &out, &stderr); status != 0 || out.Len() == 0 {
			t.Errorf("%v --help: status %d, %s%s", args, status, &out, &stderr)
		}
		return out.String()
	}
	all := help()
	for _, c := range []string{"serve", "demo", "migrate", "check", "messages list", "messages show", "messages replay", "stock list", "stock show", "orders list", "orders show", "catalogue load", "purchasing pause", "purchasing resume", "version"} {
		first, _, _ := strings.Cut(c, " ")
		if !strings.Contains(all, first) {
			t.Errorf("--help does not name %s:\n%s", first, all)
		}
		help(strings.Fields(c)...)
	}
}

// TestCLI_NoPageLogMetricOrAnswerTellsWhoThePatientIs sends patients with
// names like no other word through good and bad fortune, and looks for them
// everywhere but in what the sealed archive gives back (law 9).
func TestCLI_NoPageLogMetricOrAnswerTellsWhoThePatientIs(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	secret := strings.NewReplacer("\n", "\r", "TESTPATIENT^Ada", "ZYXWOBBLE^QUIXANNA", "TESTPERSON^Alan", "ZYXWOBBLE^QUIXANNA", "9990000018", "9990000034", "9990000026", "9990000034",
		"T00412", "QX77123", "T00413", "QX77123", "T00399", "QX77124", "19540312", "19311217", "19480623", "19311217")
	for _, name := range []string{"use/use.hl7", "unknown-item/use.hl7", "merge/merge.hl7", "merge/after.hl7", "stopped-then-mended/use.hl7", "wrong-patient/use.hl7", "wrong-patient/wrong.hl7",
		"booked-for-another/booked.hl7", "fraction/half.hl7", "demographics-after-use/update.hl7", "expired-lot/use.hl7", "unknown-place/use.hl7"} {
		raw, err := os.ReadFile(filepath.Join(journeys, filepath.FromSlash(name)))
		h.must(err)
		h.send([]byte(secret.Replace(string(raw))))
		h.quiet() // an order is made of what a later message takes back
	}
	h.raw([]byte("\x0bPID|1||QX77123||ZYXWOBBLE^QUIXANNA\r\x1c\r"), 1)
	h.quiet()
	h.ok("check")
	for _, args := range showing {
		h.ok(args...)
		h.ok(append([]string{"--json"}, args...)...)
	}
	ids, err := h.query(`SELECT string_agg(id::text, ' ') FROM message`)
	h.must(err)
	pages := []string{"/", "/ZZ1", "/ZZ1/messages", "/ZZ1/stock", "/ZZ1/stock/TH1/HIP-STEM-12", "/ZZ1/orders", "/ZZ1/orders/PO-000017", "/metrics", "/healthz", "/readyz", "/ZZ1/messages/999999", "/nowhere"}
	for _, id := range strings.Fields(ids) {
		h.ok("messages", "show", id)
		pages = append(pages, "/ZZ1/messages/"+id)
		_, _, _ = h.cli("messages", "replay", id)
	}
	seen := map[string]string{"the log": h.log.String(), "answers and commands": h.said.String()}
	for _, p := range pages {
		r, err := http.Get("http://" + h.hub.httpAddr + p)
		h.must(err)
		body, err := io.ReadAll(r.Body)
		h.must(err)
		_ = r.Body.Close()
		if len(body) == 0 || (r.StatusCode != 200) != (p == "/nowhere" || p == "/ZZ1/messages/999999") {
			t.Errorf("%s: status %d, %d bytes", p, r.StatusCode, len(body))
		}
		seen["page "+p] = string(body)
	}
	seen["the log, afterwards"] = h.log.String()
	h.must(filepath.WalkDir(h.stage.dir, func(path string, _ os.DirEntry, err error) error { seen["file names"] += path + "\n"; return err }))
	for where, text := range seen {
		for _, word := range []string{"zyxwobble", "quixanna", "9990000034", "qx77123", "qx77124", "19311217", "1931-12-17"} {
			if i := strings.Index(strings.ToLower(text), word); i >= 0 {
				t.Errorf("law 9: %s: …%s…", where, text[max(0, i-80):min(len(text), i+40)])
			}
		}
	}
	kept := 0
	for _, id := range strings.Fields(ids) {
		n, err := strconv.ParseInt(id, 10, 64)
		h.must(err)
		raw, err := h.hub.store.Raw(t.Context(), "ZZ1", n)
		h.must(err)
		if strings.Contains(string(raw), "ZYXWOBBLE") {
			kept++
		}
	}
	if kept != 12 {
		t.Errorf("%d messages were kept with the patient's name: the test proves nothing", kept)
	}
	if n, err := h.query(`SELECT count(*)::text FROM message WHERE raw::text LIKE '%' || encode('ZYXWOBBLE', 'hex') || '%'`); err != nil || n != "0" {
		t.Errorf("%s messages can be read in the database, %v", n, err)
	}
	for _, name := range []string{"stockwell_mllp_frames_total", "stockwell_posted_messages_total", "stockwell_orders_sent_total"} {
		if !strings.Contains(seen["page /metrics"], name) {
			t.Errorf("/metrics has no %s", name)
		}
	}
}
