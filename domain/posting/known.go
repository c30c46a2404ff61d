// Package posting decides what a batch of messages does: given what is known
// and what the messages said, which patients, cases, lines, movements and
// warnings follow. It is pure, so that a whole history can be tried in
// memory; the store loads Known and keeps Changes in one transaction.
//
// SQL, queues and field paths do not belong here.
package posting

import (
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// Message is one stored message and what it said.
type Message struct {
	ID         int64
	Connector  string
	Sender     string
	ControlID  string
	Type       string
	ReceivedAt time.Time
	// Reused is set when another message came before under its control ID.
	Reused bool
	// Attempt is 1 the first time, more for a replay.
	Attempt int
	Said    canonical.Translation
}

// Trust is what the rules must know of a trust.
type Trust struct {
	ODS string
	// Test is set in a declared test environment, where test messages and
	// test patients may touch stock (law 7).
	Test         bool
	Zone         *time.Location
	Vault        identity.Vault
	TestPatients identity.TestPatients
	// Rank orders connectors by authority for use, lowest first.
	Rank func(connector string) int
	// Places finds a stock place by its code or an alias, in upper case.
	Places map[string]inventory.PlaceID
	// LockedThrough is the last closed accounting day; zero if none.
	LockedThrough time.Time
}

// Need is what a batch must know before it can be decided.
type Need struct {
	Pseudonyms []identity.Pseudonym
	Aliases    []theatre.Alias
	Codes      []catalogue.Code
	Orders     []string
	// Merges is set when a message merges patients: no other message may be
	// decided meanwhile, and the lines of its patients that have an open
	// warning about who it was must be known.
	Merges bool
}

// Known is the state that a batch meets, and grows by what it decides.
type Known struct {
	Patients map[identity.Pseudonym]identity.Patient
	Merges   identity.Merges
	Aliases  map[theatre.Alias]theatre.CaseID
	Cases    map[theatre.CaseID]*theatre.Case
	Lines    map[theatre.CaseID]map[string]*theatre.Line
	Codes    map[catalogue.Code]catalogue.Meaning
	Items    map[catalogue.ItemID]catalogue.Item
	Orders   map[string]*purchasing.Order
	// Unidentified and Waste are the trust's places of those kinds; Nobody
	// stands for the patients of cases of which no patient is known.
	Unidentified, Waste, Nobody inventory.PlaceID
}

// NewKnown gives an empty state.
func NewKnown() *Known {
	return &Known{
		Patients: map[identity.Pseudonym]identity.Patient{}, Merges: identity.Merges{},
		Aliases: map[theatre.Alias]theatre.CaseID{}, Cases: map[theatre.CaseID]*theatre.Case{},
		Lines: map[theatre.CaseID]map[string]*theatre.Line{}, Codes: map[catalogue.Code]catalogue.Meaning{},
		Items: map[catalogue.ItemID]catalogue.Item{}, Orders: map[string]*purchasing.Order{},
	}
}

// Needs says what must be known to decide ms.
func Needs(t Trust, ms []Message) Need {
	n := need{t: t, ps: map[identity.Pseudonym]bool{}, as: map[theatre.Alias]bool{}, cs: map[catalogue.Code]bool{}, os: map[string]bool{}}
	for _, m := range ms {
		for _, e := range m.Said.Events {
			switch e := e.(type) {
			case canonical.Usage:
				n.patient(e.Patient)
				n.aliases(m, e.Case)
				for _, l := range e.Lines {
					for _, c := range l.Codes {
						n.code(catalogue.Code{Kind: catalogue.Kind(c.Kind), Value: plain(c.Value)})
					}
				}
			case canonical.Booking:
				n.patient(e.Patient)
				n.aliases(m, e.Case)
			case canonical.PatientUpdate:
				n.patient(e.Patient)
			case canonical.PatientMerge:
				n.patient(e.Survivor)
				n.patient(e.Retired)
				n.Merges = true
			case canonical.OrderAnswer:
				if o := plain(e.OrderNumber); !n.os[o] {
					n.os[o] = true
					n.Orders = append(n.Orders, o)
				}
			}
		}
	}
	return n.Need
}

type need struct {
	Need
	t  Trust
	ps map[identity.Pseudonym]bool
	as map[theatre.Alias]bool
	cs map[catalogue.Code]bool
	os map[string]bool
}

func (n *need) patient(p canonical.Patient) {
	for _, i := range p.Identifiers {
		if identifier(i).Empty() {
			continue
		}
		ps := n.t.Vault.Pseudonym(identifier(i))
		if !n.ps[ps] {
			n.ps[ps] = true
			n.Pseudonyms = append(n.Pseudonyms, ps)
		}
	}
}

func (n *need) aliases(m Message, c canonical.Case) {
	for _, a := range aliasesOf(m, c) {
		if !n.as[a] {
			n.as[a] = true
			n.Aliases = append(n.Aliases, a)
		}
	}
}

func (n *need) code(c catalogue.Code) {
	if !n.cs[c] {
		n.cs[c] = true
		n.Codes = append(n.Codes, c)
	}
}

func identifier(i canonical.Identifier) identity.Identifier {
	return identity.Identifier{Type: i.Type, Authority: i.Authority, Value: i.Value}
}
