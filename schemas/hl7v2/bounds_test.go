package hl7v2_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// allocated gives the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// hostile are inputs of about a megabyte that ask for as much as they can.
func hostile() map[string][]byte {
	const head = "MSH|^~\\&|A|||||||DFT^P03|1|P|2.5\r"
	fill := func(head, unit string) []byte {
		return []byte(head + strings.Repeat(unit, (1<<20)/len(unit)))
	}
	return map[string][]byte{
		"blank lines":      fill(head, "\r"),
		"short segments":   fill(head, strings.Repeat("Z\r", 20_000)+strings.Repeat("|", 900_000)),
		"local segments":   fill(head, strings.Repeat("ZZZ|\r", 9_000)+"NTE|"+strings.Repeat("x", 900_000)+"\r"),
		"financial groups": fill(head, strings.Repeat("FT1|1\rPR1|1\r", 4_000)+"NTE|"+strings.Repeat("x", 900_000)+"\r"),
		"fields":           fill(head, strings.Repeat("PID"+strings.Repeat("|", 4_000)+"\r", 200)),
		"repetitions":      fill(head+"PID|1||", "~"),
		"components":       fill(head+"PID|1||", "^"),
		"escapes":          fill(head+"NTE|1||", "\\"),
		"skips":            fill(head+"NTE|1||", "\\.sk99\\"),
		"hexadecimal":      fill(head+"NTE|1||\\X", "41"),
		"charset switches": fill(head+"NTE|1||", "\\C2D46\\\xe1"),
		"batches":          fill("", "BHS|\rBTS|\r")[:1<<19],
		"messages":         fill("", "MSH|^\r")[:1<<19],
	}
}

// TestBounds_NothingAllocatesBeyondAMultipleOfItsInput reads, groups, validates,
// compares and edits hostile inputs. A skip of 99 blanks is the most that eight
// bytes unfold to; a segment of two bytes becomes a node of a tree, a finding
// and a line of a table.
func TestBounds_NothingAllocatesBeyondAMultipleOfItsInput(t *testing.T) {
	for name, raw := range hostile() {
		limit := uint64(len(raw))*250 + 8<<20
		for what, f := range map[string]func(){
			"ReadFile": func() { _, _ = hl7v2.ReadFile(raw, hl7v2.Options{}) },
			"Split":    func() { hl7v2.Split(raw) },
			"Digest":   func() { hl7v2.Digest(raw) },
			"Peek":     func() { _, _, _ = hl7v2.Peek(raw) },
			"Parse": func() {
				m, err := hl7v2.Parse(raw, hl7v2.Options{})
				if err != nil {
					return
				}
				hl7v2.Validate(m)
				for _, p := range []string{"NTE-3", "PID-3", "PID*-3", "FT1[2]/PR1-1", "ZZZ[1=x]-1"} {
					mustPath(t, p).All(m.All())
				}
				hl7v2.GroupBy(m.GroupsOf("FT1"), mustPath(t, "FT1-1"))
			},
			"Diff": func() {
				m, err := hl7v2.Parse(raw, hl7v2.Options{})
				other, err2 := hl7v2.Parse(bytes.ReplaceAll(raw, []byte("|1"), []byte("|2")), hl7v2.Options{})
				if err == nil && err2 == nil {
					hl7v2.Diff(m, other)
				}
			},
		} {
			if got := allocated(f); got > limit {
				t.Errorf("%s of %s: %d bytes for %d", what, name, got, len(raw))
			}
		}
	}
}
