package pipeline

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	profiles "github.com/stockwell-hub/stockwell/mapping/catalogue"
)

// staged is a stage that keeps what it is given in memory.
type staged struct {
	products  []catalogue.Product
	items     []catalogue.Row
	lines     []int
	kept      []string
	verdict   catalogue.Verdict
	refused   []catalogue.Rejected
	published bool
	ended     []journal.Load
}

func (s *staged) ID() int64 { return 7 }
func (s *staged) Keep(_ context.Context, keys []string) error {
	s.kept = append(s.kept, keys...)
	return nil
}
func (s *staged) Judge(context.Context, func(context.Context) error) (catalogue.Verdict, []catalogue.Rejected, error) {
	return s.verdict, s.refused, nil
}
func (s *staged) Changes(context.Context, int, func(catalogue.FieldChange) error) error { return nil }
func (s *staged) Publish(_ context.Context, _ catalogue.Verdict, _ func(context.Context) error, _ func(n, of int64)) error {
	s.published = true
	return nil
}
func (s *staged) Matched(context.Context, func(context.Context) error) (int64, int64, error) {
	return 0, 0, nil
}
func (s *staged) Settle(context.Context) error { return nil }
func (s *staged) End(_ context.Context, how journal.Load) error {
	s.ended = append(s.ended, how)
	return nil
}

type stagedProducts struct{ *staged }

func (s stagedProducts) Add(_ context.Context, lines []int, all []catalogue.Product) error {
	s.lines, s.products = append(s.lines, lines...), append(s.products, all...)
	return nil
}

type stagedItems struct{ *staged }

func (s stagedItems) Add(_ context.Context, lines []int, all []catalogue.Row) error {
	s.lines, s.items = append(s.lines, lines...), append(s.items, all...)
	return nil
}

func (s stagedItems) Dispute(context.Context) (opened, closed int64, err error) { return 0, 0, nil }

func fileOf(text string) CatalogueFile {
	return CatalogueFile{Name: "file.csv", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
		State: func() (string, error) { return "same", nil }, Marker: func() bool { return true }}
}

func loading(t *testing.T, ref string) (Loading, *[]string) {
	t.Helper()
	p, err := profiles.Shipped(ref)
	if err != nil {
		t.Fatal(err)
	}
	var rejected []string
	return Loading{Profile: p, Most: 10, Progress: func(string, int64, int64) {}, Pause: func(ctx context.Context) error { return ctx.Err() },
		Rejected: func(r RejectedRow) error { rejected = append(rejected, r.Path+" "+r.Code); return nil }}, &rejected
}

func example(t *testing.T, name string) CatalogueFile {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "catalogue", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	return fileOf(string(raw))
}

func TestProfiles_EachShippedOneNamesFieldsThatThereAre(t *testing.T) {
	t.Parallel()
	if len(profiles.Refs()) < 6 {
		t.Fatalf("profiles %v", profiles.Refs())
	}
	for _, ref := range profiles.Refs() {
		p, err := profiles.Shipped(ref)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Scope == "national" {
			if _, err := planOf(p); err != nil {
				t.Errorf("%s: %v", ref, err)
			}
			continue
		}
		if err := (&items{loader: &loader{Loading: Loading{Profile: p}}}).begin(nil); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func TestLoadProducts_ReadsNHSSupplyChainsFiles(t *testing.T) {
	t.Parallel()
	s := &staged{verdict: catalogue.Verdict{Added: 2}}
	how, rejected := loading(t, "nhs-supply-chain-full/v1")
	r, err := LoadProducts(t.Context(), stagedProducts{s}, example(t, "nhs-supply-chain-full"), how)
	if err != nil || r.State != "published" || r.Rows != 3 || r.RejectedRows != 1 || len(s.products) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if fmt.Sprint(*rejected) != "[file.csv:4:Route code_not_listed]" || fmt.Sprint(s.kept) != "[FAB1236]" {
		t.Errorf("rejected %v, kept as it was %v", *rejected, s.kept)
	}
	p := s.products[0]
	if p.Route != catalogue.BlueDiamond || p.Supplier != "NHS Supply Chain" || len(p.Packs) != 3 || p.Packs[2].Ratio != 100 || p.OrderUnits != 10 || p.Prices.From.Format("2006-01-02") != "2026-04-01" || len(p.Alternatives) != 2 {
		t.Errorf("%+v", p)
	}
	if q := s.products[1]; q.Suspension == nil || q.Suspension.Reason != "Quality issue" || q.Route != catalogue.Stocked {
		t.Errorf("%+v", q)
	}
	s = &staged{verdict: catalogue.Verdict{Changed: 1, Removed: 1, Before: 2}}
	how, rejected = loading(t, "nhs-supply-chain-delta")
	if r, err = LoadProducts(t.Context(), stagedProducts{s}, example(t, "nhs-supply-chain-delta"), how); err != nil || len(*rejected) > 0 || len(s.products) != 2 || !s.products[1].Gone || s.products[0].Gone {
		t.Errorf("delta: %+v, %v, %v", s.products, *rejected, err)
	}
}

func TestLoadProducts_ReadsDeviceFilesWithTheirPackages(t *testing.T) {
	t.Parallel()
	s := &staged{verdict: catalogue.Verdict{Added: 2}}
	how, rejected := loading(t, "accessgudid/v1")
	r, err := LoadProducts(t.Context(), stagedProducts{s}, example(t, "accessgudid"), how)
	if err != nil || len(s.products) != 2 || r.Rows != 5 || fmt.Sprint(*rejected) != "[file.csv:6:implantable flag_invalid]" || fmt.Sprint(r.Ignored) != "[publicVersionStatus]" {
		t.Fatalf("%+v, %v, %v", r, *rejected, err)
	}
	if got := fmt.Sprint(s.products[0].Packs, s.products[0].Implantable); got != "[{each 1 gtin 05012345000121} {BOX 5 gtin 15012345000128} {CASE 100 gtin 25012345000125}] 2" {
		t.Errorf("packs %s", got)
	}
	if p := s.products[1]; p.Packs[0].Issuer != catalogue.HIBCC || !p.Discontinued || p.DiscontinuedOn.Format("2006-01-02") != "2025-06-30" {
		t.Errorf("%+v", p)
	}
}

func TestLoadItems_ReadsAnERPsItemMaster(t *testing.T) {
	t.Parallel()
	s := &staged{verdict: catalogue.Verdict{Added: 1}}
	how, rejected := loading(t, "erp-item-master/v1")
	r, err := LoadItems(t.Context(), stagedItems{s}, example(t, "erp-item-master"), how)
	if err != nil || len(s.items) != 1 || r.RejectedRows != 1 || fmt.Sprint(*rejected) != "[file.csv:3:Serial Control code_not_listed]" {
		t.Fatalf("%+v, %v, %v", r, *rejected, err)
	}
	if i := s.items[0]; i.Description != "Café suture, absorbable" || i.BaseUnit != "each" || i.PackSize != 12 || !i.Implantable || !i.LotTracked || i.SerialTracked || i.Prices.Bands[0].Price.String() != "48" {
		t.Errorf("%+v", i)
	}
}

func TestLoadProducts_ALargeChangeWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		verdict   catalogue.Verdict
		accept    string
		try       bool
		state     string
		published bool
	}{
		{"a small change", catalogue.Verdict{Before: 1000, Changed: 100}, "", false, "published", true},
		{"a large change", catalogue.Verdict{Before: 1000, Changed: 101}, "", false, "waits", false},
		{"many removed", catalogue.Verdict{Before: 178208, Removed: 178208}, "", false, "waits", false},
		{"a large change that a person lets in", catalogue.Verdict{Before: 1000, Changed: 1000}, "B. Buyer", false, "published", true},
		{"a dry run", catalogue.Verdict{Before: 1000, Changed: 1}, "B. Buyer", true, "tried", false},
		{"nothing new", catalogue.Verdict{Before: 1000, Same: 1000}, "", false, "unchanged", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &staged{verdict: c.verdict}
			how, _ := loading(t, "nhs-supply-chain-full/v1")
			how.Accepted, how.Try = c.accept, c.try
			r, err := LoadProducts(t.Context(), stagedProducts{s}, example(t, "nhs-supply-chain-full"), how)
			if err != nil || r.State != c.state || s.published != c.published || len(s.ended) != 1 || s.ended[0].State != c.state || s.ended[0].AcceptedBy != c.accept {
				t.Errorf("%s, published %v, ended %+v, %v", r.State, s.published, s.ended, err)
			}
		})
	}
}

func TestLoadProducts_AFileThatIsNotWholeIsNeverLoaded(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/catalogue/nhs-supply-chain-full.csv")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	states := []string{"1 KB", "2 KB"}
	growing := fileOf(text)
	growing.State = func() (s string, _ error) { s, states = states[0], states[1:]; return s, nil }
	unmarked := fileOf(text)
	unmarked.Marker = func() bool { return false }
	marked := *mustProfile(t, "nhs-supply-chain-full/v1")
	marked.Whole = "marker"
	for name, c := range map[string]struct {
		file    CatalogueFile
		profile *profiles.Profile
		code    string
	}{
		"it grows while it is read":   {growing, nil, "file_changed"},
		"its marker is not there":     {unmarked, &marked, "marker_missing"},
		"its trailer is not there":    {fileOf(strings.Split(text, "TRAILER")[0]), nil, "trailer_missing"},
		"its trailer counts more":     {fileOf(strings.Replace(text, "TRAILER|3", "TRAILER|4", 1)), nil, "trailer_count"},
		"it ends in the middle of it": {fileOf(text[:len(text)/2]), nil, "trailer_missing"},
		"it is empty":                 {fileOf(""), nil, "file_empty"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &staged{verdict: catalogue.Verdict{Added: 2}}
			how, _ := loading(t, "nhs-supply-chain-full/v1")
			if c.profile != nil {
				how.Profile = c.profile
			}
			_, err := LoadProducts(t.Context(), stagedProducts{s}, c.file, how)
			if err == nil || fault.Of(err).Code != c.code || s.published || len(s.ended) != 1 || s.ended[0].State != "refused" {
				t.Errorf("%v, published %v, ended %+v", err, s.published, s.ended)
			}
		})
	}
}

func mustProfile(t *testing.T, ref string) *profiles.Profile {
	t.Helper()
	p, err := profiles.Shipped(ref)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLoadProducts_AFileOfAnySizeIsReadInParts(t *testing.T) {
	t.Parallel()
	const rows = 3*stageRows + 17
	var b strings.Builder
	b.WriteString("key,description,price\n")
	for i := range rows {
		fmt.Fprintf(&b, "K%d,Thing %d,1.00\n", i, i)
	}
	s := &staged{verdict: catalogue.Verdict{Added: rows}}
	how, _ := loading(t, "national/v1")
	steps := 0
	how.Progress = func(step string, n, of int64) {
		if step == "reading" {
			steps++
		}
	}
	if r, err := LoadProducts(t.Context(), stagedProducts{s}, fileOf(b.String()), how); err != nil || r.Rows != rows || len(s.products) != rows || steps != 3 || s.lines[rows-1] != rows+1 {
		t.Errorf("%d rows in %d steps, %v", r.Rows, steps, err)
	}
}
