package hl7v2_test

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestPeek_GivesTheFirstPatientIdentifier(t *testing.T) {
	for pid, want := range map[string]string{
		"PID|1||9990000018^^^NHS^NH~X1^^^ZZ1^MR\r": "9990000018^NHS",
		"PID|1||X1\r":                      "X1",
		"PID|1||^^^ZZ1~X2^^^ZZ1\r":         "X2^ZZ1",
		"PID|1||\"\"\r":                    "",
		"PID|1\r":                          "",
		"EVN|P03\nPID|1||X3^^^ZZ1\nPV1|1":  "X3^ZZ1",
		"NTE|1||PID|1||X9\rPID|1||X4":      "X4",
		"NTE|1||PIDPID|1||X9\rPID|1||X4":   "X4",
		"EVN|P03\r \t PID|1||X5^^^ZZ1\r":   "X5^ZZ1",
		"EVN|P03\r\n\r\n  pid|1||X6\r\n":   "X6",
		"NTE|1||see  PID|1||X9\rPID|1||X7": "X7",
		"EVN|P03\rPid|1||X8\r":             "X8",
		"PV1|1\r":                          "",
	} {
		_, got, err := hl7v2.Peek([]byte(header + pid))
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v", pid, got, err)
		}
	}
}

func TestPeek_RefusesAHeaderWithoutEnd(t *testing.T) {
	h, _, err := hl7v2.Peek([]byte("MSH|^~\\&|A|B|C|D|1||ADT^A08|C1|P|2.4|" + strings.Repeat("x", 20_000)))
	if err == nil {
		t.Error("a header of 20,000 bytes was read")
	}
	if h.ControlID != "C1" {
		t.Errorf("its answer would be addressed to %q", h.ControlID)
	}
}

func TestPeek_NeedsFewAllocations(t *testing.T) {
	raw := []byte(header + "EVN|P03\rPID|1||9990000018^^^NHS^NH\r")
	if n := testing.AllocsPerRun(100, func() { _, _, _ = hl7v2.Peek(raw) }); n > 4 {
		t.Errorf("%.0f allocations", n)
	}
}

func TestDigest_TellsMessagesFromDeliveries(t *testing.T) {
	base := "MSH|^~\\&|A|B|C|D|20260105||ORU^R01|C1|P|2.4\rNTE|1||text\rNTE|2\r"
	same := map[string]string{
		"another MSH-7":      strings.Replace(base, "20260105", "20260106101112", 1),
		"empty MSH-7":        strings.Replace(base, "20260105", "", 1),
		"line feeds":         strings.ReplaceAll(base, "\r", "\n"),
		"CRLF":               strings.ReplaceAll(base, "\r", "\r\n"),
		"trailing blanks":    base + "  \r\n \r",
		"no last line end":   strings.TrimSuffix(base, "\r"),
		"blanks before ends": strings.ReplaceAll(base, "\r", " \t\r"),
		"byte order mark":    "\ufeff" + base,
		"padding":            "\x00\x00" + base + "\x00\x1a",
	}
	want := hl7v2.Digest([]byte(base))
	for name, s := range same {
		if hl7v2.Digest([]byte(s)) != want {
			t.Errorf("%s made a difference", name)
		}
	}
	for name, s := range map[string]string{
		"another text":        strings.Replace(base, "text", "test", 1),
		"another control ID":  strings.Replace(base, "C1", "C2", 1),
		"a segment more":      base + "NTE|3\r",
		"another sender":      strings.Replace(base, "|A|", "|Z|", 1),
		"a trailing bar":      strings.Replace(base, "text", "text|", 1),
		"an empty control ID": strings.Replace(base, "C1", "", 1),
	} {
		if hl7v2.Digest([]byte(s)) == want {
			t.Errorf("%s made no difference", name)
		}
	}
	anonymous := strings.Replace(base, "C1", "", 1)
	if hl7v2.Digest([]byte(anonymous)) == hl7v2.Digest([]byte(strings.Replace(anonymous, "20260105", "20260106", 1))) {
		t.Error("without a control ID MSH-7 tells two messages apart")
	}
}
