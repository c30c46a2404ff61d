package mapping

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// generic is a message that the generic theatre profile reads.
const generic = "MSH|^~\\&|T|Z|||20260314093512||DFT^P03|1|P|2.5\rEVN|P03|20260314\rPID|1||X1^^^N^MR||ASH^ROWAN||19540312\rPV1|1|I\r" +
	"FT1|1|K1||20260314091500||CG|STEM^Stem^L|||1|||||||||||||4411\rOBX|1|ST|EXPIRY||20310831||||||F\r"

func TestTranslate_ATimeIsNoMorePreciseThanItSays(t *testing.T) {
	t.Parallel()
	m, err := Load(Profiles, "generic-theatre/v1", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sent      string
		precision canonical.Precision
		at, text  string
	}{
		{"20260314091500", canonical.Second, "2026-03-14 09:15:00", "20260314091500"},
		{"20260314091500^S", canonical.Second, "2026-03-14 09:15:00", "20260314091500^S"},
		{"20260314091500^M", canonical.Minute, "2026-03-14 09:15:00", "20260314091500^M"},
		{"20260314000000^D", canonical.Day, "2026-03-14 00:00:00", "20260314000000^D"},
		{"20260314000000^L", canonical.Month, "2026-03-01 00:00:00", "20260314000000^L"},
		{"202603140915^x", canonical.Minute, "2026-03-14 09:15:00", "202603140915"},
		{"^D", "", "", ""},
		{`""`, "", "", ""},
	} {
		got, err := m.Translate(Input{Raw: []byte(strings.Replace(generic, "||20260314091500|", "||"+c.sent+"|", 1)), ReceivedAt: received})
		if err != nil {
			t.Fatal(err)
		}
		when := got.Events[0].(canonical.Usage).Lines[0].OccurredAt
		at := ""
		if when.Known() {
			at = when.At.Format("2006-01-02 15:04:05")
		}
		if when.Precision != c.precision || at != c.at || when.Text != c.text {
			t.Errorf("%s: got %s, %q, %q; findings %v", c.sent, at, when.Precision, when.Text, got.Findings)
		}
	}
}

func TestTranslate_ATimeMayBeNamedAsAWholeAndStandInAComponent(t *testing.T) {
	t.Parallel()
	for path, sent := range map[string]string{
		"FT1-4": "20260314000000^D", "FT1-4.1": "20260314000000^D", "FT1-4[2].1": "2025~20260314000000^D",
		"FT1-4.3": "a^b^20260314000000&D", "FT1-4.3.1": "a^b^20260314000000&D",
	} {
		m := overlaid(t, `messages: {use: {events: {use: {lines: {occurred_at: "`+path+`"}}}}}`+"\n")
		u, _ := usage(t, m, "FT1|1|K1||"+sent+"||CG|A")
		if got := u.Lines[0].OccurredAt; got.Precision != canonical.Day || got.Text != "20260314000000^D" {
			t.Errorf("%s: got %+v", path, got)
		}
	}
}

func TestTranslate_ADayThatIsNotKnownIsNoDate(t *testing.T) {
	t.Parallel()
	m, err := Load(Profiles, "generic-theatre/v1", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for sent, want := range map[string]string{"19540312": "1954-03-12", "19540312^D": "1954-03-12", "19540312083000^M": "1954-03-12", "19540101^Y": "", "19540301^L": ""} {
		got, err := m.Translate(Input{Raw: []byte(strings.Replace(generic, "|19540312\r", "|"+sent+"\r", 1)), ReceivedAt: received})
		if err != nil {
			t.Fatal(err)
		}
		if born := got.Events[0].(canonical.Usage).Patient.BirthDate; born != want {
			t.Errorf("%s: got %q", sent, born)
		}
	}
}

func TestTranslate_StopsWhatTheConnectorsStrictnessDoesNotLetThrough(t *testing.T) {
	t.Parallel()
	m, err := Load(Profiles, "generic-theatre/v1", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	feeds := strings.ReplaceAll(generic, "\r", "\n")
	broken := strings.Replace(feeds, "PV1|1|I\n", "FT1|9\nPV1|1|I\n", 1)
	later := strings.Replace(strings.Replace(feeds, "DFT^P03|1|P|2.5", "DFT^P03|1|P|2.4", 1), "|||||||||||||4411", "|||||||||||||4411||||AB", 1)
	for _, c := range []struct {
		raw        string
		strictness hl7v2.Strictness
		code, path string // of the stop; else of a finding
		stops      bool
	}{
		{feeds, "", "line_ends", "", false},
		{feeds, hl7v2.RefuseWarnings, "line_ends", "", false},
		{feeds, hl7v2.RefuseAll, "hl7_line_ends", "", true},
		{broken, "", "line_ends", "", false},
		{broken, hl7v2.Report, "field_missing", "FT1-4", false},
		{broken, hl7v2.RefuseWarnings, "hl7_segment_order", "PV1[1]", true},
		{later, hl7v2.Report, "field_not_in_version", "FT1-27", false},
		{later, hl7v2.RefuseWarnings, "hl7_field_not_in_version", "FT1-27", true},
	} {
		got, err := m.Translate(Input{Raw: []byte(c.raw), ReceivedAt: received, Reading: hl7v2.Options{Strictness: c.strictness}})
		found := err != nil && fault.Of(err).Code == c.code && fault.Of(err).Path == c.path
		for _, f := range got.Findings {
			found = found || f.Code == c.code && f.Path == c.path
		}
		if c.stops != (err != nil) || !found {
			t.Errorf("%q, %q: %v, %+v", c.raw, c.strictness, err, got.Findings)
		}
	}
}
