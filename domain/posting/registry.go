package posting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// Told is one version of a record, as the registry was told it.
type Told struct {
	Record  string
	Version int
	// Case is the number of the use's case.
	Case  int64
	State registry.State
	// AnsweredBy is the message that answered it last; zero if none did.
	AnsweredBy int64
}

// Answered is what the registry said of a version.
type Answered struct {
	Record       string
	Version      int
	Case         int64
	State        registry.State
	Code, Reason string
	Message      int64
}

// told finds a version of a record; nil if the hub never made it.
func (k *Known) told(e canonical.RegistryAnswer) *Told {
	for _, t := range k.Told[plain(e.Record)] {
		if t.Version == e.Version {
			return t
		}
	}
	return nil
}

// unsent puts off an answer that overtook the hub's own note that the batch
// was sent.
func (d *decider) unsent(e canonical.RegistryAnswer) error {
	if t := d.k.told(e); t != nil && t.State == registry.Batched {
		return fault.New(fault.Unavailable, "batch_not_sent_yet", "The registry answered a batch while it was being sent. The answer is taken up when sending is done.")
	}
	return nil
}

// registryAnswer takes up what the registry says of one version. Whatever
// follows from it is decided when the use is looked at again.
func (d *decider) registryAnswer(s *saying, e canonical.RegistryAnswer) {
	t := d.k.told(e)
	if t == nil || t.State == registry.Ready {
		s.find(canonical.Warning, "record_unknown", e.Origin, "The registry answers a version of a record that it was never told. Nothing was changed; the row is kept with the message.")
		d.warn(Warning{Kind: "registry_record_unknown", Subject: "message:" + strconv.FormatInt(s.ID, 10), Severity: "warning", Message: s.ID,
			Text:   "The registry answered records that the hub never sent, or versions of them.",
			Action: "Open the message: its findings name the rows. Ask the registry which trust sent them. After a restore it may be records of the time that was lost; then compare them with the registry's list."})
		return
	}
	if s.ID < t.AnsweredBy {
		s.superseded = true
		return // an older file, read again
	}
	state := registry.Accepted
	if e.Status == "rejected" {
		state = registry.Rejected
	}
	if t.State != registry.Sent && t.State != state {
		s.find(canonical.Warning, "answer_changed", e.Origin, "The registry answered this version before, and otherwise. The later answer counts.")
	}
	s.answers(state)
	if t.State == state && t.AnsweredBy == s.ID {
		return
	}
	s.changed = s.changed || t.State != state
	t.State, t.AnsweredBy = state, s.ID
	a := Answered{Record: t.Record, Version: t.Version, Case: t.Case, State: state, Code: registry.Reason(plain(e.Code)), Reason: registry.Reason(plain(e.Reason)), Message: s.ID}
	if i := slices.IndexFunc(d.out.Answers, func(o Answered) bool { return o.Record == a.Record && o.Version == a.Version }); i >= 0 {
		d.out.Answers[i] = a
		return
	}
	d.out.Answers = append(d.out.Answers, a)
}

// answers counts a registry's answers for the message's summary.
func (s *saying) answers(state registry.State) {
	if s.answered == nil {
		s.answered = map[registry.State]int{}
	}
	s.answered[state]++
	var parts []string
	for _, x := range []registry.State{registry.Accepted, registry.Rejected} {
		if n := s.answered[x]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, x))
		}
	}
	s.summary.note = "The registry's answer: " + strings.Join(parts, ", ") + "."
}
