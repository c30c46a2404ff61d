package feeds_test

import (
	"bytes"
	"testing"

	"github.com/stockwell-hub/stockwell/simulator/expected"
	"github.com/stockwell-hub/stockwell/simulator/feeds"
	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

func plan(t *testing.T, p hospital.Params) *feeds.Plan {
	t.Helper()
	h, err := hospital.New(p)
	if err != nil {
		t.Fatal(err)
	}
	out, err := feeds.New(h, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func params() hospital.Params {
	return hospital.Params{Seed: 1, Theatres: 4, Days: 3, Start: "2026-10-24", Troubles: trouble.Default()}
}

func bytesOf(p *feeds.Plan) []byte {
	var b bytes.Buffer
	for _, s := range p.Senders {
		for _, x := range s.Sendings {
			b.Write(p.Write(s, x))
		}
	}
	return b.Bytes()
}

func TestNew_TheSameParametersGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	one := bytesOf(plan(t, params()))
	if !bytes.Equal(one, bytesOf(plan(t, params()))) {
		t.Error("the same parameters gave other bytes")
	}
	other := params()
	other.Seed = 2
	if bytes.Equal(one, bytesOf(plan(t, other))) {
		t.Error("another seed gave the same bytes")
	}
}

func TestNew_WithoutFaultsTheStateIsTheTruth(t *testing.T) {
	t.Parallel()
	p := params()
	p.Troubles = trouble.Rates{}
	all := plan(t, p)
	s := expected.Compute(all, heard(all))
	if len(s.Cases) != len(all.Cases) || len(s.Stopped) != 0 {
		t.Errorf("%d cases expected of %d, %d stopped", len(s.Cases), len(all.Cases), len(s.Stopped))
	}
	left := map[expected.Slot]int64{}
	for _, o := range all.Opening {
		left[expected.Slot{Place: o.Place.Code, Item: o.Item.Code, Lot: o.Lot, Serial: o.Serial}] += int64(o.Quantity)
	}
	for _, c := range all.Cases {
		if got := s.Cases[c.Number]; got == nil || got.Person != c.Patient.Number {
			t.Errorf("case %s is expected to be of another patient", c.Number)
		}
		for _, u := range c.Uses {
			switch u.Fate {
			case hospital.Explanted, hospital.Unopened, hospital.Reusable:
			default:
				left[expected.Slot{Place: u.Place.Code, Item: u.Item.Code, Lot: u.Lot, Serial: u.Serial}] -= int64(u.Quantity)
			}
		}
	}
	for slot, n := range left {
		if s.Stock[slot] != n || n < 0 {
			t.Errorf("%+v: %d expected, %d are there", slot, s.Stock[slot], n)
		}
	}
}

func heard(p *feeds.Plan) (out []expected.Heard) {
	for _, s := range p.Senders {
		seen := map[*told.Message]bool{}
		for _, x := range s.Sendings {
			if !seen[x.Message] {
				seen[x.Message] = true
				out = append(out, expected.Heard{Message: x.Message, Sender: s})
			}
		}
	}
	return out
}
