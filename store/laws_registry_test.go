package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// send gathers what is ready into a batch, as the pipeline does, and gives
// what it holds.
func (r *reporting) send(ctx context.Context) (sent []registry.Version, err error) {
	var number int64
	err = r.tx(ctx, func(ctx context.Context) error {
		if _, err := r.books.LockRegistry(ctx); err != nil {
			return err
		}
		var err error
		number, sent, err = r.books.Gatherable(ctx, r.now.AddDate(1, 0, 0), 40)
		if err != nil || len(sent) == 0 {
			return err
		}
		body := []byte(fmt.Sprint(sent))
		return r.books.KeepBatch(ctx, registry.Batch{Number: number, Name: registry.BatchName("ZZ1", number), File: "f", Profile: "p@1", Body: body, Manifest: []byte("{}"), Digest: sha256.Sum256(body), CreatedAt: r.now}, sent)
	})
	if err != nil || len(sent) == 0 {
		return nil, err
	}
	return sent, r.tx(ctx, func(ctx context.Context) error { return r.books.MarkBatchSent(ctx, number) })
}

// answer has the registry answer versions by a response file; it accepts those
// that it likes.
func (r *reporting) answer(ctx context.Context, sent []registry.Version, likes func() bool) error {
	var events []canonical.Event
	for i, v := range sent {
		status := "rejected"
		if likes() {
			status = "accepted"
			if _, has := r.holds[v.Record]; has != (v.Action != registry.New) {
				return fmt.Errorf("%s of %s version %d, and the registry has it: %v", v.Action, v.Record, v.Number, has)
			}
			r.holds[v.Record] = v
			if v.Action == registry.Withdraw {
				delete(r.holds, v.Record)
			}
		}
		events = append(events, canonical.RegistryAnswer{Origin: fmt.Sprintf("line %d", i+2), Record: v.Record, Version: v.Number, Status: status})
	}
	if len(events) == 0 {
		return nil
	}
	return r.post(ctx, r.from("mdor", events...))
}

// TestLaw11_TheRegistryEndsWithWhatIsTrue posts histories of uses, corrections,
// wrong patients, credits, codings, merges and unmerges by several senders at
// once, while uses are looked at, sent, accepted and rejected. Nothing is
// amended or withdrawn before its original; and when all is answered, a look
// at every use there is finds nothing more to say, and the registry holds each
// complete use once, as it is.
func TestLaw11_TheRegistryEndsWithWhatIsTrue(t *testing.T) {
	t.Parallel()
	r := reportingHub(t)
	r.site(t)
	const histories, atOnce = 100, 30
	drawn := make([]map[string][]telling, histories)
	for i := range drawn {
		seed := rand.New(rand.NewPCG(uint64(i), 17))
		drawn[i] = drawHistory(r.hub, fmt.Sprintf("r%d-", i), seed)
		for _, all := range drawn[i] {
			for k := range all {
				all[k].event = reportable(seed, all[k].event)
			}
		}
	}
	writing, done := context.WithCancel(context.WithoutCancel(t.Context()))
	defer done()
	var all, others sync.WaitGroup
	others.Add(1)
	go func() { // the registrar and the registry, while everybody tells
		defer others.Done()
		chance := rand.New(rand.NewPCG(1, 2))
		for writing.Err() == nil {
			r.look(t)
			sent, err := r.send(t.Context())
			if err == nil {
				err = r.answer(t.Context(), sent, func() bool { return chance.IntN(3) > 0 })
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	gate := make(chan struct{}, 4)
	for i := range drawn[:atOnce] {
		for _, s := range senders {
			all.Add(1)
			go func() {
				defer all.Done()
				gate <- struct{}{}
				defer func() { <-gate }()
				for _, x := range drawn[i][s] {
					if err := r.post(context.WithoutCancel(t.Context()), r.tell(s, x)); err != nil {
						t.Errorf("history %d, %s: %v", i, s, err)
						return
					}
				}
			}()
		}
	}
	all.Wait()
	done()
	others.Wait()
	r.oneByOne(t, drawn[atOnce:])
	r.drain(t)
	// Every case is looked at again, whatever was noted of it before.
	before := value[int](t, r.hub, `SELECT count(*) FROM submission`)
	if err := r.books.Report(t.Context(), "other rules", time.Hour); err != nil {
		t.Fatal(err)
	}
	missed := 0
	r.lookAt(t, func(l registry.Looked) {
		if l.Put != nil {
			missed++
			t.Errorf("case %s line %s: %s was never noted", l.Subject.Use.Case, l.Subject.Use.Key, l.Put.Action)
		}
		r.right(t, l)
	})
	if after := value[int](t, r.hub, `SELECT count(*) FROM submission`); before < 250 || after != before || missed > 0 {
		t.Errorf("%d versions, then %d", before, after)
	}
	if len(r.holds) > 0 {
		t.Errorf("the registry holds %d records of no use", len(r.holds))
	}
}

// oneByOne posts histories message by message, and in between has the
// registrar and the registry do something, so that most things happen to a use
// after the registry was told of it.
func (r *reporting) oneByOne(t *testing.T, drawn []map[string][]telling) {
	t.Helper()
	chance := rand.New(rand.NewPCG(3, 4))
	var left []map[string][]telling
	left = append(left, drawn...)
	for len(left) > 0 {
		i := chance.IntN(min(len(left), 12))
		var open []string
		for _, s := range senders {
			if len(left[i][s]) > 0 {
				open = append(open, s)
			}
		}
		if len(open) == 0 {
			left = append(left[:i:i], left[i+1:]...)
			continue
		}
		s := open[chance.IntN(len(open))]
		if err := r.post(t.Context(), r.tell(s, left[i][s][0])); err != nil {
			t.Fatal(err)
		}
		left[i][s] = left[i][s][1:]
		if chance.IntN(3) > 0 {
			continue
		}
		r.look(t)
		if sent, err := r.send(t.Context()); err != nil {
			t.Fatal(err)
		} else if err := r.answer(t.Context(), sent, func() bool { return chance.IntN(4) > 0 }); err != nil {
			t.Fatal(err)
		}
	}
}

// reportable makes a use complete but for its lot, now and then.
func reportable(chance *rand.Rand, e canonical.Event) canonical.Event {
	u, ok := e.(canonical.Usage)
	if !ok {
		return e
	}
	u.Procedures, u.Patient.NHSStatus = []canonical.Procedure{{Code: "W371", System: "OPCS4"}}, "07"
	for i := range u.Lines {
		u.Lines[i].Lot = []string{"L1", "L2"}[chance.IntN(2)]
		u.Lines[i].Disposition, u.Lines[i].DispositionTold = []string{canonical.Implanted, canonical.Implanted, canonical.OpenedNotUsed, canonical.Explanted}[chance.IntN(4)], true
	}
	return u
}

// drain has everything answered and accepted, and what was rejected sent again.
func (r *reporting) drain(t *testing.T) {
	t.Helper()
	for range 30 {
		r.look(t)
		rejected, err := r.Submissions(t.Context(), r.trust, journal.SubmissionFilter{State: "rejected", Limit: 10000})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range rejected {
			if err := r.TellAgain(t.Context(), r.trust, s.Record, "test", "it is right"); err != nil {
				t.Fatal(err)
			}
		}
		r.look(t)
		n := 0
		for {
			sent, err := r.send(t.Context())
			if err == nil {
				err = r.answer(t.Context(), sent, func() bool { return true })
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(sent) == 0 {
				break
			}
			n += len(sent)
		}
		if n == 0 && len(rejected) == 0 {
			return
		}
	}
	t.Fatal("there is always more to say")
}

// right compares what the registry holds of a use with what is true, and takes
// it off the list.
func (r *reporting) right(t *testing.T, l registry.Looked) {
	t.Helper()
	use := l.Subject.Use.Case + " " + l.Subject.Use.Key
	var held []registry.Version
	for _, v := range l.Subject.Told {
		if h, ok := r.holds[v.Record]; ok {
			held = append(held, h)
			delete(r.holds, v.Record)
		}
	}
	switch {
	case l.Why != "" || l.Doubted:
		if len(held) != 0 {
			t.Errorf("%s is not reported (%s), and the registry holds %d records of it", use, l.Why, len(held))
		}
	case len(l.Missing) > 0: // what was complete once may stand until it is again
	case len(held) != 1 || held[0].Content != l.Record:
		t.Errorf("%s should be held once as %+v and is held %d times: %+v", use, l.Record, len(held), held)
	}
}
