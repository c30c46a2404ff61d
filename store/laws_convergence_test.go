package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// senders each tell of the same few cases; every one of them in its own order.
var senders = []string{"theatre", "registry", "list", "pas"}

type telling struct {
	event canonical.Event
	sent  time.Duration
}

// drawHistory makes what the senders tell of the cases of one history. Cases
// and patients carry its name, so that many histories share a database. The
// histories that are left out are those of the pure property, in
// domain/posting.
func drawHistory(h *hub, name string, r *rand.Rand) map[string][]telling {
	out := map[string][]telling{}
	who := func() canonical.Patient { return person(name + []string{"A", "B", "C"}[r.IntN(3)]) }
	which := func() canonical.Case {
		c := canonical.Case{Aliases: []canonical.Alias{{Kind: "case_number", Value: name + []string{"1", "2"}[r.IntN(2)]}}}
		if r.IntN(2) == 0 {
			c.Aliases = append(c.Aliases, canonical.Alias{Kind: "booking", Value: "B" + c.Aliases[0].Value})
		}
		return c
	}
	visit := func() string {
		if n := r.IntN(3); n > 0 {
			return name + []string{"V1", "V2"}[n-1]
		}
		return ""
	}
	for _, s := range senders {
		for i := range 2 + r.IntN(4) {
			x := telling{sent: time.Duration(i/2) * time.Minute}
			switch {
			case s == "pas" && r.IntN(3) > 0 || s == "registry" && r.IntN(6) == 0:
				x.event = drawOfPeople(r, who, which, visit)
			case s == "pas":
				x.event = canonical.Booking{Case: which(), Patient: who(), Encounter: visit(), Action: []string{"book", "cancel"}[r.IntN(2)]}
			default:
				var lines []canonical.UsageLine
				for range 1 + r.IntN(3) {
					l := told(fmt.Sprint(r.IntN(3)), []string{"I0", "I1", "GHOST"}[r.IntN(3)], fmt.Sprint(1+r.IntN(3)))
					l.Effect = []canonical.Effect{canonical.Use, canonical.Use, canonical.Credit, canonical.Delete, canonical.WrongPatient, canonical.Unknown}[r.IntN(6)]
					l.CreditFor = []canonical.CreditFor{"", canonical.Wasted, canonical.ChargingError}[r.IntN(3)]
					lines = append(lines, l)
				}
				u := h.used("", "", lines...)
				u.Case, u.Patient, u.Encounter = which(), who(), visit()
				if r.IntN(5) == 0 {
					u.Patient = canonical.Patient{}
				}
				if s == "list" {
					u.Mode, u.Scope = canonical.Snapshot, []string{"", "implants"}[r.IntN(2)]
				}
				u.Source = []string{"", "", "implants"}[r.IntN(3)]
				x.event = u
			}
			out[s] = append(out[s], x)
		}
	}
	return out
}

// drawOfPeople makes what says who is one person, whose a visit is, and what
// was coded.
func drawOfPeople(r *rand.Rand, who func() canonical.Patient, which func() canonical.Case, visit func() string) canonical.Event {
	switch r.IntN(7) {
	case 0, 1:
		return canonical.PatientUnmerge{Survivor: who(), Retired: who()}
	case 2, 3:
		return canonical.VisitMove{Encounter: visit(), From: who(), To: who()}
	case 4:
		return canonical.VisitMerge{Survivor: visit(), Retired: visit()}
	case 5:
		c := canonical.Coding{Encounter: visit(), Patient: who(), Stage: "final", Procedures: []canonical.Procedure{{Code: "W371", System: "OPCS4"}}}
		if r.IntN(2) == 0 {
			c.Case = which()
		}
		return c
	default:
		return canonical.PatientMerge{Survivor: who(), Retired: who()}
	}
}

func (h *hub) tell(sender string, x telling) posting.Message {
	m := h.from(sender, x.event)
	m.Said.Header.SentAt.At = h.now.Add(x.sent)
	return m
}

// inMemory posts a history sender by sender, and tells how its lines stand.
func inMemory(h *hub, name string, history map[string][]telling) string {
	k := posting.NewKnown()
	k.Unidentified, k.Waste, k.Nobody = h.books.world.unidentified, h.books.world.waste, h.books.world.nobody
	for i, code := range []string{"I0", "I1"} {
		k.Codes[catalogue.Code{Kind: catalogue.ERP, Value: code}] = catalogue.Meaning{Item: catalogue.ItemID(i + 1), Ratio: 1}
	}
	id := int64(1 << 40)
	next := func() int64 { id++; return id }
	for _, s := range senders {
		for _, x := range history[s] {
			posting.Decide(h.rules, k, []posting.Message{h.tell(s, x)}, h.now, next)
		}
	}
	patient := func(p inventory.PlaceID) string {
		var names []string
		for _, local := range []string{"A", "B", "C"} {
			i := person(name + local).Identifiers[0]
			known := k.Patients[h.rules.Vault.Pseudonym(identity.Identifier{Type: i.Type, Authority: i.Authority, Value: i.Value})]
			if known != 0 && posting.PlaceOf(k.Merges.Survivor(known)) == posting.PlaceOf(k.Merges.Survivor(identity.Patient(p))) {
				names = append(names, local)
			}
		}
		return strings.Join(names, "=")
	}
	var out []string
	for a, c := range k.Aliases {
		if a.Kind != "case_number" {
			continue
		}
		for key, l := range k.Lines[c] {
			out = append(out, lineText(strings.TrimPrefix(a.Value, name), key, l, k.Cases[c].Settle().Booking, patient))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func lineText(number, key string, l *theatre.Line, booking string, patient func(inventory.PlaceID) string) string {
	if l.Posted == nil {
		return fmt.Sprintf("%s %s/%s -", booking, number, key)
	}
	return fmt.Sprintf("%s %s/%s %d of item %d to %s", booking, number, key, l.Posted.Quantity, l.Posted.Item, patient(l.Posted.To))
}

// onDisk tells the same of what the database holds.
func onDisk(t *testing.T, h *hub, name string) string {
	t.Helper()
	var out []string
	for _, number := range []string{"1", "2"} {
		err := h.tx(t.Context(), func(ctx context.Context) error {
			n := posting.Need{Aliases: []theatre.Alias{{Kind: "case_number", Value: name + number}}}
			for _, local := range []string{"A", "B", "C"} {
				i := person(name + local).Identifiers[0]
				n.Pseudonyms = append(n.Pseudonyms, h.rules.Vault.Pseudonym(identity.Identifier{Type: i.Type, Authority: i.Authority, Value: i.Value}))
			}
			k, _, _, err := h.books.Known(ctx, n, nil)
			if err != nil {
				return err
			}
			patient := func(p inventory.PlaceID) string {
				var names []string
				for i, local := range []string{"A", "B", "C"} {
					if known := k.Patients[n.Pseudonyms[i]]; known != 0 && k.Merges.Survivor(known) == k.Merges.Survivor(identity.Patient(p)) {
						names = append(names, local)
					}
				}
				return strings.Join(names, "=")
			}
			c := k.Aliases[n.Aliases[0]]
			for key, l := range k.Lines[c] {
				out = append(out, lineText(number, key, l, k.Cases[c].Settle().Booking, patient))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func TestLaw11_ParallelSendersEndWhereOneAfterAnotherDoes(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	const histories = 300
	drawn := make([]map[string][]telling, histories)
	for i := range drawn {
		drawn[i] = drawHistory(h, fmt.Sprintf("h%d-", i), rand.New(rand.NewPCG(uint64(i), 11)))
	}
	gate := make(chan struct{}, writers)
	var wg sync.WaitGroup
	for i := range drawn {
		for _, s := range senders {
			wg.Add(1)
			go func() {
				defer wg.Done()
				gate <- struct{}{}
				defer func() { <-gate }()
				for _, x := range drawn[i][s] {
					if err := h.post(context.WithoutCancel(t.Context()), h.tell(s, x)); err != nil {
						t.Errorf("history %d, %s: %v", i, s, err)
						return
					}
				}
			}()
		}
	}
	wg.Wait()
	for i := range drawn {
		name := fmt.Sprintf("h%d-", i)
		if want, got := inMemory(h, name, drawn[i]), onDisk(t, h, name); got != want {
			t.Errorf("history %d ends with\n%s\nand one after another with\n%s", i, got, want)
		}
	}
	h.balanced(t)
	const stale = `SELECT count(*) FROM warning w JOIN usage_line l ON 'line:' || l.id = w.subject WHERE w.closed_at IS NULL AND w.kind = 'item_unidentified' AND l.state <> 'unidentified'`
	if n := value[int](t, h, stale); n != 0 {
		t.Errorf("%d warnings are open that no longer hold", n)
	}
	const lost = `SELECT count(*) FROM warning w LEFT JOIN usage_line l ON l.trust = w.trust AND l.id = w.line
		WHERE w.subject ~ '^(line|wrong_patient):' AND (l.id IS NULL OR split_part(w.subject, ':', 2) <> l.id::text)
		   OR w.subject ~ '^(line|wrong_patient|movement|case):' AND w.case_id IS NULL OR l.case_id <> w.case_id`
	if n := value[int](t, h, lost); n != 0 {
		t.Errorf("%d warnings do not stand with their case", n)
	}
}
