// Package posting decides what a batch of messages does: given what is known
// and what the messages said, which patients, cases, lines, movements and
// warnings follow. It is pure, so that a whole history can be tried in
// memory; the store loads Known and keeps Changes in one transaction.
//
// SQL, queues and field paths do not belong here.
package posting

import (
	"slices"
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
	// PatientAt is where a message of its format names the patient; empty is
	// HL7's PID-3.
	PatientAt string
	Said      canonical.Translation
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
	// Authority says whose word counts for use at a place; zero is a place
	// that is not known.
	Authority func(place inventory.PlaceID) theatre.Authority
	// Places finds a stock place by its code or an alias, in upper case.
	Places map[string]inventory.PlaceID
	// LockedThrough is the last closed accounting day; zero if none.
	LockedThrough time.Time
	// Historical is, by connector, when its places' stock was first counted:
	// what was used before then had left their shelves already.
	Historical map[string]time.Time
}

// Need is what a batch must know before it can be decided.
type Need struct {
	Pseudonyms []identity.Pseudonym
	Aliases    []theatre.Alias
	Codes      []catalogue.Code
	Orders     []string
	// Merges is set when a message says who is one person, or whose a visit
	// is: no other message may be decided meanwhile, and the cases that tell
	// of two records of its people, and those of its visits, must be known.
	Merges bool
	// Visits are visits by their numbers. Coded are those of them whose coding
	// is told, which no two batches may do at once.
	Visits, Coded []string
	// Cases are those that a person decided about, by their numbers.
	Cases []theatre.CaseID
	// Receipts are lines of goods received. No two batches decide about any at
	// once.
	Receipts []purchasing.ReceiptKey
}

// Known is the state that a batch meets, and grows by what it decides.
type Known struct {
	Patients map[identity.Pseudonym]identity.Patient
	// NHS are the NHS Numbers of the records that a batch names.
	NHS map[identity.Patient][]*identity.NHSNumber
	// Merges says who is one person; a batch that changes it has its own.
	Merges *identity.Links
	// Encounters are visits by each of their numbers, if anything was told of
	// the visit itself.
	Encounters map[string]*theatre.Encounter
	Aliases    map[theatre.Alias]theatre.CaseID
	Cases      map[theatre.CaseID]*theatre.Case
	Lines      map[theatre.CaseID]map[string]*theatre.Line
	Codes      map[catalogue.Code]catalogue.Meaning
	Items      map[catalogue.ItemID]catalogue.Item
	Orders     map[string]*purchasing.Order
	// Receipts are the lines of goods received that a batch tells of, or told
	// of before; Balances what those hold that their movements raised.
	Receipts map[purchasing.ReceiptKey]*purchasing.ReceiptLine
	Balances map[Counted]int64
	// Unidentified, Waste and Supplier are the trust's places of those kinds;
	// Nobody stands for the patients of cases of which no patient is known.
	Unidentified, Waste, Supplier, Nobody inventory.PlaceID
}

// NewKnown gives an empty state.
func NewKnown() *Known {
	return &Known{
		Patients: map[identity.Pseudonym]identity.Patient{}, Merges: identity.NewLinks(),
		NHS: map[identity.Patient][]*identity.NHSNumber{}, Encounters: map[string]*theatre.Encounter{},
		Aliases: map[theatre.Alias]theatre.CaseID{}, Cases: map[theatre.CaseID]*theatre.Case{},
		Lines: map[theatre.CaseID]map[string]*theatre.Line{}, Codes: map[catalogue.Code]catalogue.Meaning{},
		Items: map[catalogue.ItemID]catalogue.Item{}, Orders: map[string]*purchasing.Order{},
		Receipts: map[purchasing.ReceiptKey]*purchasing.ReceiptLine{}, Balances: map[Counted]int64{},
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
				n.visit(e.Encounter)
				for _, l := range e.Lines {
					for _, c := range l.Codes {
						n.code(catalogue.Code{Kind: catalogue.Kind(c.Kind), Value: plain(c.Value)})
					}
				}
			case canonical.Booking:
				n.patient(e.Patient)
				n.aliases(m, e.Case)
				n.visit(e.Encounter)
			case canonical.PatientUpdate:
				n.patient(e.Patient)
			case canonical.PatientMerge:
				n.patient(e.Survivor)
				n.patient(e.Retired)
				n.Merges = true
			case canonical.PatientUnmerge:
				n.patient(e.Survivor)
				n.patient(e.Retired)
				n.Merges = true
			case canonical.VisitMove:
				n.patient(e.From)
				n.patient(e.To)
				n.visit(e.Encounter)
				n.Merges = true
			case canonical.VisitMerge:
				n.visit(e.Survivor)
				n.visit(e.Retired)
				n.Merges = true
			case canonical.Coding:
				n.coding(m, e)
			case canonical.Decision:
				n.decision(e)
			case canonical.OrderAnswer:
				n.order(e.OrderNumber)
			case canonical.GoodsReceived:
				n.received(e)
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
		if !identifier(i).Identifies() {
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

func (n *need) visit(number string) {
	if number = visitNumber(number); number != "" && !slices.Contains(n.Visits, number) {
		n.Visits = append(n.Visits, number)
	}
}

func (n *need) coding(m Message, e canonical.Coding) {
	n.patient(e.Patient)
	n.visit(e.Encounter)
	if hasName(e.Case) {
		n.aliases(m, e.Case)
	} else if number := visitNumber(e.Encounter); number != "" {
		n.Coded = append(n.Coded, number)
	}
}

func (n *need) code(c catalogue.Code) {
	if !n.cs[c] {
		n.cs[c] = true
		n.Codes = append(n.Codes, c)
	}
}

func (n *need) order(number string) {
	if o := plain(number); o != "" && !n.os[o] {
		n.os[o] = true
		n.Orders = append(n.Orders, o)
	}
}

func (n *need) received(e canonical.GoodsReceived) {
	n.Receipts = slices.Grow(n.Receipts, len(e.Lines))
	for _, l := range e.Lines {
		n.order(l.OrderNumber)
		n.Receipts = append(n.Receipts, purchasing.ReceiptKey{Receipt: plain(e.Receipt), Line: plain(l.Key)})
		for _, c := range l.Codes {
			n.code(catalogue.Code{Kind: catalogue.Kind(c.Kind), Value: plain(c.Value)})
		}
	}
}

func identifier(i canonical.Identifier) identity.Identifier {
	return identity.Identifier{Type: i.Type, Authority: i.Authority, Value: i.Value}
}
