package hl7v2_test

import (
	"bytes"
	"os"
	"path/filepath"
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
		if m.Len() == 0 || !bytes.Equal(m.Bytes(), kept) {
			t.Fatal("the bytes changed")
		}
		if again, err := m.Edit().Message(); err != nil || !bytes.Equal(again.Bytes(), kept) {
			t.Fatalf("encoding lost bytes: %v", err)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"PID-3.1", "PID-3[CX.5=NH].1", "OBX[3]-5", "FT1*-7.1", `OBX[OBX-3.1!="a""b"][2]-5[1].2.3`, "PID.3.1", "PID-"} {
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
