package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestApplied_TheAnswerComesAfterTheMovementAndSaysWhyAMessageWasStopped(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	yaml := h.read(h.trustFile("trust.yaml"))
	h.write(h.trustFile("trust.yaml"), strings.Replace(yaml, "max_message: 1MiB", "max_message: 1MiB, ack: applied, ack_timeout: 30s, content_errors: error", 1))
	h.start()
	h.seed()
	use, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	raw := bytes.ReplaceAll(use, []byte("\n"), []byte("\r"))
	for _, repeat := range []string{"", " again"} {
		if code, text := h.send(raw); code != "AA" {
			t.Fatalf("answered%s %s %s", repeat, code, text)
		}
		n, err := h.query(`SELECT count(*)::text FROM movement WHERE kind = 'use'`)
		if err != nil || n == "0" {
			t.Fatalf("answered%s before the movement: %s movements, %v", repeat, n, err)
		}
	}
	unknown := strings.NewReplacer("DFT^P03", "DFT^P99", "MSG000441", "MSG000442").Replace(string(raw))
	if code, text := h.send([]byte(unknown)); code != "AE" || !strings.Contains(text, "does not say what to do") {
		t.Errorf("a message that was stopped was answered %s %q", code, text)
	}
}

func TestApplied_TheErrorOfAStoppedMessageIsThatOfTable0357(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	yaml := h.read(h.trustFile("trust.yaml"))
	h.write(h.trustFile("trust.yaml"), strings.Replace(yaml, "max_message: 1MiB", "max_message: 1MiB, ack: applied, ack_timeout: 30s, content_errors: error, strictness: warnings", 1))
	h.start()
	h.seed()
	use, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	raw := strings.ReplaceAll(string(use), "\n", "\r")
	for i, c := range []struct{ old, new, err string }{
		{"DFT^P03^DFT_P03", "XXX^X01", "|MSH^1^9|200^Unsupported message type^HL70357"},
		{"DFT^P03^DFT_P03", "DFT^P99", "|MSH^1^9^1^2|201^Unsupported event code^HL70357"},
		{"|P|2.5", "|Q|2.5", "|MSH^1^11^1^1|202^Unsupported processing id^HL70357"},
		{"|P|2.5", "|P|7.1", "|MSH^1^12|203^Unsupported version id^HL70357"},
		{"EVN|P03|20260314093512\r", "", "|EVN^1|100^Segment sequence error^HL70357"},
		{"|TESTPATIENT^Ada|", "||", "|PID^1^5|101^Required field missing^HL70357"},
		{"|20260314091500|", "|yesterday|", "|FT1^1^4|102^Data type error^HL70357"},
		{"|P|2.5", "|P|2.5||||||KLINGON", "|MSH^1^18|103^Table value not found^HL70357"},
	} {
		msg := strings.Replace(strings.Replace(raw, "MSG000441", "MSG00063"+string(rune('0'+i)), 1), c.old, c.new, 1)
		before := len(h.said.String())
		code, _ := h.send([]byte(msg))
		if answer := h.said.String()[before:]; code != "AE" || !strings.Contains(answer, "\rERR|"+c.err+"|E|") {
			t.Errorf("%s: got %q", c.new, answer)
		}
	}
}
