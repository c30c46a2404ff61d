package hl7v2_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.hl7"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		kept := bytes.Clone(raw)
		hl7v2.Digest(raw)
		for _, part := range hl7v2.Split(raw) {
			if len(part) > len(raw) {
				t.Fatal("a part is larger than the whole")
			}
		}
		h, _, _ := hl7v2.Peek(raw)
		ack, err := hl7v2.Parse(hl7v2.BuildAck(h, hl7v2.Ack{Code: "AR", Text: "no", ErrorCode: "101", ErrorLocation: "PID-3"}), hl7v2.Options{})
		if err != nil || ack.Len() != 3 {
			t.Fatalf("the acknowledgement cannot be read: %v", err)
		}
		m, err := hl7v2.Parse(raw, hl7v2.Options{})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("not Invalid: %v", err)
			}
			return
		}
		readAll(t, m)
		holdTogether(t, m)
		if m.Len() == 0 || !bytes.Equal(m.Bytes(), kept) {
			t.Fatal("the bytes changed")
		}
		if again, err := m.Edit().Message(); err != nil || !bytes.Equal(again.Bytes(), kept) {
			t.Fatalf("encoding lost bytes: %v", err)
		}
		_, refused := hl7v2.Parse(raw, hl7v2.Options{Strictness: hl7v2.RefuseWarnings})
		if slices.ContainsFunc(hl7v2.Validate(m), hl7v2.RefuseWarnings.Refuses) != (refused != nil) {
			t.Fatalf("strict, it is refused with %v", refused)
		}
	})
}

// holdTogether holds what every message has in common: its tree has all its
// segments in order, it does not differ from itself, and validating it ends.
func holdTogether(t interface{ Fatalf(string, ...any) }, m *hl7v2.Message) {
	next := 0
	var walk func(n *hl7v2.Node)
	walk = func(n *hl7v2.Node) {
		if !n.IsGroup() {
			if n.Segment.Index() != next {
				t.Fatalf("segment %d stands where %d should", n.Segment.Index(), next)
			}
			next++
		}
		for _, c := range n.Nodes {
			walk(c)
		}
	}
	walk(m.Tree())
	if next != m.Len() {
		t.Fatalf("the tree has %d of %d segments", next, m.Len())
	}
	if d := hl7v2.Diff(m, m); len(d) > 0 {
		t.Fatalf("it differs from itself: %+v", d[0])
	}
	for _, f := range hl7v2.Validate(m) {
		if f.Code == "" || f.Text == "" || f.Severity != hl7v2.Info && f.Severity != hl7v2.Warning {
			t.Fatalf("a finding that says nothing: %+v", f)
		}
	}
	for i := range min(m.Len(), 20) {
		name := m.Segment(i).Name()
		all := 0
		for _, g := range m.GroupsOf(name) {
			if g.Segment(0).Name() != name {
				t.Fatalf("a group of %s begins with %s", name, g.Segment(0).Name())
			}
			for j := range g.Len() {
				if g.Segment(j).Name() == name {
					all++
				}
			}
		}
		for j := range m.Len() {
			if m.Segment(j).Name() == name {
				all--
			}
		}
		if all != 0 {
			t.Fatalf("the groups of %s have %+d segments of it too many", name, all)
		}
	}
}

// FuzzStructure reads messages made of the segments that the standard has, in
// any order, in every type of message and version.
func FuzzStructure(f *testing.F) {
	types := []string{"ADT^A01", "ADT^A40", "ADT^A45", "SIU^S12", "ORM^O01", "OMG^O19", "OMS^O05", "ORU^R01", "DFT^P03", "DFT^P11",
		"BAR^P01", "BAR^P05", "MFN^M15", "MFN^M16", "ACK", "ZZZ^Z01"}
	names := []string{"EVN", "PID", "PD1", "NK1", "PV1", "PV2", "MRG", "ORC", "OBR", "OBX", "NTE", "FT1", "PR1", "ROL", "DG1", "GT1", "IN1",
		"AL1", "SCH", "RGS", "AIS", "AIG", "AIL", "AIP", "RQD", "RQ1", "TQ1", "SPM", "PRT", "DEV", "MFI", "MFE", "IIM", "ITM", "STZ", "VND",
		"PKG", "PCE", "IVT", "ILT", "MSA", "ERR", "ZIM", "XXX", "pid", "??"}
	versions := []string{"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.9", "", "9"}
	f.Add([]byte{8, 5, 0, 1, 11, 12, 9, 11, 14})
	f.Add([]byte{3, 4, 18, 1, 19, 20, 21, 22})
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) < 2 || len(choices) > 300 {
			return
		}
		var b bytes.Buffer
		b.WriteString("MSH|^~\\&|A|||||||" + types[int(choices[0])%len(types)] + "|1|P|" + versions[int(choices[1])%len(versions)] + "\r")
		for _, c := range choices[2:] {
			b.WriteString(names[int(c)%len(names)] + "|1|x||20261399\r")
		}
		m, err := hl7v2.Parse(b.Bytes(), hl7v2.Options{})
		if err != nil {
			t.Fatal(err)
		}
		holdTogether(t, m)
	})
}

// FuzzFile takes files apart.
func FuzzFile(f *testing.F) {
	f.Add([]byte("FHS|^~\\&|A\rBHS|^~\\&|A\r" + twoMessages + "BTS|2\rFTS|1\r"))
	f.Add([]byte("\x0bMSH|^~\\&|A\r\x1c\r\x0bMSH#*|B\n\x1cBTS"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := hl7v2.ReadFile(raw, hl7v2.Options{})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("not Invalid: %v", err)
			}
			return
		}
		parts := hl7v2.Split(raw)
		all := file.Messages()
		if len(parts) != len(all) {
			t.Fatalf("%d messages, %d when split", len(all), len(parts))
		}
		acks := make([][]byte, 0, len(all))
		for i, m := range all {
			if !bytes.Equal(m.Raw, parts[i]) || !bytes.HasPrefix(raw[m.Offset:], m.Raw) || (m.Message == nil) == (m.Err == nil) {
				t.Fatalf("message %d is not where it says", i)
			}
			h, _, _ := hl7v2.Peek(m.Raw)
			acks = append(acks, hl7v2.BuildAck(h, hl7v2.Ack{Code: "AA"}))
		}
		if answer := file.Answer(acks, noon); len(all) > 0 && len(hl7v2.Split(answer)) != len(all) {
			t.Fatalf("%d messages were answered by %d in %q", len(all), len(hl7v2.Split(answer)), answer)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"FT1[2]/PR1*-3.1", "ORDER[ORC-1!=NW]/OBSERVATION/OBX[1]-5", "pid-3", "A/B/C", "FT1*[1]/", "PID-3.1", "PID-3[CX.5=NH].1", "OBX[3]-5", "FT1*-7.1", `OBX[OBX-3.1!="a""b"][2]-5[1].2.3`, "PID.3.1", "PID-"} {
		f.Add(s)
	}
	m := mustParse(f, header+"PID|1||a^^^X^MR~b^^^Y^NH\rOBX|1|ST|UDI^x||v\r")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := hl7v2.ParsePath(s)
		if err != nil {
			if fault.Of(err).Code != "hl7_path" {
				t.Fatal(err)
			}
			return
		}
		again, err := hl7v2.ParsePath(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q was written %q: %v", s, p.String(), err)
		}
		if all := p.All(m.All()); len(all) > 0 && p.First(m.All()) != all[0] {
			t.Fatal("First and All disagree")
		}
	})
}
