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
