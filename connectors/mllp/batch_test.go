package mllp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const (
	fileHeader  = "FHS|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105||day.hl7||F1\r"
	batchHeader = "BHS|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105||day||B1\r"
)

// answered reads one frame and gives the answers in it as "CODE controlID".
func (p *peer) answered() (*hl7v2.File, string) {
	p.t.Helper()
	frame, err := p.in.Next()
	if err != nil {
		p.t.Fatal(err)
	}
	file, err := hl7v2.ReadFile([]byte(string(frame)), hl7v2.Options{})
	if err != nil {
		p.t.Fatalf("%q: %v", frame, err)
	}
	var all []string
	for _, m := range file.Messages() {
		a, err := mllp.ReadAnswer(m.Raw)
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, a.Code+" "+a.ControlID)
	}
	return file, strings.Join(all, ", ")
}

func TestServer_TakesABatchInOneFrameMessageByMessage(t *testing.T) {
	t.Parallel()
	r := &store{}
	p := dial(t, serve(t, mllp.Config{}, r, nil))
	p.write(framed(fileHeader + batchHeader + message("C1") + message("C2") + "BTS|2\rFTS|1\r"))
	file, got := p.answered()
	if got != "AA C1, AA C2" || file.Header.Field(12).String() != "F1" || file.Batches[0].Header.Field(12).String() != "B1" || file.Batches[0].Trailer.Field(1).String() != "2" || len(file.Findings) > 0 {
		t.Errorf("got %s in %q", got, file.Header.Raw())
	}
	all := r.all()
	if len(all) != 2 || string(all[0].Raw) != message("C1") || string(all[1].Raw) != message("C2") || all[1].ControlID != "C2" || all[1].Key != "9990000018^NHS" || all[1].Digest != hl7v2.Digest([]byte(message("C2"))) {
		t.Errorf("got %+v", all)
	}
	// The connection goes on, and a batch is no longer than its frame.
	p.write(framed(batchHeader+message("C3")+"BTS|1\r") + framed(message("C4")) + framed(batchHeader+"BTS|0\r"))
	if _, got := p.answered(); got != "AA C3" {
		t.Errorf("got %s", got)
	}
	p.answers("AA C4")
	if file, got := p.answered(); got != "" || file.Batches[0].Trailer.Field(1).String() != "0" {
		t.Errorf("an empty batch is answered %q", got)
	}
}

func TestServer_OneMessageOfABatchThatCannotBeTakenLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	r := &store{}
	p := dial(t, serve(t, mllp.Config{}, r, nil))
	bad := strings.Replace(message("C2"), `^~\&`, "ABCD", 1)
	p.write(framed(batchHeader + message("C1") + bad + message("C3") + "BTS|9\r"))
	if _, got := p.answered(); got != "AA C1, AR , AA C3" || len(r.all()) != 2 {
		t.Errorf("got %s, stored %d", got, len(r.all()))
	}
}

func TestServer_ABatchIsAnsweredAtTheLevelsThatItsMessagesAskFor(t *testing.T) {
	t.Parallel()
	stopped := fault.New(fault.Stopped, "item_missing", "The line has no item.").At("FT1-7")
	r := &postings{outcome: stopped, posted: make(chan struct{})}
	p := dial(t, serve(t, mllp.Config{Applied: true, AppliedTimeout: time.Minute, ContentErrors: mllp.FailContentErrors}, r, nil))
	p.write(framed(batchHeader + asking("C1", "AL", "AL") + message("C2") + asking("C3", "AL", "NE") + asking("C4", "NE", "NE") + "BTS|4\r"))
	if _, got := p.answered(); got != "CA C1, CA C3" {
		t.Errorf("commit answers: %s", got)
	}
	close(r.posted)
	if _, got := p.answered(); got != "AE C1, AE C2" {
		t.Errorf("application answers: %s", got)
	}
}

func TestServer_ABatchWhoseStoreIsAwayIsToldSo(t *testing.T) {
	t.Parallel()
	p := dial(t, serve(t, mllp.Config{}, &store{err: fault.New(fault.Unavailable, "not_stored", "")}, nil))
	p.write(framed(batchHeader + message("C1") + asking("C2", "AL", "AL") + "BTS|2\r"))
	if _, got := p.answered(); got != "CE C2" {
		t.Errorf("got %s", got)
	}
	if _, got := p.answered(); got != "AE C1" {
		t.Errorf("got %s", got)
	}
}
