package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const codecFiles = "../../testdata/hl7/codec/"

// hl7 runs `stockwell hl7` as a person does; "json" first asks for JSON.
func hl7(t *testing.T, args ...string) (status int, out, stderr string) {
	t.Helper()
	words := append([]string{"hl7"}, args...)
	if args[0] == "json" {
		words = append([]string{"--json", "hl7"}, args[1:]...)
	}
	var o, e bytes.Buffer
	status = run(context.Background(), words, &o, &e)
	return status, o.String(), e.String()
}

// hl7From runs it as a process of its own, which reads input.
func hl7From(t *testing.T, input string, args ...string) (status int, out, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"hl7"}, args...)...)
	cmd.Env = append(os.Environ(), asStockwell+"=1")
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &o, &e
	_ = cmd.Run() // its status is what is asked for
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// put writes a file for a test.
func put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// golden holds text to a file under testdata; -update writes it.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", "hl7", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != text {
		t.Errorf("%s: %v, got:\n%s", path, err, text)
	}
}

const header = "MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105093000||ADT^A08|"

// many is a file of n messages.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sM%d|P|2.4\rPID|1||X1\r", header, i+1)
	}
	return b.String()
}

func TestHL7_WhatIsPrintedIsAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		args   []string
	}{
		"show-dft":           {0, []string{"show", codecFiles + "dft_p03_groups.hl7"}},
		"show-null":          {0, []string{"show", codecFiles + "absent_empty_null.hl7"}},
		"show-null-all":      {0, []string{"show", "--all", codecFiles + "absent_empty_null.hl7"}},
		"show-udi":           {0, []string{"show", codecFiles + "udi_carriers_with_control_characters.hl7"}},
		"show-batch":         {0, []string{"show", codecFiles + "batch_count_wrong.hl7"}},
		"show-bom":           {0, []string{"show", codecFiles + "byte_order_mark.hl7"}},
		"show-charset":       {0, []string{"show", "--charset", "UNICODE UTF-8", codecFiles + "charset_utf8_as_latin1.hl7"}},
		"show-local":         {0, []string{"show", codecFiles + "udi_in_local_segments.hl7"}},
		"show-no-name":       {0, []string{"show", codecFiles + "line_without_a_name.hl7"}},
		"show-json":          {0, []string{"json", "show", codecFiles + "absent_empty_null.hl7"}},
		"validate-dft":       {1, []string{"validate", codecFiles + "dft_p03_usage.hl7"}},
		"validate-batch":     {1, []string{"validate", codecFiles + "batch_count_wrong.hl7"}},
		"validate-clean":     {0, []string{"validate", codecFiles + "adt_a01.hl7"}},
		"validate-many":      {2, []string{"validate", codecFiles + "adt_a01.hl7", codecFiles + "not_hl7.hl7", codecFiles + "charset_utf16_declared.hl7"}},
		"validate-json":      {1, []string{"json", "validate", codecFiles + "dft_p03_usage.hl7"}},
		"roundtrip-many":     {2, []string{"roundtrip", codecFiles + "siu_s12.hl7", codecFiles + "batch_whole.hl7", codecFiles + "charset_utf16_declared.hl7", codecFiles + "empty.hl7"}},
		"roundtrip-json":     {0, []string{"json", "roundtrip", codecFiles + "batch_whole.hl7"}},
		"diff-same":          {0, []string{"diff", codecFiles + "siu_s12.hl7", codecFiles + "siu_s12.hl7"}},
		"diff-trigger":       {1, []string{"diff", codecFiles + "siu_s12.hl7", codecFiles + "siu_s13.hl7"}},
		"diff-null":          {1, []string{"diff", "--ignore", "MSH", codecFiles + "absent_empty_null.hl7", codecFiles + "charset_names_in_8859_1.hl7"}},
		"diff-json":          {1, []string{"json", "diff", codecFiles + "siu_s12.hl7", codecFiles + "siu_s13.hl7"}},
		"get-json":           {0, []string{"json", "get", codecFiles + "absent_empty_null.hl7", "PID-5.1", "PID-9"}},
		"get-two-from-batch": {0, []string{"get", codecFiles + "batch_whole.hl7", "MSH-10", "PID-3.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, out, stderr := hl7(t, c.args...)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			if c.args[0] == "json" {
				validJSON(t, name, out)
			}
			if stderr != "" {
				out += "--- standard error\n" + stderr
			}
			golden(t, name, out)
		})
	}
}

func TestHL7_ShowSaysWhatItLeftOutAndAllShowsIt(t *testing.T) {
	t.Parallel()
	file := put(t, "long.hl7", header+"C1|P|2.4\rPID|1||X1"+strings.Repeat("~X2^a", 699)+"\rZZZ|"+strings.Repeat("c^", 600)+"last|"+strings.Repeat("v", 300)+"\r")
	_, out, _ := hl7(t, "show", file)
	for _, want := range []string{"PID-3[500].1", "… 200 more from PID-3[501] on are not shown; --all shows them\n", "… 101 more from ZZZ-1.501 on are not shown", "v… (300 characters)\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(out, "PID-3[501].1") {
		t.Error("PID-3[501] is listed")
	}
	_, out, _ = hl7(t, "show", "--all", file)
	for _, want := range []string{"PID-3[700].2 ", "ZZZ-1.601 ", strings.Repeat("v", 300) + "\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing with --all", want)
		}
	}
	if strings.Contains(out, "…") {
		t.Error("something is cut with --all")
	}
	var files []shownFile
	_, out, _ = hl7(t, "json", "show", file)
	if err := json.Unmarshal([]byte(out), &files); err != nil {
		t.Fatal(err)
	}
	if f := files[0].Messages[0].Nodes[1].Fields[1]; f.More != 200 || f.MoreAt != "PID-3[501]" {
		t.Errorf("got %d more at %s", f.More, f.MoreAt)
	}
}

func TestHL7_GetTakesEveryFormOfPath(t *testing.T) {
	t.Parallel()
	dft, oru := codecFiles+"dft_p03_groups.hl7", codecFiles+"oru_r01_groups.hl7"
	for _, c := range []struct {
		file, path, want string
		status           int
	}{
		{dft, "PID-3.1", "9990000018\nX100\n", 0},
		{dft, "PID-3[1].1", "9990000018\n", 0},
		{dft, "PID-3[CX.5=NH].1", "9990000018\n", 0},
		{dft, "PID-3[5!=NH].1", "X100\n", 0},
		{dft, "PID-3[2].4", "ZZ1\n", 0},
		{dft, "PID-5", "Ash^Ann\n", 0},
		{dft, "OBX[2]-5", "+A99912345/$$52001510X3/16D20111212/S77DE1G45-\n", 0},
		{oru, "OBX[3]-5", "+A99912345/$$52001510X3/16D20111212/S77DE1G45-\n", 0},
		{dft, "FT1*-7.1", "HS-100\nSC-20\n", 0},
		{dft, "FT1*", "FT1|1|T1||202601050915|202601050915|CG|HS-100^Hip stem^LOCAL|||1\nFT1|2|T2||202601050915|202601050915|CD|SC-20^Screw^LOCAL|||-2\n", 0},
		{dft, "FT1[1]/PR1*-3.1", "W37.1\nZ94.2\n", 0},
		{dft, "FT1[2]/PR1*-3.1", "", 1},
		{dft, "FINANCIAL[FT1-6=CD]/OBX-3.1", "UDI\n", 0},
		{dft, `OBX[3.1="UDI"]-5`, "+A99912345/$$52001510X3/16D20111212/S77DE1G45-\n", 0},
		{dft, "ZIM-3", "A1\n", 0},
		{oru, "ORDER_OBSERVATION[OBR-1=2]/OBX-5", "=/A9999XYZ100T0944=,000025=>028123\n", 0},
		{dft, "MSH-1", "|\n", 0},
		{dft, "MSH-2", "^~\\&\n", 0},
		{dft, "MSH-9.2", "P03\n", 0},
		{dft, "PID-6", "\n", 1},
		{dft, "PID-40", "", 1},
		{codecFiles + "absent_empty_null.hl7", "PID-5.1", "\"\"\n", 0},
		{codecFiles + "escape_line_break.hl7", "NTE-3", "one\\ntwo\n", 0},
		{codecFiles + "charset_names_in_8859_1.hl7", "PID-5.1", "Müller\n", 0},
		{codecFiles + "udi_carriers_with_control_characters.hl7", "OBX[1]-5", "\x1d0109504000059118\x1d17281120\n", 0},
	} {
		status, out, stderr := hl7(t, "get", c.file, c.path)
		if status != c.status || out != c.want {
			t.Errorf("get %s: status %d, %q, want %q; %s", c.path, status, out, c.want, stderr)
		}
	}
	if _, _, stderr := hl7(t, "get", dft, "PID-40"); !strings.Contains(stderr, "field_not_in_version") {
		t.Errorf("it is not said that 2.5 has no PID-40: %s", stderr)
	}
	file := put(t, "many.hl7", many(3))
	for _, c := range []struct {
		status int
		want   string
		args   []string
	}{
		{0, "M2\n", []string{"--message", "2", file, "MSH-10"}},
		{2, "holds 3 messages", []string{"--message", "4", file, "MSH-10"}},
		{2, "character", []string{file, "PID-x"}},
		{2, "character", []string{file, "PID-3[CX.5"}},
		{2, "charset", []string{"--charset", "EBCDIC", file, "PID-3"}},
		{2, "charset", []string{"--charset", "UTF-16", file, "PID-3"}},
		{0, "X1\tM1\nX1\tM2\nX1\tM3\n", []string{file, "PID-3", "MSH-10"}},
		{0, "9990000018~X100\tAsh\n", []string{dft, "PID-3.1", "PID-5.1"}},
	} {
		status, out, stderr := hl7(t, append([]string{"get"}, c.args...)...)
		if status != c.status || !strings.Contains(out+stderr, c.want) {
			t.Errorf("get %v: status %d, %s%s", c.args, status, out, stderr)
		}
	}
}

// TestHL7_EveryFileOfTheCorpusComesBackByteForByte holds roundtrip, show and
// validate to what the codec refuses and to nothing else.
func TestHL7_EveryFileOfTheCorpusComesBackByteForByte(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(codecFiles + "*.hl7")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if _, err := hl7v2.Parse(raw, hl7v2.Options{}); err != nil && fault.Of(err).Code != "hl7_several_messages" {
			if _, err := hl7v2.ReadFile(raw, hl7v2.Options{}); err != nil || strings.Contains(file, "utf16") {
				want = 2
			}
		}
		if status, out, stderr := hl7(t, "roundtrip", file); status != want {
			t.Errorf("roundtrip %s: status %d, want %d: %s%s", file, status, want, out, stderr)
		}
		if status, _, stderr := hl7(t, "show", "--all", file); status != want {
			t.Errorf("show %s: status %d, want %d: %s", file, status, want, stderr)
		}
		if status, _, stderr := hl7(t, "validate", file); (status == 2) != (want == 2) {
			t.Errorf("validate %s: status %d: %s", file, status, stderr)
		}
	}
}

func TestHL7_InputThatIsNoneIsRefusedInWords(t *testing.T) {
	t.Parallel()
	wide := func(order func(uint16) []byte) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(many(1))) {
			b = append(b, order(u)...)
		}
		return string(b)
	}
	folder := t.TempDir()
	for name, c := range map[string]struct{ file, want string }{
		"nothing":         {put(t, "a", ""), "empty"},
		"one byte":        {put(t, "a", "M"), "MSH"},
		"line ends":       {put(t, "a", "\r\n\r\n"), "empty"},
		"NUL bytes":       {put(t, "a", strings.Repeat("\x00", 4096)), "empty"},
		"UTF-16":          {put(t, "a", "\xff\xfe"+wide(func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} })), "UTF-16"},
		"UTF-16 unmarked": {put(t, "a", wide(func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} })), "UTF-16"},
		"UTF-16 big":      {put(t, "a", wide(func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} })), "UTF-16"},
		"PDF":             {put(t, "a", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n"), "MSH"},
		"garbage":         {put(t, "a", "\x8f\x01\xfe\x80\x1c\x0b\x00\xff\x1c\r\x0b\x0b|||"), "MSH"},
		"XML":             {put(t, "a", "<?xml version=\"1.0\"?><ADT_A01/>"), "MSH"},
		"only MSH":        {put(t, "a", "MSH"), "MSH-1"},
		"a folder":        {folder, "folder"},
		"no file":         {filepath.Join(folder, "none.hl7"), "no such file"},
	} {
		for _, command := range [][]string{{"show", c.file}, {"get", c.file, "PID-3"}, {"roundtrip", c.file}, {"validate", c.file}, {"diff", c.file, codecFiles + "siu_s12.hl7"}, {"diff", codecFiles + "siu_s12.hl7", c.file}, {"send", c.file, "127.0.0.1:1"}} {
			status, out, stderr := hl7(t, command...)
			if status != 2 || out != "" || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, c.file) {
				t.Errorf("%s of %s: status %d, %q %q", command[0], name, status, out, stderr)
			}
		}
	}
}

// TestHL7_BadMessagesAreReadAsFarAsTheyGo gives each command what no one sends
// on purpose.
func TestHL7_BadMessagesAreReadAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	pid := "PID|1||X1\r"
	for name, c := range map[string]struct {
		text, path, want string
		messages         string
		status           int // of roundtrip
	}{
		"200 messages":              {many(200), "MSH-10", "M200\n", "200 messages", 0},
		"only an MSH":               {header + "C1|P|2.4", "MSH-10", "C1\n", "1 message", 0},
		"MSH and nothing":           {"MSH|^~\\&|", "MSH-2", "^~\\&\n", "1 message", 0},
		"cut within an escape":      {header + "C1|P|2.4\rNTE|1||one\\X0", "NTE-3", "one\\X0\n", "1 message", 0},
		"a segment of 2 MB":         {header + "C1|P|2.4\rNTE|1||" + strings.Repeat("x", 2<<20) + "\r", "MSH-10", "C1\n", "1 message", 0},
		"2 MB of components":        {header + "C1|P|2.4\rNTE|1||" + strings.Repeat("a^b&", 1<<19) + "\r", "NTE-3.5000.1", "b\n", "1 message", 0},
		"garbage in a field":        {header + "C1|P|2.4\rNTE|1||\x8f\x01\xfe\x80\x00\x1b[2J\r", "NTE-1", "1\n", "1 message", 0},
		"CRLF and a mark":           {"\xef\xbb\xbf" + strings.ReplaceAll(header+"C1|P|2.4\r"+pid, "\r", "\r\n"), "PID-3", "X1\n", "1 message", 0},
		"CRLF, mark, two":           {"\xef\xbb\xbf" + strings.ReplaceAll(header+"C1|P|2.4\r"+pid+header+"C2|P|2.4\r"+pid, "\r", "\r\n"), "PID-3", "X1\nX1\n", "2 messages", 0},
		"five encoding characters":  {strings.Replace(header, "\\&", "\\&#", 1) + "C1|P|2.7\rNTE|1||a\\P\\b\r", "NTE-3", "a#b\n", "1 message", 0},
		"a lower-case segment":      {header + "C1|P|2.4\rpid|1||X1\r", "PID-3", "X1\n", "1 message", 0},
		"an indented MSH":           {"  " + header + "C1|P|2.4\r" + pid, "PID-3", "X1\n", "1 message", 0},
		"a batch with wrong counts": {"FHS|^~\\&\rBHS|^~\\&\r" + many(2) + "BTS|7\rFTS|9\r", "PID-3", "X1\nX1\n", "2 messages, 4 lines of envelope", 0},
		"MLLP framing":              {"\x0b" + many(1) + "\x1c\r\x0b" + many(1) + "\x1c\r", "PID-3", "X1\nX1\n", "2 messages", 0},
		"blank lines":               {"\r\n\r\n" + header + "C1|P|2.4\r\r\r" + pid + "\r\n\r\n", "PID-3", "X1\n", "1 message", 0},
		"an indented batch":         {"  BHS|^~\\&\r  " + strings.ReplaceAll(many(2), "\rM", "\r  M") + "  BTS|2\r", "PID-3", "X1\nX1\n", "2 messages, 2 lines of envelope", 0},
		"a batch in a frame":        {"\x0bFHS|^~\\&\r" + many(2) + "FTS|1\r\x1c\r", "PID-3", "X1\nX1\n", "2 messages, 2 lines of envelope", 0},
		"files with marks, joined":  {"\xef\xbb\xbf" + many(1) + "\xef\xbb\xbf" + many(1), "PID-3", "X1\nX1\n", "2 messages", 0},
		"text around":               {"hello\r" + many(2) + "\x1c\rgood\rbye\r", "PID-3", "X1\nX1\n", "2 messages", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := put(t, "bad.hl7", c.text)
			if status, out, stderr := hl7(t, "get", file, c.path); status != 0 || !strings.HasSuffix(out, c.want) {
				t.Errorf("get: status %d, %.200q %s", status, out, stderr)
			}
			if status, out, stderr := hl7(t, "roundtrip", file); status != c.status || !strings.Contains(out, ": "+c.messages+", ") {
				t.Errorf("roundtrip: status %d, %s%s", status, out, stderr)
			}
			for _, all := range []string{"", "--all"} {
				args := append(strings.Fields("show "+all), file)
				status, out, stderr := hl7(t, args...)
				if status != 0 || strings.ContainsAny(out, "\x00\x1b\r") {
					t.Errorf("show: status %d, %s", status, stderr)
				}
				if all == "" && c.messages == "1 message" && len(out) > 100_000 {
					t.Errorf("show prints %d bytes", len(out))
				}
			}
			if status, _, stderr := hl7(t, "validate", file); status > 1 || stderr != "" {
				t.Errorf("validate: status %d, %s", status, stderr)
			}
			if status, out, stderr := hl7(t, "diff", file, file); status != 0 {
				t.Errorf("diff: status %d, %s%s", status, out, stderr)
			}
		})
	}
	text := put(t, "around.hl7", "hello\r"+many(2)+"\x1c\rgood\rbye\r")
	if _, out, _ := hl7(t, "roundtrip", text); !strings.Contains(out, "5 bytes from byte 0") || !strings.Contains(out, "8 bytes from byte 1") {
		t.Errorf("what stands around is not told of: %s", out)
	}
	if _, out, _ := hl7(t, "show", text); !strings.Contains(out, "cannot be read as HL7: hello") {
		t.Errorf("show does not tell of it: %s", out)
	}
	if _, out, _ := hl7(t, "json", "show", put(t, "none.hl7", "FHS|^~\\&\rFTS|0\r")); !strings.Contains(out, `"messages": []`) {
		t.Errorf("a file without messages has no list of them: %s", out)
	}
}

func TestHL7_StandardInputAndPipesAreReadLikeFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		input  string
		want   string
		args   []string
	}{
		{0, many(2), "X1\nX1\n", []string{"get", "-", "PID-3"}},
		{0, many(2), "standard input: 2 messages, 144 bytes: the same", []string{"roundtrip", "-"}},
		{0, many(1), "standard input: ADT^A08", []string{"show", "-"}},
		{1, many(1), "segment_missing", []string{"validate", "-"}},
		{2, "", "standard input: It is empty", []string{"show", "-"}},
		{2, "", "not both", []string{"diff", "-", "-"}},
		{2, "hello", "standard input: There is no HL7", []string{"send", "-", "127.0.0.1:1"}},
	} {
		if status, out, stderr := hl7From(t, c.input, c.args...); status != c.status || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%v: status %d, %s%s", c.args, status, out, stderr)
		}
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(pipe, []byte(many(2)), 0o600) }()
	if status, out, stderr := hl7(t, "get", pipe, "MSH-10"); status != 0 || out != "M1\nM2\n" {
		t.Errorf("a pipe: status %d, %s%s", status, out, stderr)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}
