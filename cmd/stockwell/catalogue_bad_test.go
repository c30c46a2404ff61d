package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	nationalHead = "NPC|Description|Base GTIN|Unit of Issue|Unit of Issue Quantity|Unit of Issue GTIN|Price|Price From\n"
	nationalRow  = "FAB1234|Locking plate|05012345000121|box|10|15012345000128|120.50|01/04/2026\n"
)

// TestBad_CatalogueFiles gives a national feed what goes wrong with files. Each
// is told with its line and column, and nothing of a file that cannot be
// relied on is taken.
func TestBad_CatalogueFilesAreToldWithLineAndColumn(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.ok("migrate")
	zeros := func(head string) func(f *os.File) error {
		return func(f *os.File) error {
			if _, err := f.WriteString(head); err != nil {
				return err
			}
			return f.Truncate(2 << 30)
		}
	}
	text := func(s string) func(f *os.File) error {
		return func(f *os.File) error { _, err := f.WriteString(s); return err }
	}
	row := func(cells string) func(f *os.File) error {
		return text(nationalHead + nationalRow + cells + "\nTRAILER|2\n")
	}
	for _, c := range []struct {
		name   string
		write  func(f *os.File) error
		status int
		want   []string
	}{
		{"wrong encoding", row("FAB1235|Caf\xe9 plate|||||1.00|01/04/2026"), 1, []string{"bad.csv:3:9:", "not text in utf-8", "1 added", "1 rejected"}},
		{"a quote that never closes", row(`FAB1235|"Locking plate, 54 mm|||||1.00|01/04/2026`), 2, []string{"bad.csv:3:9:", "never closed"}},
		{"a column that is missing", text("NPC|Base GTIN|Price\nFAB1234||1.00\nTRAILER|1\n"), 2, []string{"bad.csv:1:", `"Description" is missing`}},
		{"a column that was renamed", text(strings.Replace(nationalHead, "Description", "Descripton", 1) + nationalRow + "TRAILER|1\n"), 2, []string{"bad.csv:1:5:", "descripton", "Rename it"}},
		{"a price with a comma", row("FAB1235|Plate|||||1,240.00|01/04/2026"), 1, []string{"bad.csv:3:Price:", "no comma", "price_invalid"}},
		{"a decimal comma", row("FAB1235|Plate|||||12,50|01/04/2026"), 1, []string{"bad.csv:3:Price:", "no comma"}},
		{"dates in three styles", text(nationalHead + nationalRow + "FAB1235|Plate|||||1.00|2026-04-01\nFAB1236|Plate|||||1.00|1 April 2026\nFAB1237|Plate|||||1.00|04/31/2026\nTRAILER|4\n"), 1,
			[]string{"bad.csv:3:24:", "bad.csv:4:24:", "bad.csv:5:24:", "DD/MM/YYYY is expected", "1 added", "3 rejected"}},
		{"0 bytes", text(""), 2, []string{"bad.csv:1:1:", "empty"}},
		{"NUL bytes in a cell", row("FAB1235|Pla\x00te|||||1.00|01/04/2026"), 1, []string{"bad.csv:3:9:", "zero byte", "1 added"}},
		{"2 GB of NUL bytes", zeros(""), 2, []string{"bad.csv:1:1:", "longer than 32768 bytes"}},
		{"2 GB after a good row", zeros(nationalHead + nationalRow), 2, []string{"bad.csv:3:1:", "longer than 32768 bytes"}},
		{"a cell of a million characters", row("FAB1235|" + strings.Repeat("x", 1_000_000) + "|||||1.00|01/04/2026"), 2, []string{"bad.csv:3:9:", "longer than 32768 bytes"}},
		{"a formula", row("FAB1235|=cmd|'/c calc'!A0||||1.00|01/04/2026"), 1, []string{"bad.csv:3:Description:", "formula", "cell_formula"}},
		{"a trailer that counts otherwise", text(nationalHead + nationalRow + "TRAILER|2\n"), 2, []string{"bad.csv:3:9:", "not whole"}},
		{"half a file", text(nationalHead + nationalRow + nationalRow[:20]), 2, []string{"bad.csv:3:1:", "does not end with its trailer"}},
		{"a wrong check digit", row("FAB1235|Plate|05012345000122||||1.00|01/04/2026"), 1, []string{"bad.csv:3:Base GTIN:", "check digit"}},
		{"a pack smaller than its unit", row("FAB1235|Plate||box|0||1.00|01/04/2026"), 1, []string{"bad.csv:3:Unit of Issue Quantity:", "whole number"}},
		{"one key twice", row("FAB1234|Another plate|||||1.00|01/04/2026"), 1, []string{"bad.csv:3:NPC:", "Line 2", "key_twice"}},
		{"no NPC", row("12345|Plate|||||1.00|01/04/2026"), 1, []string{"bad.csv:3:NPC:", "npc_invalid"}},
		{"a workbook", text("PK\x03\x04rest"), 2, []string{"bad.csv:1:1:", "workbook"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bad.csv")
			f, err := os.Create(file)
			if err == nil {
				err = c.write(f)
			}
			if err == nil {
				err = f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			status, out, stderr := h.cli("catalogue", "load", "--profile", "nhs-supply-chain-full/v1", "--dry-run", file)
			said := out + stderr
			if status != c.status {
				t.Errorf("status %d, not %d", status, c.status)
			}
			for _, w := range c.want {
				if !strings.Contains(said, w) {
					t.Errorf("it does not say %q", w)
				}
			}
			if t.Failed() {
				t.Log(said)
			}
		})
	}
	if n, err := h.query(`SELECT count(*)::text FROM product_version`); n != "0" || err != nil {
		t.Errorf("a dry run wrote %s versions, %v", n, err)
	}
}
