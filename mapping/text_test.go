package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestTranslate_ANULHiddenInAnEscapeNeverReachesAnEvent(t *testing.T) {
	m, err := Load(Profiles, "generic-theatre/v1", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	raw := "MSH|^~\\&|A|B|||20260314093512||DFT^P03|1|P|2.5\rPID|1||T\\X00\\1^^^N^MR\r" +
		"FT1|1|K\\X00\\1||20260314||CG|ST\\X00\\EM^te\\X00\\xt^L|||1|||||||||||||44\\X00\\11\rOBX|1|ST|LOT||L\\X00\\1||||||F\r"
	got, err := m.Translate(Input{Raw: []byte(raw), ReceivedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	u, ok := got.Events[0].(canonical.Usage)
	if !ok || len(u.Lines) != 1 {
		t.Fatalf("events: %+v", got.Events)
	}
	l := u.Lines[0]
	for _, s := range []string{l.Key, l.Text, l.Lot, l.Codes[0].Value, u.Case.Aliases[0].Value, u.Patient.Identifiers[0].Value} {
		if strings.Contains(s, "\x00") || !strings.Contains(s, "\uFFFD") {
			t.Errorf("%q should hold the replacement character and no NUL", s)
		}
	}
}
