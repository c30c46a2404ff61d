package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/pipeline"
)

// TestAdversity_TenThousandMessagesWait holds up the posting while 16 senders
// push. They go on being acknowledged, people are told once, and what waits is
// posted in order when it can be.
func TestAdversity_TenThousandMessagesWait(t *testing.T) {
	t.Parallel()
	const all, senders = 10_400, 16
	h := newHospital(t)
	h.noRegistry()
	h.start()
	h.seed()
	pages := "http://" + h.hub.httpAddr + "/"
	holder, err := pgx.Connect(t.Context(), h.super)
	h.must(err)
	defer holder.Close(context.Background())
	hold, err := holder.Begin(t.Context())
	h.must(err)
	_, err = hold.Exec(t.Context(), `LOCK TABLE posting IN ACCESS EXCLUSIVE MODE`)
	h.must(err)

	var next atomic.Int64
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			client := mllp.NewClient(mllp.ClientConfig{Name: "theatre", Address: h.theatre})
			defer client.Close()
			for n := next.Add(1); n <= all; n = next.Add(1) {
				raw := strings.NewReplacer("T00412", fmt.Sprintf("T01%03d", s), "9990000018^^^NHS^NH", "^^^NHS^NH").Replace(string(h.use(int(n))))
				frame, err := client.Send(t.Context(), []byte(raw))
				answer, bad := mllp.ReadAnswer(frame)
				if err != nil || bad != nil || answer.Code != "AA" {
					t.Errorf("a sender was told %s %s, %v %v", answer.Code, answer.Text, err, bad)
					return
				}
			}
		})
	}
	wg.Wait()
	h.beginsQuietly(pages)
	h.must(hold.Rollback(t.Context()))
	h.quiet()
	h.ends(pages, backlog, "ZZ1")
	if posted, err := h.query(`SELECT count(*)::text FROM posting p JOIN message m ON m.trust = p.trust AND m.id = p.message_id WHERE m.connector = 'theatre'`); posted != fmt.Sprint(all) || err != nil {
		t.Errorf("%s of %d messages are posted, %v", posted, all, err)
	}
	late, err := h.query(`SELECT count(*)::text FROM (
		SELECT p.posted_at < lag(p.posted_at) OVER (PARTITION BY m.key ORDER BY m.id) AS late
		  FROM posting p JOIN message m ON m.trust = p.trust AND m.id = p.message_id) x WHERE late`)
	if late != "0" || err != nil {
		t.Errorf("%s messages were posted before an earlier one of their patient, %v", late, err)
	}
}

// beginsQuietly waits until the backlog is told. The pages read the table that
// the test has locked, so the log is asked, and monitoring.
func (h *hospital) beginsQuietly(pages string) {
	h.t.Helper()
	h.until("the backlog is told", func() (string, error) {
		if _, body := get(h.t, pages+"metrics"); !strings.Contains(body, `stockwell_condition{kind="backlog",trust="ZZ1"} 1`) {
			return "it is not", nil
		}
		return "", nil
	})
	if _, body := get(h.t, pages+"metrics"); !strings.Contains(body, `stockwell_queue_keys{state="ready",topic="received",trust="ZZ1"} 16`) {
		h.t.Error("monitoring does not tell of the keys that wait")
	}
}

func TestPiledUp_ABacklogBeginsOnceAndEndsOnce(t *testing.T) {
	t.Parallel()
	const m = 60
	for _, c := range []struct {
		already  bool
		messages int64
		oldest   int // seconds
		want     bool
	}{
		{false, 10_000, 300, false}, {false, 10_001, 0, true}, {false, 1, 301, true},
		{true, 10_000, 0, true}, {true, 5_001, 0, true}, {true, 5_000, 150, false}, {true, 1, 151, true}, {true, 0, 0, false},
	} {
		if got := piledUp(c.already, c.messages, seconds(c.oldest), 10_000, seconds(5*m)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestAdversity_ThePagesAnswerWithAHundredThousandMessagesWaiting would run
// until the test's patience ends if what waits were looked up in the archive
// by a plan made for an empty queue.
func TestAdversity_ThePagesAnswerWithAHundredThousandMessagesWaiting(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.must(h.stopHub())
	for _, sql := range []string{
		`INSERT INTO message (trust, id, received_on, received_at, connector, format, type, sender, control_id, key, digest, peer, reused, raw, seal)
		 SELECT 'ZZ1', nextval('message_id'), current_date, now(), 'theatre', 'hl7v2', 'DFT^P03', '', g::text, g, sha256(g::text::bytea), '', false, 'x', 0 FROM generate_series(1, 100000) g`,
		`INSERT INTO queue_message (trust, queue, lane, key, subject) SELECT trust, 1, (key & 1023)::smallint, key, id FROM message WHERE control_id <> ''`,
	} {
		_, err := h.query(sql)
		h.must(err)
	}
	s, done, err := (&app{cli: &cli{Config: h.path("stockwell.yaml")}, ctx: t.Context()}).reading()
	h.must(err)
	defer done()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	status, err := s.Status(ctx, "ZZ1")
	h.must(err)
	if len(status.Flows) == 0 || status.Flows[0].Waiting != 100_000 {
		t.Errorf("the page tells of %+v", status.Flows)
	}
	w, err := s.Waiting(ctx, "ZZ1")
	h.must(err)
	for _, q := range w.Queues {
		if q.Topic == pipeline.TopicReceived && (q.Ready != 100_000 || q.ReadyKeys != 100_000) {
			t.Errorf("monitoring is told of %+v", q)
		}
	}
}
