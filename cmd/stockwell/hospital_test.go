package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
)

// hospital is what a test of the whole hub needs: a configuration folder of
// the fictional trust ZZ1, an ERP with its SFTP server, and a database. The
// hub runs in this process, or as a child that may be killed.
type hospital struct {
	t     *testing.T
	stage *stage
	super string // DSN that sees everything
	conn  *pgx.Conn
	log   *transcript

	erpEnd func()
	env    []string // more of the environment of a hub that is a child

	hub     *hub
	stopHub func() error
	theatre string // where the hub takes theatre messages
	client  *mllp.Client
	said    *transcript // answers to the theatre and output of commands
	known   *books      // whom the test has met, by name
	tells   bool        // the books tell of the registry
	secrets []string    // what law 9 keeps out of logs and answers
}

// transcript keeps what was written, for many writers.
type transcript struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// newHospital writes the configuration for a database of the test's own.
func newHospital(t *testing.T) *hospital {
	t.Helper()
	db := pgtest.New(t)
	h := emptyHospital(t, strings.NewReplacer(`  dsn: ""`, `  dsn: file:secrets/runtime.dsn`, `owner_dsn: ""`, `owner_dsn: file:secrets/owner.dsn`))
	h.super = db.SuperDSN
	h.write("secrets/runtime.dsn", db.RuntimeDSN)
	h.write("secrets/owner.dsn", db.OwnerDSN)
	return h
}

// emptyHospital writes the shipped configuration with free ports, a quick ERP
// and what else a test replaces; without more, the database is the hub's own.
func emptyHospital(t *testing.T, more *strings.Replacer) *hospital {
	t.Helper()
	h := &hospital{t: t, stage: &stage{dir: t.TempDir()}, log: &transcript{}, said: &transcript{}}
	h.stage.erpDir = filepath.Join(h.stage.dir, "erp")
	for _, d := range erpFolders {
		h.must(os.MkdirAll(filepath.Join(h.stage.erpDir, d), 0o755))
	}
	log, err := os.Create(filepath.Join(h.stage.dir, "erp.log"))
	h.must(err)
	h.stage.log = log
	h.stage.erp, err = net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	h.stage.erpAddr = h.stage.erp.Addr().String()
	ports := strings.NewReplacer("127.0.0.1:2575", "127.0.0.1:0", "fhir: {listen: 127.0.0.1:8090}", "fhir: {listen: 127.0.0.1:0, tokens: [{client: theatre, token: file:secrets/fhir.token}]}", "127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:2222", h.stage.erpAddr,
		"data: ./data", "data: "+filepath.Join(h.stage.dir, "data"), "poll: 2s", "poll: 40ms", "stable: 1s", "stable: 10ms",
		"overlay: mapping.yaml", "overlay: mapping.yaml\n    behind_after: 876000h", "overlay: fhir.yaml", "overlay: fhir.yaml\n    behind_after: 876000h") // messages of tests were sent long ago
	h.must(h.stage.writeConfig(ports))
	h.must(h.stage.writeSecrets())
	h.write(h.trustFile("secrets/fhir.token"), fhirTestToken+"\n")
	if more != nil {
		h.write("stockwell.yaml", more.Replace(h.read("stockwell.yaml")))
	}
	h.startERP()
	t.Cleanup(func() { h.stopERP(); _ = log.Close() })
	return h
}

func (h *hospital) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hospital) path(name string) string { return filepath.Join(h.stage.dir, "config", name) }
func (h *hospital) trustFile(name string) string {
	return filepath.Join("trusts", "ZZ1", name)
}

func (h *hospital) read(name string) string {
	h.t.Helper()
	raw, err := os.ReadFile(h.path(name))
	h.must(err)
	return string(raw)
}

// write writes a file of the configuration folder, whole or not at all.
func (h *hospital) write(name, content string) {
	h.t.Helper()
	h.must(os.MkdirAll(filepath.Dir(h.path(name)), 0o755))
	h.must(os.WriteFile(h.path(name)+".new", []byte(content), 0o600))
	h.must(os.Rename(h.path(name)+".new", h.path(name)))
}

// set changes a key of one of the configuration's files: one that occurs once,
// or with one value everywhere.
func (h *hospital) set(key, value string) {
	h.t.Helper()
	for _, file := range []string{"stockwell.yaml", h.trustFile("trust.yaml")} {
		text := h.read(file)
		re := regexp.MustCompile(`(?m)^( *)` + regexp.QuoteMeta(key) + `:.*$`)
		found := re.FindAllString(text, -1)
		slices.Sort(found)
		if len(slices.Compact(found)) == 1 {
			h.write(file, re.ReplaceAllString(text, "${1}"+key+": "+value))
			return
		}
	}
	h.t.Fatalf("the configuration has not one key %q", key)
}

// startERP serves the ERP's folder; stopERP takes its server away. The next
// start is at the same address.
func (h *hospital) startERP() {
	h.t.Helper()
	if h.stage.erp == nil {
		h.stage.erp = h.listen(h.stage.erpAddr)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := h.stage.serveERP(ctx)
	h.erpEnd = func() { cancel(); <-done; h.stage.erp = nil }
}

// listen takes an address that was in use before; for a moment, a connection
// of another test may have borrowed its port.
func (h *hospital) listen(address string) (ln net.Listener) {
	h.t.Helper()
	h.until(address+" is free again", func() (_ string, err error) {
		ln, err = net.Listen("tcp", address)
		return "", err
	})
	return ln
}

func (h *hospital) stopERP() {
	if h.erpEnd != nil {
		h.erpEnd()
		h.erpEnd = nil
	}
}

// start runs the hub in this process until the test ends or stop.
func (h *hospital) start() {
	h.t.Helper()
	cfg, trusts, err := config.Load(h.path("stockwell.yaml"))
	h.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	x, err := newHub(ctx, cfg, trusts, newLog(config.Log{Level: "debug"}, h.log))
	if err != nil {
		cancel()
		h.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- x.run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); err := <-ended; x.close(); return err })
	h.t.Cleanup(func() {
		if err := stop(); err != nil {
			h.t.Errorf("the hub did not stop cleanly: %v", err)
		}
	})
	<-x.ready
	h.hub, h.stopHub, h.theatre = x, stop, x.listening["ZZ1/theatre"]
}

// seed gives the trust its catalogue, opening stock and past orders.
func (h *hospital) seed() {
	h.t.Helper()
	h.write(h.trustFile("order-history.csv"), string(bringUpToDate([]byte(h.read(h.trustFile("order-history.csv"))), time.Now())))
	if h.hub != nil { // as the demo does, which is quicker than three commands
		s := &story{teller: &teller{out: io.Discard}, hub: h.hub, trust: "ZZ1"}
		s.stocked(context.Background())
		if len(s.failed) > 0 {
			h.t.Fatal(s.failed)
		}
		return
	}
	h.ok("catalogue", "load", h.path(h.trustFile("catalogue.csv")))
	h.ok("stock", "open", h.path(h.trustFile("opening.csv")))
	h.ok("orders", "history", h.path(h.trustFile("order-history.csv")))
}

// cli runs a command as a person would, on this hospital.
func (h *hospital) cli(args ...string) (status int, out, stderr string) {
	var o, e bytes.Buffer
	status = run(context.Background(), append([]string{"--config", h.path("stockwell.yaml")}, args...), io.MultiWriter(&o, h.said), io.MultiWriter(&e, h.said))
	return status, o.String(), e.String()
}

// ok runs a command that must succeed and gives what it printed.
func (h *hospital) ok(args ...string) string {
	h.t.Helper()
	status, out, stderr := h.cli(args...)
	if status != 0 {
		h.t.Fatalf("stockwell %s: status %d\n%s%s", strings.Join(args, " "), status, out, stderr)
	}
	return out
}

// send sends one message and gives the answer's code and text.
func (h *hospital) send(raw []byte) (code, text string) {
	h.t.Helper()
	if h.client == nil {
		client := mllp.NewClient(mllp.ClientConfig{Name: "theatre", Address: h.theatre})
		h.client = client
		h.t.Cleanup(func() { _ = client.Close() })
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	frame, err := h.client.Send(ctx, raw)
	if err != nil {
		h.t.Fatalf("sending to %q: %v: %v\nthe hub says:\n%s", h.theatre, err, errors.Unwrap(err), h.log)
	}
	answer, err := mllp.ReadAnswer(frame)
	h.must(err)
	_, _ = h.said.Write(append(frame, '\n'))
	return answer.Code, answer.Text
}

// drop puts an answer into the ERP's folder, whole from the first moment.
func (h *hospital) drop(name string, raw []byte) {
	h.t.Helper()
	h.dropIn("answers", name, raw)
}

// dropIn is drop for any of the ERP's folders.
func (h *hospital) dropIn(folder, name string, raw []byte) {
	h.t.Helper()
	file := filepath.Join(h.stage.erpDir, folder, name)
	h.must(os.WriteFile(file+".part", raw, 0o644))
	h.must(os.Rename(file+".part", file))
}

// patience is how long anything may take before a test gives up.
const patience = 40 * time.Second

// until waits for fn, whose text says what is still missing.
func (h *hospital) until(what string, fn func() (missing string, err error)) {
	h.t.Helper()
	var missing string
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if missing, err = fn(); err == nil && missing == "" {
			return
		}
	}
	h.t.Fatalf("waited too long until %s: %s %v\nthe hub says:\n%s", what, missing, err, h.log)
}

// quiet waits until nothing is left to do: each message is handled or waits
// for a person, each policy is planned, each order that may go is sent.
func (h *hospital) quiet() {
	h.t.Helper()
	h.settled(func() {})
}

// settled is quiet where somebody may die: dead is told when the database does
// not answer.
func (h *hospital) settled(dead func()) {
	h.t.Helper()
	h.until("the hub has nothing left to do", func() (missing string, err error) {
		defer func() {
			if err != nil {
				dead()
			}
		}()
		missing, err = h.query(`SELECT concat_ws(', ',
			(SELECT 'messages wait' FROM queue_message LIMIT 1),
			(SELECT 'a message is tried again: ' || w.reason FROM queue_held h JOIN queue_hold w USING (trust, queue, key) WHERE w.until <> 'infinity' LIMIT 1),
			(SELECT 'a use is due for the registry' FROM registry_due LIMIT 1),
			(SELECT 'a registry record is ready' FROM submission s JOIN registry r USING (trust) WHERE s.state = 'ready' AND (s.ready_at <= r.asked_at OR s.ready_at + r.every <= now() OR r.every < interval '1 second') LIMIT 1),
			(SELECT 'a registry batch is not sent' FROM registry_batch b WHERE b.sent_at IS NULL AND NOT EXISTS (SELECT 1 FROM queue_stopped s WHERE s.trust = b.trust AND s.subject = b.number AND s.queue <> 1) LIMIT 1),
			(SELECT 'a policy is due' FROM policy_due d JOIN policy y USING (trust, place, item) WHERE y.active LIMIT 1),
			(SELECT 'a suggestion waits for its order' FROM suggestion g JOIN purchasing p USING (trust) WHERE g.state = 'approved' AND g.release_at <= now() AND p.paused_at IS NULL LIMIT 1),
			(SELECT 'an order is not sent' FROM purchase_order o WHERE o.state = 'ready' AND NOT EXISTS (SELECT 1 FROM queue_stopped s WHERE s.trust = o.trust AND s.subject = o.id AND s.queue <> 1) LIMIT 1))`)
		if left, _ := filepath.Glob(filepath.Join(h.stage.erpDir, "[ar]*", "*.csv")); err == nil && missing == "" && len(left) > 0 {
			missing = "an answer, receipt or response was not taken"
		}
		return missing, err
	})
}

// query reads one text with a role that sees everything, over a connection
// that is made anew when the server went away.
func (h *hospital) query(sql string, args ...any) (text string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if h.conn == nil || h.conn.IsClosed() {
		if h.conn, err = pgx.Connect(ctx, h.super); err != nil {
			return "", err
		}
		conn := h.conn
		h.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	var got *string
	if err := h.conn.QueryRow(ctx, sql, args...).Scan(&got); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	if got != nil {
		text = *got
	}
	return text, nil
}
