package posting_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// telling is one message of a history, before it is known when it arrives.
type telling struct {
	sender string
	label  string // stable, whenever it arrives
	minute int
	event  canonical.Event
}

// histories draws what several senders tell, each in its own order. theatre
// and registry tell single lines, list tells whole cases, pas books, codes,
// merges, takes back, moves visits and updates; registry merges now and then.
//
// Two classes of histories are left out, for they do not converge:
//   - identifiers or case numbers that are told apart before a message says
//     that they are one: two records then exist, and joining them is a
//     person's decision (a merge). So each patient is always named by the
//     local number, and each case by its case number, whatever else is told;
//   - lots that two senders give different expiry dates: the first stands.
var histories = rapid.Custom(func(t *rapid.T) map[string][]telling {
	out := map[string][]telling{}
	for _, sender := range []string{"theatre", "registry", "list", "pas"} {
		minute := 0
		for i := range rapid.IntRange(0, 6).Draw(t, sender) {
			x := telling{sender: sender, label: fmt.Sprintf("%s/%d", sender, i)}
			switch rapid.IntRange(0, 9).Draw(t, "time") {
			case 0: // at one time with the last one
			case 1:
				x.minute = -1
			default:
				minute += rapid.IntRange(1, 5).Draw(t, "minutes")
			}
			if x.minute == 0 {
				x.minute = minute
			}
			if i > 0 && rapid.IntRange(0, 5).Draw(t, "again") == 0 {
				x.event = rapid.SampledFrom(out[sender]).Draw(t, "repeats").event
			} else if sender == "pas" {
				x.event = drawPatientEvent(t)
			} else if sender == "registry" && rapid.IntRange(0, 5).Draw(t, "of identities") == 0 {
				x.event = drawIdentityEvent(t)
			} else {
				x.event = drawUsage(t, sender == "list")
			}
			out[sender] = append(out[sender], x)
		}
	}
	return out
})

func drawCase(t *rapid.T) canonical.Case {
	c := named(rapid.SampledFrom([]string{"1", "2"}).Draw(t, "case"))
	if rapid.Bool().Draw(t, "with booking number") {
		c.Aliases = append(c.Aliases, canonical.Alias{Kind: "booking", Value: "B" + c.Aliases[0].Value})
	}
	return c
}

func drawPatientEvent(t *rapid.T) canonical.Event {
	switch rapid.IntRange(0, 8).Draw(t, "event") {
	case 0:
		return canonical.PatientMerge{Survivor: drawPatient(t, "A", "B", "C"), Retired: drawPatient(t, "A", "B", "C")}
	case 1:
		return canonical.PatientUpdate{Patient: drawPatient(t, "A", "B", "C")}
	case 2:
		return drawNewNumber(t)
	case 3, 4, 5:
		return drawIdentityEvent(t)
	}
	b := booked("", "", rapid.SampledFrom([]string{"book", "modify", "cancel"}).Draw(t, "action"))
	b.Case, b.Patient = drawCase(t), drawPatient(t, "A", "B", "C", "")
	b.Encounter, b.Procedures, b.People = around(t)
	return b
}

func drawUsage(t *rapid.T, whole bool) canonical.Event {
	u := used("", "", rapid.SliceOfN(rapid.Custom(func(t *rapid.T) canonical.UsageLine { return drawLine(t, whole) }), 1, 3).Draw(t, "lines")...)
	u.Case, u.Patient = drawCase(t), drawPatient(t, "A", "A", "A", "B", "C", "")
	u.Place.Code = rapid.SampledFrom([]string{"TH1", "TH1", "TH2", "CELLAR"}).Draw(t, "place")
	if whole {
		u.Mode = canonical.Snapshot
		u.Scope = rapid.SampledFrom([]string{"", "", "implants"}).Draw(t, "scope")
	}
	u.Encounter, u.Procedures, u.People = around(t)
	u.Source = rapid.SampledFrom([]string{"", "", "", "implants"}).Draw(t, "voice")
	return u
}

func drawLine(t *rapid.T, whole bool) canonical.UsageLine {
	effects := []canonical.Effect{canonical.Use, canonical.Use, canonical.Use, canonical.Credit, canonical.Delete, canonical.NoValue, canonical.WrongPatient, canonical.Unknown}
	if whole {
		effects = effects[:4]
	}
	l := told(rapid.SampledFrom([]string{"k1", "k2", "k3", ""}).Draw(t, "key"), rapid.SampledFrom(effects).Draw(t, "effect"),
		rapid.SampledFrom([]string{"HIP", "SCREW", "NEW"}).Draw(t, "item"), rapid.SampledFrom([]string{"1", "1", "2", "3", "0.5", "x"}).Draw(t, "quantity"))
	l.Disposition = rapid.SampledFrom([]string{"", canonical.Implanted, canonical.Explanted, canonical.OpenedNotUsed, canonical.ImplantedThenRemoved, canonical.Reusable}).Draw(t, "disposition")
	l.Side = rapid.SampledFrom([]string{"", "left", "right"}).Draw(t, "side")
	if l.Effect == canonical.Credit {
		l.CreditFor = rapid.SampledFrom([]canonical.CreditFor{"", canonical.NeverOpened, canonical.Wasted, canonical.ChargingError}).Draw(t, "credit for")
	}
	l.Lot = rapid.SampledFrom([]string{"", "L1", "L2"}).Draw(t, "lot")
	return l
}

// interleave draws an order of arrival that keeps each sender's own.
func interleave(t *rapid.T, history map[string][]telling) []telling {
	var out []telling
	left := maps.Clone(history)
	for {
		var senders []string
		for s, x := range left {
			if len(x) > 0 {
				senders = append(senders, s)
			}
		}
		if len(senders) == 0 {
			return out
		}
		slices.Sort(senders)
		s := rapid.SampledFrom(senders).Draw(t, "next")
		out, left[s] = append(out, left[s][0]), left[s][1:]
	}
}

// newTestHub is a hub in a test environment, for patients with 999 numbers.
func newTestHub() *hub {
	h := newHub()
	h.trust.Test = true
	return h
}

// hear lets a hub hear messages in this order, in batches of any size.
func hear(t *rapid.T, arrivals []telling) (*hub, map[int64]string) {
	h, labels := newTestHub(), map[int64]string{}
	for len(arrivals) > 0 {
		var batch []posting.Message
		for range rapid.IntRange(1, min(4, len(arrivals))).Draw(t, "batch") {
			m := h.from(arrivals[0].sender, arrivals[0].minute, arrivals[0].event)
			m.ReceivedAt = noon
			labels[m.ID] = arrivals[0].label
			batch, arrivals = append(batch, m), arrivals[1:]
		}
		h.say(batch...)
	}
	return h, labels
}

// picture is a hub's state in terms that no order of arrival changes: numbers
// that the hub hands out are replaced by what they stand for, and merged
// patients are read as one.
func (h *hub) picture(labels map[int64]string) []string {
	people := map[inventory.PlaceID][]string{}
	for _, local := range []string{"A", "B", "C"} {
		people[h.patientOf(local)] = append(people[h.patientOf(local)], local)
	}
	place := func(p inventory.PlaceID) string {
		if who := people[posting.PlaceOf(h.known.Merges.Survivor(identity.Patient(p)))]; p > 1000 {
			return "patient " + strings.Join(who, "=")
		}
		return "place " + strconv.FormatInt(int64(p), 10)
	}
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	names := map[string]string{}
	for id, lines := range h.known.Lines {
		var number string
		for a, c := range h.known.Aliases {
			if c == id && a.Kind == "case_number" {
				number = a.Value
			}
		}
		names[fmt.Sprintf("case:%d", id)] = "case " + number
		for _, item := range []catalogue.ItemID{hip, screw} {
			names[fmt.Sprintf("ceiling:%d:%d", item, id)] = fmt.Sprintf("item %d in case %s", item, number)
		}
		s := h.stateOf(id)
		add("case %s: %s, %s, booked for %s, %s, used %v", number, s.Booking, place(inventory.PlaceID(s.Patient)), place(inventory.PlaceID(s.BookedFor)), place(s.Place), s.UsedAt.IsZero())
		for key, l := range lines {
			if rest, ok := strings.CutPrefix(key, "message:"); ok {
				id, origin, _ := strings.Cut(rest, ":")
				n, _ := strconv.ParseInt(id, 10, 64)
				key = labels[n] + ":" + origin
			}
			names[fmt.Sprintf("line:%d", l.ID)] = "line " + number + "/" + key
			for m, label := range labels {
				names[fmt.Sprintf("wrong_patient:%d:%d", l.ID, m)] = names[fmt.Sprintf("line:%d", l.ID)] + " by " + label
			}
			add("line %s/%s: %s", number, key, h.standing(l, place))
		}
	}
	h.peoplePicture(add, names)
	held := map[string]int64{}
	for _, m := range h.movements {
		held[fmt.Sprintf("%s item %d lot %q", place(m.From), m.Item, m.Lot)] -= m.Quantity
		held[fmt.Sprintf("%s item %d lot %q", place(m.To), m.Item, m.Lot)] += m.Quantity
	}
	for k, n := range held {
		if n != 0 {
			add("%s: %d", k, n)
		}
	}
	for id, hold := range h.held {
		if hold.Quantity > 0 {
			add("held of %s: %d of item %d lot %q at %s", names[fmt.Sprintf("line:%d", id)], hold.Quantity, hold.Item, hold.Lot, place(hold.Place))
		}
	}
	for _, w := range h.open {
		subject := w.Subject
		if n, ok := names[subject]; ok {
			subject = n
		}
		add("open: %s of %s", w.Kind, subject)
	}
	slices.Sort(out)
	return out
}

func (h *hub) standing(l *theatre.Line, place func(inventory.PlaceID) string) string {
	n := h.final(l.Case)[l.Key]
	m := inventory.Movement{}
	if l.Posted != nil {
		m = *l.Posted
	}
	return fmt.Sprintf("%s %s %s from %s: %s; posted %d of %d lot %q, %s to %s", n.State, n.Why, n.Net, n.Source, n.Disposition, m.Quantity, m.Item, m.Lot, place(m.From), place(m.To))
}

// final is what a case's lines come to side by side.
func (h *hub) final(id theatre.CaseID) map[string]theatre.Settled {
	out := map[string]theatre.Settled{}
	for key, l := range h.known.Lines[id] {
		out[key] = theatre.Settle(h.toldNow(l), rank, h.one)
	}
	theatre.Reconcile(out, theatre.Authority{Rank: rank}, nil, func(p theatre.Patient) theatre.Patient {
		return theatre.Patient(h.known.Merges.Survivor(identity.Patient(p)))
	})
	return out
}

// usedOn is how much of an item the lines, as they finally stand, leave with
// each end: what the ledger must say whatever happened between.
func (h *hub) usedOn() map[inventory.PlaceID]map[catalogue.ItemID]int64 {
	out := map[inventory.PlaceID]map[catalogue.ItemID]int64{}
	for id, lines := range h.known.Lines {
		final := h.final(id)
		for _, l := range lines {
			n := final[l.Key]
			if n.Waste > 0 {
				if out[waste] == nil {
					out[waste] = map[catalogue.ItemID]int64{}
				}
				out[waste][n.Item] += n.Waste
			}
			if n.Base == 0 {
				continue
			}
			to := posting.PlaceOf(h.known.Merges.Survivor(identity.Patient(n.Patient)))
			switch {
			case n.ToWaste:
				to = waste
			case to == 0:
				to = nobody
			}
			if out[to] == nil {
				out[to] = map[catalogue.ItemID]int64{}
			}
			out[to][n.Item] += n.Base
		}
	}
	return out
}
