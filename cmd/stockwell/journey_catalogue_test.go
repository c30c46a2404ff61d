package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// shows runs a command and writes what it says into what is compared, as the
// person who ran it reads it: "!" before it says that the answer is no.
func (j *journey) shows(w []string) error {
	wrong := w[0] == "!"
	if wrong {
		w = w[1:]
	}
	words, err := j.numbers(w[1:])
	if err != nil {
		return err
	}
	status, out, stderr := j.cli(words...)
	j.quiet()
	if (status != 0) != wrong {
		return fmt.Errorf("status %d\n%s%s", status, out, stderr)
	}
	j.last = readAlike(out + stderr)
	for i, x := range w {
		if strings.Contains(x, " ") {
			w[i] = `"` + x + `"`
		}
	}
	fmt.Fprintf(&j.shown, "$ %s\n%s\n", strings.Join(w, " "), j.last)
	return nil
}

var (
	anyTime = regexp.MustCompile(`(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d`)
	anyDay  = regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	anyLine = regexp.MustCompile(` +\n`)
	ruler   = regexp.MustCompile(`─+`)
)

// readAlike writes today as TODAY, leaves out times, and what depends on the width
// of numbers.
func readAlike(text string) string {
	text = anyTime.ReplaceAllString(text, "$1")
	text = anyDay.ReplaceAllStringFunc(text, func(s string) string {
		if d, err := time.Parse(time.DateOnly, s); err == nil && time.Since(d).Abs() < 48*time.Hour {
			return "TODAY"
		}
		return s
	})
	return anyLine.ReplaceAllString(ruler.ReplaceAllString(text, "─"), "\n")
}

// said claims that the command that was shown last said so; "not" before the
// text, that it did not.
func (j *journey) expectSaid(w []string) error {
	text := w[len(w)-1]
	if there := strings.Contains(j.last, text); there == (len(w) > 1 && w[0] == "not") {
		return fmt.Errorf("it said:\n%s", j.last)
	}
	return nil
}
