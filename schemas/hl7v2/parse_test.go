package hl7v2_test

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const header = "MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105||ORU^R01|C1|P|2.4\r"

func TestParse_NeverReadsBehindTheMessageInItsBuffer(t *testing.T) {
	buffer := []byte(header + "PID|1||A^^^X" + "||Neighbour^Patient\rPV1|1")
	raw := buffer[:len(header)+len("PID|1||A^^^X")]
	m, err := hl7v2.Parse(raw, hl7v2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Len() != 2 || mustPath(t, "PID-5").First(m.All()).State() != hl7v2.Absent {
		t.Error("bytes of another message were read")
	}
	if got := append(m.Segment(1).Raw(), "!!"...); string(got[len(got)-2:]) != "!!" || string(buffer[len(raw):len(raw)+2]) != "||" {
		t.Error("appending to a value wrote into the buffer")
	}
}

func TestParse_BoundsAreRefusedWithTheirOwnCode(t *testing.T) {
	for code, c := range map[string]struct {
		raw  string
		opts hl7v2.Options
	}{
		"hl7_too_large":         {header, hl7v2.Options{MaxBytes: 20}},
		"hl7_too_many_segments": {header + strings.Repeat("NTE|1\r", 10), hl7v2.Options{MaxSegments: 5}},
		"hl7_too_many_fields":   {header + "NTE" + strings.Repeat("|", 40) + "\r", hl7v2.Options{MaxFields: 30}},
	} {
		if _, err := hl7v2.Parse([]byte(c.raw), c.opts); err == nil || fault.Of(err).Code != code {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

func TestParse_StrictRefusesWhatWasToleratedOtherwise(t *testing.T) {
	if _, err := hl7v2.Parse([]byte(header), hl7v2.Options{Strict: true}); err != nil {
		t.Errorf("a clean message was refused: %v", err)
	}
	for code, raw := range map[string]string{
		"hl7_line_ends":          strings.ReplaceAll(header, "\r", "\r\n"),
		"hl7_byte_order_mark":    "\ufeff" + header,
		"hl7_charset_undeclared": header + "NTE|1||£\r",
		"hl7_leading_blanks":     " " + header,
	} {
		if _, err := hl7v2.Parse([]byte(raw), hl7v2.Options{Strict: true}); err == nil || fault.Of(err).Code != code {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

func TestParse_TheConnectorsCharsetOverridesTheMessages(t *testing.T) {
	raw := []byte(strings.TrimSuffix(header, "\r") + "||||||8859/1\rNTE|1||\u00a3\r")
	m, err := hl7v2.Parse(raw, hl7v2.Options{Charset: "UNICODE UTF-8"})
	if err != nil {
		t.Fatal(err)
	}
	if got := mustPath(t, "NTE-3").First(m.All()).String(); got != "£" || len(m.Findings()) != 0 {
		t.Errorf("got %q, %v", got, m.Findings())
	}
}

func TestParse_FindingsAndErrorsHoldNothingOfTheMessage(t *testing.T) {
	raw := "\ufeff  " + header + "SECRET line\nPID|1||9990000018||M\xfcller\nSECRET\r\r"
	m, err := hl7v2.Parse([]byte(raw), hl7v2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Findings() {
		if strings.Contains(f.Path+f.Text, "SECRET") || strings.Contains(f.Path+f.Text, "999") || f.Code == "" || f.Severity == "" {
			t.Errorf("%+v", f)
		}
	}
}

func TestHeader_IsReadDecoded(t *testing.T) {
	raw := `MSH|^~\&|TH\T\E^1.2^ISO|^2.3^ISO|HUB|RH8|20260105093000+0000^S||DFT^P03^DFT_P03|A^1|T|2.5.1|||al|NE||8859/1~UNICODE` + "\r"
	h := mustParse(t, raw).Header()
	peeked, _, err := hl7v2.Peek([]byte(raw))
	if err != nil || peeked != h {
		t.Errorf("Peek gave %+v, Header %+v, %v", peeked, h, err)
	}
	if h.SendingApplication != "TH&E" || h.SendingFacility != "2.3" || h.ControlID != "A^1" || h.AcceptAck != "AL" ||
		h.Type() != "DFT^P03" || h.SentAt != "20260105093000+0000" || h.CharacterSet != "8859/1" || h.ProcessingID != "T" {
		t.Errorf("got %+v", h)
	}
}

func TestSplit_CutsAFileIntoItsMessages(t *testing.T) {
	one, two := "MSH|^~\\&|A\rPID|1\r", "MSH|^~\\&|B\rPID|2\r"
	for name, file := range map[string]string{
		"one after the other": one + two,
		"framed":              "\x0b" + one + "\x1c\r\x0b" + two + "\x1c\r",
		"batch":               "FHS|^~\\&|A\rBHS|^~\\&|A\r" + one + two + "BTS|2\rFTS|1\r",
		"byte order mark":     "\ufeff" + one + two,
	} {
		got := hl7v2.Split([]byte(file))
		if len(got) != 2 || string(got[0]) != one || string(got[1]) != two {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if got := hl7v2.Split([]byte("nothing here")); got != nil {
		t.Errorf("got %q", got)
	}
}
