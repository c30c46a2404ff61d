package mllp_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// postings is a store that also knows what became of each message.
type postings struct {
	store
	outcome error
	posted  chan struct{} // if set, Applied waits for it
}

func (p *postings) Applied(ctx context.Context, trust string, messageID int64) error {
	if p.posted != nil {
		select {
		case <-p.posted:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if trust != "ZZ1" || messageID < 1 {
		return fault.New(fault.Internal, "wrong_message", "")
	}
	return p.outcome
}

// asking is the message with MSH-15 and MSH-16.
func asking(id, accept, application string) string {
	return strings.Replace(message(id), "|P|2.4", "|P|2.4|||"+accept+"|"+application, 1)
}

// expect gives by the standard what a message is answered: stored says whether
// it was, applied what its application says of it.
func expect(accept, application string, stored, applied bool) []string {
	wants := func(condition string, success bool) bool {
		return condition == "AL" || condition == "ER" && !success || condition == "SU" && success
	}
	if accept == "" && application == "" {
		application = "AL"
	}
	var codes []string
	switch {
	case !stored && wants(accept, false):
		return []string{"CE"}
	case !stored && wants(application, false):
		return []string{"AE"}
	case !stored:
		return nil
	case wants(accept, true):
		codes = append(codes, "CA")
	}
	switch {
	case applied && wants(application, true):
		codes = append(codes, "AA")
	case !applied && wants(application, false):
		codes = append(codes, "AE")
	}
	return codes
}

func TestServer_EnhancedModeFollowsTheWholeMatrix(t *testing.T) {
	t.Parallel()
	conditions := []string{"", "AL", "NE", "ER", "SU"}
	stopped := fault.New(fault.Stopped, "item_missing", "The line has no item.").At("FT1-7")
	for _, c := range []struct {
		name            string
		wait            bool
		stored, applied error
	}{
		{"answered once stored", false, nil, stopped},
		{"answered once applied", true, nil, nil},
		{"stopped after it was stored", true, nil, stopped},
		{"not stored", false, fault.New(fault.Unavailable, "store_down", ""), nil},
		{"not stored, so never applied", true, fault.New(fault.Unavailable, "store_down", ""), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, mllp.Config{Applied: c.wait, ContentErrors: mllp.FailContentErrors}, &postings{store: store{err: c.stored}, outcome: c.applied}, nil)
			p := dial(t, s)
			for _, accept := range conditions {
				for _, application := range conditions {
					want := expect(accept, application, c.stored == nil, !c.wait || c.applied == nil)
					for i := range want {
						want[i] += " C1"
					}
					// The second message asks for one answer, which shows that
					// the first got no more than it should.
					last := expect("", "", c.stored == nil, !c.wait || c.applied == nil)[0] + " C2"
					p.write(framed(asking("C1", accept, application)) + framed(message("C2")))
					p.answers(append(want, last)...)
				}
			}
		})
	}
	p := dial(t, serve(t, mllp.Config{}, &store{}, nil))
	p.write(framed(asking("C1", "XX", "al")))
	p.answers("CA C1", "AA C1")
}

func TestServer_TheMatrixOfTheTestItselfIsTheStandards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept, application string
		stored, applied     bool
		want                string
	}{
		{"", "", true, true, "AA"}, {"", "", false, false, "AE"}, {"AL", "NE", true, true, "CA"}, {"AL", "", false, false, "CE"},
		{"NE", "AL", true, true, "AA"}, {"AL", "AL", true, true, "CA AA"}, {"AL", "AL", true, false, "CA AE"}, {"AL", "AL", false, false, "CE"},
		{"NE", "NE", true, true, ""}, {"ER", "SU", true, true, "AA"}, {"SU", "ER", false, false, "AE"}, {"SU", "ER", true, false, "CA AE"}, {"ER", "ER", true, true, ""},
	} {
		if got := strings.Join(expect(c.accept, c.application, c.stored, c.applied), " "); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func TestServer_TheCommitAnswerDoesNotWaitForTheApplications(t *testing.T) {
	t.Parallel()
	r := &postings{posted: make(chan struct{})}
	p := dial(t, serve(t, mllp.Config{Applied: true}, r, nil))
	p.write(framed(asking("C1", "AL", "AL")))
	p.answers("CA C1")
	close(r.posted)
	p.answers("AA C1")
}

func TestServer_AnswersContentErrorsAsTheConnectorChooses(t *testing.T) {
	t.Parallel()
	stopped := fault.New(fault.Stopped, "item_missing", "The line has no item.").At("FT1-7")
	for policy, want := range map[mllp.ContentErrors]string{"": "AA", mllp.AcceptContentErrors: "AA", mllp.FailContentErrors: "AE", mllp.RejectContentErrors: "AR"} {
		for version, position := range map[string]string{"2.4": "\rERR|FT1^1^7^102&", "2.5.1": "\rERR||FT1^1^7|102^"} {
			p := dial(t, serve(t, mllp.Config{Applied: true, ContentErrors: policy}, &postings{outcome: stopped}, nil))
			p.write(framed(strings.Replace(message("C1"), "|P|2.4", "|P|"+version, 1)))
			frame, err := p.in.Next()
			if err != nil {
				t.Fatal(err)
			}
			refused := want != "AA"
			if a, _ := mllp.ReadAnswer(frame); a.Code != want || refused != bytes.Contains(frame, []byte(position)) || refused != (a.Text == "The line has no item.") {
				t.Errorf("%s, %s: got %q", policy, version, frame)
			}
		}
	}
}

func TestServer_WhatIsNotAppliedInTimeIsAnsweredAndNotForgotten(t *testing.T) {
	t.Parallel()
	for policy, want := range map[mllp.ContentErrors]string{mllp.AcceptContentErrors: "AA", mllp.FailContentErrors: "AE", mllp.RejectContentErrors: "AE"} {
		for name, r := range map[string]*postings{
			"it took too long":      {posted: make(chan struct{})},
			"the database was away": {outcome: fault.New(fault.Unavailable, "store_down", "")},
		} {
			s := serve(t, mllp.Config{Applied: true, AppliedTimeout: 20 * time.Millisecond, ContentErrors: policy}, r, nil)
			p := dial(t, s)
			p.write(framed(message("C1")))
			frame, err := p.in.Next()
			if err != nil {
				t.Fatal(err)
			}
			if a, _ := mllp.ReadAnswer(frame); a.Code != want || !strings.Contains(a.Text, "not applied yet") {
				t.Errorf("%s, %s: got %q", name, policy, frame)
			}
		}
	}
}

func TestServer_DrainingDoesNotWaitUntilMessagesAreApplied(t *testing.T) {
	t.Parallel()
	r := &postings{posted: make(chan struct{})}
	s := serve(t, mllp.Config{Applied: true}, r, nil)
	p := dial(t, s)
	p.write(framed(asking("C1", "AL", "AL")))
	p.answers("CA C1")
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }()
	p.answers("AA C1")
	p.closed()
	_ = p.nc.Close()
	<-stopped
}

func TestServer_RefusesToPromiseWhatItsReceiverCannotTell(t *testing.T) {
	t.Parallel()
	s := mllp.NewServer(mllp.Config{Name: "theatre", Listen: "127.0.0.1:0", Applied: true}, nil, nil)
	if err := s.Run(t.Context(), &store{}); fault.Of(err).Code != "ack_applied_unsupported" {
		t.Errorf("got %v", err)
	}
}

func TestServer_PutsNothingOfThePatientIntoAnAnswer(t *testing.T) {
	t.Parallel()
	personal := strings.Replace(message("C1"), "9990000018^^^NHS^NH", "9990000018^^^NHS^NH||ASH^ROWAN||19700101", 1)
	for _, r := range []connectors.Receiver{
		&store{}, &store{err: fault.New(fault.Invalid, "refused", "The message cannot be taken.")}, &store{err: context.DeadlineExceeded},
		&postings{outcome: fault.New(fault.Stopped, "item_missing", "The line has no item.")},
	} {
		_, waits := r.(connectors.Awaiter)
		p := dial(t, serve(t, mllp.Config{MaxMessage: 1000, Applied: waits, ContentErrors: mllp.FailContentErrors}, r, nil))
		p.write(framed(personal) + framed(personal+strings.Repeat("x", 1000)) + framed(strings.Replace(personal, "MSH|", "MSX|", 1)))
		for range 3 {
			frame, err := p.in.Next()
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"9990000018", "ASH", "ROWAN", "19700101"} {
				if bytes.Contains(frame, []byte(secret)) {
					t.Errorf("%s is in %q", secret, frame)
				}
			}
			if codes := []string{"AA", "AE", "AR"}; !slices.ContainsFunc(codes, func(c string) bool { return bytes.Contains(frame, []byte("\rMSA|"+c)) }) {
				t.Errorf("got %q", frame)
			}
		}
	}
}
