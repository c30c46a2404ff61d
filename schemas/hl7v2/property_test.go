package hl7v2_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// anyMessage draws a message that is mostly well-formed, with odd bytes,
// delimiters, line ends and charsets.
func anyMessage(t *rapid.T) []byte {
	delims := rapid.SampledFrom([]string{`|^~\&`, `|^~\&#`, `#*!?%`, `|^~`, `|^`, `|`, `$@~\&`}).Draw(t, "delimiters")
	charset := rapid.SampledFrom([]string{"", "8859/1", "8859/15", "UNICODE UTF-8", "ASCII", "odd"}).Draw(t, "charset")
	end := rapid.SampledFrom([]string{"\r", "\n", "\r\n", "\r\r"}).Draw(t, "line end")
	f := delims[:1]
	var b bytes.Buffer
	b.WriteString("MSH" + delims + f + strings.Repeat(f, 15) + charset + end)
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"|", "^", "~", "\\", "&", `\T\`, `\X0D\`, `\.br\`, `""`, "\n", "Müller", "\xfc", "\x0b", f, delims[len(delims)-1:]}),
		rapid.StringN(0, 6, -1))
	for range rapid.IntRange(0, 5).Draw(t, "segments") {
		b.WriteString(rapid.SampledFrom([]string{"PID", "OBX", "FT1", "ZZ1"}).Draw(t, "name") + f)
		for range rapid.IntRange(0, 6).Draw(t, "pieces") {
			b.WriteString(piece.Draw(t, "piece"))
		}
		b.WriteString(end)
	}
	return b.Bytes()
}

func TestParse_GivesBackTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := anyMessage(t)
		kept := bytes.Clone(raw)
		m, err := hl7v2.Parse(raw, hl7v2.Options{})
		if err != nil {
			return
		}
		readAll(t, m)
		holdTogether(t, m)
		if !bytes.Equal(m.Bytes(), kept) {
			t.Fatal("the bytes changed")
		}
		edited, err := m.Edit().Message()
		if err != nil || !bytes.Equal(edited.Bytes(), kept) {
			t.Fatalf("an edit without a change made another message: %v", err)
		}
	})
}

// readAll reads every part of m, and holds each text to be UTF-8.
func readAll(t interface{ Fatalf(string, ...any) }, m *hl7v2.Message) {
	hold := func(v hl7v2.Value) {
		if !utf8.ValidString(v.String()) {
			t.Fatalf("%q was decoded to something that is not UTF-8", v.Raw())
		}
	}
	for i := range m.Len() {
		s := m.Segment(i)
		for n := range min(s.Fields(), 50) + 2 {
			f := s.Field(n)
			hold(f)
			for r := range min(f.Repetitions(), 20) + 1 {
				for c := range min(f.Repetition(r+1).Components(), 20) + 1 {
					v := f.Repetition(r + 1).Component(c + 1)
					hold(v)
					for sub := range min(v.Subcomponents(), 20) + 1 {
						hold(v.Subcomponent(sub + 1))
					}
				}
			}
		}
	}
	m.Header()
}

func TestSet_ThenReadGivesTheSameTextAndNothingElseChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := hl7v2.Parse(anyMessage(t), hl7v2.Options{})
		if err != nil {
			return
		}
		segment := m.Segment(rapid.IntRange(0, m.Len()-1).Draw(t, "segment")).Name()
		path := fmt.Sprintf("%s-%d", segment, rapid.IntRange(3, 9).Draw(t, "field"))
		if rapid.Bool().Draw(t, "repetition") {
			path += fmt.Sprintf("[%d]", rapid.IntRange(1, 3).Draw(t, "number"))
		}
		for _, level := range []string{"component", "subcomponent"} {
			if !rapid.Bool().Draw(t, level) {
				break
			}
			path += fmt.Sprintf(".%d", rapid.IntRange(1, 4).Draw(t, "place"))
		}
		p, err := hl7v2.ParsePath(path)
		if err != nil {
			return // a line without a proper name
		}
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`""`, "Müller", "a|b^c~d\\e&f", "£", "\r\nMSH|x", "\x0b\x1c\r"})).Draw(t, "text")
		e := m.Edit()
		if e.Set(path, text) != nil {
			return // the charset does not have it, or MSH-2 no delimiter for it
		}
		got, err := e.Message()
		if err != nil {
			return // MSH-18 itself was set
		}
		if v := p.First(got.All()); v.String() != text || v.State() == hl7v2.Null {
			t.Fatalf("%s: set %q, read %q (%s) in %q", path, text, v.String(), v.State(), got.Bytes())
		}
		field, _, _ := p.Place()
		place := fmt.Sprintf("%s-%d", segment, field)
		for _, d := range hl7v2.Diff(m, got) {
			if !strings.HasPrefix(d.Path, place) {
				t.Fatalf("%s: setting %q made a difference at %s", path, text, d.Path)
			}
		}
		if got.Len() != m.Len() {
			t.Fatalf("%s: setting %q made %d segments of %d", path, text, got.Len(), m.Len())
		}
		for i := range m.Len() {
			if s := m.Segment(i); s.Name() != segment && !bytes.Equal(s.Raw(), got.Segment(i).Raw()) {
				t.Fatalf("segment %d changed", i)
			}
		}
	})
}

func TestDiff_APathReadsWhatTheDifferenceSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := anyMessage(t)
		other := anyMessage(t)
		if rapid.Bool().Draw(t, "a change of the first") {
			at := rapid.IntRange(0, len(raw)).Draw(t, "at")
			other = slices.Concat(raw[:at], []byte(rapid.SampledFrom([]string{"x", "&", "^", "~", "|", "\r", "\rOBX|1\r"}).Draw(t, "put in")), raw[at:])
		}
		a, err := hl7v2.Parse(raw, hl7v2.Options{})
		if err != nil {
			return
		}
		b, err := hl7v2.Parse(other, hl7v2.Options{})
		if err != nil {
			return
		}
		for _, d := range hl7v2.Diff(a, b) {
			p, err := hl7v2.ParsePath(d.Path)
			if err != nil || d.InA == hl7v2.Absent {
				continue // a line without a proper name, or one of the other message
			}
			if v := p.First(a.All()); v.String() != d.A || v.State() != d.InA {
				t.Fatalf("%s is %q (%s), but reads %q (%s)", d.Path, d.A, d.InA, v.String(), v.State())
			}
		}
	})
}

func TestAppend_NoTextCanInjectAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, err := hl7v2.New(hl7v2.Header{Code: "DFT", Trigger: "P03", CharacterSet: "UNICODE UTF-8"})
		if err != nil {
			t.Fatal(err)
		}
		texts := rapid.SliceOfN(rapid.StringN(0, 20, -1), 1, 6).Draw(t, "texts")
		if err := e.Append("ZST", texts...); err != nil {
			t.Skip() // not UTF-8
		}
		m, err := e.Message()
		if err != nil {
			t.Fatal(err)
		}
		s := m.Segment(1)
		if m.Len() != 2 || s.Fields() != len(texts) {
			t.Fatalf("%d segments, %d fields", m.Len(), s.Fields())
		}
		for i, text := range texts {
			if f := s.Field(i + 1); f.String() != text || f.Repetitions() != 1 || f.Components() != 1 || f.Subcomponents() != 1 {
				t.Fatalf("field %d: %q was read as %q", i+1, text, f.String())
			}
		}
	})
}
