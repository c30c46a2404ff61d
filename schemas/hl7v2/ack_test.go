package hl7v2_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func ackTo(t *testing.T, raw string, a hl7v2.Ack) string {
	t.Helper()
	h, _, err := hl7v2.Peek([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	a.At = noon
	return string(hl7v2.BuildAck(h, a))
}

func TestBuildAck_FollowsTheSendersVersion(t *testing.T) {
	refusal := hl7v2.Ack{Code: "AR", Text: "no", ErrorCode: "101", ErrorLocation: "PID-3.1"}
	for version, want := range map[string]string{
		"2.1":   "||ACK|C1|P|2.1\rMSA|AR|C1|no\rERR|PID^1^3^101&Required field missing&HL70357\r",
		"2.3":   "||ACK^P03|C1|P|2.3\rMSA|AR|C1|no\rERR|PID^1^3^101&Required field missing&HL70357\r",
		"2.3.1": "||ACK^P03^ACK|C1|P|2.3.1\rMSA|AR|C1|no\rERR|PID^1^3^101&Required field missing&HL70357\r",
		"2.4":   "||ACK^P03^ACK|C1|P|2.4\rMSA|AR|C1|no\rERR|PID^1^3^101&Required field missing&HL70357\r",
		"2.5":   "||ACK^P03^ACK|C1|P|2.5\rMSA|AR|C1|no\rERR||PID^1^3^1^1|101^Required field missing^HL70357|E||||no\r",
		"2.6":   "||ACK^P03^ACK|C1|P|2.6\rMSA|AR|C1|no\rERR||PID^1^3^1^1|101^Required field missing^HL70357|E||||no\r",
		"2.7":   "||ACK^P03^ACK|C1|P|2.7\rMSA|AR|C1\rERR||PID^1^3^1^1|101^Required field missing^HL70357|E||||no\r",
	} {
		got := ackTo(t, `MSH|^~\&|THEATRE^1.2^ISO|ZZ1|HUB|RH8|20260105||DFT^P03|C1|P|`+version+"\r", refusal)
		want = `MSH|^~\&|HUB|RH8|THEATRE^1.2^ISO|ZZ1|20260105120000+0000` + want
		if got != want {
			t.Errorf("%s:\n got %q\nwant %q", version, got, want)
		}
	}
}

func TestBuildAck_ATextWithoutAnErrorStandsWhereTheVersionHasIt(t *testing.T) {
	for version, want := range map[string]string{
		"2.4": "MSA|AA|C1|stored\r",
		"2.6": "MSA|AA|C1|stored\r",
		"2.7": "MSA|AA|C1\rERR|||0^Message accepted^HL70357|I||||stored\r",
	} {
		got := ackTo(t, `MSH|^~\&|A|B|C|D|1||ADT^A01|C1|P|`+version+"\r", hl7v2.Ack{Code: "AA", Text: "stored"})
		if !strings.HasSuffix(got, "\r"+want) {
			t.Errorf("%s: got %q", version, got)
		}
	}
}

func TestBuildAck_NamesThePlaceAsFarAsItIsKnown(t *testing.T) {
	for place, want := range map[string][2]string{
		"":                     {"ERR|^^^100&", "ERR|||100^"},
		"PID":                  {"ERR|PID^1^^100&", "ERR||PID^1|100^"},
		"PID-3":                {"ERR|PID^1^3^100&", "ERR||PID^1^3|100^"},
		"PID-3[2]":             {"ERR|PID^1^3^100&", "ERR||PID^1^3^2|100^"},
		"PID-3[2].4.1":         {"ERR|PID^1^3^100&", "ERR||PID^1^3^2^4^1|100^"},
		"OBX[3]-5":             {"ERR|OBX^3^5^100&", "ERR||OBX^3^5|100^"},
		"OBX[3.1=UDI]-5.1":     {"ERR|OBX^^5^100&", "ERR||OBX^^5^1^1|100^"},
		"PID-3[CX.5=NH].1":     {"ERR|PID^1^3^100&", "ERR||PID^1^3^^1|100^"},
		"FT1[2]/PR1-3":         {"ERR|FT1^2^^100&", "ERR||FT1^2|100^"},
		"FINANCIAL[2]/FT1-7":   {"ERR|FT1^^^100&", "ERR||FT1|100^"},
		"line 7 of a file.csv": {"ERR|^^^100&", "ERR|||100^"},
	} {
		for i, version := range []string{"2.4", "2.5"} {
			got := ackTo(t, `MSH|^~\&|A|B|C|D|1||ADT^A01|C1|P|`+version+"\r", hl7v2.Ack{Code: "AE", ErrorCode: "100", ErrorLocation: place})
			if !strings.Contains(got, "\r"+want[i]) {
				t.Errorf("%s in %s: got %q", place, version, got)
			}
		}
	}
}

func TestBuildAck_GivesBackTheControlIDByteForByte(t *testing.T) {
	for _, id := range []string{"A^1~2", `A\T\B`, "M\xfcller", "  7 "} {
		got := ackTo(t, `MSH|^~\&|A|B|C|D|1||ADT^A01|`+id+"|P|2.4\r", hl7v2.Ack{Code: "AA"})
		if !strings.Contains(got, "\rMSA|AA|"+id+"\r") {
			t.Errorf("%q: got %q", id, got)
		}
	}
}

func TestBuildAck_UsesTheSendersDelimiters(t *testing.T) {
	got := ackTo(t, "MSH#*!?%#APP#FAC#HUB#RH8#1##DFT*P03#C1#P#2.4\r", hl7v2.Ack{Code: "AR", Text: "a#b*c|d"})
	want := "MSH#*!?%#HUB#RH8#APP#FAC#20260105120000+0000##ACK*P03*ACK#C1#P#2.4\rMSA#AR#C1#a?F?b?S?c|d\r"
	if got != want {
		t.Errorf("got %q", got)
	}
}

func TestBuildAck_AnswersASenderThatCouldNotBeUnderstood(t *testing.T) {
	got := string(hl7v2.BuildAck(hl7v2.Header{}, hl7v2.Ack{Code: "AR", Text: "No MSH.", ErrorCode: "100", ErrorLocation: "MSH"}))
	want := "MSH|^~\\&|||||||ACK||P|2.4\rMSA|AR||No MSH.\rERR|MSH^1^^100&Segment sequence error&HL70357\r"
	if got != want {
		t.Errorf("got %q", got)
	}
	mustParse(t, got)
}

func TestBuildAck_NoTextCanInjectADelimiter(t *testing.T) {
	hostile := "x|y^z~&\\\r\nMSA|AA|other\x0b\x1c\r£"
	h := hl7v2.Header{SendingApplication: hostile, ControlID: hostile, Trigger: hostile, Version: hostile, ProcessingID: hostile}
	raw := hl7v2.BuildAck(h, hl7v2.Ack{Code: "AE", Text: hostile, ErrorCode: hostile, ErrorLocation: hostile, ControlID: hostile})
	m := mustParse(t, string(raw))
	if m.Len() != 3 || m.Segment(1).Name() != "MSA" || m.Segment(2).Name() != "ERR" {
		t.Fatalf("got %q", raw)
	}
	if got := m.Segment(1).Field(2).String(); got != strings.ReplaceAll(hostile, "£", "?") {
		t.Errorf("MSA-2 reads %q", got)
	}
	if strings.ContainsAny(string(raw), "\n\x0b\x1c") {
		t.Error("control characters went through")
	}
}

func TestBuildAck_MakesUpForDelimitersThatTheSenderDoesNotHave(t *testing.T) {
	got := ackTo(t, "MSH#*#APP#FAC#HUB#RH8#1##DFT*P03#C1#P#2.4\r", hl7v2.Ack{Code: "AA"})
	want := "MSH#^~\\&#HUB#RH8#APP#FAC#20260105120000+0000##ACK^P03^ACK#C1#P#2.4\rMSA#AA#C1\r"
	if got != want {
		t.Errorf("got %q", got)
	}
}

func TestBuildAck_IsWhatItsVersionHasAndNamesThePlace(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"} {
		for place, want := range map[string]string{"PID": "PID^1", "PID-3.1": "PID^1^3", "OBX[2]-5": "OBX^2^5", "FT1[2]/NTE-3": "FT1^2", "nonsense-": ""} {
			ack := ackTo(t, `MSH|^~\&|THEATRE|ZZ1|HUB|RH8|20260105||DFT^P03|C1|P|`+version+"\r",
				hl7v2.Ack{Code: "AE", Text: "no", ErrorCode: "101", ErrorLocation: place})
			m := mustParse(t, ack)
			for _, f := range hl7v2.Validate(m) {
				if f.Severity != hl7v2.Info {
					t.Errorf("%s, %s: %+v in %q", version, place, f, ack)
				}
			}
			field := 2
			if version < "2.5" {
				field = 1
			}
			if got := string(m.Segment(2).Field(field).Raw()); !strings.HasPrefix(got, want) {
				t.Errorf("%s, %s: the place is %q", version, place, got)
			}
		}
	}
}
