package pipeline

import (
	"testing"
	"time"
)

func TestInflow_ACrowdOfThePastOrOfAClockThatWasSetBackSinceIsNone(t *testing.T) {
	t.Parallel()
	in := NewIntake(nil, nil, nil, nil)
	for _, ago := range []time.Duration{time.Minute, -time.Hour} {
		in.crowded.Store(time.Now().Add(-ago).UnixNano())
		if _, crowded := in.Inflow(); crowded {
			t.Errorf("senders that came together %s ago wait now", ago)
		}
	}
}
