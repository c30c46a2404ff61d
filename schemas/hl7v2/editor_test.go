package hl7v2_test

import (
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestEditor_BuildsAMessage(t *testing.T) {
	e, err := hl7v2.New(hl7v2.Header{SendingApplication: "THEATRE", SendingFacility: "ZZ1", SentAt: "20260105", Code: "DFT", Trigger: "P03",
		Structure: "DFT_P03", ControlID: "D1", ProcessingID: "T", Version: "2.4", CharacterSet: "8859/1"})
	if err != nil {
		t.Fatal(err)
	}
	steps := []error{
		e.Append("PID", "1"), e.Set("PID-3.1", "9990000018"), e.Set("PID-3.5", "NH"), e.Set("PID-3[2].1", "X1"), e.Set("PID-5.1", "Müller & Co"),
		e.SetNull("PID-7"), e.Append("FT1", "1", "T1"), e.Append("FT1", "2"), e.Set("FT1[2]-7.1", "HS|100"), e.Set("FT1-7.1.2", "x"),
	}
	for i, err := range steps {
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	m, err := e.Message()
	if err != nil {
		t.Fatal(err)
	}
	want := "MSH|^~\\&|THEATRE|ZZ1|||20260105||DFT^P03^DFT_P03|D1|T|2.4||||||8859/1\r" +
		"PID|1||9990000018^^^^NH~X1||M\xfcller \\T\\ Co||\"\"\rFT1|1|T1|||||&x\rFT1|2||||||HS\\F\\100\r"
	if string(m.Bytes()) != want {
		t.Errorf("got  %q\nwant %q", m.Bytes(), want)
	}
}

func TestEditor_RefusesWhatCannotBeWritten(t *testing.T) {
	m := mustParse(t, "MSH|^~\\&|A||||||||||||||||8859/1\rPID|1||M\xfc\r")
	bare := mustParse(t, "MSH|^|A\rPID|1\r")
	for code, err := range map[string]error{
		"hl7_charset_cannot_hold": m.Edit().Set("PID-5", "漢"),
		"hl7_no_segment":          m.Edit().Set("OBX-5", "x"),
		"hl7_delimiters":          m.Edit().Set("MSH-2", "x"),
		"hl7_path":                m.Edit().Set("PID-3[5=NH].1", "x"),
		"hl7_no_escape":           bare.Edit().Set("PID-5", "a|b"),
		"hl7_segment_name":        m.Edit().Append("P|D"),
	} {
		if err == nil || fault.Of(err).Code != code {
			t.Errorf("%s: got %v", code, err)
		}
	}
	if err := bare.Edit().Set("PID-3.1.2", "x"); err == nil {
		t.Error("a subcomponent was written without a delimiter for it")
	}
	e := m.Edit()
	if err := e.Set("MSH-18", "8859/15"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Message(); err == nil || fault.Of(err).Code != "hl7_charset_changed" {
		t.Errorf("text was left to be read in another charset: %v", err)
	}
}

func TestEditor_KeepsLineEndsAndUnknownParts(t *testing.T) {
	raw := "\ufeff\r\nMSH|^~\\&|A\r\nZZZ|||\r\n\r\nPID|1||a^b~c"
	e := mustParse(t, raw).Edit()
	if err := e.Set("PID-3.2", "B"); err != nil {
		t.Fatal(err)
	}
	if err := e.Append("NTE", "1"); err != nil {
		t.Fatal(err)
	}
	m, err := e.Message()
	if err != nil {
		t.Fatal(err)
	}
	if want := "\ufeff\r\nMSH|^~\\&|A\r\nZZZ|||\r\n\r\nPID|1||a^B~c\rNTE|1\r\n"; string(m.Bytes()) != want {
		t.Errorf("got %q", m.Bytes())
	}
}

func TestEdit_OfNamesInLowerCaseAndIndentedSegments(t *testing.T) {
	t.Parallel()
	e := mustParse(t, "msh|^~\\&|A\r  pid|1||x\r\tPV1|1\r").Edit()
	for path, text := range map[string]string{"PID-3": "y", "PV1-2": "I", "MSH-4": "B"} {
		if err := e.Set(path, text); err != nil {
			t.Fatal(err)
		}
	}
	m, err := e.Message()
	if err != nil || string(m.Bytes()) != "msh|^~\\&|A|B\r  pid|1||y\r\tPV1|1|I\r" {
		t.Errorf("got %q, %v", m.Bytes(), err)
	}
}

func TestEditor_OfAStrictMessageHoldsTheWholeToTheStandardAndNotItsHeaderAlone(t *testing.T) {
	m, err := hl7v2.Parse([]byte(right), hl7v2.Options{Strictness: hl7v2.RefuseAll})
	if err != nil {
		t.Fatal(err)
	}
	e := m.Edit()
	if err := e.Set("MSH-18", "UNICODE UTF-8"); err != nil {
		t.Fatal(err)
	}
	if err := e.Set("PID-5.1", "Østergård"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Message(); err != nil {
		t.Error(err)
	}
	if err := e.Set("PID-5", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Message(); fault.Of(err).Code != "hl7_field_missing" {
		t.Errorf("got %v", err)
	}
}
