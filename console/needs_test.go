package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

func TestNeeds_StandInTheOrderOfTheirGravity(t *testing.T) {
	var got []string
	for _, n := range needs(busy().status, page{Now: now}) {
		got = append(got, n.Tone)
	}
	want := []string{"danger", "stopped", "decide", "unsent", "paused", "warning", "notice"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNeeds_EachHasAnActionAndAWord(t *testing.T) {
	s := busy().status
	for _, severity := range []string{"danger", "warning", "notice", "a_severity_of_tomorrow"} {
		for kind := range warningKinds {
			s.Warnings = append(s.Warnings, journal.Warning{Kind: kind, Severity: severity}, journal.Warning{Kind: kind, Severity: severity, Message: 9})
		}
		s.Warnings = append(s.Warnings, journal.Warning{Kind: "a_kind_of_tomorrow", Severity: severity})
	}
	s.Unsent = append(s.Unsent, journal.Order{Number: "PO-1", Stop: &journal.Stop{Text: "The layout has no column."}}, journal.Order{Number: "PO-2", CreatedAt: at(30)})
	s.Stopped = append(s.Stopped, journal.Message{ID: 3})
	s.Waiting = append(s.Waiting, journal.Suggestion{ID: 8})
	s.Paused = &journal.Pause{}
	for _, n := range needs(s, page{Now: now}) {
		if len(n.Action) < 20 || n.Title == "" {
			t.Errorf("need without an action or a title: %+v", n)
		}
		if _, ok := needTones[n.Tone]; !ok {
			t.Errorf("tone %q has no word", n.Tone)
		}
	}
}

func TestNeeds_AnUnknownSeverityIsTakenAsTheGravest(t *testing.T) {
	if got := warned(journal.Warning{Severity: "catastrophe"}).Tone; got != "danger" {
		t.Errorf("got %q", got)
	}
}

func TestNeeds_NameTheCommandToPaste(t *testing.T) {
	var all []string
	for _, n := range needs(busy().status, page{Now: now}) {
		all = append(all, n.Commands...)
	}
	for _, want := range []string{"stockwell messages show 20", "stockwell messages replay 20", "stockwell messages replay 19", "stockwell orders approve 5 --by NAME", "stockwell orders show PO-000018", "stockwell purchasing resume --by NAME"} {
		if !slices.Contains(all, want) {
			t.Errorf("no need has the command %q: %v", want, all)
		}
	}
}

func TestNeeds_LeaveOutWhatIsClosedAndWhatIsOnItsWay(t *testing.T) {
	s := journal.Status{
		Warnings: []journal.Warning{{Kind: "stock_short", Severity: "danger", ClosedAt: ptr(now)}},
		Unsent:   []journal.Order{{Number: "PO-3", CreatedAt: now.Add(-10 * time.Second)}},
	}
	if got := needs(s, page{Now: now}); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestStatus_SaysAllClearWhenNothingNeedsAnybody(t *testing.T) {
	f := busy()
	f.status = journal.Status{Trust: "ZZ1", Name: "Northmoor", Environment: "production"}
	text := said(open(t, pages(f), "/"))
	must(t, "a calm status page", text, "All clear", "Nothing needs you", "Live", "Nothing came in and nothing went out", "No messages to show", "No orders yet")
}

func TestStatus_FoldsManyProblemsAndHidesNone(t *testing.T) {
	f := busy()
	for id := int64(100); id < 140; id++ {
		f.status.Stopped = append(f.status.Stopped, journal.Message{ID: id, Connector: "theatre-mllp", ReceivedAt: now})
	}
	body := get(pages(f), "/").Body.String()
	if n := strings.Count(body, "sw-need__title"); n != 47 {
		t.Errorf("%d problems on the page, want 47", n)
	}
	must(t, "the page", body, "Show 35 more that need you")
}

func TestNeeds_WhatWaitsForAFeedSaysSo(t *testing.T) {
	t.Parallel()
	g := journal.Suggestion{ID: 8, State: "waits", Why: "Feed theatre has been silent since 14:05.", Inputs: []byte(`{"pack_size": 1, "doubts": [{"kind": "feed_silent", "feed": "theatre"}]}`)}
	if n := undecided(g); !strings.Contains(n.Action, "if it cannot wait") || n.Text != g.Why {
		t.Errorf("%+v", n)
	}
	if how := reckoning(g); !slices.Contains(how, "Feed theatre could not be relied on: it was silent.") {
		t.Errorf("it was reckoned from %q", how)
	}
	g.Inputs = []byte(`{"pack_size": 1}`)
	if n := undecided(g); strings.Contains(n.Action, "cannot wait") {
		t.Errorf("%+v", n)
	}
}

func TestNeeds_LinesThatOneMessageMovedAreToldOnce(t *testing.T) {
	var all []journal.Warning
	for i := range int64(3) {
		all = append(all, journal.Warning{ID: 10 + i, Kind: "patient_changed", Severity: "danger", Case: 4, Line: 20 + i, Message: 7, Text: "Case 4411: it was moved."})
	}
	all = append(all, journal.Warning{ID: 13, Kind: "patient_changed", Severity: "danger", Case: 5, Line: 30, Message: 7}, journal.Warning{ID: 14, Kind: "item_unidentified", Severity: "warning", Case: 4, Line: 20, Message: 7}, journal.Warning{ID: 15, Kind: "item_unidentified", Severity: "warning", Case: 4, Line: 21, Message: 7})
	got := needs(journal.Status{Warnings: all}, page{})
	if len(got) != 4 {
		t.Fatalf("%d needs: %+v", len(got), got)
	}
	if n := got[0]; n.Line != 0 || n.Case != 4 || !strings.HasSuffix(n.Text, "It is so of 3 lines of the case.") || n.Commands[len(n.Commands)-1] != "stockwell warnings close 10 11 12 --by NAME --reason WHY" {
		t.Errorf("got %+v", n)
	}
}
