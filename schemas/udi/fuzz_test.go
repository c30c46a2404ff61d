package udi

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// FuzzParse: Parse never panics, points only into the text, and what it read
// without an error it writes and reads again to the same fields.
func FuzzParse(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u := Parse(raw, today)
		if u.Raw != raw || u.Elements == nil || u.Findings == nil {
			t.Fatalf("%+v", u)
		}
		for _, x := range u.Findings {
			if x.Position < 0 || x.Position > len(raw) || x.Code == "" || x.Message == "" {
				t.Fatalf("%+v of %d bytes", x, len(raw))
			}
		}
		for _, e := range u.Elements {
			if e.Position < 0 || e.Position > len(raw) {
				t.Fatalf("%+v of %d bytes", e, len(raw))
			}
			if plain := u.Carrier != "digital_link" && !strings.Contains(raw, `\`) && e.AI != "01"; plain && raw[e.Position:min(len(raw), e.Position+len(e.Value))] != e.Value {
				t.Fatalf("%+v is not at its position in %q", e, raw)
			}
		}
		if u.Issuer == "" && !u.HasErrors() {
			t.Fatalf("%q is nobody's and no error", raw)
		}
		if _, err := json.Marshal(u); err != nil {
			t.Fatal(err)
		}
		if u.HasErrors() || u.Has(CodeUnknownAI) || u.Has(CodeUnknownFlag) {
			return
		}
		text, err := Encode(u)
		if err != nil {
			t.Fatal(err)
		}
		if u.Issuer == GS1 {
			text = "]C1" + text
		}
		v := Parse(text, today)
		if v.DI != u.DI || v.Lot != u.Lot || v.Serial != u.Serial || v.Expiry != u.Expiry || v.Manufactured != u.Manufactured || v.Quantity != u.Quantity {
			t.Fatalf("%q read as %+v\nwritten as %q and read as %+v", raw, u, text, v)
		}
	})
}

// FuzzCombine: combining never panics and points only into the joint text.
func FuzzCombine(f *testing.F) {
	s := samples(f)
	for i := range s {
		f.Add(s[i], s[(i+1)%len(s)])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		u := Combine(Parse(a, today), Parse(b, today))
		for _, x := range u.Findings {
			if x.Position < 0 || x.Position > len(u.Raw) {
				t.Fatalf("%+v of %d bytes", x, len(u.Raw))
			}
		}
	})
}

func samples(t testing.TB) (out []string) {
	file, err := os.Open("../../testdata/udi/scans.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if line == "" || line[0] != '"' {
			continue
		}
		s, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, s)
	}
	return out
}

func BenchmarkParse_GS1(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Parse("]d2010950400005911817141120107654321D\x1d2110987654d321", today)
	}
}

func BenchmarkParse_Bracketed(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Parse("(01)09504000059118(17)141120(10)7654321D(21)10987654d321", today)
	}
}

func BenchmarkParse_HIBC(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Parse("+A99912345/$$52001510X3/16D20111212/S77DE1G45-", today)
	}
}
