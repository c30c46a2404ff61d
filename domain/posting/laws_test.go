package posting_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("1500")
	}
	if os.Getenv("MUTANT") != "" { // its failures are no histories to keep
		_ = flag.Set("rapid.nofailfile", "true")
	}
	os.Exit(m.Run())
}

func TestLaw11_EveryInterleavingEndsInTheSameState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		history := histories.Draw(t, "history")
		a := interleave(t, history)
		first, labels := hear(t, a)
		want := first.picture(labels)
		for range 2 {
			b := interleave(t, history)
			other, labels := hear(t, b)
			if diff := cmp.Diff(want, other.picture(labels)); diff != "" {
				t.Fatalf("arrival\n%s\nand arrival\n%s\ndiffer:\n%s", tell(a), tell(b), diff)
			}
		}
	})
}

func TestLaw2_TellingAHistoryAgainChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arrivals := interleave(t, histories.Draw(t, "history"))
		h := newTestHub()
		var all []posting.Message
		for _, a := range arrivals {
			m := h.from(a.sender, a.minute, a.event)
			all = append(all, m)
			h.say(m)
		}
		moved := len(h.movements)
		for _, m := range all {
			m.Attempt = 2
			for _, p := range h.say(m) {
				if p.Outcome == "applied" {
					t.Fatalf("%s again was applied", tell(arrivals))
				}
			}
		}
		if len(h.movements) != moved {
			t.Fatalf("%s again made %d movements", tell(arrivals), len(h.movements)-moved)
		}
	})
}

func TestLaw3_QuantityByPatientIsWhatWasFinallySaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arrivals := interleave(t, histories.Draw(t, "history"))
		h, _ := hear(t, arrivals)
		got := map[inventory.PlaceID]map[catalogue.ItemID]int64{}
		var sum int64
		for _, m := range h.movements {
			for _, end := range []struct {
				place inventory.PlaceID
				n     int64
			}{{m.From, -m.Quantity}, {m.To, m.Quantity}} {
				sum += end.n
				p := end.place
				if p > 1000 {
					p = posting.PlaceOf(h.known.Merges.Survivor(identity.Patient(p)))
				}
				if p != waste && p != nobody && p < 1000 {
					continue
				}
				if got[p] == nil {
					got[p] = map[catalogue.ItemID]int64{}
				}
				if got[p][m.Item] += end.n; got[p][m.Item] == 0 {
					delete(got[p], m.Item)
				}
				if len(got[p]) == 0 {
					delete(got, p)
				}
			}
		}
		if diff := cmp.Diff(h.usedOn(), got); diff != "" || sum != 0 {
			t.Fatalf("%s\nends with the ledger (sum %d) and the words apart:\n%s", tell(arrivals), sum, diff)
		}
	})
}

func TestLaw5_EveryMovementNamesItsCauseAndEveryReversalItsOriginalOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arrivals := interleave(t, histories.Draw(t, "history"))
		h, labels := hear(t, arrivals)
		seen, undone := map[inventory.MovementID]bool{}, map[inventory.MovementID]bool{}
		for _, m := range h.movements {
			if labels[m.Cause.Message] == "" || m.Cause.Origin == "" || m.Cause.Profile == "" || m.UsageLine == 0 || m.Quantity <= 0 || m.From == m.To {
				t.Fatalf("movement %+v", m)
			}
			if m.Reverses != 0 && (!seen[m.Reverses] || undone[m.Reverses]) {
				t.Fatalf("reversal %+v of a movement that is unknown or undone", m)
			}
			seen[m.ID], undone[m.Reverses] = true, true
		}
	})
}

func tell(arrivals []telling) (out string) {
	for _, a := range arrivals {
		said, _ := json.Marshal(a.event)
		out += fmt.Sprintf("%s at %d: %s\n", a.label, a.minute, said)
	}
	return out
}
