package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/store"
)

// books tells all that the hub knows and did as text that a person can read
// and a test compare. What differs from run to run is named by order of
// appearance: patients A, B..., mappings @1, @2.... The day of the test is
// TODAY.
type books struct {
	out      strings.Builder
	patients map[int64]string
	mappings map[string]string
	labels   map[int64]string // messages by control ID
}

func (h *hospital) books() string {
	h.t.Helper()
	done, s := h.hubStore()
	defer done()
	if h.known == nil {
		h.known = &books{patients: map[int64]string{}, mappings: map[string]string{}, labels: map[int64]string{}}
	}
	b := h.known
	b.out.Reset()
	h.must(b.write(context.Background(), s, "ZZ1"))
	if h.tells {
		h.must(b.registry(context.Background(), s, "ZZ1"))
	}
	b.identities(h)
	b.files(h.stage.erpDir)
	if h.tells {
		b.registryFiles(h.stage.erpDir, h.secrets)
	}
	unbalanced, err := h.query(`SELECT string_agg(x::text, '; ') FROM unbalanced x`)
	h.must(err)
	if unbalanced != "" {
		h.t.Errorf("law 3: balances differ from the fold of their movements: %s", unbalanced)
	}
	return b.out.String()
}

// hubStore gives the running hub's books, else opens them as a command does.
func (h *hospital) hubStore() (done func(), s *store.Store) {
	h.t.Helper()
	if h.hub != nil {
		return func() {}, h.hub.store
	}
	s, done, err := (&app{cli: &cli{Config: h.path("stockwell.yaml")}, ctx: context.Background()}).reading()
	h.must(err)
	return done, s
}

func (b *books) line(format string, args ...any) {
	b.out.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// part begins a part that is left out when it is empty.
func (b *books) part(name string, n int) bool {
	if n > 0 {
		b.line("%s", name)
	}
	return n > 0
}

func (b *books) write(ctx context.Context, s *store.Store, trust string) error {
	all, err := s.Messages(ctx, trust, journal.Filter{Limit: 500})
	if err != nil {
		return err
	}
	slices.Reverse(all)
	all = slices.DeleteFunc(all, func(m journal.Message) bool { return m.Connector == "import" })
	seen := map[string]int{}
	for _, m := range all {
		name := labelOf(m)
		seen[name]++
		b.labels[m.ID] = name
		if n := seen[name]; n > 1 {
			b.labels[m.ID] = fmt.Sprintf("%s#%d", name, n)
		}
	}
	chains := make([]journal.Chain, len(all))
	for i, m := range all {
		if chains[i], err = s.Chain(ctx, trust, m.ID); err != nil {
			return err
		}
	}
	b.messages(chains)
	if err := b.cases(ctx, s, trust, chains); err != nil {
		return err
	}
	b.movements(chains)
	if err := b.stock(ctx, s, trust); err != nil {
		return err
	}
	if err := b.holds(ctx, s, trust); err != nil {
		return err
	}
	if err := b.receipts(ctx, s, trust); err != nil {
		return err
	}
	return b.purchasing(ctx, s, trust)
}

// labelOf names a message by its control ID; what a person decided or recorded
// has one of the hub's making, with the time.
func labelOf(m journal.Message) string {
	if m.Connector == personSource {
		return personSource
	}
	return m.ControlID
}

func (b *books) messages(chains []journal.Chain) {
	if !b.part("messages", len(chains)) {
		return
	}
	for _, c := range chains {
		m := c.Message
		times := ""
		if m.Received > 1 {
			times = fmt.Sprintf(", delivered %d times", m.Received)
		}
		b.line("  %s %s %s%s: %s", b.labels[m.ID], m.Type, m.State, times, b.text(m.Summary))
		if c.Stop != nil {
			b.line("    stopped at %s: %s%s", c.Stop.Step, c.Stop.Code, at(c.Stop.Path))
		}
		for _, p := range c.Postings {
			if len(c.Postings) > 1 {
				b.line("    attempt %d, %s: %s, %s", p.Attempt, b.mapping(p.Profile), p.Outcome, b.text(p.Summary))
			}
			for _, f := range findingsOf(p) {
				b.line("    %s %s%s", f.Severity, f.Code, at(f.Path))
			}
		}
	}
}

func findingsOf(p journal.Posting) (all []canonical.Finding) {
	_ = json.Unmarshal(p.Findings, &all)
	return all
}

func byName[V any](m map[int64]V, name func(V) string) []V {
	var out []V
	for _, v := range m {
		out = append(out, v)
	}
	slices.SortFunc(out, func(x, y V) int { return cmp.Compare(name(x), name(y)) })
	return out
}

func (b *books) movements(chains []journal.Chain) {
	var all []journal.Movement
	for _, c := range chains {
		all = append(all, c.Moves...)
	}
	slices.SortStableFunc(all, func(x, y journal.Movement) int {
		return cmp.Or(x.RecordedAt.Compare(y.RecordedAt), cmp.Compare(x.ID, y.ID))
	})
	if !b.part("movements", len(all)) {
		return
	}
	number := map[int64]int{}
	for i, m := range all {
		number[m.ID] = i + 1
		undoes := ""
		if m.Reverses != 0 {
			undoes = fmt.Sprintf(", reverses %d", number[m.Reverses])
		}
		b.line("  %d %s %d %s%s from %s to %s at %s%s, because of %s %s, %s", i+1, m.Kind, m.Quantity, cmp.Or(m.Item, "unidentified"), lot(m.Lot, m.Serial), b.end(m.From), b.end(m.To),
			m.OccurredAt.UTC().Format("2006-01-02 15:04"), undoes, b.labels[m.Message], m.Origin, b.mapping(m.Profile))
	}
}

// stock tells of the shelves that messages touched.
func (b *books) stock(ctx context.Context, s *store.Store, trust string) error {
	all, _, err := s.Stock(ctx, trust, journal.StockFilter{})
	if err != nil {
		return err
	}
	b.line("stock, where it moved or something is on order")
	for _, x := range all {
		d, err := s.StockDetail(ctx, trust, x.Place, x.Item)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(d.Moves, func(m journal.Movement) bool { return m.Kind != "opening" }) && x.OnOrder == 0 {
			continue
		}
		var lots []string
		for _, l := range d.Lots {
			expired := ""
			if l.Expired {
				expired = " (expired)"
			}
			lots = append(lots, fmt.Sprintf("%d of %s%s", l.Quantity, cmp.Or(l.Serial, l.Lot, "no lot"), expired))
		}
		b.line("  %s %s: %d, %d on order; %s", x.Place, x.Item, x.Quantity, x.OnOrder, strings.Join(lots, ", "))
	}
	return nil
}

func (b *books) purchasing(ctx context.Context, s *store.Store, trust string) error {
	suggestions, err := s.Suggestions(ctx, trust, true, 500)
	if err != nil {
		return err
	}
	orders, err := s.Orders(ctx, trust, 500)
	if err != nil {
		return err
	}
	warnings, err := s.Warnings(ctx, trust, true, 500)
	if err != nil {
		return err
	}
	slices.Reverse(suggestions)
	slices.Reverse(orders)
	orders = slices.DeleteFunc(orders, func(o journal.Order) bool { return o.Imported })
	if b.part("suggested orders", len(suggestions)) {
		for _, g := range suggestions {
			b.line("  %s %s: %d x %d for %s, %s by %s%s: %s", g.Place, g.Item, g.Packs, g.PackSize, money(g.Value, g.Currency), g.State, g.DecidedBy, orderRef(g.Order), b.text(g.Why))
		}
	}
	if b.part("orders", len(orders)) {
		for _, o := range orders {
			b.line("  %s to %s for %s, %s: %s %s", o.Number, o.Supplier, o.DeliverTo, money(o.Value, o.Currency), o.State, o.File)
			for _, l := range o.Lines {
				b.line("    %d: %d x %s, %s, %s%s%s%s, because of %s %s", l.Line, l.Packs, l.Item, money(l.Value, o.Currency), l.State, prefixed(", received ", l.CameText()), prefixed(", expected ", l.Expected), prefixed(", ", l.Reason), b.labels[l.Message], l.Origin)
			}
		}
	}
	// What the hub says of its own machine is no part of the books.
	ofTheHub := []string{databaseAway, diskFull, diskLow, clockWrong, backlog}
	warnings = slices.DeleteFunc(warnings, func(w journal.Warning) bool { return slices.Contains(ofTheHub, w.Kind) })
	slices.SortStableFunc(warnings, func(x, y journal.Warning) int { return x.OpenedAt.Compare(y.OpenedAt) })
	if b.part("warnings", len(warnings)) {
		for _, w := range warnings {
			closed := ""
			if w.ClosedAt != nil {
				closed = " (closed: " + w.Why + ")"
			}
			b.line("  %s %s%s: %s", w.Severity, w.Kind, closed, b.text(w.Text))
		}
	}
	return nil
}

// files tells what the ERP's server holds, byte for byte but for the day.
func (b *books) files(dir string) {
	for _, folder := range []string{"orders", "answers", "answers/processed", "answers/rejected", "receipts", "receipts/processed", "receipts/rejected"} {
		entries, _ := os.ReadDir(filepath.Join(dir, folder))
		for _, e := range entries {
			if e.IsDir() {
				continue
			}
			raw, _ := os.ReadFile(filepath.Join(dir, folder, e.Name()))
			b.line("file %s/%s", folder, e.Name())
			said := strings.HasSuffix(e.Name(), ".reason.txt") || strings.HasSuffix(e.Name(), ".rejected.csv")
			if folder != "orders" && !said {
				continue
			}
			text := strings.ReplaceAll(string(raw), time.Now().Format(time.DateOnly), "TODAY")
			if said {
				text = b.text(text)
			}
			for row := range strings.Lines(text) {
				b.line("  %s", strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(row))
			}
		}
	}
}

func (b *books) patient(id int64) string {
	if id == 0 {
		return "no patient"
	}
	if b.patients[id] == "" {
		b.patients[id] = "patient " + string(rune('A'+len(b.patients)))
	}
	return b.patients[id]
}

var (
	numbered = regexp.MustCompile(`^patient (\d+)$`)
	digest   = regexp.MustCompile(`@[0-9a-f]{6,}$`)
	keyless  = regexp.MustCompile(`^message:\d+:`)
	numbers  = regexp.MustCompile(`message (\d+)`)
	inText   = regexp.MustCompile(`[a-z-]+/v\d+(\+\w+)?@[0-9a-f]{6,}`)
	wall     = regexp.MustCompile(`(since|at) ([A-Z][a-z]+ |\d+ [A-Z][a-z]+, )?\d\d:\d\d`)
)

func (b *books) end(place string) string {
	if m := numbered.FindStringSubmatch(place); m != nil {
		var id int64
		_, _ = fmt.Sscan(m[1], &id)
		return b.patient(id)
	}
	return place
}

func (b *books) mapping(profile string) string {
	d := digest.FindString(profile)
	if d == "" {
		return profile
	}
	if b.mappings[d] == "" {
		b.mappings[d] = fmt.Sprintf("@%d", len(b.mappings)+1)
	}
	return strings.TrimSuffix(profile, d) + b.mappings[d]
}

func (b *books) key(key string) string { return keyless.ReplaceAllString(key, "(no key) ") }

func (b *books) text(s string) string {
	s = wall.ReplaceAllString(inText.ReplaceAllStringFunc(s, b.mapping), "$1 NOW")
	return numbers.ReplaceAllStringFunc(s, func(m string) string {
		var id int64
		_, _ = fmt.Sscanf(m, "message %d", &id)
		if label := b.labels[id]; label != "" {
			return "message " + label
		}
		return m
	})
}
