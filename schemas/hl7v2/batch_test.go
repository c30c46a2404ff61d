package hl7v2_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const twoMessages = "MSH|^~\\&|A|B|C|D|1||ADT^A08|M1|P|2.4\rPID|1||X1\rMSH|^~\\&|A|B|C|D|1||ADT^A08|M2|P|2.4\rPID|1||X2\r"

func fileFindings(f *hl7v2.File) string {
	var out []string
	for _, x := range f.Findings {
		out = append(out, x.Code+"@"+x.Path)
	}
	for _, b := range f.Batches {
		for _, x := range b.Findings {
			out = append(out, x.Code+"@"+x.Path)
		}
	}
	return strings.Join(out, " ")
}

func TestReadFile_VerifiesCountsAndGivesEachMessage(t *testing.T) {
	t.Parallel()
	const fhs, bhs = "FHS|^~\\&|A|B|C|D|1||f1||F1\r", "BHS|^~\\&|A|B|C|D|1||b1||B1\r"
	for _, c := range []struct {
		name, raw         string
		batches, messages int
		findings          string
	}{
		{"whole", fhs + bhs + twoMessages + "BTS|2\rFTS|1\r", 1, 2, ""},
		{"two batches", fhs + bhs + twoMessages + "BTS|2\r" + bhs + twoMessages + "BTS|2\rFTS|2\r", 2, 4, ""},
		{"messages alone", twoMessages, 1, 2, ""},
		{"byte order mark", "\xEF\xBB\xBF" + twoMessages, 1, 2, "byte_order_mark@"},
		{"batch alone", bhs + twoMessages + "BTS|2", 1, 2, ""},
		{"LF", strings.ReplaceAll(fhs+bhs+twoMessages+"BTS|2\rFTS|1\r", "\r", "\n"), 1, 2, ""},
		{"CRLF", strings.ReplaceAll(fhs+bhs+twoMessages+"BTS|2\rFTS|1\r", "\r", "\r\n"), 1, 2, ""},
		{"framed", "\x0bMSH|^~\\&|A\r\x1c\r\x0bMSH|^~\\&|B\r\x1c\r", 1, 2, ""},
		{"a message lost", fhs + bhs + twoMessages + "BTS|3\rFTS|1\r", 1, 2, "batch_count_mismatch@BTS-1"},
		{"a batch lost", fhs + bhs + twoMessages + "BTS|2\rFTS|2\r", 1, 2, "batch_count_mismatch@FTS-1"},
		{"no number", bhs + twoMessages + "BTS|two\r", 1, 2, "batch_count_mismatch@BTS-1"},
		{"no count", bhs + twoMessages + "BTS\r", 1, 2, "batch_count_missing@BTS-1"},
		{"cut short", fhs + bhs + twoMessages, 1, 2, "batch_trailer_missing@FTS batch_trailer_missing@BTS"},
		{"no BTS", fhs + bhs + twoMessages + "FTS|1\r", 1, 2, "batch_trailer_missing@BTS"},
		{"stray", "hello\r" + twoMessages + "BTS|2\rgoodbye\r", 1, 2, "outside_messages@"},
		{"stray BTS", fhs + "BTS|1\rFTS|0\r", 0, 0, "batch_trailer_unexpected@BTS"},
		{"a message of the second batch lost", bhs + twoMessages + "BTS|2\r" + bhs + twoMessages + "BTS|3\r", 2, 4, "batch_count_mismatch@BTS[2]-1"},
		{"a batch in a frame", "\x0b" + fhs + bhs + twoMessages + "BTS|2\rFTS|1\r\x1c\r", 1, 2, ""},
		{"a batch without FHS in a frame", "\x0b" + bhs + twoMessages + "BTS|2\r\x1c\r", 1, 2, ""},
		{"frames without beginnings", "MSH|^~\\&|A\r\x1cMSH|^~\\&|B\r\x1c", 1, 2, ""},
		{"files with byte order marks joined", "\ufeffMSH|^~\\&|A\r\ufeffMSH|^~\\&|B\r", 1, 2, "byte_order_mark@"},
		{"indented", "  BHS|^~\\&|A\r  MSH|^~\\&|A\r\tMSH|^~\\&|B\r  BTS|2\r", 1, 2, ""},
		{"a hormone", "MSH|^~\\&|A\rNTE|1||text\nMSH: 12\nMSH-R\rMSH#*!?%#B\r", 1, 2, ""},
		{"own delimiters", "BHS#*!?%#A\rMSH#*!?%#A\rBTS#1\r", 1, 1, ""},
	} {
		f, err := hl7v2.ReadFile([]byte(c.raw), hl7v2.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(f.Batches) != c.batches || len(f.Messages()) != c.messages || fileFindings(f) != c.findings {
			t.Errorf("%s: %d batches, %d messages, %s", c.name, len(f.Batches), len(f.Messages()), fileFindings(f))
		}
		for _, m := range f.Messages() {
			if m.Err != nil || !bytes.HasPrefix([]byte(c.raw)[m.Offset:], m.Raw) {
				t.Errorf("%s: at %d: %v", c.name, m.Offset, m.Err)
			}
		}
	}
}

func TestReadFile_OneBadMessageLeavesItsNeighboursAlone(t *testing.T) {
	t.Parallel()
	f, err := hl7v2.ReadFile([]byte("MSH|^~\\&|A\rMSH|AB\rMSH|^~\\&|C\r"), hl7v2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := f.Messages()
	if len(all) != 3 || all[0].Err != nil || fault.Of(all[1].Err).Code != "hl7_delimiters" || all[2].Err != nil {
		t.Errorf("got %+v", all)
	}
}

func TestReadFile_RefusesWhatIsNoHL7AndAStrictTrustRefusesAWrongCount(t *testing.T) {
	t.Parallel()
	for raw, code := range map[string]string{
		"": "hl7_no_msh", "hello": "hl7_no_msh", "\xff\xfeM\x00S\x00H\x00": "hl7_charset_unsupported",
	} {
		if _, err := hl7v2.ReadFile([]byte(raw), hl7v2.Options{}); fault.Of(err).Code != code {
			t.Errorf("%q: %v", raw, err)
		}
	}
	_, err := hl7v2.ReadFile([]byte("BHS|^~\\&|A\r"+twoMessages+"BTS|9\r"), hl7v2.Options{Strictness: hl7v2.RefuseAll})
	if fault.Of(err).Code != "hl7_batch_count_mismatch" {
		t.Errorf("got %v", err)
	}
}

func TestAnswer_IsABatchOfAcknowledgementsThatCountsThem(t *testing.T) {
	t.Parallel()
	f, err := hl7v2.ReadFile([]byte("FHS|^~\\&|A|B|C|D|1||f||F1\rBHS|^~\\&|A|B|C|D|1||b||B1\r"+twoMessages+"BTS|2\rFTS|1\r"), hl7v2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var acks [][]byte
	for _, m := range f.Messages() {
		acks = append(acks, hl7v2.BuildAck(m.Message.Header(), hl7v2.Ack{Code: "AA"}))
	}
	got := f.Answer(acks, noon)
	const want = "FHS|^~\\&|C|D|A|B|20260105120000+0000||||F1|F1\rBHS|^~\\&|C|D|A|B|20260105120000+0000||||B1|B1\r" +
		"MSH|^~\\&|C|D|A|B|||ACK^A08^ACK|M1|P|2.4\rMSA|AA|M1\rMSH|^~\\&|C|D|A|B|||ACK^A08^ACK|M2|P|2.4\rMSA|AA|M2\rBTS|2\rFTS|1\r"
	if string(got) != want {
		t.Errorf("got %q", got)
	}
	again, err := hl7v2.ReadFile(got, hl7v2.Options{})
	if err != nil || fileFindings(again) != "" || len(again.Messages()) != 2 {
		t.Errorf("the answer is read as %+v, %v", again, err)
	}
}
