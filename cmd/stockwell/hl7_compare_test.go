package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHL7_DiffPairsMessagesAndLeavesOutWhatDoesNotCount(t *testing.T) {
	t.Parallel()
	a := put(t, "a.hl7", many(3))
	later := put(t, "b.hl7", strings.ReplaceAll(many(3), "20260105093000", "20260105110000"))
	turned := func(order ...string) string {
		var b strings.Builder
		for _, id := range order {
			b.WriteString(header + id + "|P|2.4\rPID|1||X1\r")
		}
		return put(t, "turned.hl7", b.String())
	}
	for name, c := range map[string]struct {
		status int
		want   string
		args   []string
	}{
		"the same":                {0, "No difference in 3 messages.\n", []string{a, a}},
		"other line ends":         {0, "No difference", []string{a, put(t, "lf.hl7", strings.ReplaceAll(many(3), "\r", "\r\n"))}},
		"sent again":              {1, "Message 3 (control ID M3): 1 difference\n  MSH-7  Date/Time of Message\n    a  20260105093000\n    b  20260105110000\n", []string{a, later}},
		"sent again, MSH-7 apart": {0, "No difference", []string{"--ignore", "MSH-7", a, later}},
		"two places apart":        {0, "No difference", []string{"--ignore", "MSH-7,PID-3", a, put(t, "x2.hl7", strings.ReplaceAll(many(3), "X1", "X2"))}},
		"a longer number":         {1, "MSH-7", []string{"--ignore", "MSH-70", a, later}},
		"turned, by order":        {1, "MSH-10", []string{a, turned("M3", "M2", "M1")}},
		"turned, by control ID":   {0, "No difference in 3 messages", []string{"--by", "control-id", a, turned("M3", "M2", "M1")}},
		"one missing":             {1, "Message 2 (control ID M2) is only in " + a, []string{"--by", "control-id", a, turned("M3", "M1")}},
		"one more":                {1, "Message 4 (control ID M4) is only in ", []string{"--by", "control-id", a, turned("M3", "M2", "M1", "M4")}},
		"one ID twice":            {1, "Message 4 (control ID M1) is only in ", []string{"--by", "control-id", a, turned("M1", "M2", "M3", "M1")}},
		"shorter":                 {1, "Message 3 (control ID M3) is only in " + a, []string{a, turned("M1", "M2")}},
		"longer":                  {1, "Message 4 (control ID M4) is only in ", []string{a, turned("M1", "M2", "M3", "M4")}},
		"unreadable":              {2, "MSH-18", []string{a, codecFiles + "charset_utf16_declared.hl7"}},
	} {
		status, out, stderr := hl7(t, append([]string{"diff"}, c.args...)...)
		if status != c.status || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%s: status %d, %s%s", name, status, out, stderr)
		}
	}
}

func TestHL7_RoundtripNamesTheFirstByteThatDiffers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, written, want string
	}{
		{"abc", "abc", ""},
		{"0123456789abcdef", "0123456789Abcdef", "byte 10 (0xa) differs: the file has 61, written again it is 41\n    file     32 33 34 35 36 37 38 39 61 62 63 64 65 66\n    written  32 33 34 35 36 37 38 39 41 62 63 64 65 66\n"},
		{"abc", "ab", "byte 2 (0x2) differs: the file has 63, written again it is its end\n"},
		{"ab", "abc", "byte 2 (0x2) differs: the file has its end, written again it is 63\n"},
		{"", "a", "byte 0 (0x0)"},
	} {
		d := compareBytes([]byte(c.file), []byte(c.written))
		if d == nil {
			if c.want != "" {
				t.Errorf("%q and %q: no difference", c.file, c.written)
			}
			continue
		}
		var b strings.Builder
		roundtripped{File: "x", Differs: d}.print(&b)
		if c.want == "" || !strings.Contains(b.String(), c.want) {
			t.Errorf("%q and %q: %s", c.file, c.written, &b)
		}
	}
}

func TestHL7_ValidateCountsInformationOnlyWhereItIsStrict(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(codecFiles + "adt_a01.hl7")
	if err != nil {
		t.Fatal(err)
	}
	feeds := put(t, "feeds.hl7", strings.ReplaceAll(string(raw), "\r", "\n"))
	local := put(t, "local.hl7", string(raw)+"ZPM|1\r")
	for _, c := range []struct {
		status int
		args   []string
	}{
		{0, []string{codecFiles + "adt_a01.hl7"}},
		{0, []string{feeds}},
		{1, []string{"--strict", feeds}},
		{0, []string{"--strict", local}},
		{0, []string{"--strict", codecFiles + "adt_a01.hl7"}},
		{1, []string{codecFiles + "batch_count_wrong.hl7"}},
	} {
		if status, out, stderr := hl7(t, append([]string{"validate"}, c.args...)...); status != c.status {
			t.Errorf("%v: status %d, %s%s", c.args, status, out, stderr)
		}
	}
}

// TestHL7_ErrorsAndReportsHoldNothingOfThePatient looks for a patient's words
// in all that is printed without being asked for (law 9).
func TestHL7_ErrorsAndReportsHoldNothingOfThePatient(t *testing.T) {
	t.Parallel()
	const words = "ZYXWOBBLE^QUIXANNA"
	bad := []string{
		header + "C1|P|2.4\rPID|1||9990000034||" + words + "||notadate\r" + words + "\rMSH|" + words + "\r",
		words + "\r\n" + header + "C1|P|2.4|||||UTF-16\rPID|1||9990000034||" + words + "\r\x1c\r" + words,
		words, "\xff\xfe" + words,
		"MSH" + words, "MSH|" + words + "|" + words,
		header + "C1|P|" + words + "\rPID|1||9990000034||" + words + "\r",
		header + "|P|2.4\rPID|1||9990000034||" + words + "\r",
	}
	e := listen(t, "--answer", "AE,garbage,AR")
	for _, text := range bad {
		file := put(t, "bad.hl7", text)
		var said strings.Builder
		for _, args := range [][]string{{"validate", file}, {"roundtrip", file}, {"send", "--attempts", "1", file, e.address}, {"get", "--message", "9", file, "PID-5"}, {"diff", file, file}, {"get", file, "ZZZ-1"}} {
			_, out, stderr := hl7(t, args...)
			said.WriteString(out + stderr)
		}
		_, _, stderr := hl7(t, "show", file)
		said.WriteString(stderr)
		for _, w := range []string{"ZYXWOBBLE", "QUIXANNA", "9990000034"} {
			if i := strings.Index(said.String(), w); i >= 0 {
				t.Errorf("%.60q: …%s", text, said.String()[max(0, i-100):i+20])
			}
		}
	}
	if heard := e.end(false) + e.said.String(); strings.Contains(heard, "ZYX") || strings.Contains(heard, "999000") {
		t.Errorf("heard %s", heard)
	}
}

func TestHL7_ReadingGoesOnAfterAFileThatIsNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.hl7": many(1), "b.hl7": "nothing of the kind", "c.hl7": many(2)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := []string{filepath.Join(dir, "a.hl7"), filepath.Join(dir, "b.hl7"), filepath.Join(dir, "c.hl7")}
	for _, command := range []string{"show", "validate", "roundtrip"} {
		status, out, stderr := hl7(t, append([]string{command}, files...)...)
		if status != 2 || !strings.Contains(out, "a.hl7") || !strings.Contains(out, "c.hl7") || !strings.Contains(stderr, "b.hl7: There is no HL7 message in it") {
			t.Errorf("%s: status %d, %s%s", command, status, out, stderr)
		}
		status, out, _ = hl7(t, append([]string{"json", command}, files...)...)
		validJSON(t, command, out)
		if status != 2 || strings.Count(out, `"file": "`) != 3 || !strings.Contains(out, "hl7_no_message") {
			t.Errorf("%s: status %d, %s", command, status, out)
		}
	}
	// Nothing is sent unless everything can be.
	e := listen(t)
	if status, _, stderr := hl7(t, append(append([]string{"send"}, files...), e.address)...); status != 2 || !strings.Contains(stderr, "b.hl7") {
		t.Errorf("send: status %d, %s", status, stderr)
	}
	if heard := e.end(false); heard != "" {
		t.Errorf("heard %s", heard)
	}
}
