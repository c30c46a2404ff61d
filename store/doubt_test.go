package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/feed"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// use posts a use of quantity of an item at TH1 that source tells of.
func (h *hub) use(t *testing.T, source, number, item, quantity string) {
	t.Helper()
	if err := h.post(t.Context(), h.from(source, h.used(number, "A", told("1", item, quantity)))); err != nil {
		t.Fatal(err)
	}
}

// planned plans as the hub does.
func (h *hub) planned(t *testing.T) {
	t.Helper()
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
}

func (h *hub) alert(t *testing.T, kind, feed string) {
	t.Helper()
	if _, _, err := h.BeginDoubt(t.Context(), h.trust, FeedAlert{Kind: kind, Feed: feed, Text: feed + " is not well.", Action: "Ask.", Why: "It is not well.", Since: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
}

// well closes a feed's warning.
func (h *hub) well(t *testing.T, kind, feed string) {
	t.Helper()
	if _, err := h.EndDoubt(t.Context(), h.trust, kind, feed, "It is well.", time.Now()); err != nil {
		t.Fatal(err)
	}
}

// suggested gives each suggestion as "item cycle packs state feeds".
func (h *hub) suggested(t *testing.T) string {
	t.Helper()
	return list(t, h, `SELECT concat_ws(' ', i.code, g.cycle, g.packs, g.state, nullif(array_to_string(g.doubted, ','), '')) FROM suggestion g JOIN item i ON i.id = g.item ORDER BY i.code, g.cycle`)
}

func TestDoubt_ABacklogOfFiveHundredUsesGivesOneSuggestionAShelfAndThenOneOrder(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.open(t, "TH1", "I0", 300)
	h.open(t, "TH1", "I3", 300)
	h.alert(t, feed.KindBehind, "theatre")
	for batch := range 20 {
		var ms []posting.Message
		for i := range 25 {
			ms = append(ms, h.from("theatre", h.used(fmt.Sprintf("C%d-%d", batch, i), "A", told("1", []string{"I0", "I3"}[i%2], "1"), told("2", "I0", "1"))))
		}
		if err := h.post(t.Context(), ms...); err != nil {
			t.Fatal(err)
		}
		h.planned(t)
	}
	if got := h.suggested(t); got != "I0 1 10 waits theatre" {
		t.Fatalf("after the backlog:\n%s", got)
	}
	h.oneOrderANeed(t, 0, 9)
	h.well(t, feed.KindBehind, "theatre")
	h.planned(t)
	if got := h.suggested(t); got != "I0 1 10 ordered" {
		t.Errorf("when it has caught up:\n%s", got)
	}
	h.oneOrderANeed(t, 1, 9)
	h.use(t, "theatre", "later", "I3", "60")
	h.planned(t)
	h.oneOrderANeed(t, 2, 9)
	h.balanced(t)
}

func TestDoubt_OnlyTheFeedsOfAPlaceMatter(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	c := trustSetup(h.trust)
	setUp := func(feeds ...Feed) {
		t.Helper()
		c.Feeds = feeds
		if _, _, err := h.SetUp(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	waits := func(when, item string, want bool) {
		t.Helper()
		h.open(t, "TH1", item, 5)
		h.use(t, "theatre", when, item, "1")
		h.planned(t)
		if got := strings.Contains(h.suggested(t), item+" 1"); !got {
			t.Fatalf("%s: nothing is suggested:\n%s", when, h.suggested(t))
		}
		if got := value[string](t, h, `SELECT g.state FROM suggestion g JOIN item i ON i.id = g.item WHERE i.code = $1`, item); (got == "waits") != want {
			t.Errorf("%s: it %s", when, got)
		}
	}
	setUp(Feed{Connector: "theatre"}, Feed{Connector: "registry"})
	h.alert(t, feed.KindSilent, "registry")
	waits("the silent feed never told of the place", "I0", false)

	elsewhere := h.used("TH2", "A", told("1", "I7", "1"))
	elsewhere.Place.Code = "TH2"
	if err := h.post(t.Context(), h.from("registry", elsewhere)); err != nil {
		t.Fatal(err)
	}
	learn := func() {
		t.Helper()
		if _, err := h.LearnPlaces(t.Context(), h.trust, 0, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	learn()
	waits("it tells of another place", "I1", false)

	h.use(t, "registry", "here too", "I7", "1")
	learn()
	waits("it tells of this place", "I2", true)

	setUp(Feed{Connector: "theatre"}, Feed{Connector: "registry", Places: []string{"TH2"}})
	learn()
	waits("by configuration it tells of another place", "I3", false)

	setUp(Feed{Connector: "theatre"}, Feed{Connector: "registry", Places: []string{"TH1", "TH2"}})
	waits("by configuration it tells of this place", "I4", true)
	h.well(t, feed.KindSilent, "registry")

	setUp(Feed{Connector: "theatre"})
	h.alert(t, feed.KindBehind, "theatre")
	if n := value[int](t, h, `SELECT count(*) FROM feed_place WHERE connector = 'theatre' AND place = (SELECT id FROM place WHERE code = 'TH1')`); n != 1 {
		t.Errorf("theatre's place was learned %d times", n)
	}
	waits("the feed that told of it is behind", "I5", true)
	setUp() // not even that it told of the place before is known
	waits("the feed that told of it is behind, and unknown", "I6", true)
}

func TestDoubt_AFeedThatToldNothingForWeeksIsForgotten(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.use(t, "theatre", "1", "I0", "1")
	now := time.Now()
	latest, err := h.LearnPlaces(t.Context(), h.trust, 0, now)
	if err != nil || latest == 0 || list(t, h, `SELECT connector FROM feed_place`) != "theatre" {
		t.Fatalf("learned up to %d: %v", latest, err)
	}
	h.use(t, "registry", "2", "I0", "1")
	if again, err := h.LearnPlaces(t.Context(), h.trust, latest, now.Add(forgotten+time.Hour)); err != nil || again <= latest {
		t.Fatal(again, err)
	}
	if got := list(t, h, `SELECT connector FROM feed_place`); got != "registry" {
		t.Errorf("known are %q", got)
	}
	if again, err := h.LearnPlaces(t.Context(), h.trust, latest+1000, now); err != nil || again != latest+1000 {
		t.Errorf("without a new posting: %d, %v", again, err)
	}
}

func TestDoubt_APersonsDecisionStands(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.open(t, "TH1", "I0", 5)
	h.open(t, "TH1", "I3", 5)
	h.alert(t, feed.KindSilent, "theatre")
	h.use(t, "theatre", "1", "I0", "1")
	h.use(t, "theatre", "2", "I3", "1")
	h.planned(t)
	ss, err := h.Suggestions(t.Context(), h.trust, false, 500)
	if err != nil || len(ss) != 2 || !strings.Contains(string(ss[0].Inputs), `"doubts": [{"feed": "theatre", "kind": "feed_silent"`) {
		t.Fatalf("%+v, %v", ss, err)
	}
	for _, s := range ss {
		if err := h.DecideSuggestion(t.Context(), h.trust, s.ID, s.Item == "I0", "buyer", "I know.", h.rules.Zone); err != nil {
			t.Fatal(err)
		}
	}
	h.planned(t)
	h.well(t, feed.KindSilent, "theatre")
	h.planned(t)
	if got := h.suggested(t); got != "I0 1 6 ordered theatre\nI3 1 6 declined theatre" {
		t.Errorf("decided:\n%s", got)
	}
	h.oneOrderANeed(t, 1, 9)
}

func TestDoubt_ABuyerAndThePlannersAtTheSameTimeOrderANeedOnce(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.alert(t, feed.KindSilent, "theatre")
	h.need(t, "1")
	h.planned(t)
	ss, err := h.Suggestions(t.Context(), h.trust, false, 500)
	if err != nil || len(ss) != 8 {
		t.Fatalf("%d wait, %v", len(ss), err)
	}
	h.well(t, feed.KindSilent, "theatre")
	together(t, func(ctx context.Context, w int) error {
		if w%2 == 0 {
			return h.plan(ctx, generous, "")
		}
		for i := range ss {
			err := h.DecideSuggestion(ctx, h.trust, ss[(i+w)%8].ID, true, "buyer", "I need it.", h.rules.Zone)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		return h.plan(ctx, generous, "")
	})
	h.oneOrderANeed(t, 8, 9)
}

func TestDoubt_WhatACorrectionMadeNeedlessIsClosed(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.open(t, "TH1", "I0", 5)
	h.alert(t, feed.KindBehind, "theatre")
	h.use(t, "theatre", "1", "I0", "1")
	h.planned(t)
	gone := told("1", "I0", "1")
	gone.Effect = canonical.Delete
	if err := h.post(t.Context(), h.from("theatre", h.used("1", "A", gone))); err != nil {
		t.Fatal(err)
	}
	h.well(t, feed.KindBehind, "theatre")
	h.planned(t)
	if got := h.suggested(t); got != "I0 1 6 declined theatre" {
		t.Errorf("after the correction: %s", got)
	}
	h.use(t, "theatre", "2", "I0", "1")
	h.planned(t)
	if got := h.suggested(t); got != "I0 1 6 declined theatre\nI0 2 6 ordered" {
		t.Errorf("after another use:\n%s", got)
	}
}

func TestDoubt_WhatWasApprovedAndHasNotLeftWaitsToo(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	c := trustSetup(h.trust)
	c.Feeds = []Feed{{Connector: "theatre", Places: []string{"TH1"}}}
	if _, _, err := h.SetUp(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	h.open(t, "TH1", "I0", 5)
	h.open(t, "TH1", "I3", 5)
	h.now = time.Now().Add(time.Hour) // the time of its order has not come
	h.use(t, "theatre", "1", "I0", "1")
	h.planned(t)
	if got := h.suggested(t); got != "I0 1 6 approved" {
		t.Fatal(got)
	}
	hold := FeedAlert{Kind: feed.KindHeld, Feed: "theatre", Text: "Held by B. Buyer: paper entries", Action: "Release it.", Why: "It is held.", Since: time.Now()}
	if opened, turned, err := h.BeginDoubt(t.Context(), h.trust, hold); err != nil || !opened || turned != 1 {
		t.Fatalf("opened %v, %d turned, %v", opened, turned, err)
	}
	if opened, turned, err := h.BeginDoubt(t.Context(), h.trust, hold); err != nil || opened || turned != 0 {
		t.Errorf("held again: %v, %d, %v", opened, turned, err)
	}
	h.use(t, "theatre", "2", "I3", "1")
	h.planned(t)
	if got := h.suggested(t); got != "I0 1 6 waits theatre\nI3 1 6 waits theatre" {
		t.Errorf("while it is held:\n%s", got)
	}
	fs, err := h.FeedStates(t.Context(), h.trust)
	if err != nil || len(fs) != 1 || !fs[0].Declared || strings.Join(fs[0].Places, ",") != "TH1" || fs[0].Waiting != 2 || len(fs[0].Doubts) != 1 || fs[0].Doubts[0].Text != hold.Text {
		t.Errorf("%+v, %v", fs, err)
	}
	h.now = h.now.Add(24 * time.Hour)
	h.well(t, feed.KindHeld, "theatre")
	h.planned(t)
	if got := h.suggested(t); got != "I0 1 6 approved\nI3 1 6 approved" {
		t.Errorf("released:\n%s", got)
	}
	if got := value[bool](t, h, `SELECT max(release_at) < now() + interval '2 hours' FROM suggestion`); !got {
		t.Error("it does not leave at the time that passed while it waited")
	}
	if closed, err := h.EndDoubt(t.Context(), h.trust, feed.KindHeld, "theatre", "again", time.Now()); err != nil || closed {
		t.Errorf("released again: %v, %v", closed, err)
	}
}

func TestDoubt_AWarningThatIsClosedByHandEndsItToo(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.open(t, "TH1", "I0", 5)
	h.alert(t, feed.KindSilent, "theatre")
	h.use(t, "theatre", "1", "I0", "1")
	h.planned(t)
	if err := h.CloseWarning(t.Context(), h.trust, value[int64](t, h, `SELECT id FROM warning WHERE kind = 'feed_silent'`), "buyer", "they are on holiday"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // as the hub does each minute
		if err := h.LookAgain(t.Context(), h.trust); err != nil {
			t.Fatal(err)
		}
		h.planned(t)
	}
	if got := h.suggested(t); got != "I0 1 6 ordered" {
		t.Errorf("it is %s", got)
	}
	h.oneOrderANeed(t, 1, 9)
}

// TestDoubt_NoHistoryOrdersANeedTwiceOrInDoubt lets uses, credits, a feed that
// comes and goes, a buyer and planners that die happen in any order.
func TestDoubt_NoHistoryOrdersANeedTwiceOrInDoubt(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	c := trustSetup(h.trust)
	c.Feeds = []Feed{{Connector: "theatre", Places: []string{"TH1"}}}
	if _, _, err := h.SetUp(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, r := range items() {
		h.open(t, "TH1", r.Code, 10)
	}
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	doubted, orders := false, func() int {
		return value[int](t, h, `SELECT count(*) FROM purchase_order WHERE automatic AND NOT imported`)
	}
	for step := range 100 {
		before := orders()
		switch r.IntN(9) {
		case 8: // what was ordered is there, and used up at once
			if err := h.tx(t.Context(), func(ctx context.Context) error {
				_, err := pgtx.From(ctx).Exec(ctx, `UPDATE purchase_order_line SET open_packs = 0 WHERE trust = $1`, h.trust)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		case 0:
			h.alert(t, feed.KindSilent, "theatre")
			doubted = true
		case 1:
			h.well(t, feed.KindSilent, "theatre")
			doubted = false
		case 2:
			ss, err := h.Suggestions(t.Context(), h.trust, false, 500)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range ss {
				if s.State == "waits" && r.IntN(4) == 0 {
					if err := h.DecideSuggestion(t.Context(), h.trust, s.ID, r.IntN(2) == 0, "buyer", "so", h.rules.Zone); err != nil {
						t.Fatal(err)
					}
				}
			}
		default:
			h.use(t, "theatre", fmt.Sprintf("%d", step%40), items()[r.IntN(8)].Code, fmt.Sprint(r.IntN(4)))
		}
		_ = h.plan(t.Context(), generous, []string{"", "", "suggest", "release"}[r.IntN(4)])
		if doubted && orders() > before {
			t.Fatalf("seed %d, step %d: something was ordered by itself in doubt", seed, step)
		}
		if got := list(t, h, `SELECT place || ' ' || item FROM suggestion WHERE state = 'waits' GROUP BY place, item HAVING count(*) > 1`); got != "" {
			t.Fatalf("seed %d, step %d: more than one suggestion waits at shelves %s", seed, step, got)
		}
	}
	h.well(t, feed.KindSilent, "theatre")
	h.planned(t)
	if got := list(t, h, `SELECT item::text FROM suggestion WHERE state = 'waits' AND doubted <> '{}'`); got != "" {
		t.Errorf("seed %d: though the feed is well these wait: %s", seed, got)
	}
	h.oneOrderANeed(t, value[int](t, h, `SELECT count(*) FROM suggestion WHERE state = 'ordered'`), 9)
	h.balanced(t)
}
