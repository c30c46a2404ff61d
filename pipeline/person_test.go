package pipeline

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestTranslatePerson_ReadsStrictlyAndSaysWhoAndWhy(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 9, 15, 0, 0, time.UTC)
	for name, c := range map[string]struct{ typ, raw, code, decided string }{
		"a decision":                 {TypeDecision, `{"kind":"accept_line","case":"7","line":"T1","by":"J. Okafor","why":"told so"}`, "", "J. Okafor: told so"},
		"a use":                      {TypeUsage, `{"case":{"aliases":[{"kind":"case_number","value":"1"}]},"lines":[{"key":"1","quantity":"1"}]}`, "", "A. Nurse: recorded by hand."},
		"a name that is not known":   {TypeDecision, `{"kind":"accept_line","lien":"T1"}`, "decision_unreadable", ""},
		"more than one value":        {TypeDecision, `{"kind":"accept_line"}{}`, "decision_unreadable", ""},
		"no JSON":                    {TypeUsage, `MSH|`, "decision_unreadable", ""},
		"nothing":                    {TypeUsage, ``, "decision_unreadable", ""},
		"a type of a later version":  {"verdict", `{}`, "decision_unknown", ""},
		"a value of the wrong kind":  {TypeUsage, `{"lines":{"key":"1"}}`, "decision_unreadable", ""},
		"a null stands for no value": {TypeUsage, `null`, "", "A. Nurse: recorded by hand."},
	} {
		said, err := translatePerson(journal.Stored{ID: 9, Connector: Person, Format: FormatDecision, Type: c.typ, Sender: "A. Nurse", ReceivedAt: at, Raw: []byte(c.raw)})
		if c.code != "" {
			if fault.Of(err).Code != c.code {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
			continue
		}
		if err != nil || len(said.Events) != 1 || said.Profile != "decision/v1" || said.Findings[0].Text != c.decided || !said.Header.SentAt.Certain() || said.Header.Environment != canonical.Production {
			t.Errorf("%s: %+v, %v", name, said, err)
		}
	}
}

func TestRefused_OnlyWhatAPersonCannotHaveDone(t *testing.T) {
	t.Parallel()
	of := func(connector string, severity canonical.Severity) []posting.Posting {
		return []posting.Posting{{Message: posting.Message{Connector: connector}, Findings: []canonical.Finding{{Severity: severity, Code: "case_unknown", Text: "There is no such case."}}}}
	}
	if err := refused(of(Person, canonical.Error)); fault.Of(err).Code != "case_unknown" || !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
	for _, ps := range [][]posting.Posting{of(Person, canonical.Warning), of("theatre", canonical.Error), nil} {
		if err := refused(ps); err != nil {
			t.Errorf("%+v: %v", ps, err)
		}
	}
}
