package mllp_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// secret is what no answer may hold.
const secret = "ASH"

// errorsOf sends one message and gives MSA-1 and the ERR segment of its answer.
func errorsOf(t *testing.T, s running, msg string) (code, segment string) {
	t.Helper()
	p := dial(t, s)
	p.write(framed(msg))
	frame, err := p.in.Next()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(frame, []byte(secret)) {
		t.Errorf("a patient's name is in %q", frame)
	}
	_, rest, _ := strings.Cut(string(frame), "\rMSA|")
	code, _, _ = strings.Cut(rest, "|")
	_, segment, _ = strings.Cut(rest, "\rERR|")
	return code, strings.TrimSuffix(segment, "\r")
}

// in gives the message in another version.
func in(version, msg string) string { return strings.Replace(msg, "|P|2.4", "|P|"+version, 1) }

func TestServer_TheErrorCodeOfARefusalIsThatOfTable0357(t *testing.T) {
	t.Parallel()
	named := strings.Replace(message("C1"), "^NHS^NH", "^NHS^NH||"+secret, 1)
	for _, c := range []struct {
		name, msg, code, place string
		err                    error
	}{
		{"nothing in the frame", " ", "100", "^^^", nil},
		{"no MSH", strings.Replace(named, "MSH|", "MSX|", 1), "100", "MSH^1^^", nil},
		{"no separator", "MSH" + secret, "102", "MSH^1^1^", nil},
		{"delimiters that are letters", strings.Replace(named, `^~\&`, "ABCD", 1), "102", "MSH^1^2^", nil},
		{"UTF-16", "M\x00S\x00H\x00|\x00", "103", "MSH^1^18^", nil},
		{"a header without an end", strings.ReplaceAll(named, "\r", "|") + strings.Repeat("x", 17000), "100", "MSH^1^^", nil},
		{"too large", named + strings.Repeat("x", 40000), "207", "^^^", nil},
		{"the database is away", named, "206", "^^^", fault.New(fault.Unavailable, "not_stored", secret)},
		{"the database refuses it", named, "207", "^^^", fault.New(fault.Internal, "not_storable", secret)},
		{"a defect", named, "207", "^^^", context.Canceled},
		{"an unknown key", named, "204", "PID^1^3^", fault.New(fault.NotFound, "case_unknown", "No such case.").At("PID-3")},
		{"locked", named, "206", "^^^", fault.New(fault.Conflict, "case_locked", "The case is locked.")},
		{"refused for a field", named, "102", "PID^1^3^", fault.New(fault.Invalid, "refused", "Refused.").At("PID-3")},
		{"refused for a segment", named, "100", "PID^1^^", fault.New(fault.Invalid, "refused", "Refused.").At("PID")},
		{"refused", named, "207", "^^^", fault.New(fault.Invalid, "refused", "Refused.")},
	} {
		s := serve(t, mllp.Config{MaxMessage: 32 << 10}, &store{err: c.err}, nil)
		code, segment := errorsOf(t, s, c.msg)
		want := "AE"
		if k := fault.Of(c.err).Kind; c.err == nil || k.Effect() == fault.Reject {
			want = "AR"
		}
		if code != want || !strings.HasPrefix(segment, c.place+c.code+"&") || !strings.HasSuffix(segment, "&HL70357") {
			t.Errorf("%s: got %s, %q", c.name, code, segment)
		}
	}
}

func TestServer_TheErrorCodeOfAStoppedMessageIsThatOfTable0357(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, path, want, place string }{
		{"message_type_unknown", "MSH-9", "200^Unsupported message type^HL70357", "MSH^1^9"},
		{"message_type_unknown", "MSH-9.2", "201^Unsupported event code^HL70357", "MSH^1^9^1^2"},
		{"environment_unknown", "MSH-11.1", "202^Unsupported processing id^HL70357", "MSH^1^11^1^1"},
		{"environment_unknown", "ZEN-3", "103^Table value not found^HL70357", "ZEN^1^3"},
		{"hl7_version_unknown", "MSH-12", "203^Unsupported version id^HL70357", "MSH^1^12"},
		{"hl7_segment_missing", "PV1", "100^Segment sequence error^HL70357", "PV1^1"},
		{"hl7_segment_order", "OBX[2]", "100^Segment sequence error^HL70357", "OBX^2"},
		{"hl7_segment_unknown", "XYZ[1]", "100^Segment sequence error^HL70357", "XYZ^1"},
		{"hl7_line_ends", "", "100^Segment sequence error^HL70357", ""},
		{"segment_repeated", "PID[2]", "100^Segment sequence error^HL70357", "PID^2"},
		{"hl7_several_messages", "MSH", "100^Segment sequence error^HL70357", "MSH^1"},
		{"hl7_field_missing", "PID-5", "101^Required field missing^HL70357", "PID^1^5"},
		{"hl7_encoding_characters_missing", "MSH-2", "101^Required field missing^HL70357", "MSH^1^2"},
		{"hl7_charset_undeclared", "MSH-18", "101^Required field missing^HL70357", "MSH^1^18"},
		{"hl7_field_type", "OBX[2]-5", "102^Data type error^HL70357", "OBX^2^5"},
		{"hl7_field_not_in_version", "FT1-31", "102^Data type error^HL70357", "FT1^1^31"},
		{"hl7_charset_mismatch", "MSH-18", "102^Data type error^HL70357", "MSH^1^18"},
		{"hl7_charset_unknown", "MSH-18", "103^Table value not found^HL70357", "MSH^1^18"},
		{"hl7_charset_unsupported", "MSH-18", "103^Table value not found^HL70357", "MSH^1^18"},
		{"hl7_too_many_segments", "", "207^Application internal error^HL70357", ""},
		{"expression_failed", "profile.yaml:17", "207^Application internal error^HL70357", ""},
		{"connector_unknown", "", "207^Application internal error^HL70357", ""},
		{"quantity_unreadable", "FT1[2]-10", "102^Data type error^HL70357", "FT1^2^10"},
	} {
		stopped := fault.New(fault.Stopped, c.code, "It stops.").At(c.path)
		s := serve(t, mllp.Config{Applied: true, ContentErrors: mllp.FailContentErrors}, &postings{outcome: stopped}, nil)
		code, segment := errorsOf(t, s, in("2.5", message("C1")))
		if want := "|" + c.place + "|" + c.want + "|E||||It stops."; code != "AE" || segment != want {
			t.Errorf("%s at %s: got %s, %q", c.code, c.path, code, segment)
		}
	}
}

func TestServer_WhereTheErrorStandsFollowsTheSendersVersion(t *testing.T) {
	t.Parallel()
	stopped := fault.New(fault.Stopped, "hl7_field_missing", "It lacks a name.").At("PID-5")
	s := serve(t, mllp.Config{Applied: true, ContentErrors: mllp.RejectContentErrors}, &postings{outcome: stopped}, nil)
	for version, want := range map[string]string{
		"2.1": "PID^1^5^101&Required field missing&HL70357", "2.3.1": "PID^1^5^101&Required field missing&HL70357", "2.4": "PID^1^5^101&Required field missing&HL70357",
		"2.5": "|PID^1^5|101^Required field missing^HL70357|E||||It lacks a name.", "2.9": "|PID^1^5|101^Required field missing^HL70357|E||||It lacks a name.",
	} {
		if code, segment := errorsOf(t, s, in(version, message("C1"))); code != "AR" || segment != want {
			t.Errorf("%s: got %s, %q", version, code, segment)
		}
	}
}
