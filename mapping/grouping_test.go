package mapping

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestLines_WhatTheGrammarHasOutsideALineIsNotTheLines(t *testing.T) {
	t.Parallel()
	m := overlaid(t, line(`lot: "OBX[3.1=LOT]-5", text: DG1-3, serial: ZUD-1`))
	u, _ := usage(t, m, "PID|1||A^^^N^MR", "PV1|1", "OBX|1|ST|LOT||VISIT", "FT1|1|K1|||||CG|C|||1", "OBX|1|ST|LOT||L1", "PR1|1", "OBX|2|ST|X||1", "ZUD|S1",
		"FT1|2|K2||||CG|C|||1", "DG1|1||M16", "ZUD|S2", "OBX|3|ST|LOT||TRAILING", "GT1|1", "IN1|1")
	if len(u.Lines) != 2 || u.Lines[0].Lot != "L1" || u.Lines[0].Serial != "S1" {
		t.Fatalf("got %+v", u.Lines)
	}
	if l := u.Lines[1]; l.Lot != "" || l.Text != "" || l.Serial != "" {
		t.Errorf("the visit's own observations, diagnosis and Z segment became the last line's: %+v", l)
	}
}

func TestEvents_WhatBelongsToNoGroupIsReadForEach(t *testing.T) {
	t.Parallel()
	m := overlaid(t, `messages: {use: {events: {use: {each: FT1, by: FT1-3, place: {code: DG1-3}}}}}`)
	tr, err := m.Translate(message("PID|1||A^^^N^MR", "FT1|1|K1|A|||CG|C|||1", "FT1|2|K2|B|||CG|C|||1", "DG1|1||M16"))
	if err != nil || len(tr.Events) != 2 {
		t.Fatalf("%v, %+v", err, tr)
	}
	for _, e := range tr.Events {
		if code := usageOf(t, e).Place.Code; code != "M16" {
			t.Errorf("place is %q: a diagnosis behind the last charge is the visit's", code)
		}
	}
}

func TestLines_WithoutAGrammarAGroupRunsToTheNext(t *testing.T) {
	t.Parallel()
	m := overlaid(t, `messages: {use: {types: [DFT^P03, ZFT^Z01], events: {use: {lines: {text: DG1-3}}}}}`)
	in := message("PID|1||A^^^N^MR", "FT1|1|K1||||CG|C|||1", "DG1|1||M16")
	in.Raw = []byte(strings.Replace(string(in.Raw), "DFT^P03", "ZFT^Z01", 1))
	tr, err := m.Translate(in)
	if err != nil || usageOf(t, tr.Events[0]).Lines[0].Text != "M16" {
		t.Errorf("%v, %+v", err, tr)
	}
}

func TestEvents_EachOrderKeepsItsObservations(t *testing.T) {
	t.Parallel()
	m := theatre(t, os.DirFS(northmoor))
	raw := "MSH|^~\\&|T|Z|||20260314||ORU^R01|1|P|2.9\rPID|1||A^^^N^MR\rPV1|1\r" +
		"ORC|RE|1|4411\rOBR|1||4411\rOBX|1|ST|USE-ID|1|K1||||||F\rPRT|1\rNTE|1||UDI:(01)09504000059118\rOBX|2|ST|ITEM|1|STEM12||||||F\rSPM|1\rNTE|1||UDI:(01)05012345000527\r" +
		"OBR|2||4412\rOBX|1|ST|USE-ID|1|K2||||||F\rOBX|2|ST|ITEM|1|CUP52||||||F\rDEV|1\rNTE|1||UDI:(01)05012345000121\rDSC|1\r"
	tr, err := m.Translate(Input{Raw: []byte(raw), ReceivedAt: received})
	if err != nil || len(tr.Events) != 2 {
		t.Fatalf("%v, %+v", err, tr)
	}
	for i, want := range []struct{ number, key, udi string }{{"4411", "K1", "(01)09504000059118"}, {"4412", "K2", ""}} {
		u := usageOf(t, tr.Events[i])
		if u.Case.Aliases[0].Value != want.number || len(u.Lines) != 1 || u.Lines[0].Key != want.key || u.Lines[0].UDI != want.udi {
			t.Errorf("got %+v, want %+v: a note behind a specimen or a device is theirs, not the observation's", u, want)
		}
	}
}

// TestSplit_WhatIsRememberedNeverChangesAGroup compares groups that were made
// with what is remembered of like messages with those that the grammar gives.
func TestSplit_WhatIsRememberedNeverChangesAGroup(t *testing.T) {
	t.Parallel()
	names := []string{"PID", "PV1", "ORC", "OBR", "OBX", "NTE", "PRT", "DEV", "FT1", "PR1", "ROL", "DG1", "GT1", "IN1", "SPM", "CTI", "TQ1", "ZUD", "DSC", "AIS", "AIP", "MRG"}
	random := rand.New(rand.NewPCG(1, 2))
	some := func(n int) (out []string) {
		for range random.IntN(n) {
			out = append(out, names[random.IntN(len(names))])
		}
		return out
	}
	cut := 0
	for range 4_000 {
		kind := []string{"DFT^P03", "DFT^P11", "ORU^R01", "ORM^O01", "OMG^O19", "BAR^P05", "SIU^S12", "ADT^A40"}[random.IntN(8)]
		leads := some(3)
		if len(leads) == 0 {
			leads = []string{"FT1"}
		}
		head, block, tail := some(4), append([]string{leads[0]}, some(4)...), some(4)
		for n := range 4 { // the same shape more than once
			text := slices.Clone(head)
			for range 3 + n {
				text = append(text, block...)
			}
			raw := "MSH|^~\\&|||||||" + kind + "|1|P|2.5\r" + strings.Join(append(text, tail...), "|1\r") + "|1\r"
			m, err := hl7v2.Parse([]byte(raw), hl7v2.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := &run{message: m, kind: kindOf(m.Header()), segs: segments(m)}
			_, short := (&scope{run: r}).split(r.segs, leads)
			_, all := groups(r.segs, leads)
			for i := range all {
				if want := r.end(all[i]); len(short[i]) != want {
					t.Fatalf("%v in %q: group %d has %d segments, by the grammar %d", leads, raw, i+1, len(short[i]), want)
				} else if want < len(all[i]) {
					cut++
				}
			}
		}
	}
	if cut == 0 {
		t.Error("no group was shorter than to the next")
	}
}
