package mapping

import (
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// textOf is what a value says. A NUL, which an escape may hide in a field and
// which no database text can hold, becomes the replacement character: what
// was used on a patient is never refused for it.
func textOf(v hl7v2.Value) string {
	s := v.String()
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}
