// Package clock is the hub's wall clock. Durations are measured by the
// standard library's monotonic clock and do not belong here.
//
// For tests alone, the environment may name a file that holds an offset as
// "-1h": the clock of the process is then wrong by it, and can be set back
// while the process runs. The hub says so in its log when it starts.
package clock

import (
	"os"
	"strings"
	"time"
)

// Variable is the environment variable that names the file of the offset.
const Variable = "STOCKWELL_TEST_CLOCK"

var file = os.Getenv(Variable)

// Shifted reports whether the clock may be wrong on purpose.
func Shifted() bool { return file != "" }

// Now gives the time.
func Now() time.Time { return Shift(time.Now()) }

// Shift gives what the clock would have said at t, a time of the machine.
func Shift(t time.Time) time.Time {
	if file == "" {
		return t
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return t
	}
	offset, err := time.ParseDuration(strings.TrimSpace(string(raw)))
	if err != nil {
		return t
	}
	return t.Round(0).Add(offset)
}
