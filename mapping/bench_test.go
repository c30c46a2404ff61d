package mapping

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// twelveLines is the message by which the hub's speed is told.
func twelveLines() []byte {
	var b strings.Builder
	b.WriteString("MSH|^~\\&|THEATRE|ZZ1|STOCKWELL|ZZ1|20260314093512||DFT^P03|MSG000441|P|2.5\rEVN|P03|20260314093512\r" +
		"PID|1||T00412^^^NORTHMOOR^MR~9990000018^^^NHS^NH||TESTPATIENT^Ada||19540312|F\r" +
		"PV1|1|I|OR1^^^ZZ101||||C1234567^Okafor^N^^^^^^GMC||||||||||||V88120\r")
	for i := 1; i <= 12; i++ {
		fmt.Fprintf(&b, "FT1|%d|T4411-%d||20260314091500||CG|STEM12^Hip stem size 12^L|||1||||||OR1^^^ZZ101||||C1234567^Okafor^N^^^^^^GMC|||4411|S0042^Lind^E\r"+
			"OBX|1|ST|UDI||(01)09504000059118(17)281120(10)LOT%d||||||F\r", i, i, i)
	}
	return []byte(b.String())
}

func BenchmarkTranslate_TwelveLineDFT(b *testing.B) {
	m, err := Load(Profiles, "generic-theatre/v2", os.DirFS("../config/trusts/ZZ1"), "mapping.yaml")
	if err != nil {
		b.Fatal(err)
	}
	full := twelveLines()
	var plain []byte
	for _, line := range strings.SplitAfter(string(full), "\r") {
		if !strings.HasPrefix(line, "OBX") {
			plain = append(plain, line...)
		}
	}
	for name, raw := range map[string][]byte{"plain": plain, "with UDI": full} {
		in := Input{Raw: raw, ReceivedAt: received}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if tr, err := m.Translate(in); err != nil || len(tr.Events) != 1 || len(tr.Findings) > 0 {
					b.Fatal(err, tr.Findings)
				}
			}
		})
	}
}
