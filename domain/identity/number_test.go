package identity_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/identity"
)

func TestNHSNumber_TheNewestStatusStands(t *testing.T) {
	t.Parallel()
	type telling struct {
		source, status string
		minute         int
		heard          bool
	}
	for name, c := range map[string]struct {
		told []telling
		want string
	}{
		"nobody told any":                    {nil, ""},
		"the later of one source":            {[]telling{{"pas", "03", 1, true}, {"pas", "01", 2, true}}, "01"},
		"an older one changes nothing":       {[]telling{{"pas", "01", 2, true}, {"pas", "03", 1, false}}, "01"},
		"the same again changes nothing":     {[]telling{{"pas", "01", 1, true}, {"pas", "01", 2, false}}, "01"},
		"at no certain time receipt decides": {[]telling{{"pas", "03", 1, true}, {"pas", "01", 0, true}}, "01"},
		"the later of two sources":           {[]telling{{"pas", "01", 2, true}, {"theatre", "03", 1, true}}, "01"},
		"at one time the name decides":       {[]telling{{"theatre", "03", 1, true}, {"pas", "01", 1, true}}, "03"},
	} {
		t.Run(name, func(t *testing.T) {
			var n identity.NHSNumber
			for i, x := range c.told {
				w := identity.Status{Status: x.status, Said: identity.Said{Message: int64(i + 1)}}
				if x.minute > 0 {
					w.SentAt = noon.Add(time.Duration(x.minute) * time.Minute)
				}
				if heard := n.Hear(x.source, w); heard != x.heard {
					t.Errorf("word %d: heard %v", i, heard)
				}
			}
			if got := n.Status(); got != c.want {
				t.Errorf("status %q, want %q", got, c.want)
			}
		})
	}
}
