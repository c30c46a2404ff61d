package posting

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// answering decides a response file of message id on one record's version.
func answering(state registry.State, by, id int64, answers ...canonical.RegistryAnswer) (Changes, Result, *Told) {
	k := NewKnown()
	told := &Told{Record: "MDOR-1", Version: 1, Case: 7, State: state, AnsweredBy: by}
	k.Told["MDOR-1"] = []*Told{told}
	m := Message{ID: id, Connector: "mdor", Attempt: 1}
	for _, a := range answers {
		m.Said.Events = append(m.Said.Events, a)
	}
	c, r := Decide(Trust{Zone: time.UTC}, k, []Message{m}, time.Unix(0, 0), func() int64 { return 1 })
	return c, r[0], told
}

func yes(record string, version int) canonical.RegistryAnswer {
	return canonical.RegistryAnswer{Origin: "line 2", Record: record, Version: version, Status: "accepted"}
}

func no(reason string) canonical.RegistryAnswer {
	return canonical.RegistryAnswer{Origin: "line 3", Record: "MDOR-1", Version: 1, Status: "rejected", Code: "E1", Reason: reason}
}

func TestRegistryAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state    registry.State
		by, id   int64
		answers  []canonical.RegistryAnswer
		becomes  registry.State
		outcome  string
		finding  string
		warnings int
		kept     int
	}{
		"accepted":                           {registry.Sent, 0, 5, []canonical.RegistryAnswer{yes("MDOR-1", 1)}, registry.Accepted, "applied", "", 0, 1},
		"rejected":                           {registry.Sent, 0, 5, []canonical.RegistryAnswer{no("lot")}, registry.Rejected, "applied", "", 0, 1},
		"twice in one file, the last counts": {registry.Sent, 0, 5, []canonical.RegistryAnswer{no("lot"), yes("MDOR-1", 1)}, registry.Accepted, "applied", "answer_changed", 0, 1},
		"another record":                     {registry.Sent, 0, 5, []canonical.RegistryAnswer{yes("MDOR-2", 1)}, registry.Sent, "no_change", "record_unknown", 1, 0},
		"another version":                    {registry.Sent, 0, 5, []canonical.RegistryAnswer{yes("MDOR-1", 2)}, registry.Sent, "no_change", "record_unknown", 1, 0},
		"one that never left":                {registry.Ready, 0, 5, []canonical.RegistryAnswer{yes("MDOR-1", 1)}, registry.Ready, "no_change", "record_unknown", 1, 0},
		"the same again in a later file":     {registry.Accepted, 4, 5, []canonical.RegistryAnswer{yes("MDOR-1", 1)}, registry.Accepted, "no_change", "", 0, 1},
		"the same file read again":           {registry.Accepted, 5, 5, []canonical.RegistryAnswer{yes("MDOR-1", 1)}, registry.Accepted, "no_change", "", 0, 0},
		"otherwise in a later file":          {registry.Rejected, 4, 5, []canonical.RegistryAnswer{yes("MDOR-1", 1)}, registry.Accepted, "applied", "answer_changed", 0, 1},
		"otherwise in an older file":         {registry.Accepted, 6, 5, []canonical.RegistryAnswer{no("lot")}, registry.Accepted, "superseded", "", 0, 0},
	} {
		got, r, told := answering(c.state, c.by, c.id, c.answers...)
		if r.Retry != nil || r.Stop != nil || told.State != c.becomes || len(got.Answers) != c.kept || len(got.Warnings) != c.warnings || got.Postings[0].Outcome != c.outcome {
			t.Errorf("%s: %s, %s, %d kept, %d warnings", name, told.State, got.Postings[0].Outcome, len(got.Answers), len(got.Warnings))
		}
		found := ""
		for _, f := range got.Postings[0].Findings {
			found = f.Code
		}
		if found != c.finding {
			t.Errorf("%s: finding %q", name, found)
		}
	}
}

func TestRegistryAnswer_ThatOvertakesOurOwnNoteOfSendingWaits(t *testing.T) {
	t.Parallel()
	got, r, told := answering(registry.Batched, 0, 5, yes("MDOR-9", 1), yes("MDOR-1", 1))
	if !fault.Is(r.Retry, fault.Unavailable) || len(got.Postings) > 0 || told.State != registry.Batched {
		t.Errorf("%v, %+v", r.Retry, got.Postings)
	}
}

func TestRegistryAnswer_KeepsNoNumberOfAPatient(t *testing.T) {
	t.Parallel()
	got, _, _ := answering(registry.Sent, 0, 5, no("NHS Number 999 000 0018 is not known"))
	if got.Answers[0].Reason != "NHS Number … is not known" {
		t.Error(got.Answers[0].Reason)
	}
}
