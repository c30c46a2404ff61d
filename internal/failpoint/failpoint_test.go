package failpoint

import (
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestHit_DoesNothingUnlessArmed(t *testing.T) {
	for _, p := range Points() {
		Hit(p)
	}
	if p, err := Armed(); p != "" || err != nil {
		t.Errorf("%q, %v", p, err)
	}
}

func TestArmed_AMistypedNameIsRefused(t *testing.T) {
	for _, c := range []struct {
		setting string
		ok      bool
	}{{"", true}, {"post.before_commit", true}, {"post.before_commit:hang", true}, {"post.before_comit", false}, {"post.before_commit:wait", false}, {":hang", false}} {
		t.Setenv(Variable, c.setting)
		armed, hang = parse(c.setting)
		_, err := Armed()
		if (err == nil) != c.ok || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", c.setting, err)
		}
	}
	armed, hang = "", false
}
