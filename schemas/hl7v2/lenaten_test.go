package hl7v2_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lenaten/hl7"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// usage is a DFT^P03 of about 2 KB with twelve lines of use.
func usage() []byte {
	var b strings.Builder
	b.WriteString("MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105093000||DFT^P03^DFT_P03|D000001|P|2.4\r")
	b.WriteString("EVN|P03|20260105093000\rPID|1||9990000018^^^NHS^NH~X100^^^ZZ1^MR||Ash^Ann^Q||19500101|F|||1 High St^^Northmoor^^NM1 1AA\r")
	b.WriteString("PV1|1|I|TH1^^^ZZ101||||C9999998^Doe^John|||||||||||V100\r")
	for i := 1; i <= 12; i++ {
		fmt.Fprintf(&b, "FT1|%d|T%06d||202601050915|202601050915|CG|HS-%d^Hip stem size %d^LOCAL|||1||||||TH1^^^ZZ101||||C9999998^Doe|||(01)09504000059118(17)281120(10)A%d\r", i, i, 100+i, i, i)
	}
	return []byte(b.String())
}

// tenPaths are read by the benchmark: ours, and as the yardstick writes them,
// with components counted from 0.
var tenPaths = [][2]string{
	{"MSH-9.1", "MSH.9.0"}, {"MSH-9.2", "MSH.9.1"}, {"MSH-10", "MSH.10"}, {"PID-3.1", "PID.3.0"}, {"PID-5.1", "PID.5.0"},
	{"PID-7", "PID.7"}, {"PV1-3.1", "PV1.3.0"}, {"FT1-7.1", "FT1.7.0"}, {"FT1-10", "FT1.10"}, {"FT1-2", "FT1.2"},
}

func TestAgainstTheYardstick_WhereItIsRight(t *testing.T) {
	raw := usage()
	theirs := hl7.NewMessage(append(bytes.Clone(raw), make([]byte, 16)...)[:len(raw)])
	if err := theirs.Parse(); err != nil {
		t.Fatal(err)
	}
	ours := mustParse(t, string(raw))
	for _, p := range append(tenPaths, [2]string{"PV1-17", "PV1.17"}, [2]string{"PID-11.3", "PID.11.2"}, [2]string{"PID-5.3", "PID.5.2"}) {
		want, err := theirs.Find(p[1])
		if err != nil {
			t.Fatalf("%s: %v", p[1], err)
		}
		if got := mustPath(t, p[0]).First(ours.All()).String(); got != want {
			t.Errorf("%s: ours %q, theirs %q", p[0], got, want)
		}
	}
}

// TestAgainstTheYardstick_OnEveryMessageThatItReadsRightly compares each
// component of the corpus. The yardstick is asked only where it is known to be
// right: ASCII without NUL, which ends its reading, the usual delimiters,
// segments that end with CR, no escape, no repetition, no subcomponent and
// nothing to delete.
func TestAgainstTheYardstick_OnEveryMessageThatItReadsRightly(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(corpus, "*.hl7"))
	if err != nil {
		t.Fatal(err)
	}
	messages, compared := 0, 0
	for _, file := range files {
		raw := read(t, file)
		m, err := hl7v2.Parse(raw, hl7v2.Options{})
		if err != nil || len(m.Findings()) > 0 || !bytes.HasPrefix(raw, []byte(`MSH|^~\&|`)) || !bytes.HasSuffix(raw, []byte("\r")) ||
			bytes.IndexByte(raw[8:], '\\') >= 0 || bytes.ContainsFunc(raw, func(r rune) bool { return r >= 0x80 || r == 0 }) {
			continue
		}
		theirs := hl7.NewMessage(append(bytes.Clone(raw), make([]byte, 16)...)[:len(raw)])
		if err := theirs.Parse(); err != nil {
			continue
		}
		messages++
		seen := map[string]bool{}
		for i := range m.Len() {
			s := m.Segment(i)
			if seen[s.Name()] {
				continue // the yardstick finds the first
			}
			seen[s.Name()] = true
			for n := 3; n <= s.Fields(); n++ {
				f := s.Field(n)
				if f.State() != hl7v2.Present || f.Repetitions() > 1 || bytes.IndexByte(f.Raw(), '&') >= 0 {
					continue
				}
				for c := 1; c <= f.Components(); c++ {
					path := fmt.Sprintf("%s.%d.%d", s.Name(), n, c-1)
					want, err := theirs.Find(path)
					if err != nil || want == `""` {
						continue
					}
					compared++
					want = strings.TrimSuffix(want, "\r") // it leaves a segment's end on its last field
					if got := f.Component(c).String(); got != want {
						t.Errorf("%s, %s: ours %q, theirs %q", filepath.Base(file), path, got, want)
					}
				}
			}
		}
	}
	if messages < 50 || compared < 1000 {
		t.Errorf("only %d components of %d messages were compared", compared, messages)
	}
}

func BenchmarkParseTenFields(b *testing.B) {
	raw := usage()
	b.Run("ours", func(b *testing.B) {
		var paths []hl7v2.Path
		for _, p := range tenPaths {
			paths = append(paths, mustPath(b, p[0]))
		}
		b.ReportAllocs()
		for b.Loop() {
			m, err := hl7v2.Parse(raw, hl7v2.Options{})
			if err != nil {
				b.Fatal(err)
			}
			for _, p := range paths {
				if p.First(m.All()).String() == "" {
					b.Fatal("nothing read")
				}
			}
		}
	})
	b.Run("lenaten", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m := hl7.NewMessage(raw)
			if err := m.Parse(); err != nil {
				b.Fatal(err)
			}
			for _, p := range tenPaths {
				if s, err := m.Find(p[1]); err != nil || s == "" {
					b.Fatal(p[1], err)
				}
			}
		}
	})
	b.Run("split", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, line := range bytes.Split(raw, []byte{'\r'}) {
				n += len(bytes.Split(line, []byte{'|'}))
			}
			if n == 0 {
				b.Fatal("nothing split")
			}
		}
	})
}

func BenchmarkPeekAndDigest(b *testing.B) {
	raw := usage()
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := hl7v2.Peek(raw)
		if sum := hl7v2.Digest(raw); err != nil || sum[0] == sum[1] && sum[1] == sum[2] && sum[2] == sum[3] {
			b.Fatal(err)
		}
	}
}
