package mllp

import (
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// The codes of HL7 table 0357 that an ERR segment gives. 205 is not among them:
// what comes a second time is answered as it was the first time.
const (
	segmentSequence       = "100"
	fieldMissing          = "101"
	dataType              = "102"
	valueNotFound         = "103"
	unsupportedType       = "200"
	unsupportedEvent      = "201"
	unsupportedProcessing = "202"
	unsupportedVersion    = "203"
	unknownKey            = "204"
	recordLocked          = "206"
	applicationInternal   = "207"
)

// errorCodes are the codes of faults that say more than their kind: those of
// the codec, its findings among them, and of the mapping.
var errorCodes = map[string]string{
	// The message, or where its segments begin and end.
	"hl7_empty": segmentSequence, "hl7_no_msh": segmentSequence, "hl7_several_messages": segmentSequence, "hl7_header_too_long": segmentSequence,
	"hl7_line_ends": segmentSequence, "hl7_blank_lines": segmentSequence, "hl7_leading_blanks": segmentSequence, "hl7_trailing_blanks": segmentSequence,
	"hl7_byte_order_mark": segmentSequence, "hl7_framing_bytes": segmentSequence, "hl7_last_line_end_missing": segmentSequence,
	"segment_repeated": segmentSequence,
	// A field.
	"hl7_field_missing": fieldMissing, "hl7_encoding_characters_missing": fieldMissing, "hl7_charset_undeclared": fieldMissing,
	"hl7_charset_unknown": valueNotFound, "hl7_charset_unsupported": valueNotFound, "hl7_structure_differs": valueNotFound,
	// MSH-9, MSH-11, MSH-12. See also errorCode.
	"message_type_unknown": unsupportedType, "environment_unknown": unsupportedProcessing, "hl7_version_unknown": unsupportedVersion,
	// Limits of ours.
	"message_too_large": applicationInternal, "hl7_too_large": applicationInternal, "hl7_too_many_segments": applicationInternal, "hl7_too_many_fields": applicationInternal,
	"expression_failed": applicationInternal,
}

// errorCode gives the code of table 0357 for a fault.
func errorCode(f *fault.Error) string {
	code := errorCodes[f.Code]
	switch {
	case code == unsupportedType && f.Path == "MSH-9.2":
		return unsupportedEvent
	case code == unsupportedProcessing && !strings.HasPrefix(f.Path, "MSH-11"):
		return valueNotFound // the profile tells test from live by another field
	case code != "":
		return code
	case strings.HasPrefix(f.Code, "hl7_segment_"):
		return segmentSequence
	case strings.HasPrefix(f.Code, "hl7_"):
		return dataType
	}
	switch f.Kind {
	case fault.NotFound:
		return unknownKey
	case fault.Conflict, fault.Unavailable:
		return recordLocked
	case fault.Invalid, fault.Stopped:
		if p, err := hl7v2.ParsePath(f.Path); err == nil {
			if field, _, _ := p.Place(); field > 0 {
				return dataType
			}
			return segmentSequence
		}
	}
	return applicationInternal
}
