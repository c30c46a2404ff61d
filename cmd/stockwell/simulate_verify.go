package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/simulator/erp"
	"github.com/stockwell-hub/stockwell/simulator/expected"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
	simtold "github.com/stockwell-hub/stockwell/simulator/told"
	"github.com/stockwell-hub/stockwell/store"
)

// discrepancy is one thing of which the hub says otherwise than it should.
type discrepancy struct {
	What  string `json:"what"`  // as "case 4000017, line C3: quantity to the patient"
	Says  string `json:"says"`  // the hub
	Shall string `json:"shall"` // what it should say
}

// verification compares a hub with what it should say.
type verification struct {
	state  *expected.State
	people map[int64]string // person, by the hub's number
	cases  map[int64]string // number, by the hub's
	came   map[expected.OrderLineOf][]erp.Receipt
	told   []journal.AccountVersion
	wrong  []discrepancy
	looked int
}

// verify compares the hub with what follows from the messages that it
// acknowledged.
func (s *simulation) verify(a *app, c simulateCmd) error {
	v := &verification{people: map[int64]string{}, cases: map[int64]string{}}
	heard, err := s.heard()
	if err != nil {
		return err
	}
	v.state = expected.Compute(s.plan, heard)
	goods, err := takenFrom(s.erpDir(c.ERPDir), "goods", erp.ReadGoods)
	if err != nil {
		return err
	}
	v.came = v.state.Receive(s.plan.Hospital, goods)
	err = s.app(a).withTrust(func(hub *store.Store, trust string) error {
		if err := v.compare(s, a, hub, trust); err != nil {
			return err
		}
		if err := v.submissions(s, a, hub, trust, s.erpDir(c.ERPDir)); err != nil {
			return err
		}
		return v.orders(s, a, hub, trust, c.ERPDir)
	})
	if err != nil {
		return err
	}
	return v.tell(a)
}

// heard are the messages that were acknowledged at least once.
func (s *simulation) heard() (out []expected.Heard, err error) {
	book, err := s.openSent()
	if err != nil {
		return nil, err
	}
	defer book.close()
	for _, x := range s.plan.Senders {
		seen := map[*simtold.Message]bool{}
		for _, y := range x.Sendings[:min(book.count(x.Name), len(x.Sendings))] {
			if !seen[y.Message] {
				seen[y.Message] = true
				out = append(out, expected.Heard{Message: y.Message, Sender: x})
			}
		}
	}
	return out, nil
}

// same notes a difference, if there is one.
func same[T comparable](v *verification, says, shall T, what string, args ...any) {
	v.looked++
	if says != shall {
		v.wrong = append(v.wrong, discrepancy{fmt.Sprintf(what, args...), fmt.Sprint(says), fmt.Sprint(shall)})
	}
}

// compare compares all but the orders.
func (v *verification) compare(s *simulation, a *app, hub *store.Store, trust string) error {
	what, err := hub.Undone(a.ctx, trust)
	if err != nil {
		return err
	}
	same(v, orDash(what), "–", "what is left to do")
	numbers := slices.Sorted(maps.Keys(v.state.People))
	pseudonyms, err := s.pseudonyms(a, numbers)
	if err != nil {
		return err
	}
	account, err := hub.Account(a.ctx, trust, pseudonyms)
	if err != nil {
		return err
	}
	v.whoIsWho(numbers, account.People)
	same(v, account.Unbalanced, 0, "balances that are not the fold of their movements")
	v.stock(account.Stock)
	v.given(account.Given)
	v.visits(account.Visits)
	v.messages(account.Stopped)
	v.levels(account.Levels)
	v.told = account.Told
	lines := map[int64]shown{}
	seen := map[string]bool{}
	err = hub.EachCase(a.ctx, trust, func(c journal.AccountCase) error {
		seen[c.Number], v.cases[c.ID] = true, c.Number
		v.theCase(c, lines)
		return nil
	})
	if err != nil {
		return err
	}
	for _, number := range slices.Sorted(maps.Keys(v.state.Cases)) {
		if !seen[number] {
			same(v, "there is none", "there is one", "case %s", number)
		}
	}
	v.warnings(account.Warnings, lines)
	return nil
}

// pseudonyms are what the hub finds local numbers by.
func (s *simulation) pseudonyms(a *app, numbers []string) ([]identity.Pseudonym, error) {
	hub, trusts, err := s.app(a).load()
	if err != nil {
		return nil, err
	}
	for _, cfg := range trusts {
		if cfg.ODS != simhospital.Trust {
			continue
		}
		key, err := vaultKey(hub, cfg)
		if err != nil {
			return nil, err
		}
		vault, out := identity.NewVault(key), make([]identity.Pseudonym, len(numbers))
		for i, n := range numbers {
			out[i] = vault.Pseudonym(identity.Identifier{Type: "MR", Authority: "NMR", Value: n})
		}
		return out, nil
	}
	return nil, fault.New(fault.NotFound, "trust_not_found", "The configuration has no trust %s.", simhospital.Trust)
}

// whoIsWho finds the hub's number of each person, and where it takes one for
// two or two for one.
func (v *verification) whoIsWho(numbers []string, found []int64) {
	first := map[string]int64{}
	for i, n := range numbers {
		who := v.state.People[n]
		switch {
		case found[i] == 0:
			same(v, "not known", "known", "patient %s", n)
		case first[who] == 0 && v.people[found[i]] == "":
			first[who], v.people[found[i]] = found[i], who
			v.looked++
		case v.people[found[i]] != who:
			same(v, "read as "+orDash(v.people[found[i]]), "read as "+who, "patient %s", n)
		case first[who] != found[i]:
			same(v, "read as two", "read as one", "patients %s and %s", n, who)
		}
	}
}

func (v *verification) who(number int64) string {
	if number == 0 {
		return "nobody"
	}
	if who, ok := v.people[number]; ok {
		return who
	}
	return fmt.Sprintf("somebody else (the hub's %d)", number)
}

func (v *verification) stock(all []journal.AccountStock) {
	says, shall := map[string]int64{}, map[string]int64{}
	name := func(place, item, lot, serial string) string {
		return fmt.Sprintf("stock of %s at %s, lot %s, serial %s", item, place, orDash(lot), orDash(serial))
	}
	for _, x := range all {
		says[name(x.Place, x.Item, x.Lot, x.Serial)] += x.Quantity
	}
	for x, n := range v.state.Stock {
		if n != 0 {
			shall[name(x.Place, x.Item, x.Lot, x.Serial)] += n
		}
	}
	sums(v, says, shall)
}

func (v *verification) given(all []journal.AccountGiven) {
	says, shall := map[string]int64{}, map[string]int64{}
	name := func(who, item string) string {
		return fmt.Sprintf("used on patient %s of %s", who, cmp.Or(item, "unidentified items"))
	}
	for _, x := range all {
		says[name(v.who(x.Patient), x.Item)] += x.Quantity
	}
	for x, n := range v.state.Given {
		shall[name(x.Person, x.Item)] += n
	}
	sums(v, says, shall)
}

// sums compares two sets of quantities.
func sums(v *verification, says, shall map[string]int64) {
	names := maps.Clone(says)
	maps.Copy(names, shall)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		same(v, says[n], shall[n], "%s", n)
	}
}

func (v *verification) visits(all []journal.AccountVisit) {
	says := map[string]string{}
	for _, x := range all {
		says[x.Number] = codes(x.Codes)
	}
	for _, n := range slices.Sorted(maps.Keys(v.state.Visits)) {
		same(v, orDash(says[n]), codes(v.state.Visits[n]), "final coding of visit %s", n)
		delete(says, n)
	}
	for _, n := range slices.Sorted(maps.Keys(says)) {
		same(v, says[n], "–", "final coding of visit %s", n)
	}
}

// codes writes codes as people compare them: without the dot.
func codes(all []string) string {
	return orDash(strings.ReplaceAll(strings.Join(all, " "), ".", ""))
}

func (v *verification) messages(stopped []string) {
	says, shall := map[string]int64{}, map[string]int64{}
	for _, c := range stopped {
		says["stopped messages under control ID "+c]++
	}
	for _, c := range v.state.Stopped {
		shall["stopped messages under control ID "+c]++
	}
	sums(v, says, shall)
}

// tell prints what differs, and fails if anything does.
func (v *verification) tell(a *app) error {
	if a.JSON {
		if v.wrong == nil {
			v.wrong = []discrepancy{}
		}
		if err := a.printJSON(map[string]any{"compared": v.looked, "differences": v.wrong}); err != nil {
			return err
		}
	} else {
		for _, d := range v.wrong {
			fmt.Fprintf(a.out, "%s: the hub says %s, and should say %s\n", d.What, d.Says, d.Shall)
		}
		fmt.Fprintf(a.out, "%d comparisons, %s.\n", v.looked, plural(len(v.wrong), "difference"))
	}
	if len(v.wrong) > 0 {
		return errNo
	}
	return nil
}
