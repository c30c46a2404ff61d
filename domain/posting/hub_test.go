package posting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

const (
	theatre1, theatre2          inventory.PlaceID = 11, 12
	unidentified, waste, nobody inventory.PlaceID = 1, 2, 3
	hip, screw                  catalogue.ItemID  = 21, 22
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func rank(c string) int { return map[string]int{"theatre": 0, "registry": 1, "pas": 2}[c] }

// hub is a whole trust in memory: what the store would keep, and the open
// warnings as it would keep them.
type hub struct {
	trust     posting.Trust
	known     *posting.Known
	movements []inventory.Movement
	open      map[string]posting.Warning // by kind and subject
	held      map[theatre.LineID]posting.Hold
	last      posting.Changes
	id        int64
	message   int64
}

func newHub() *hub {
	k := posting.NewKnown()
	k.Unidentified, k.Waste, k.Nobody = unidentified, waste, nobody
	k.Codes[catalogue.Code{Kind: catalogue.ERP, Value: "HIP"}] = catalogue.Meaning{Item: hip, Ratio: 1}
	k.Codes[catalogue.Code{Kind: catalogue.ERP, Value: "SCREW"}] = catalogue.Meaning{Item: screw, Ratio: 1, Ceiling: 4}
	k.Codes[catalogue.Code{Kind: catalogue.GTIN, Value: "PACK"}] = catalogue.Meaning{Item: screw, Ratio: 10, Ceiling: 4}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return &hub{
		trust: posting.Trust{ODS: "ZZ1", Zone: london, Vault: identity.NewVault([]byte("0123456789abcdef0123456789abcdef")), TestPatients: identity.NewTestPatients([]string{"TEST1"}),
			Authority: func(inventory.PlaceID) theatre.Authority { return theatre.Authority{Rank: rank} },
			Places:    map[string]inventory.PlaceID{"TH1": theatre1, "TH2": theatre2}},
		known: k, open: map[string]posting.Warning{}, held: map[theatre.LineID]posting.Hold{}, id: 1000,
	}
}

// say posts messages as one batch and keeps what follows.
func (h *hub) say(ms ...posting.Message) []posting.Posting {
	c, results := posting.Decide(h.trust, h.known, ms, noon, func() int64 { h.id++; return h.id })
	for i, r := range results {
		if r.Stop != nil {
			panic(fmt.Sprintf("message %d stopped: %v", ms[i].ID, r.Stop))
		}
	}
	before := h.movements
	h.movements = append(slices.Clip(before), c.Movements...)
	for _, hold := range c.Holds {
		h.held[hold.Line] = hold
	}
	after := posting.After(c.Movements, h.shelves(c.Movements), shelfNames, noon)
	h.last = c
	h.last.Warnings, h.last.Settled = append(c.Warnings, after.Warnings...), append(c.Settled, after.Settled...)
	for k, w := range h.open {
		if slices.Contains(h.last.Settled, w.Subject) {
			delete(h.open, k)
		}
	}
	for _, w := range h.last.Warnings {
		h.open[w.Kind+" "+w.Subject] = w
	}
	return c.Postings
}

// shelfNames are the places that have shelves.
var shelfNames = map[inventory.PlaceID]string{theatre1: "T1", theatre2: "T2"}

func (h *hub) shelves(ms []inventory.Movement) map[posting.Shelf]posting.ShelfState {
	out := map[posting.Shelf]posting.ShelfState{}
	for _, s := range posting.Shelves(ms, nil, shelfNames) {
		out[s] = posting.ShelfState{ItemCode: "item", Position: inventory.Position{Item: s.Item, Place: s.Place, Lots: h.fold(s)}}
	}
	return out
}

// fold is what a place holds of an item, by lot.
func (h *hub) fold(s posting.Shelf) map[string]int64 {
	lots := map[string]int64{}
	for _, m := range h.movements {
		if m.Item != s.Item {
			continue
		}
		if m.From == s.Place {
			lots[m.Lot] -= m.Quantity
		}
		if m.To == s.Place {
			lots[m.Lot] += m.Quantity
		}
	}
	return lots
}

func (h *hub) at(p inventory.PlaceID, i catalogue.ItemID) (n int64) {
	for _, q := range h.fold(posting.Shelf{Place: p, Item: i}) {
		n += q
	}
	return n
}

// warned lists the kinds of the open warnings.
func (h *hub) warned() string {
	var out []string
	for _, w := range h.open {
		if w.Kind != "stock_short" {
			out = append(out, w.Kind)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// one reports whether two patients are one person.
func (h *hub) one(a, b theatre.Patient) bool {
	return h.known.Merges.Survivor(identity.Patient(a)) == h.known.Merges.Survivor(identity.Patient(b))
}

func (h *hub) patientOf(local string) inventory.PlaceID {
	p := h.known.Patients[h.trust.Vault.Pseudonym(identity.Identifier{Type: "MR", Authority: "T", Value: local})]
	return posting.PlaceOf(h.known.Merges.Survivor(p))
}

func (h *hub) line(t *testing.T, alias, key string) *theatre.Line {
	t.Helper()
	l := h.known.Lines[h.known.Aliases[theatre.Alias{Kind: "case_number", Value: alias}]][key]
	if l == nil {
		t.Fatalf("case %s has no line %s", alias, key)
	}
	return l
}

// from makes a message of a sender; it is sent when the test says, in minutes
// after noon, or at no certain time below zero.
func (h *hub) from(sender string, minute int, events ...canonical.Event) posting.Message {
	h.message++
	m := posting.Message{ID: h.message, Connector: sender, Sender: sender, ControlID: fmt.Sprint(h.message), ReceivedAt: noon.Add(time.Duration(h.message) * time.Second), Attempt: 1,
		Said: canonical.Translation{Profile: sender + "@1", Events: events}}
	if minute >= 0 {
		m.Said.Header.SentAt = canonical.Instant{At: noon.Add(time.Duration(minute) * time.Minute), Precision: canonical.Second}
	}
	return m
}

func pat(local string) canonical.Patient {
	if local == "" {
		return canonical.Patient{}
	}
	return canonical.Patient{Identifiers: []canonical.Identifier{{Type: "MR", Authority: "T", Value: local}}}
}

func named(number string) canonical.Case {
	return canonical.Case{Aliases: []canonical.Alias{{Kind: "case_number", Value: number}}}
}

func used(number, patient string, lines ...canonical.UsageLine) canonical.Usage {
	for i := range lines {
		if lines[i].Origin == "" {
			lines[i].Origin = fmt.Sprintf("FT1[%d]", i+1)
		}
	}
	return canonical.Usage{Case: named(number), Patient: pat(patient), Place: canonical.Place{Code: "th1"}, OccurredAt: canonical.Instant{At: noon, Precision: canonical.Minute}, Mode: canonical.Increments, Lines: lines}
}

func snapshot(u canonical.Usage) canonical.Usage { u.Mode = canonical.Snapshot; return u }

func told(key string, effect canonical.Effect, code, quantity string) canonical.UsageLine {
	return canonical.UsageLine{Key: key, Effect: effect, Codes: []canonical.Code{{Kind: "erp", Value: code}}, Quantity: quantity, Lot: "L1", Disposition: canonical.Implanted}
}

func booked(number, patient, action string) canonical.Booking {
	return canonical.Booking{Case: named(number), Patient: pat(patient), Place: canonical.Place{Code: "TH1"}, Action: action}
}
