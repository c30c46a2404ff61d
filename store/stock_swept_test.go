package store

import (
	"context"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestStockDetail_AShelfThatWasUsedUpKeepsItsHistoryWhenItsBalancesAreSwept(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH2", "I0", 1) // there is no par level at TH2
	u := h.used("1", "A", told("1", "I0", "1"))
	u.Place.Code = "TH2"
	if err := h.post(t.Context(), h.from("theatre", u)); err != nil {
		t.Fatal(err)
	}
	if err := h.SweepBalances(t.Context(), h.trust); err != nil {
		t.Fatal(err)
	}
	d, err := h.StockDetail(t.Context(), h.trust, "TH2", "I0")
	if err != nil || d.Quantity != 0 || d.Item != "I0" || d.Place != "TH2" || len(d.Lots) != 0 || len(d.Moves) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := h.StockDetail(t.Context(), h.trust, "TH2", "I1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("what never was there: %v", err)
	}
}

func TestReplayable_IsEveryMessageWhoseWordsALineStandsOn(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	use := h.from("theatre", h.used("1", "A", told("1", "GHOST", "2")))
	l := told("1", "GHOST", "1")
	l.Effect = canonical.Credit
	credit := h.from("theatre", h.used("1", "A", l))
	for _, m := range []posting.Message{use, credit} {
		if err := h.post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	ids, err := h.Replayable(t.Context(), h.trust, false, true)
	if err != nil || len(ids) != 2 || ids[0] != use.ID || ids[1] != credit.ID {
		t.Errorf("messages %v of %d and %d, %v", ids, use.ID, credit.ID, err)
	}
}

func TestKeep_ALineThatIsNotThereIsNotPassedOver(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	stray := posting.LineState{Line: &theatre.Line{ID: 99, Case: 98, Key: "1", Told: map[string]theatre.Word{}}, Settled: theatre.Settled{State: theatre.Withdrawn}}
	err := h.tx(t.Context(), func(ctx context.Context) error {
		return h.books.Keep(ctx, posting.Changes{Lines: []posting.LineState{stray}})
	})
	if fault.Of(err).Code != "line_lost" {
		t.Errorf("changing a line that is not there: %v", err)
	}
}
