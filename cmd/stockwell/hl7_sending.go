package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// sending gathers the answers of one `hl7 send`.
type sending struct {
	a        *app
	messages []outgoing
	verbose  bool // every answer is printed

	start, next time.Time // next is that of the progress
	answers     []sentMessage
	took        []time.Duration
	codes       map[string]int
	accepted    int
}

func newSending(a *app, messages []outgoing, verbose bool) *sending {
	now := time.Now()
	return &sending{a: a, messages: messages, verbose: verbose, start: now, next: now.Add(time.Second), answers: []sentMessage{}, codes: map[string]int{}}
}

// each gives the messages to the sender.
func (s *sending) each(yield func([]byte) bool) {
	for _, m := range s.messages {
		if !yield(m.raw) {
			return
		}
	}
}

// told takes up what became of one message.
func (s *sending) told(x mllp.Sent) {
	m := s.messages[x.Index]
	sent := sentMessage{x.Index, m.file, m.message, x.ControlID, x.Answer.Code, x.Answer.Text, milliseconds(x.Took), x.Attempts, hl7ErrorOf(x.Err)}
	positive := x.Err == nil && x.Answer.Positive()
	code := visible(shortened(x.Answer.Code, 20))
	switch {
	case x.Err == nil:
		s.took = append(s.took, x.Took)
	case x.Attempts == 0 || fault.Is(x.Err, fault.Invalid):
		code = "not sent"
	default:
		code = "no answer"
	}
	s.codes[code]++
	if positive {
		s.accepted++
	}
	s.answers = append(s.answers, sent)
	if !s.a.JSON && (s.verbose || !positive) {
		s.a.progress("")
		fmt.Fprintln(s.a.out, s.line(sent, code))
	}
	s.progress()
}

// line gives one answer, with its place where there is more than one.
func (s *sending) line(x sentMessage, code string) string {
	place, text := "", x.Text
	if len(s.messages) > 1 {
		place = fmt.Sprintf("%s message %d: ", x.File, x.Message)
	}
	if x.Error != nil {
		text = x.Error.Text
	}
	return place + visible(fmt.Sprintf("%s %s in %.1f ms%s", orDash(x.ControlID), code, x.Millis, prefixed(": ", text)))
}

// quietFor is how long nothing is said where no terminal is.
const quietFor = 10 * time.Second

// progress tells a person who waits how far it is: on a terminal's one line,
// elsewhere in a line of its own now and then.
func (s *sending) progress() {
	now := time.Now()
	if now.Before(s.next) {
		return
	}
	s.next = now.Add(time.Second / 2)
	s.a.progress("%d of %s answered", len(s.answers), plural(len(s.messages), "message"))
	if !isTerminal(s.a.err) && now.Sub(s.start) >= quietFor {
		s.next = now.Add(quietFor)
		fmt.Fprintf(s.a.err, "%d of %s answered\n", len(s.answers), plural(len(s.messages), "message"))
	}
}

// sentSummary is the whole run as data.
type sentSummary struct {
	Answers  []sentMessage `json:"answers"`
	Codes    []codeCount   `json:"codes"`
	Messages int           `json:"messages"`
	Unsent   int           `json:"unsent"`
	P50      float64       `json:"p50_ms"`
	P90      float64       `json:"p90_ms"`
	P99      float64       `json:"p99_ms"`
	Max      float64       `json:"max_ms"`
	Seconds  float64       `json:"seconds"`
	Rate     float64       `json:"messages_per_second"`
}

type codeCount struct {
	Code  string `json:"code"`
	Count int    `json:"count"`
}

// finish prints the summary.
func (s *sending) finish() error {
	seconds := time.Since(s.start).Seconds()
	slices.Sort(s.took)
	slices.SortFunc(s.answers, func(x, y sentMessage) int { return x.index - y.index })
	sum := sentSummary{Answers: s.answers, Codes: []codeCount{}, Messages: len(s.messages), Unsent: s.unsent(),
		P50: percentile(s.took, 50), P90: percentile(s.took, 90), P99: percentile(s.took, 99), Max: percentile(s.took, 100),
		Seconds: math.Round(seconds*1000) / 1000, Rate: math.Round(float64(len(s.took))/seconds*10) / 10}
	for _, code := range slices.Sorted(maps.Keys(s.codes)) {
		sum.Codes = append(sum.Codes, codeCount{code, s.codes[code]})
	}
	slices.SortStableFunc(sum.Codes, func(x, y codeCount) int { return cmp.Compare(y.Count, x.Count) })
	if s.a.JSON {
		return s.a.printJSON(sum)
	}
	if len(s.messages) == 1 {
		return nil // its line said all
	}
	var counts []string
	for _, c := range sum.Codes {
		counts = append(counts, fmt.Sprintf("%d %s", c.Count, c.Code))
	}
	fmt.Fprintf(s.a.out, "%s: %s\n", plural(len(s.messages), "message"), orDash(strings.Join(counts, ", ")))
	if len(s.took) > 0 {
		fmt.Fprintf(s.a.out, "answered in p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms; %.1f messages a second\n", sum.P50, sum.P90, sum.P99, sum.Max, sum.Rate)
	}
	return nil
}

// unsent is how many messages were never given to the sender.
func (s *sending) unsent() int { return len(s.messages) - len(s.answers) }

// percentile gives the time, in milliseconds, within which so many of a
// hundred were answered; took is sorted.
func percentile(took []time.Duration, p int) float64 {
	if len(took) == 0 {
		return 0
	}
	return milliseconds(took[max((len(took)*p+99)/100, 1)-1])
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
