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
	anyLine = regexp.MustCompile(` +\n`)
	ruler   = regexp.MustCompile(`─+`)
)

// begun is when the tests began: what they are told of may be of the day before.
var begun = time.Now()

// readAlike writes today as TODAY, leaves out times, and what depends on the width
// of numbers. Today is the day of the tests in UTC and in British summer time, and
// no day near it, for the journeys' own dates stay as they are.
func readAlike(text string) string {
	text = anyTime.ReplaceAllString(text, "$1")
	for _, at := range []time.Time{begun, time.Now()} {
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("BST", 3600)} {
			text = strings.ReplaceAll(text, at.In(zone).Format(time.DateOnly), "TODAY")
		}
	}
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
