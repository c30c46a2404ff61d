package hl7v2_test

import (
	"slices"
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

// right is a message without a finding.
const right = "MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105093000||ADT^A08|C1|P|2.4\rEVN||20260105093000\rPID|1||X1^^^ZZ1^MR||ASH^ROWAN\rPV1|1|I\r"

func TestParse_RefusesWhatItsStrictnessSays(t *testing.T) {
	t.Parallel()
	levels := []hl7v2.Strictness{"", hl7v2.Tolerant, hl7v2.Report, hl7v2.RefuseWarnings, hl7v2.RefuseAll}
	for _, c := range []struct {
		raw, code, path string
		from            int // the first level that refuses it; 5 for none
	}{
		{right, "", "", 5},
		{right + "ZPM|1\r", "", "", 5},
		{strings.Replace(right, "ADT^A08", "XXX^X01", 1), "", "", 5},
		{strings.ReplaceAll(right, "\r", "\r\n"), "hl7_line_ends", "", 4},
		{"\ufeff" + right, "hl7_byte_order_mark", "", 4},
		{" " + right, "hl7_leading_blanks", "", 4},
		{strings.Replace(right, "ROWAN", `RO\WAN`, 1), "hl7_escape_unknown", "", 4},
		{strings.Replace(right, "ROWAN", "R\u00d8WAN", 1), "hl7_charset_undeclared", "MSH-18", 3},
		{strings.Replace(right, "PV1|1|I\r", "", 1), "hl7_segment_missing", "PV1", 3},
		{strings.Replace(right, "||ASH^ROWAN", "||", 1), "hl7_field_missing", "PID-5", 3},
		{strings.Replace(right, "ROWAN", "ROWAN||monday", 1), "hl7_field_type", "PID-7", 3},
		{right + "FT1|1\r", "hl7_segment_unexpected", "FT1[1]", 3},
	} {
		for i, level := range levels {
			_, err := hl7v2.Parse([]byte(c.raw), hl7v2.Options{Strictness: level})
			if refused := i >= c.from; refused != (err != nil) || refused && (fault.Of(err).Code != c.code || fault.Of(err).Path != c.path || !fault.Is(err, fault.Invalid)) {
				t.Errorf("%q, strictness %q: got %v", c.raw, level, err)
			}
		}
	}
}

func TestParse_ARefusalNamesItsFindingsWarningsFirst(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll("\ufeff"+strings.Replace(right, "PV1|1|I\r", "", 1), "\r", "\n")
	_, err := hl7v2.Parse([]byte(raw), hl7v2.Options{Strictness: hl7v2.RefuseAll})
	f := fault.Of(err)
	if f.Code != "hl7_segment_missing" || f.Path != "PV1" || !strings.Contains(f.Text, " Also: byte_order_mark, line_ends. ") {
		t.Errorf("got %s at %s: %s", f.Code, f.Path, f.Text)
	}
	_, err = hl7v2.Parse([]byte(right+strings.Repeat("EVN\r", 50)), hl7v2.Options{Strictness: hl7v2.RefuseWarnings})
	if text := fault.Of(err).Text; !strings.Contains(text, " more. ") || len(text) > 1000 {
		t.Errorf("got %s", text)
	}
}

func TestParse_ReportFindsWhatValidateFindsOnce(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll(strings.Replace(right, "PV1|1|I\r", "", 1), "\r", "\n")
	want := hl7v2.Validate(mustParse(t, raw))
	m, err := hl7v2.Parse([]byte(raw), hl7v2.Options{Strictness: hl7v2.Report})
	if err != nil || !slices.Equal(m.Findings(), want) || !slices.Equal(hl7v2.Validate(m), want) || len(want) != 2 {
		t.Errorf("got %+v, %v; want %+v", m.Findings(), err, want)
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
